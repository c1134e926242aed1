"""What a mask shows, as a label."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn


class Presence(nn.Module):
    """Maps → a label that says which of them show anything.

    Parameters
    ----------
    classes
        Number of maps.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        if not 1 <= classes <= 1 << 12:
            raise ValueError(f"{classes} maps are none, or too many")
        self.classes = classes

    def forward(self, given: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return (batch, classes) ones and zeros for (batch, classes, height, width) "maps"."""
        if "maps" not in given:
            return self.null(1)
        return (given["maps"] > 0).any(dim=3).any(dim=2).float()

    def null(self, batch: int) -> torch.Tensor:
        """Return (batch, classes) zeros."""
        return torch.zeros(batch, self.classes)
