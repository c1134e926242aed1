"""The network of a prior: noisy components of embeddings on a small window → what is clean."""

from __future__ import annotations

import math

import torch
from torch import nn

_WAVES = 64
_LARGEST = (4096, 4096, 64, 65536)
"""Of channels, width, depth and classes, so that no file makes this machine build a giant."""


class PriorNetwork(nn.Module):
    """Convolutions over cells, steered in every block by the step and by what was asked for.

    Parameters
    ----------
    channels
        How many principal components of the embeddings it draws.
    dim
        Number of values of an embedding.
    width, depth
        Of its blocks.
    classes
        How many it knows by number.
    """

    mean: torch.Tensor
    components: torch.Tensor
    scales: torch.Tensor
    norms: torch.Tensor

    def __init__(self, channels: int, dim: int, width: int, depth: int, classes: int = 0) -> None:
        super().__init__()
        for value, most in zip((channels, width, depth, classes), _LARGEST, strict=True):
            if not 0 <= value <= most:
                raise ValueError(f"{value} is more than {most}, or less than nothing")
        self.width = width
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("components", torch.eye(channels, dim))
        self.register_buffer("scales", torch.ones(channels))
        self.register_buffer("norms", torch.tensor([0.0, 1e9]))
        self.classes = nn.Parameter(0.5 * torch.randn(classes, width))
        self.null = nn.Parameter(torch.zeros(width))
        self.time = nn.Sequential(nn.Linear(2 * _WAVES, width), nn.SiLU(), nn.Linear(width, width))
        self.enter = nn.Linear(channels, width)
        self.blocks = nn.ModuleList(_Block(width) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.leave = nn.Linear(width, channels)
        nn.init.zeros_(self.leave.weight)

    def forward(self, x: torch.Tensor, step: torch.Tensor, told: torch.Tensor) -> torch.Tensor:
        """Return what the network predicts.

        Parameters
        ----------
        x
            (batch, channels, rows, columns) of about unit variance.
        step
            (batch,) the training step.
        told
            (batch, width) what was asked for, in the terms of `classes`; or (batch, rows,
            columns, width), when each cell has its own.
        """
        now = self.time(_waves(step))
        steering = (now if told.ndim == 2 else now[:, None, None]) + told
        h = self.enter(x.permute(0, 2, 3, 1))
        for block in self.blocks:
            h = block(h, steering)
        return self.leave(self.norm(h)).permute(0, 3, 1, 2)  # type: ignore[no-any-return]

    def to_components(self, vectors: torch.Tensor) -> torch.Tensor:
        """(…, dim) embeddings → (…, channels) of zero mean and unit variance."""
        return (vectors - self.mean) @ self.components.T / self.scales

    def to_vectors(self, components: torch.Tensor) -> torch.Tensor:
        """(…, channels) → (…, dim) embeddings, no longer or shorter than real ones are."""
        found = (components * self.scales) @ self.components + self.mean
        length = found.norm(dim=-1, keepdim=True).clamp(min=1e-6)
        kept: torch.Tensor = found * (length.clamp(self.norms[0], self.norms[1]) / length)
        return kept


class _Block(nn.Module):
    """A depthwise and two pointwise convolutions, on (batch, rows, columns, width)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.spatial = nn.Conv2d(width, width, 5, padding=2, groups=width)
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.steer = nn.Linear(width, 2 * width)
        self.widen = nn.Linear(width, 3 * width)
        self.narrow = nn.Linear(3 * width, width)
        nn.init.zeros_(self.steer.weight)
        nn.init.zeros_(self.steer.bias)
        nn.init.zeros_(self.narrow.weight)

    def forward(self, h: torch.Tensor, steering: torch.Tensor) -> torch.Tensor:
        """Return the window, changed; steered as a whole, or each cell by itself."""
        around = self.spatial(h.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        mean, alike = h.mean((1, 2)), steering.ndim == 2
        steer = self.steer(nn.functional.silu(steering + (mean if alike else mean[:, None, None])))
        scale, shift = (steer[:, None, None] if alike else steer).chunk(2, -1)
        steered = self.norm(around) * (1 + scale) + shift
        return h + self.narrow(nn.functional.gelu(self.widen(steered)))  # type: ignore[no-any-return]


def _waves(step: torch.Tensor) -> torch.Tensor:
    """Return (batch, 2 · waves): a step as sines and cosines."""
    rates = torch.exp(torch.arange(_WAVES, device=step.device) * (-math.log(10_000) / _WAVES))
    angles = step[:, None].float() * rates
    return torch.cat([angles.sin(), angles.cos()], 1)
