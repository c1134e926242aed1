"""The U-Net that is told its label beside the time: both vectors are joined end to end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from ssldiff_cvlab.blocks import ResidualBlock
from ssldiff_cvlab.descent import Shape
from ssldiff_cvlab.unet import UNet
from torch import nn

from ssldiff_selfguided.sizes import check_sizes


@dataclass(frozen=True)
class JoinedShape(Shape):
    """A shape whose residual blocks are told more than the time.

    Parameters
    ----------
    told
        Number of values that are joined to the time's embedding.
    """

    told: int = 0

    def block(
        self, channels: int, out: int, resample: Literal["down", "up"] | None = None
    ) -> ResidualBlock:
        """Return a residual block."""
        return ResidualBlock(
            channels,
            out,
            self.time_width + self.told,
            scale_shift=self.scale_shift,
            resample=resample,
        )


class JoinedUNet(UNet):
    """Predicts the noise in pictures, told a label.

    Parameters
    ----------
    classes
        Number of values of a label: one-hot for a cluster, several ones for a mask.
    told
        Number of values that the label becomes.
    out_channels, shape
        As `ssldiff_cvlab.unet.UNet` has them.
    """

    made_of: ClassVar[type[Shape]] = JoinedShape

    def __init__(self, *, classes: int, told: int, out_channels: int, **shape: Any) -> None:
        check_sizes(shape, classes=classes, told=told, out_channels=out_channels)
        super().__init__(out_channels=out_channels, told=told, **shape)
        self.classes = classes
        self.mlp_cond = nn.Sequential(nn.Linear(classes, told), nn.SiLU(), nn.Linear(told, told))

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
            Not used.
        labels
            (batch, classes); None is the null, which is zeros.
        """
        time = self.time(t)
        if labels is None:
            labels = time.new_zeros(len(x), self.classes)
        return self.through(x, torch.cat([time, self.mlp_cond(labels)], dim=1))
