"""HistoDiffusion's classifier of latents, whose gradient leads the sampling to a class."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ssldiff_cvlab.blocks import GROUPS, attend
from ssldiff_cvlab.descent import Descent, Shape


class AttentionPool(nn.Module):
    """One vector for a map: what the mean of all positions sees when it looks at them.

    Parameters
    ----------
    side
        Height and width of the map.
    channels, out
        Of the map, and of the vector.
    heads
        Among which the channels are divided.
    """

    def __init__(self, side: int, channels: int, heads: int, out: int) -> None:
        super().__init__()
        self.heads = heads
        self.positional_embedding = nn.Parameter(torch.zeros(channels, side**2 + 1))
        self.qkv_proj = nn.Conv1d(channels, 3 * channels, 1)
        self.c_proj = nn.Conv1d(channels, out, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, channels, side, side) → (batch, out)."""
        flat = x.flatten(2)
        flat = torch.cat([flat.mean(dim=2, keepdim=True), flat], dim=2)
        flat = flat + self.positional_embedding.to(flat.dtype)
        seen = attend(self.qkv_proj(flat), self.heads, "parts first")
        pooled: torch.Tensor = self.c_proj(seen)[:, :, 0]
        return pooled


class LatentClassifier(Descent):
    """Tells the class of latents, at any noise level.

    Parameters
    ----------
    side
        Height and width of the latents.
    classes
        How many.
    shape
        See `Shape`; `head_width` is needed.
    """

    def __init__(self, *, side: int, classes: int, **shape: Any) -> None:
        super().__init__(Shape(**shape))
        made, channels = self.shape, self.kept[-1]
        heads = channels // (made.head_width or channels)
        coarsest = side // 2 ** (len(made.multipliers) - 1)
        self.out = nn.Sequential(
            nn.GroupNorm(GROUPS, channels),
            nn.SiLU(),
            AttentionPool(coarsest, channels, heads, classes),
        )

    def forward(self, x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """Return (batch, classes) logits of (batch, channels, side, side) at (batch,) steps."""
        logits: torch.Tensor = self.out(self.descend(x, self.time(t))[0])
        return logits
