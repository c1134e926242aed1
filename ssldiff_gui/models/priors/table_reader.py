"""The network that reads a line of a table: standardised features, and two layers over them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from ssldiff_gui.models.priors.tables import MOST_COLUMNS, Numbers

FARTHEST = 6.0
"""Standard deviations; what lies farther from the training cases is taken to lie there."""


class TableReader(nn.Module):
    """Features of a case → a vector, in the terms of a `PriorNetwork`.

    Parameters
    ----------
    width
        Of the vector.
    columns
        Names of the features, in their order.
    means, deviations
        Of the training cases, for each column.
    inner
        Width of its hidden layers.
    """

    def __init__(
        self, width: int, columns: Sequence[str], means: Sequence[float],
        deviations: Sequence[float], inner: int = 128,
    ) -> None:  # fmt: skip
        super().__init__()
        self.columns = tuple(map(str, columns))
        self.means, self.deviations = (np.array(v, np.float64) for v in (means, deviations))
        count = len(self.columns)
        if not (0 < count <= MOST_COLUMNS and 0 < inner <= 4096 and 0 < width <= 4096):
            raise ValueError("a reader of such a size")
        if self.means.shape != (count,) or self.deviations.shape != (count,):
            raise ValueError("it has not one mean and one deviation for each column")
        if not (np.isfinite(self.means).all() and (self.deviations > 0).all()):
            raise ValueError("its means and deviations are no such numbers")
        self.width = width
        self.layers = nn.Sequential(
            nn.Linear(2 * count, inner), nn.GELU(), nn.Linear(inner, inner), nn.GELU(),
            nn.Linear(inner, width),
        )  # fmt: skip
        self.norm = nn.LayerNorm(width)
        nn.init.constant_(self.norm.weight, 0.5)  # as far apart as classes begin

    def standardised(self, numbers: Numbers) -> Numbers:
        """Return (cases, columns) in deviations from the mean; NaN stays NaN."""
        return np.asarray((numbers - self.means) / self.deviations)

    def features(self, numbers: Numbers) -> torch.Tensor:
        """Return (cases, 2 · columns): what `forward` takes, and which values are missing.

        Parameters
        ----------
        numbers
            (cases, columns) as the table has them, NaN where a value is missing.
        """
        apart = np.clip(self.standardised(numbers), -FARTHEST, FARTHEST)
        missing = np.isnan(apart)
        both = np.concatenate([np.where(missing, 0.0, apart), missing], 1)
        return torch.from_numpy(both.astype(np.float32))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return (cases, width)."""
        return self.norm(self.layers(features))  # type: ignore[no-any-return]
