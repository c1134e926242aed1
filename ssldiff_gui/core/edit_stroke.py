"""Strokes of a round brush over the cells of a grid."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from ssldiff_gui.core.edit_grids import Grids
from ssldiff_gui.core.specs import Frozen

Weights = npt.NDArray[np.float64]
"""(rows, columns) from 0 (not touched) to 1."""

Place = Annotated[float, Field(ge=-1e6, le=1e6)]
Point = tuple[Place, Place]
"""Row and column; whole numbers are the centres of cells."""


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
        distance, _ = nearest(self.points, self.radius, grids.grid.mask.shape)
        if self.softness == 0 or self.radius == 0:
            return (distance <= self.radius).astype(np.float64)
        height = np.clip((self.radius - distance) / (self.radius * self.softness), 0, 1)
        return height * height * (3 - 2 * height)


def nearest(
    points: tuple[Point, ...], reach: float, shape: tuple[int, int]
) -> tuple[Weights, Weights]:
    """Return how far each cell is from a line, and how far along it its nearest point lies.

    Parameters
    ----------
    points
        Corners of the line.
    reach
        Cells farther away than this are not looked at: their distance is infinite.
    shape
        Rows and columns of the grid.

    Returns
    -------
    tuple of Weights
        Distances in cells, and shares of the line's length; where a line crosses itself the
        earlier part wins.
    """
    corners = np.array(points, np.float64)
    steps = np.diff(corners, axis=0)
    lengths = np.sqrt((steps * steps).sum(1))
    ahead = np.concatenate([[0.0], np.cumsum(lengths)])
    total = ahead[-1] or 1.0
    distance, share = np.full(shape, np.inf), np.zeros(shape)
    for index in range(max(1, len(steps))):
        start, end = corners[index], corners[min(index + 1, len(corners) - 1)]
        window = _window(start, end, reach, shape)
        if window is None:
            continue
        found, along = _to_segment(window, start, end)
        closer = found < distance[window]
        distance[window][closer] = found[closer]
        length = ahead[min(index + 1, len(ahead) - 1)] - ahead[index]
        share[window][closer] = ((ahead[index] + along * length) / total)[closer]
    return distance, share


def _window(
    start: npt.NDArray[np.float64],
    end: npt.NDArray[np.float64],
    reach: float,
    shape: tuple[int, int],
) -> tuple[slice, slice] | None:
    """Return the part of the grid that a segment can reach; None for no part."""
    low = np.ceil(np.minimum(start, end) - reach).astype(np.int64)
    high = np.floor(np.maximum(start, end) + reach).astype(np.int64) + 1
    low, high = np.maximum(low, 0), np.minimum(high, shape)
    if (low >= high).any():
        return None
    return slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1]))


def _to_segment(
    window: tuple[slice, slice], start: npt.NDArray[np.float64], end: npt.NDArray[np.float64]
) -> tuple[Weights, Weights]:
    """Return the distance of each cell from a segment, and the share of it at its foot."""
    rows = np.arange(window[0].start, window[0].stop)[:, None] - start[0]
    columns = np.arange(window[1].start, window[1].stop)[None, :] - start[1]
    step = end - start
    squared = float(step @ step)
    if squared == 0:
        return np.hypot(rows, columns), np.zeros(np.broadcast_shapes(rows.shape, columns.shape))
    along = np.clip((rows * step[0] + columns * step[1]) / squared, 0, 1)
    return np.hypot(rows - along * step[0], columns - along * step[1]), along
