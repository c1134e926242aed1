"""Going from one embedding to another: along a stroke, or between the corners of a rectangle."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ssldiff_gui.core.edit_base import CellEdit, Fill, Fresh, Sample
from ssldiff_gui.core.edit_grids import Cell, Grids, Indices
from ssldiff_gui.core.edit_selection import Rectangle
from ssldiff_gui.core.edit_stroke import Point, Stroke, Weights
from ssldiff_gui.core.slerp import between_cells, slerp


class Interpolate(CellEdit):
    """Go from one embedding to another along a stroke.

    Parameters
    ----------
    along
        The stroke.
    ends
        The two embeddings; None takes the cells at the stroke's ends.
    """

    kind: Literal["interpolate"] = "interpolate"
    along: Stroke
    ends: tuple[Sample, Sample] | None = None

    def weights(self, grids: Grids) -> Weights:
        """Return how strongly the stroke touches each cell."""
        return self.along.weights(grids)

    def fill(self, grids: Grids) -> Fill:
        """Return what lies between the ends, by the share of the stroke's length."""
        points = self.along.points
        first, last = self.ends or (_at(points[0]), _at(points[-1]))
        start, end = first.vector(grids), last.vector(grids)
        _, share = grids.trace.nearest(points, self.along.radius, grids.grid.mask.shape)

        def found(rows: Indices, columns: Indices) -> Fresh:
            return Fresh(slerp(share[rows, columns], start, end))

        return found


class Corners(CellEdit):
    """Fill a rectangle with what lies between the embeddings at its four corners.

    Parameters
    ----------
    over
        The rectangle.
    corners
        Upper left, upper right, lower left, lower right; None takes the rectangle's own cells.
    """

    kind: Literal["corners"] = "corners"
    over: Rectangle
    corners: tuple[Sample, Sample, Sample, Sample] | None = None

    def weights(self, grids: Grids) -> Weights:
        """Return how strongly each cell of the rectangle is touched."""
        return self.over.weights(grids)

    def fill(self, grids: Grids) -> Fill:
        """Return what lies between the corners, first along the columns, then along the rows."""
        down, across = self.over.clipped(grids.grid)
        last = down.stop - 1, across.stop - 1
        own = [(r, c) for r in (down.start, last[0]) for c in (across.start, last[1])]
        samples = self.corners or tuple(Sample(cells=(cell,)) for cell in own)
        held = np.stack([sample.vector(grids) for sample in samples]).reshape(2, 2, -1)

        def found(rows: Indices, columns: Indices) -> Fresh:
            places = (
                (rows - down.start) / max(1, last[0] - down.start),
                (columns - across.start) / max(1, last[1] - across.start),
            )
            return Fresh(between_cells(held, *places))

        return found


def _at(point: Point) -> Sample:
    """Return the cell under a point."""
    cell: Cell = (int(np.floor(point[0] + 0.5)), int(np.floor(point[1] + 0.5)))
    return Sample(cells=(cell,))
