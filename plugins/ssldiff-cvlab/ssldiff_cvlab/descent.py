"""The way down to the coarsest map: what the U-Net and the classifier share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from ssldiff_cvlab.blocks import (
    Attention,
    Doubled,
    Halved,
    ResidualBlock,
    SelfAttention,
    Stage,
    timestep_embedding,
)


@dataclass(frozen=True)
class Shape:
    """What both networks are made with.

    Parameters
    ----------
    in_channels
        Of the latents.
    width
        Channels of the finest level.
    multipliers
        Channels of each level, finest first, in units of `width`.
    depth
        Residual blocks of a level.
    attention
        Downsamplings at which there is attention: 1, 2, 4, …
    heads
        Attention heads at every level; None when `head_width` says it.
    head_width
        Channels of a head at every level; None when `heads` says it.
    scale_shift
        How residual blocks are told the time.
    residual_resampling
        Whether residual blocks change the size of the map, or convolutions do.
    """

    in_channels: int
    width: int
    multipliers: Sequence[int]
    depth: int
    attention: Sequence[int]
    heads: int | None = None
    head_width: int | None = None
    scale_shift: bool = False
    residual_resampling: bool = False

    @property
    def time_width(self) -> int:
        """Of the time's embedding."""
        return 4 * self.width

    def block(
        self, channels: int, out: int, resample: Literal["down", "up"] | None = None
    ) -> ResidualBlock:
        """Return a residual block."""
        return ResidualBlock(
            channels, out, self.time_width, scale_shift=self.scale_shift, resample=resample
        )

    def look(self, channels: int) -> Attention:
        """Return an attention layer."""
        if self.head_width is not None:
            return SelfAttention(channels, channels // self.head_width)
        return SelfAttention(channels, self.heads or 1)

    def resampling(self, channels: int, how: Literal["down", "up"]) -> nn.Module:
        """Return what halves or doubles a map."""
        if self.residual_resampling:
            return self.block(channels, channels, how)
        return Halved(channels) if how == "down" else Doubled(channels)


class Descent(nn.Module):
    """The embedding of the time, the levels from fine to coarse, and the middle.

    Parameters
    ----------
    shape
        What it is made with.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.time_embed = nn.Sequential(
            nn.Linear(shape.width, shape.time_width),
            nn.SiLU(),
            nn.Linear(shape.time_width, shape.time_width),
        )
        channels = shape.width
        stages = [Stage([nn.Conv2d(shape.in_channels, channels, 3, padding=1)])]
        self.kept = [channels]
        for level, multiplier in enumerate(shape.multipliers):
            for _ in range(shape.depth):
                out = multiplier * shape.width
                layers: list[nn.Module] = [shape.block(channels, out)]
                channels = out
                if 2**level in shape.attention:
                    layers.append(shape.look(channels))
                stages.append(Stage(layers))
                self.kept.append(channels)
            if level + 1 < len(shape.multipliers):
                stages.append(Stage([shape.resampling(channels, "down")]))
                self.kept.append(channels)
        self.input_blocks = nn.ModuleList(stages)
        self.middle_block = Stage(
            [shape.block(channels, channels), shape.look(channels), shape.block(channels, channels)]
        )

    def time(self, t: torch.Tensor) -> torch.Tensor:
        """Return (batch, time_width) for (batch,) training steps."""
        waves = timestep_embedding(t, self.shape.width)
        kind = next(self.time_embed.parameters()).dtype
        embedded: torch.Tensor = self.time_embed(waves.to(kind))
        return embedded

    def descend(
        self, x: torch.Tensor, time: torch.Tensor, *context: torch.Tensor
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Return the coarsest map, and what every stage before it said."""
        said = []
        for stage in self.input_blocks:
            x = stage(x, time, *context)
            said.append(x)
        return self.middle_block(x, time, *context), said
