"""Painting with one embedding, taking embeddings away, and bringing back what was there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, JsonValue

from ssldiff_gui.core.edit_base import Fill, Fresh, Sample, Selecting
from ssldiff_gui.core.edit_clusters import directions
from ssldiff_gui.core.edit_grids import GridName, Grids, Indices
from ssldiff_gui.core.edit_vary import cell_draws
from ssldiff_gui.core.errors import BadEdits
from ssldiff_gui.core.grid import EmbeddingGrid, Vectors


class Paint(Selecting):
    """Put one embedding into cells; on glass, too.

    One embedding everywhere repeats one layout. With a spread, each cell takes one of those that
    are most like the embedding in its grid, itself among them.

    Parameters
    ----------
    embedding
        The embedding.
    spread
        How many are drawn from; 0 and 1 paint the embedding alone.
    seed
        Of the drawing, which depends on nothing else but a cell's row and column.
    """

    silent: ClassVar[Mapping[str, JsonValue]] = {**Selecting.silent, "spread": 0, "seed": 0}
    pointwise: ClassVar[bool] = True

    kind: Literal["paint"] = "paint"
    embedding: Sample
    spread: int = Field(default=0, ge=0, le=4096)
    seed: int = Field(default=0, ge=0, lt=2**63)

    def fill(self, grids: Grids) -> Fill:
        """Return the embedding for every cell, or one like it."""
        vector = self.embedding.vector(grids)
        if self.spread > 1:
            vectors = _most_like(vector, grids.named(self.embedding.grid), self.spread)
        else:
            vectors = vector[None]

        def found(rows: Indices, columns: Indices) -> Fresh:
            return Fresh(vectors[cell_draws(self.seed, rows, columns, len(vectors))])

        return found


class Clear(Selecting):
    """Make cells glass: they have no embedding any more."""

    pointwise: ClassVar[bool] = True

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

    pointwise: ClassVar[bool] = True

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


def _most_like(vector: Vectors, grid: EmbeddingGrid, count: int) -> Vectors:
    """Return (n, dim) the embeddings of a grid that point most where one points, best first.

    The embedding itself is the first; a grid that has fewer others gives fewer.
    """
    others = grid.vectors[grid.mask]
    likeness = directions(others) @ directions(vector[None])[0]
    order = np.argsort(-likeness, kind="stable")[:count]
    found = others[order]
    if not (found == vector).all(1).any():
        found = np.concatenate([vector[None], found[: count - 1]])
    return found
