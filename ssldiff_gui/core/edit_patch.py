"""The cells that an edit changes: what is put into a grid, and taken out of it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ssldiff_gui.core.edit_grids import Indices
from ssldiff_gui.core.errors import BadGrid
from ssldiff_gui.core.grid import EmbeddingGrid, Mask, Vectors


@dataclass(frozen=True, slots=True, eq=False)
class CellPatch:
    """Some cells of a grid and what they hold.

    Parameters
    ----------
    rows, columns
        (n,) each, no cell twice.
    vectors
        (n, dim) float32, zeros where not valid.
    valid
        (n,): False for glass.
    """

    rows: Indices
    columns: Indices
    vectors: Vectors
    valid: Mask

    @classmethod
    def nothing(cls, grid: EmbeddingGrid) -> CellPatch:
        """Return no cells of a grid."""
        return cls.of(grid, np.zeros(0, np.intp), np.zeros(0, np.intp))

    @classmethod
    def of(cls, grid: EmbeddingGrid, rows: Indices, columns: Indices) -> CellPatch:
        """Return some cells as a grid has them."""
        return cls(rows, columns, grid.vectors[rows, columns], grid.mask[rows, columns])

    @classmethod
    def joined(cls, parts: Sequence[CellPatch]) -> CellPatch:
        """Return all cells of several patches that have none in common."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            np.concatenate([part.rows for part in parts]),
            np.concatenate([part.columns for part in parts]),
            np.concatenate([part.vectors for part in parts]),
            np.concatenate([part.valid for part in parts]),
        )

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def nbytes(self) -> int:
        """Bytes that the patch keeps alive."""
        return sum(part.nbytes for part in (self.rows, self.columns, self.vectors, self.valid))

    def checked(self) -> CellPatch:
        """Return the patch; a value that is no number is refused.

        Raises
        ------
        BadGrid
            Names the cell.
        """
        if not np.isfinite(self.vectors).all():
            first = int(np.argmin(np.isfinite(self.vectors).all(axis=1)))
            raise BadGrid(
                f"The cell in row {self.rows[first]}, column {self.columns[first]} "
                "holds NaN or infinity.",
                "Embed the region again, or paint over the cell.",
            )
        return self

    def put(self, vectors: Vectors, valid: Mask) -> None:
        """Write the cells into the arrays of a grid."""
        vectors[self.rows, self.columns] = self.vectors
        valid[self.rows, self.columns] = self.valid

    def applied(self, grid: EmbeddingGrid) -> EmbeddingGrid:
        """Return a grid with these cells in it; the very grid when there are none."""
        if not len(self):
            return grid
        vectors, valid = grid.vectors.copy(), grid.mask.copy()
        self.put(vectors, valid)
        return grid.trusted(vectors, valid)
