"""Strokes of a round brush over the cells of a grid."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from ssldiff_gui.core.edit_grids import Grids
from ssldiff_gui.core.edit_trace import Point, Weights, nearest
from ssldiff_gui.core.specs import Frozen


class Stroke(Frozen):
    """The cells whose centres a round brush passes over.

    Parameters
    ----------
    points
        Where the brush went, as (row, column); one point is a dab.
    radius
        Of the brush, in cells.
    softness
        Share of the radius over which the brush fades out; 0 is a hard edge.
    """

    kind: Literal["stroke"] = "stroke"
    points: tuple[Point, ...] = Field(min_length=1, max_length=100_000)
    radius: float = Field(default=0.5, ge=0, le=10_000)
    softness: float = Field(default=0.0, ge=0, le=1)

    def weights(self, grids: Grids) -> Weights:
        """Return how strongly the brush touches each cell."""
        distance, _ = grids.trace.nearest(self.points, self.radius, grids.grid.mask.shape)
        if self.softness == 0 or self.radius == 0:
            return (distance <= self.radius).astype(np.float64)
        height = np.clip((self.radius - distance) / (self.radius * self.softness), 0, 1)
        return height * height * (3 - 2 * height)


__all__ = ["Point", "Stroke", "Weights", "nearest"]
