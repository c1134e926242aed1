"""Embeddings to paint with: a small grid each, taken from the cells of a larger one.

The first cell of a swatch is the embedding itself; those that follow are the cells most like it,
so that a brush can draw among them and does not repeat one layout.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.edit_base import Sample, mean
from ssldiff_gui.core.edit_clusters import clusters
from ssldiff_gui.core.edit_grids import Cell, Indices
from ssldiff_gui.core.edit_selection import embeddings
from ssldiff_gui.core.grid import EmbeddingGrid, Mask, Vectors

KIN = 32
"""Cells of a swatch at most."""

SEARCHED = 16384
"""Cells that the most alike ones are looked for among, evenly taken: a pick answers at once."""

LETTERS = "ABCDEFGHIJKL"


@dataclass(frozen=True, eq=False)
class Swatch:
    """An embedding to paint with.

    Parameters
    ----------
    grid
        1 × n cells that never change; the first is the embedding.
    label
        What people call it; empty for a cell that was only picked.
    origin
        Where it came from, in words.
    cell
        The cell of the grid it was taken from that looks most like it, for a thumbnail.
    """

    grid: EmbeddingGrid
    label: str = ""
    origin: str = ""
    cell: Cell | None = field(default=None)

    @cached_property
    def name(self) -> str:
        """What edits call the grid."""
        return source_name(self.grid)

    @property
    def sample(self) -> Sample:
        """The embedding, as edits name it."""
        return Sample(cells=((0, 0),), grid=self.name)

    @property
    def all(self) -> Sample:
        """All its cells, as edits name them."""
        cells = tuple((0, column) for column in range(self.grid.columns))
        return Sample(cells=cells, grid=self.name)


def source_name(grid: EmbeddingGrid) -> str:
    """Return what edits call a grid that never changes."""
    return grid.digest()[:16]


def swatch_of_cells(
    grid: EmbeddingGrid, cells: Collection[Cell], label: str = "", origin: str = ""
) -> Swatch:
    """Return a swatch of some cells: of one, or of the mean of several.

    Raises
    ------
    BadEdits
        When none of the cells is in the grid and has an embedding, or they cancel one another.
    """
    found = embeddings(tuple(cells), grid)
    vector = mean(found, np.ones(len(found)))
    known = [cell for cell in cells if grid.mask[cell]]
    near = known[int(np.argmax(_cosines(found, vector)))]
    rows, columns = _searched(grid.mask)
    return Swatch(_held(grid, vector, (rows, columns)), label, origin, near)


def swatch_of_mask(grid: EmbeddingGrid, mask: Mask, label: str = "", origin: str = "") -> Swatch:
    """Return a swatch of selected cells: the most central of them, and those most like it.

    Raises
    ------
    BadEdits
        When none of them has an embedding, or they cancel one another.
    """
    chosen = np.argwhere(mask & grid.mask)
    every = chosen if len(chosen) else np.argwhere(mask)
    found = embeddings(tuple((int(row), int(column)) for row, column in every[:SEARCHED]), grid)
    middle = mean(found, np.ones(len(found)))
    near = every[int(np.argmax(_cosines(found, middle)))]
    cell = (int(near[0]), int(near[1]))
    rows, columns = every.T
    return Swatch(_held(grid, grid.vectors[cell], (rows, columns)), label, origin, cell)


def swatches_of_clusters(
    grid: EmbeddingGrid,
    count: int = 8,
    labels: npt.NDArray[np.intp] | None = None,
    origin: str = "",
    seed: int = 0,
) -> tuple[Swatch, ...]:
    """Return a swatch a cluster, the largest cluster first: what a palette starts with.

    Parameters
    ----------
    grid
        Any: of the slide, or what a prior drew.
    count
        Clusters wanted, where none are given.
    labels
        (rows, columns) numbers of clusters, below 0 for none; their letters become names.
    origin
        Where the grid came from, in words.
    seed
        Of the clusters.
    """
    lettered = labels is not None
    if labels is None:
        labels = np.full(grid.mask.shape, -1, np.intp)
        if grid.mask.any():
            labels[grid.mask] = clusters(grid.vectors[grid.mask], count, seed)
    sizes = np.bincount(labels[(labels >= 0) & grid.mask])
    order = [int(one) for one in np.argsort(-sizes, kind="stable") if sizes[one]]
    return tuple(
        swatch_of_mask(grid, labels == one, f"Kind {_letter(one if lettered else rank)}", origin)
        for rank, one in enumerate(order)
    )


def _held(grid: EmbeddingGrid, vector: Vectors, among: tuple[Indices, Indices]) -> EmbeddingGrid:
    """Return an embedding and those of some cells that are most like it, as a small grid."""
    others = grid.vectors[among]
    others = others[(others != vector).any(1)]
    best = np.argsort(-_cosines(others, vector), kind="stable")[: KIN - 1]
    vectors = np.concatenate([vector[None], others[best]])[None]
    return EmbeddingGrid(vectors, grid.encoder, grid.cell, grid.scale, source=grid.source)


def _searched(mask: Mask) -> tuple[Indices, Indices]:
    rows, columns = np.nonzero(mask)
    if len(rows) > SEARCHED:
        taken = np.linspace(0, len(rows) - 1, SEARCHED).astype(np.intp)
        rows, columns = rows[taken], columns[taken]
    return rows, columns


def _cosines(vectors: Vectors, vector: Vectors) -> npt.NDArray[np.float32]:
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    return np.asarray((vectors @ vector) / np.where(lengths > 0, lengths, 1), np.float32)


def _letter(number: int) -> str:
    return LETTERS[number] if number < len(LETTERS) else str(number + 1)
