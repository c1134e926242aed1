"""The U-Net whose attention layers look at tokens of the time and of the label, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from ssldiff_cvlab.blocks import Attention, timestep_embedding
from ssldiff_cvlab.descent import Shape
from ssldiff_cvlab.unet import UNet
from torch import nn
from torch.nn import functional

from ssldiff_selfguided.sizes import check_sizes


class ChannelNorm(nn.Module):
    """A layer norm whose shift is kept but never learnt; names are the checkpoints' own."""

    beta: torch.Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels))
        self.register_buffer("beta", torch.zeros(channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(…, channels) → the same."""
        return functional.layer_norm(x, x.shape[-1:], self.gamma, self.beta)


class ContextAttention(Attention):
    """Attention over a map, a context and one learnt position, added to the map.

    All heads share their keys and values.

    Parameters
    ----------
    channels
        Of the map.
    heads
        Among which the queries are divided.
    width
        Of the context's tokens.
    """

    def __init__(self, channels: int, heads: int, width: int) -> None:
        super().__init__()
        self.heads = heads
        each = channels // heads
        self.norm = ChannelNorm(channels)
        self.null_kv = nn.Parameter(torch.zeros(2, each))
        self.to_q = nn.Linear(channels, each * heads, bias=False)
        self.to_kv = nn.Linear(channels, 2 * each, bias=False)
        self.to_context = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 2 * each))
        self.to_out = nn.Sequential(
            nn.Linear(each * heads, channels, bias=False), ChannelNorm(channels)
        )

    def forward(self, x: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        """(batch, channels, height, width) and (batch, count, width) → the map."""
        flat = x.flatten(2).transpose(1, 2)
        normed = self.norm(flat)
        batch, positions, _ = flat.shape
        queries = self.to_q(normed).view(batch, positions, self.heads, -1).transpose(1, 2)
        own = self.null_kv.flatten().expand(batch, 1, -1)
        pairs = torch.cat([self.to_context(context), own, self.to_kv(normed)], dim=1)
        keys, values = (
            part[:, None].expand(-1, self.heads, -1, -1) for part in pairs.chunk(2, dim=-1)
        )
        seen = functional.scaled_dot_product_attention(queries, keys, values)
        told: torch.Tensor = self.to_out(seen.transpose(1, 2).reshape(batch, positions, -1))
        return (flat + told).transpose(1, 2).reshape(x.shape)


@dataclass(frozen=True)
class AttendingShape(Shape):
    """A shape whose attention layers look at a context.

    Parameters
    ----------
    context
        Width of its tokens.
    """

    context: int = 0

    def look(self, channels: int) -> Attention:
        """Return an attention layer."""
        heads = self.heads or 1 if self.head_width is None else channels // self.head_width
        return ContextAttention(channels, heads, self.context)


class AttendingUNet(UNet):
    """Predicts the noise in pictures, told a label as tokens and beside the time.

    Parameters
    ----------
    classes
        Number of values of a label: one-hot for a cluster, several ones for a mask.
    context
        Width of a token.
    time_tokens, label_tokens
        How many there are of each.
    time_hidden, label_hidden
        Width between the two layers that the time, and the label, go through.
    out_channels, shape
        As `ssldiff_cvlab.unet.UNet` has them.
    """

    made_of: ClassVar[type[Shape]] = AttendingShape

    def __init__(
        self,
        *,
        classes: int,
        context: int,
        time_tokens: int,
        label_tokens: int,
        time_hidden: int,
        label_hidden: int,
        out_channels: int,
        **shape: Any,
    ) -> None:
        check_sizes(
            shape,
            classes=classes,
            out_channels=out_channels,
            context=context,
            time_values=time_tokens * context,
            label_values=label_tokens * context,
            time_hidden=time_hidden,
            label_hidden=label_hidden,
        )
        super().__init__(out_channels=out_channels, context=context, **shape)
        self.classes = classes
        width, time_width = self.shape.width, self.shape.time_width
        self.to_time_tokens = _two_layers(width, time_hidden, time_tokens * context)
        self.to_cond_tokens = nn.Sequential(nn.Linear(classes, label_tokens * context))
        self.norm_cond = nn.LayerNorm(context)
        self.cond_mlp = _two_layers(classes, label_hidden, time_width)

    def forward(
        self,
        x: torch.Tensor,
        t: torch.Tensor,
        tokens: torch.Tensor | None = None,  # noqa: ARG002 - the contract of networks
        labels: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Return the noise in (batch, channels, height, width) pictures at (batch,) steps.

        Parameters
        ----------
        x
            With the maps beside the colours, for networks that take any.
        t
            Training steps.
        tokens
            Not used: the context depends on the time, and is made here.
        labels
            (batch, classes); None is the null, which is zeros.
        """
        time = self.time(t)
        if labels is None:
            labels = time.new_zeros(len(x), self.classes)
        return self.through(x, time + self.cond_mlp(labels), self.context(t, labels))

    def context(self, t: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return (batch, count, width) tokens: those of the time, then those of the label."""
        waves = timestep_embedding(t, self.shape.width).to(labels.dtype)
        values = torch.cat([self.to_time_tokens(waves), self.to_cond_tokens(labels)], dim=1)
        tokens: torch.Tensor = self.norm_cond(
            values.view(len(values), -1, self.norm_cond.normalized_shape[0])
        )
        return tokens


def _two_layers(come_in: int, hidden: int, out: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(come_in, hidden), nn.SiLU(), nn.Linear(hidden, out))
