"""Painting with one embedding, taking embeddings away, and bringing back what was there."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from ssldiff_gui.core.edit_base import Fill, Fresh, Sample, Selecting
from ssldiff_gui.core.edit_grids import GridName, Grids, Indices
from ssldiff_gui.core.errors import BadEdits


class Paint(Selecting):
    """Put one embedding into cells; on glass, too.

    Parameters
    ----------
    embedding
        The embedding.
    """

    kind: Literal["paint"] = "paint"
    embedding: Sample

    def fill(self, grids: Grids) -> Fill:
        """Return the embedding for every cell."""
        vector = self.embedding.vector(grids)

        def found(rows: Indices, _columns: Indices) -> Fresh:
            return Fresh(np.tile(vector, (len(rows), 1)))

        return found


class Clear(Selecting):
    """Make cells glass: they have no embedding any more."""

    kind: Literal["clear"] = "clear"

    def fill(self, grids: Grids) -> Fill:
        """Return glass for every cell."""

        def found(rows: Indices, _columns: Indices) -> Fresh:
            nothing = np.zeros((len(rows), grids.grid.dim), np.float32)
            return Fresh(nothing, np.zeros(len(rows), np.bool_), np.ones(len(rows), np.bool_))

        return found


class Erase(Selecting):
    """Bring back what the cells held in another grid of the same shape: the original.

    Parameters
    ----------
    grid
        Its name.
    """

    kind: Literal["erase"] = "erase"
    grid: GridName = Field(default="original")

    def fill(self, grids: Grids) -> Fill:
        """Return the original's cells, its glass included."""
        original = grids.named(self.grid)
        if original.mask.shape != grids.grid.mask.shape:
            raise BadEdits(
                f"The grid “{self.grid}” has {original.rows} × {original.columns} cells, "
                f"this one {grids.grid.rows} × {grids.grid.columns}.",
                "Erase brings back cells of a grid of the same shape; transplant takes any.",
            )

        def found(rows: Indices, columns: Indices) -> Fresh:
            known = original.mask[rows, columns]
            return Fresh(original.vectors[rows, columns], known, ~known)

        return found
