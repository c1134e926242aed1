"""Where an edit acts: cells, a rectangle, a stroke, what is alike, a cluster, the whole grid."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from ssldiff_gui.core.edit_clusters import clusters, directions
from ssldiff_gui.core.edit_grids import Cell, GridName, Grids, Index, indices_of
from ssldiff_gui.core.edit_stroke import Stroke, Weights
from ssldiff_gui.core.errors import BadEdits
from ssldiff_gui.core.grid import EmbeddingGrid, Mask, Vectors
from ssldiff_gui.core.specs import Frozen

Feather = Annotated[int, Field(ge=0, le=64)]
"""Cells over which a selection fades in, inwards from its edge; the grid's edge is none."""

Extent = Annotated[int, Field(ge=1, le=1_000_000)]
Run = tuple[Index, Index, Extent]
Chosen = Annotated[tuple[Cell, ...], Field(min_length=1, max_length=1_000_000)]


class Cells(Frozen):
    """Some cells.

    Parameters
    ----------
    cells
        As (row, column); each has to be in the grid.
    feather
        Cells over which the selection fades in.
    """

    kind: Literal["cells"] = "cells"
    cells: Chosen
    feather: Feather = 0

    def weights(self, grids: Grids) -> Weights:
        """Return how strongly each cell is chosen."""
        mask = np.zeros(grids.grid.mask.shape, np.bool_)
        mask[indices_of(self.cells, grids.grid)] = True
        return faded(mask, self.feather)


class Rectangle(Frozen):
    """A rectangle of cells; what lies beyond the grid is cut off.

    Parameters
    ----------
    row, column
        Of its first cell.
    rows, columns
        Its size.
    feather
        Cells over which the selection fades in.
    """

    kind: Literal["rectangle"] = "rectangle"
    row: Index
    column: Index
    rows: Extent
    columns: Extent
    feather: Feather = 0

    def clipped(self, grid: EmbeddingGrid) -> tuple[slice, slice]:
        """Return the rows and columns that are in the grid; none may be left."""
        return (
            slice(max(self.row, 0), max(0, min(self.row + self.rows, grid.rows))),
            slice(max(self.column, 0), max(0, min(self.column + self.columns, grid.columns))),
        )

    def weights(self, grids: Grids) -> Weights:
        """Return how strongly each cell is chosen."""
        mask = np.zeros(grids.grid.mask.shape, np.bool_)
        mask[self.clipped(grids.grid)] = True
        return faded(mask, self.feather)


class Runs(Frozen):
    """Cells of any shape, as stretches of rows: a selection made by hand, in few words.

    Parameters
    ----------
    runs
        As (row, first column, columns); each has to be in the grid.
    feather
        Cells over which the selection fades in.
    """

    kind: Literal["runs"] = "runs"
    runs: Annotated[tuple[Run, ...], Field(min_length=1, max_length=1_000_000)]
    feather: Feather = 0

    @classmethod
    def of(cls, mask: Mask, feather: int = 0) -> Runs:
        """Return the cells where a (rows, columns) mask is set; one at least has to be."""
        edges = np.diff(np.pad(mask.astype(np.int8), ((0, 0), (1, 1))), axis=1)
        rows, starts = np.nonzero(edges == 1)
        lengths = np.nonzero(edges == -1)[1] - starts
        runs = zip(rows.tolist(), starts.tolist(), lengths.tolist(), strict=True)
        return cls(runs=tuple(runs), feather=feather)

    def weights(self, grids: Grids) -> Weights:
        """Return how strongly each cell is chosen."""
        rows, starts, lengths = np.array(self.runs, np.intp).T
        ends = [(run[0], run[1] + run[2] - 1) for run in self.runs]
        indices_of(tuple(ends), grids.grid)
        indices_of(tuple(run[:2] for run in self.runs), grids.grid)
        edges = np.zeros((grids.grid.rows, grids.grid.columns + 1), np.intp)
        np.add.at(edges, (rows, starts), 1)
        np.add.at(edges, (rows, starts + lengths), -1)
        return faded(edges.cumsum(1)[:, :-1] > 0, self.feather)


class Similar(Frozen):
    """All cells whose embeddings point where those of some cells point.

    Parameters
    ----------
    cells
        As (row, column): what to be like, on the mean.
    grid
        Which grid they are in; None is the one that is edited.
    threshold
        Least cosine.
    feather
        Cells over which the selection fades in.
    """

    kind: Literal["similar"] = "similar"
    cells: Chosen
    grid: GridName | None = None
    threshold: float = Field(default=0.8, ge=-1, le=1)
    feather: Feather = 0

    def weights(self, grids: Grids) -> Weights:
        """Return how strongly each cell is chosen."""
        other = grids.named(self.grid)
        model = directions(embeddings(self.cells, other)).sum(0)
        length = float(np.sqrt((model * model).sum()))
        mask = np.zeros(grids.grid.mask.shape, np.bool_)
        for row in range(grids.grid.rows):
            likeness = (directions(grids.grid.vectors[row]) * model).sum(-1)
            mask[row] = likeness >= (self.threshold - 1e-12) * length
        return faded(mask & grids.grid.mask & (length > 0), self.feather)


class Cluster(Frozen):
    """The cells that spherical k-means puts together with one cell.

    Parameters
    ----------
    cell
        As (row, column).
    clusters
        How many kinds of cells the grid is parted into.
    seed
        Of k-means.
    feather
        Cells over which the selection fades in.
    """

    kind: Literal["cluster"] = "cluster"
    cell: Cell
    clusters: int = Field(default=8, ge=2, le=256)
    seed: int = Field(default=0, ge=0, lt=2**63)
    feather: Feather = 0

    def weights(self, grids: Grids) -> Weights:
        """Return how strongly each cell is chosen."""
        grid, asked = grids.grid, ("clusters", self.clusters, self.seed)
        embeddings((self.cell,), grid)
        if asked not in grids.found:
            labels = np.full(grid.mask.shape, -1, np.intp)
            labels[grid.mask] = clusters(grid.vectors[grid.mask], self.clusters, self.seed)
            grids.found[asked] = labels
        labels = grids.found[asked]
        return faded(labels == labels[self.cell], self.feather)


class Whole(Frozen):
    """All cells."""

    kind: Literal["whole"] = "whole"

    def weights(self, grids: Grids) -> Weights:
        """Return how strongly each cell is chosen."""
        return np.ones(grids.grid.mask.shape)


Selection = Annotated[
    Cells | Rectangle | Runs | Stroke | Similar | Cluster | Whole, Field(discriminator="kind")
]


def embeddings(cells: tuple[Cell, ...], grid: EmbeddingGrid) -> Vectors:
    """Return (n, dim) the embeddings of those cells that have one.

    Raises
    ------
    BadEdits
        When a cell is not in the grid, or none has an embedding.
    """
    rows, columns = indices_of(cells, grid)
    known = grid.mask[rows, columns]
    if not known.any():
        row, column = cells[0]
        raise BadEdits(
            f"The cell in row {row}, column {column} holds no embedding: it is glass or nodata.",
            "Take a cell with tissue or ground.",
        )
    return grid.vectors[rows[known], columns[known]]


def faded(mask: Mask, feather: int) -> Weights:
    """Return 1 inside, 0 outside, and a ramp over the `feather` cells inside the edge."""
    depth, inner = mask.astype(np.float64), mask
    for _ in range(feather):
        inner = _without_edge(inner)
        depth += inner
    return depth / (feather + 1)


def _without_edge(mask: Mask) -> Mask:
    """Return the cells whose eight neighbours are inside; beyond the grid all is inside."""
    padded = np.pad(mask, 1, constant_values=True)
    across = padded[:, :-2] & padded[:, 1:-1] & padded[:, 2:]
    return across[:-2] & across[1:-1] & across[2:]
