"""The blocks of the U-Net that latent diffusion took from guided diffusion.

Attributes carry the names of the published checkpoints' tensors; that is what their numbers
(`in_layers.0`, `out_layers.3`) are for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - its usual name

GROUPS = 32
LONGEST_PERIOD = 10_000.0

Order = Literal["heads first", "parts first"]
"""How a projection to queries, keys and values is laid out along its channels."""


def timestep_embedding(t: torch.Tensor, width: int) -> torch.Tensor:
    """Return (batch, width) float32: cosines, then sines, of (batch,) training steps."""
    half = width // 2
    rates = torch.arange(half, dtype=torch.float32, device=t.device) / half
    angles = t.float()[:, None] * torch.exp(-math.log(LONGEST_PERIOD) * rates)[None]
    waves = torch.cat([angles.cos(), angles.sin()], dim=1)
    return F.pad(waves, (0, width - 2 * half))


def attend(qkv: torch.Tensor, heads: int, order: Order) -> torch.Tensor:
    """Let every position look at every other.

    Parameters
    ----------
    qkv
        (batch, 3 · channels, positions).
    heads
        Among which the channels are divided.
    order
        "heads first": each head's q, k and v stand together. "parts first": all q, all k, all v.

    Returns
    -------
    Tensor
        (batch, channels, positions).
    """
    batch, width, positions = qkv.shape
    if order == "heads first":
        parts = qkv.view(batch, heads, 3, -1, positions).unbind(2)
    else:
        parts = qkv.view(batch, 3, heads, -1, positions).unbind(1)
    q, k, v = (part.transpose(2, 3) for part in parts)
    seen = F.scaled_dot_product_attention(q, k, v)
    return seen.transpose(2, 3).reshape(batch, width // 3, positions)


class Attention(nn.Module):
    """A layer in which positions of a map look at each other, and perhaps at what else is told."""


class SelfAttention(Attention):
    """Attention over all positions of a map, added to it.

    Parameters
    ----------
    channels
        Of the map.
    heads
        Among which they are divided.
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(GROUPS, channels)
        self.qkv = nn.Conv1d(channels, 3 * channels, 1)
        self.proj_out = nn.Conv1d(channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, channels, height, width) → the same."""
        flat = x.flatten(2)
        seen = attend(self.qkv(self.norm(flat)), self.heads, "heads first")
        added: torch.Tensor = flat + self.proj_out(seen)
        return added.view_as(x)


class ResidualBlock(nn.Module):
    """Two convolutions that are told the time, added to what came in.

    Parameters
    ----------
    channels, out
        Of what comes in, and of what goes out.
    time_width
        Of the time's embedding.
    scale_shift
        Whether the time scales and shifts after the second norm; otherwise it is added before.
    resample
        "down" halves the map between norm and convolution, "up" doubles it.
    """

    def __init__(
        self,
        channels: int,
        out: int,
        time_width: int,
        *,
        scale_shift: bool,
        resample: Literal["down", "up"] | None = None,
    ) -> None:
        super().__init__()
        self.scale_shift = scale_shift
        self.resample = resample
        self.in_layers = nn.Sequential(
            nn.GroupNorm(GROUPS, channels), nn.SiLU(), nn.Conv2d(channels, out, 3, padding=1)
        )
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(time_width, out * (1 + scale_shift)))
        self.out_layers = nn.Sequential(
            nn.GroupNorm(GROUPS, out), nn.SiLU(), nn.Identity(), nn.Conv2d(out, out, 3, padding=1)
        )
        same = channels == out
        self.skip_connection = nn.Identity() if same else nn.Conv2d(channels, out, 1)

    def forward(self, x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        """(batch, channels, height, width) and (batch, time_width) → (batch, out, …)."""
        norm, activate, convolve = self.in_layers
        h = convolve(resampled(activate(norm(x)), self.resample))
        x = resampled(x, self.resample)
        told = self.emb_layers(time)[:, :, None, None]
        norm, *rest = self.out_layers
        if self.scale_shift:
            scale, shift = told.chunk(2, dim=1)
            h = norm(h) * (1 + scale) + shift
        else:
            h = norm(h + told)
        for layer in rest:
            h = layer(h)
        added: torch.Tensor = self.skip_connection(x) + h
        return added


def resampled(x: torch.Tensor, how: Literal["down", "up"] | None) -> torch.Tensor:
    """Halve a map by its mean, double it by repetition, or leave it."""
    if how == "down":
        return F.avg_pool2d(x, 2)
    return F.interpolate(x, scale_factor=2.0, mode="nearest") if how == "up" else x


class Halved(nn.Module):
    """A convolution that halves the map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.op = nn.Conv2d(channels, channels, 3, stride=2, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, channels, height, width) → half of height and width."""
        halved: torch.Tensor = self.op(x)
        return halved


class Doubled(nn.Module):
    """Repetition and a convolution, which double the map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, channels, height, width) → twice the height and width."""
        doubled: torch.Tensor = self.conv(resampled(x, "up"))
        return doubled


class Stage(nn.ModuleList):
    """Layers one after the other; each is told what it wants to know."""

    def __init__(self, layers: Iterable[nn.Module]) -> None:
        super().__init__(layers)

    def forward(self, x: torch.Tensor, time: torch.Tensor, *context: torch.Tensor) -> torch.Tensor:
        """Return what the last layer says.

        Parameters
        ----------
        x
            (batch, channels, height, width).
        time
            (batch, time_width), for residual blocks.
        context
            What attention layers look at besides, if anything.
        """
        for layer in self:
            if isinstance(layer, ResidualBlock):
                x = layer(x, time)
            else:
                x = layer(x, *context) if isinstance(layer, Attention) else layer(x)
        return x
