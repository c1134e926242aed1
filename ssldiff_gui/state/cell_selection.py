"""Selections of cells: made by rectangles, lassos and likeness, joined and taken away."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.edit_selection import Rectangle, Runs, Selection, Whole
from ssldiff_gui.core.grid import EmbeddingGrid, Mask
from ssldiff_gui.state.grid_cursor import Place

Manner = Literal["new", "add", "subtract", "meet"]
"""How a selection joins the one there is."""

Cosines = npt.NDArray[np.float32]
"""(rows, columns) from -1 to 1; below -1 where there is no embedding."""


def combined(before: Mask | None, mask: Mask, manner: Manner) -> Mask:
    """Return what is selected after one selection more.

    Parameters
    ----------
    before
        What was selected; None is nothing.
    mask
        What comes.
    manner
        "new" forgets what was, "meet" keeps what both have.
    """
    if before is None:
        before = np.zeros_like(mask)
    if manner == "add":
        return before | mask
    if manner == "subtract":
        return before & ~mask
    return before & mask if manner == "meet" else mask.copy()


def cell_at(row: float, column: float) -> tuple[int, int]:
    """Return the cell that a place lies in; it need not be in the grid."""
    return math.floor(row + 0.5), math.floor(column + 0.5)


def in_rectangle(start: Place, end: Place, shape: tuple[int, int]) -> Mask:
    """Return the cells from one place to another, both cells included."""
    (top, left), (bottom, right) = (
        (min(a, b) for a, b in zip(cell_at(*start), cell_at(*end), strict=True)),
        (max(a, b) for a, b in zip(cell_at(*start), cell_at(*end), strict=True)),
    )
    mask = np.zeros(shape, np.bool_)
    mask[max(0, top) : max(0, bottom + 1), max(0, left) : max(0, right + 1)] = True
    return mask


def in_lasso(points: tuple[Place, ...], shape: tuple[int, int]) -> Mask:
    """Return the cells whose centres a closed line goes around, and those it begins and ends in.

    Where the line crosses itself, what it goes around twice is outside.
    """
    rows, columns = np.arange(shape[0])[:, None], np.arange(shape[1])[None, :]
    mask = np.zeros(shape, np.bool_)
    points = tuple((round(row, 9), round(column, 9)) for row, column in points)  # slopes end
    if len(points) > 2:
        for (r0, c0), (r1, c1) in zip(points, (*points[1:], points[0]), strict=True):
            if r0 == r1:
                continue
            between = (r0 > rows) != (r1 > rows)
            crossing = c0 + (rows - r0) / (r1 - r0) * (c1 - c0)
            mask ^= between & (columns < crossing)
    if not mask.any():
        row, column = cell_at(*points[0])
        if 0 <= row < shape[0] and 0 <= column < shape[1]:
            mask[row, column] = True
    return mask


def centre_of(grid: EmbeddingGrid) -> npt.NDArray[np.float32]:
    """Return (dim,) what all cells have in common, so that cosines tell the rest.

    Embeddings of one slide lie close together: raw cosines are above 0.9 nearly everywhere, and
    seen from their mean they range from -0.8 to 1. Nought where the cells do not differ.
    """
    known = grid.vectors[grid.mask]
    if not len(known):
        return np.zeros(grid.dim, np.float32)
    middle = known.mean(0, dtype=np.float64)
    apart = float(np.abs(known - middle).max())
    flat = apart <= 1e-6 * (float(np.abs(middle).max()) or 1.0)
    return np.zeros(grid.dim, np.float32) if flat else middle.astype(np.float32)


def likeness(grid: EmbeddingGrid, cells: tuple[tuple[int, int], ...]) -> Cosines:
    """Return how much each cell points where some cells point, seen from the mean of the grid.

    Parameters
    ----------
    grid
        The grid.
    cells
        As (row, column), in the grid; without an embedding none is alike.
    """
    known = [cell for cell in cells if grid.mask[cell]]
    found = np.full(grid.mask.shape, -2.0, np.float32)
    if not known:
        return found
    rows, columns = np.array(known, np.intp).T
    centre = centre_of(grid)
    model = _units(grid.vectors[rows, columns] - centre).sum(0)
    length = float(np.linalg.norm(model))
    if length > 0:
        flat = grid.vectors.reshape(-1, grid.dim) - centre
        lengths = np.sqrt(np.einsum("nd,nd->n", flat, flat))
        cosines = (flat @ (model / length)) / np.where(lengths > 0, lengths, 1)
        found = np.clip(cosines, -1, 1).reshape(found.shape).astype(np.float32)
        found[~grid.mask] = -2
    return found


def connected(mask: Mask, cell: tuple[int, int]) -> Mask:
    """Return the part of a mask that hangs together with a cell, over edges and corners."""
    found = np.zeros_like(mask)
    if not mask[cell]:
        return found
    found[cell] = True
    while True:
        padded = np.pad(found, 1)
        across = padded[:, :-2] | padded[:, 1:-1] | padded[:, 2:]
        grown = (across[:-2] | across[1:-1] | across[2:]) & mask
        if np.array_equal(grown, found):
            return found
        found = grown


def selection_of(mask: Mask | None) -> Selection:
    """Return a selection as edits write it: in the fewest words that say it."""
    if mask is None or mask.all():
        return Whole()
    top, left, rows, columns = bounds_of(mask)
    if rows * columns == np.count_nonzero(mask):
        return Rectangle(row=top, column=left, rows=rows, columns=columns)
    return Runs.of(mask)


def bounds_of(mask: Mask) -> tuple[int, int, int, int]:
    """Return first row, first column, rows and columns of the smallest rectangle around cells."""
    rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    top, left = int(rows[0]), int(columns[0])
    return top, left, int(rows[-1]) - top + 1, int(columns[-1]) - left + 1


def _units(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), np.float32)
