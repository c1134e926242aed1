"""Taking cells from one place to another, within a grid or between two."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from ssldiff_gui.core.edit_base import CellEdit, Fill, Fresh, Selecting
from ssldiff_gui.core.edit_grids import Cell, GridName, Grids, Index, Indices
from ssldiff_gui.core.edit_selection import Extent, Feather, Rectangle, faded
from ssldiff_gui.core.edit_stroke import Weights
from ssldiff_gui.core.grid import EmbeddingGrid


class Stamp(Selecting):
    """Clone: each cell takes what lies at a fixed offset from it.

    Parameters
    ----------
    offset
        (rows, columns) from a cell to the one it is taken from.
    grid
        Name of the grid that is taken from; None is the one that is edited, as it was before.
    """

    pointwise: ClassVar[bool] = True

    kind: Literal["stamp"] = "stamp"
    offset: tuple[Index, Index]
    grid: GridName | None = None

    def fill(self, grids: Grids) -> Fill:
        """Return the cells at the offset; glass and what lies outside are not taken."""
        return _shifted(grids.named(self.grid), *self.offset)


class Transplant(CellEdit):
    """Put a rectangle of cells, from this or another grid, at another place.

    Parameters
    ----------
    row, column, rows, columns
        The rectangle that is taken; what lies beyond its grid's edge is cut off.
    to
        Where its first cell comes to; what would lie beyond the edge is cut off.
    grid
        Name of the grid that is taken from; None is the one that is edited, as it was before.
    feather
        Cells over which the rectangle fades in.
    """

    kind: Literal["transplant"] = "transplant"
    row: Index
    column: Index
    rows: Extent
    columns: Extent
    to: Cell
    grid: GridName | None = None
    feather: Feather = 0

    def weights(self, grids: Grids) -> Weights:
        """Return how strongly each cell of the place is touched."""
        other = grids.named(self.grid)
        taken = Rectangle(
            row=self.row, column=self.column, rows=self.rows, columns=self.columns
        ).clipped(other)
        down, across = self.to[0] - self.row, self.to[1] - self.column
        mask = np.zeros(grids.grid.mask.shape, np.bool_)
        mask[
            max(0, taken[0].start + down) : max(0, taken[0].stop + down),
            max(0, taken[1].start + across) : max(0, taken[1].stop + across),
        ] = True
        return faded(mask, self.feather)

    def fill(self, grids: Grids) -> Fill:
        """Return the cells of the rectangle; its glass is not taken."""
        other = grids.named(self.grid)
        return _shifted(other, self.row - self.to[0], self.column - self.to[1])


def _shifted(source: EmbeddingGrid, down: int, across: int) -> Fill:
    """Return the cells of a grid at an offset."""

    def found(rows: Indices, columns: Indices) -> Fresh:
        r, c = rows + down, columns + across
        inside = (r >= 0) & (r < source.rows) & (c >= 0) & (c < source.columns)
        r, c = np.where(inside, r, 0), np.where(inside, c, 0)
        return Fresh(source.vectors[r, c], inside & source.mask[r, c])

    return found
