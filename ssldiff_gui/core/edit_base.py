"""What all edits are: data that says where and what, and one way to put it into a grid."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from pydantic import (
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from ssldiff_gui.core.edit_clusters import directions
from ssldiff_gui.core.edit_grids import GridName, Grids, Indices
from ssldiff_gui.core.edit_patch import CellPatch
from ssldiff_gui.core.edit_selection import Chosen, Selection, embeddings
from ssldiff_gui.core.edit_stroke import Weights
from ssldiff_gui.core.errors import BadEdits
from ssldiff_gui.core.grid import EmbeddingGrid, Mask, Vectors
from ssldiff_gui.core.slerp import slerp
from ssldiff_gui.core.specs import Frozen

TOGETHER = 1024
"""Cells that are computed at once: what an edit needs besides the grid stays small."""


@dataclass(frozen=True, slots=True, eq=False)
class Fresh:
    """What an edit has for some cells.

    Parameters
    ----------
    vectors
        (n, dim) float32: the new embeddings.
    known
        (n,): where there is one, other cells are left alone; None says everywhere.
    glass
        (n,): where the cell shall have no embedding any more.
    """

    vectors: Vectors
    known: Mask | None = None
    glass: Mask | None = None


Fill = Callable[[Indices, Indices], Fresh]
"""From rows and columns, (n,) each, to what comes there."""


class CellEdit(Frozen):
    """An edit.

    Parameters
    ----------
    opacity
        How far cells go from what they are to what is new, along the arc between the two.
    within
        Where the edit may act at all: it does what it does, weighed by this selection.
    """

    silent: ClassVar[Mapping[str, JsonValue]] = {"within": None}
    """Keys that came later, and the values with which they change nothing."""

    pointwise: ClassVar[bool] = False
    """Whether what comes into a cell depends on nothing that `where` says of others."""

    opacity: float = Field(default=1.0, ge=0, le=1)
    within: Selection | None = None

    @abstractmethod
    def weights(self, grids: Grids) -> Weights:
        """Return how strongly the edit touches each cell, before its opacity."""

    @abstractmethod
    def fill(self, grids: Grids) -> Fill:
        """Return what comes into the cells, all seen as they were before the edit."""

    def strength(self, grids: Grids) -> Weights:
        """Return how far each cell goes to what is new: the weights, thinned and confined."""
        found = self.weights(grids) * self.opacity
        return found if self.within is None else found * self.within.weights(grids)

    def changes(self, grids: Grids, strength: Weights | None = None) -> CellPatch:
        """Return what the edit makes of the cells that it changes.

        Parameters
        ----------
        grids
            As they are before the edit.
        strength
            What `strength` returns, where it is known, or a part of it.

        Raises
        ------
        BadEdits
            When the edit does not fit the grid.
        BadGrid
            When what comes out is no number.
        """
        how = self.strength(grids) if strength is None else strength
        rows, columns = np.nonzero(how)
        if not len(rows):
            return CellPatch.nothing(grids.grid)
        fill, found = self.fill(grids), []
        for start in range(0, len(rows), TOGETHER):
            at = rows[start : start + TOGETHER], columns[start : start + TOGETHER]
            found.append(_blended(grids.grid, at, how[at], fill(*at)))
        return CellPatch.joined(found).checked()

    def apply(self, grids: Grids) -> EmbeddingGrid:
        """Return the edited grid; cells that are not touched keep every bit."""
        return self.changes(grids).applied(grids.grid)

    @model_serializer(mode="wrap")
    def _as_before(self, dump: SerializerFunctionWrapHandler) -> dict[str, JsonValue]:
        """Leave out what edits did not know at first where it says nothing: files stay the same."""
        told: dict[str, JsonValue] = dump(self)
        return {key: value for key, value in told.items() if self.silent.get(key, ...) != value}


class Selecting(CellEdit):
    """An edit of the cells that a selection chooses.

    Parameters
    ----------
    where
        The cells.
    """

    where: Selection

    def weights(self, grids: Grids) -> Weights:
        """Return how strongly the edit touches each cell."""
        return self.where.weights(grids)


class Moving(Selecting):
    """An edit that makes new embeddings out of those there are: glass stays glass."""

    def weights(self, grids: Grids) -> Weights:
        """Return how strongly the edit touches each cell."""
        return super().weights(grids) * grids.grid.mask


class Sample(Frozen):
    """An embedding taken from a grid: a cell's own, or the mean of several.

    Parameters
    ----------
    cells
        As (row, column).
    where
        A selection instead of cells; its weights weigh the mean.
    grid
        Name of the grid; None is the one that is edited.
    """

    cells: Chosen | None = None
    where: Selection | None = None
    grid: GridName | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Sample:
        if (self.cells is None) == (self.where is None):
            raise ValueError("give either cells or where")
        return self

    def members(self, grids: Grids) -> tuple[Vectors, Weights]:
        """Return (n, dim) the embeddings, and (n,) their weights.

        Raises
        ------
        BadEdits
            When there is none.
        """
        other = grids.named(self.grid)
        if self.cells is not None:
            found = embeddings(self.cells, other)
            return found, np.ones(len(found))
        assert self.where is not None  # noqa: S101 - one of the two is there
        weights = self.where.weights(grids.within(self.grid)) * other.mask
        if not weights.any():
            raise BadEdits(
                f"The selection “{self.where.kind}” chooses no cell that has an embedding.",
                "Choose a larger part, or lower its threshold.",
            )
        return other.vectors[weights > 0], weights[weights > 0]

    def vector(self, grids: Grids) -> Vectors:
        """Return (dim,) the embedding; see `mean`."""
        return mean(*self.members(grids))


def mean(vectors: Vectors, weights: Weights) -> Vectors:
    """Return (dim,) the mean direction of (n, dim) embeddings, at their mean length.

    Raises
    ------
    BadEdits
        When the directions cancel one another.
    """
    if len(vectors) == 1:
        only: Vectors = vectors[0]
        return only
    shares = weights / weights.sum()
    wide = vectors.astype(np.float64)
    size = float((np.sqrt((wide * wide).sum(1)) * shares).sum())
    middle = (directions(vectors) * shares[:, None]).sum(0)
    length = float(np.sqrt((middle * middle).sum()))
    if length < 1e-6:
        raise BadEdits(
            "The cells of a sample have no common direction.", "Take cells that are more alike."
        )
    return np.asarray(middle / length * size, np.float32)


def _blended(
    grid: EmbeddingGrid, at: tuple[Indices, Indices], weights: Weights, fresh: Fresh
) -> CellPatch:
    """Blend new embeddings with those of a grid, and return the cells that this changes.

    A cell with no embedding of its own has nothing to blend with: it takes the new one whole,
    or not at all, and so does a cell that becomes glass.
    """
    old, was = grid.vectors[at], grid.mask[at]
    whole = weights >= 0.5
    soft = was & (weights < 1)
    mixed = fresh.vectors.copy()
    mixed[soft] = slerp(weights[soft], old[soft], fresh.vectors[soft])
    changed = np.where(was, (mixed != old).any(1), whole)
    if fresh.known is not None:
        changed &= fresh.known
    valid = np.ones(len(changed), np.bool_)
    if fresh.glass is not None:
        gone = fresh.glass & whole & was
        mixed[gone], valid[gone] = 0, False
        changed |= gone
    rows, columns = at
    return CellPatch(rows[changed], columns[changed], mixed[changed], valid[changed])
