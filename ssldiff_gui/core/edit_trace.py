"""How far the cells of a grid are from a line that a pointer draws, also while it is drawn."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

Weights = npt.NDArray[np.float64]
"""(rows, columns) from 0 (not touched) to 1."""

Place = Annotated[float, Field(ge=-1e6, le=1e6)]
Point = tuple[Place, Place]
"""Row and column; whole numbers are the centres of cells."""

_Corner = npt.NDArray[np.float64]


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
    return Trace().nearest(points, reach, shape)


class Trace:
    """A line that grows at its end: only what is new is measured, to the same bits."""

    def __init__(self) -> None:
        self._points: tuple[Point, ...] = ()
        self._asked: tuple[float, tuple[int, int]] = (0.0, (0, 0))
        self._length = 0.0
        self._distance = np.empty((0, 0))
        self._along = np.empty((0, 0))

    def nearest(
        self, points: tuple[Point, ...], reach: float, shape: tuple[int, int]
    ) -> tuple[Weights, Weights]:
        """Return what the function of this name returns; the distances are not to be written."""
        known = len(self._points)
        grows = 1 < known <= len(points) and points[:known] == self._points
        if not grows or self._asked != (reach, shape):
            self._asked = reach, shape
            self._distance, self._along = np.full(shape, np.inf), np.zeros(shape)
            self._length, known = 0.0, 1
        corners = np.array(points[known - 1 :], np.float64)
        if len(points) == 1:
            self._add(corners[0], corners[0])
        for start, end in pairwise(corners):
            self._add(start, end)
        self._points = points
        return self._distance, self._along / (self._length or 1.0)

    def _add(self, start: _Corner, end: _Corner) -> None:
        """Measure one straight part more."""
        reach, shape = self._asked
        before = self._length
        step = end - start
        self._length = before + float(np.sqrt((step * step).sum()))
        window = _window(start, end, reach, shape)
        if window is None:
            return
        found, along = _to_segment(window, start, end)
        closer = found < self._distance[window]
        self._distance[window][closer] = found[closer]
        self._along[window][closer] = (before + along * (self._length - before))[closer]


def _window(
    start: _Corner, end: _Corner, reach: float, shape: tuple[int, int]
) -> tuple[slice, slice] | None:
    """Return the part of the grid that a segment can reach; None for no part."""
    low = np.ceil(np.minimum(start, end) - reach).astype(np.int64)
    high = np.floor(np.maximum(start, end) + reach).astype(np.int64) + 1
    low, high = np.maximum(low, 0), np.minimum(high, shape)
    if (low >= high).any():
        return None
    return slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1]))


def _to_segment(
    window: tuple[slice, slice], start: _Corner, end: _Corner
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
