"""Where a grid of cells lies on a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ssldiff_gui.core.geometry import Box, Region

Cell = tuple[int, int]
"""Row and column of one cell."""


@dataclass(frozen=True, slots=True)
class GridPlace:
    """Rows and columns of square cells over level-0 pixels.

    Places among the cells are told as in `core.edit_stroke`: whole numbers are the centres of
    cells, so that the grid reaches from -0.5 to `rows` - 0.5.

    Parameters
    ----------
    rows, columns
        Of the grid.
    x, y
        Upper left corner of the first cell, in level-0 pixels.
    footprint
        Side of a cell in level-0 pixels; not always an integer.
    """

    rows: int
    columns: int
    x: float = 0.0
    y: float = 0.0
    footprint: float = 1.0

    def __post_init__(self) -> None:
        if self.rows < 1 or self.columns < 1:
            raise ValueError(f"a grid has cells: {self}")
        if not (math.isfinite(self.footprint) and self.footprint > 0):
            raise ValueError(f"a cell has a finite size above zero: {self}")

    @classmethod
    def of(cls, shape: tuple[int, ...], region: Region | Box | None, footprint: float) -> GridPlace:
        """Return the place of a grid.

        Parameters
        ----------
        shape
            Rows, columns, and whatever follows.
        region
            Where it was taken, or its box; a grid from nothing begins at the corner.
        footprint
            Side of a cell in level-0 pixels.
        """
        box = region.box if isinstance(region, Region) else region
        corner = (0, 0) if box is None else (box.x, box.y)
        return cls(int(shape[0]), int(shape[1]), *corner, footprint)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom in level-0 pixels."""
        return (
            self.x,
            self.y,
            self.x + self.columns * self.footprint,
            self.y + self.rows * self.footprint,
        )

    def among_cells(self, x: float, y: float) -> tuple[float, float]:
        """Turn level-0 pixel coordinates into (row, column); may lie beside the grid."""
        return (y - self.y) / self.footprint - 0.5, (x - self.x) / self.footprint - 0.5

    def on_picture(self, row: float, column: float) -> tuple[float, float]:
        """Turn (row, column) into level-0 pixel coordinates (x, y)."""
        return self.x + (column + 0.5) * self.footprint, self.y + (row + 0.5) * self.footprint

    def cell_at(self, row: float, column: float) -> Cell | None:
        """Return the cell that a place among the cells lies in, None beside the grid."""
        cell = math.floor(row + 0.5), math.floor(column + 0.5)
        return cell if 0 <= cell[0] < self.rows and 0 <= cell[1] < self.columns else None
