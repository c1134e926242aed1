"""HistoDiffusion's U-Net: as many heads at every level, residual blocks that change the size.

Fixed heads give each level heads of another width, which diffusers' networks cannot express.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import nn

from ssldiff_cvlab.blocks import GROUPS, Stage
from ssldiff_cvlab.descent import Descent, Shape


class UNet(Descent):
    """Predicts the noise in latents.

    Parameters
    ----------
    out_channels
        Of the prediction.
    shape
        See `Shape`.
    """

    made_of: ClassVar[type[Shape]] = Shape
    """A shape may make other blocks; whoever has such a one names it here."""

    def __init__(self, *, out_channels: int, **shape: Any) -> None:
        super().__init__(self.made_of(**shape))
        made, channels, kept = self.shape, self.kept[-1], list(self.kept)
        stages = []
        for level in reversed(range(len(made.multipliers))):
            for number in range(made.depth + 1):
                out = made.multipliers[level] * made.width
                layers: list[nn.Module] = [made.block(channels + kept.pop(), out)]
                channels = out
                if 2**level in made.attention:
                    layers.append(made.look(channels))
                if level and number == made.depth:
                    layers.append(made.resampling(channels, "up"))
                stages.append(Stage(layers))
        self.output_blocks = nn.ModuleList(stages)
        self.out = nn.Sequential(
            nn.GroupNorm(GROUPS, channels),
            nn.SiLU(),
            nn.Conv2d(channels, out_channels, 3, padding=1),
        )

    def forward(
        self,
        x: torch.Tensor,
        t: torch.Tensor,
        tokens: torch.Tensor | None = None,  # noqa: ARG002 - the contract of networks
        labels: torch.Tensor | None = None,  # noqa: ARG002
    ) -> torch.Tensor:
        """Return the noise in (batch, channels, height, width) latents at (batch,) steps."""
        return self.through(x, self.time(t))

    def through(self, x: torch.Tensor, time: torch.Tensor, *context: torch.Tensor) -> torch.Tensor:
        """Return the noise; residual blocks are told the time, attention layers the context."""
        x, said = self.descend(x, time, *context)
        for stage in self.output_blocks:
            x = stage(torch.cat([x, said.pop()], dim=1), time, *context)
        noise: torch.Tensor = self.out(x)
        return noise
