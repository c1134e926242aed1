"""Moving embeddings along a direction, and making cells of one kind cells of another."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from ssldiff_gui.core.edit_base import Fill, Fresh, Moving, Sample, mean
from ssldiff_gui.core.edit_clusters import directions
from ssldiff_gui.core.edit_grids import Grids, Indices
from ssldiff_gui.core.edit_vary import as_long_as

MEMBERS = 2048
"""Cells of a cluster that replacements are looked for among, evenly taken."""


class Steer(Moving):
    """Move cells along the way from one set of cells to another; their length stays.

    Parameters
    ----------
    away, towards
        The two sets.
    amount
        How far, in the distance between the two; below zero goes the other way.
    """

    pointwise: ClassVar[bool] = True

    kind: Literal["steer"] = "steer"
    away: Sample
    towards: Sample
    amount: float = Field(ge=-100, le=100)

    def fill(self, grids: Grids) -> Fill:
        """Return the cells, moved."""
        step = self.towards.vector(grids).astype(np.float64) - self.away.vector(grids)
        grid = grids.grid

        def found(rows: Indices, columns: Indices) -> Fresh:
            old = grid.vectors[rows, columns].astype(np.float64)
            moved = as_long_as(old, old + self.amount * step)
            return Fresh(moved.astype(np.float32))

        return found


class Replace(Moving):
    """Make the chosen cells, one kind, cells of another kind; they keep how they differ.

    Parameters
    ----------
    by
        Cells of the other kind.
    manner
        "match" gives each cell that member of the other kind which differs from its mean most
        like the cell does from the mean of its own: all that comes in are embeddings that exist.
        "shift" moves all cells from the one mean to the other.
    """

    kind: Literal["replace"] = "replace"
    by: Sample
    manner: Literal["match", "shift"] = "match"

    def fill(self, grids: Grids) -> Fill:
        """Return the cells of the other kind."""
        grid = grids.grid
        own = Sample(where=self.where).vector(grids)
        members, weights = self.by.members(grids)
        step = mean(members, weights).astype(np.float64) - own
        members = members[_evenly(len(members))]
        units = directions(members).astype(np.float32)

        def found(rows: Indices, columns: Indices) -> Fresh:
            moved = grid.vectors[rows, columns] + step
            if self.manner == "match":
                return Fresh(members[(moved.astype(np.float32) @ units.T).argmax(1)])
            return Fresh(moved.astype(np.float32))

        return found


def _evenly(count: int) -> Indices:
    """Return at most `MEMBERS` places, evenly spaced over `count`."""
    return np.unique(np.linspace(0, count - 1, min(count, MEMBERS)).astype(np.intp))
