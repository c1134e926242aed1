"""Noise in embeddings, of a strength that the grid itself gives the measure of."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from ssldiff_gui.core.edit_base import Fill, Fresh, Moving
from ssldiff_gui.core.edit_grids import Grids, Indices
from ssldiff_gui.core.grid import EmbeddingGrid, Vectors

Wide = npt.NDArray[np.float64]

_ONE = np.uint64(1)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Vary(Moving):
    """Move embeddings a little in directions of their own; their length stays.

    The noise of a cell depends on the seed and on its row and column only.

    Parameters
    ----------
    amount
        Mean length of the noise, as a share of the mean distance between a cell and its
        neighbours; where these are all the same, of the grid's median distance.
    seed
        Of the noise.
    reach
        How many cells away neighbours are.
    """

    pointwise: ClassVar[bool] = True

    kind: Literal["vary"] = "vary"
    amount: float = Field(ge=0, le=100)
    seed: int = Field(default=0, ge=0, lt=2**63)
    reach: int = Field(default=1, ge=1, le=8)

    def fill(self, grids: Grids) -> Fill:
        """Return the cells, moved."""
        grid = grids.grid
        usual: list[float] = []

        def found(rows: Indices, columns: Indices) -> Fresh:
            old = grid.vectors[rows, columns].astype(np.float64)
            measure = local_spread(grid, rows, columns, self.reach)
            if (measure == 0).any():
                usual[:] = usual or [usual_spread(grid)]
                measure = np.where(measure == 0, usual[0], measure)
            noise = cell_noise(self.seed, rows, columns, grid.dim) / np.sqrt(grid.dim)
            moved = as_long_as(old, old + self.amount * measure[:, None] * noise)
            return Fresh(moved.astype(np.float32))

        return found


def cell_noise(seed: int, rows: Indices, columns: Indices, dim: int) -> Wide:
    """Return (n, dim) standard normal numbers, keyed by seed, row and column.

    Philox's bits and the Box–Muller transform, not numpy's own normals, which its versions may
    change.
    """
    half = (dim + 1) // 2
    bits = np.empty((len(rows), 2 * half), np.uint64)
    source = np.random.Philox(key=np.array([seed, 0], np.uint64))
    state = source.state
    for index, place in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)):
        state["state"]["counter"] = np.array([0, 0, *place], np.uint64)
        source.state = state  # far quicker than a source of its own for each cell
        bits[index] = source.random_raw(2 * half)
    uniform = ((bits >> np.uint64(11)) + np.uint64(1)) * 2.0**-53  # above 0: it has a logarithm
    radius = np.sqrt(-2 * np.log(uniform[:, :half]))
    angle = 2 * np.pi * uniform[:, half:]
    both = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return both[:, :dim]


def cell_draws(seed: int, rows: Indices, columns: Indices, count: int) -> Indices:
    """Return (n,) numbers from 0 to below `count`, keyed by seed, row and column.

    SplitMix64 over the three, one after the other: for all cells at once, and the same anywhere.
    """
    found = np.full(len(rows), seed, np.uint64)
    for part in (rows, columns):
        found = _mixed(found + (part.astype(np.uint64) + _ONE) * _GOLDEN)
    return (found % np.uint64(max(1, count))).astype(np.intp)


def _mixed(bits: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return (n,) bits of which each depends on all that there were."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def local_spread(grid: EmbeddingGrid, rows: Indices, columns: Indices, reach: int) -> Wide:
    """Return (n,) mean distances between cells and their neighbours; 0 where there are none."""
    total, count = np.zeros(len(rows)), np.zeros(len(rows))
    here = grid.vectors[rows, columns]
    steps = range(-reach, reach + 1)
    for down, across in ((d, a) for d in steps for a in steps if (d, a) != (0, 0)):
        r, c = rows + down, columns + across
        inside = (r >= 0) & (r < grid.rows) & (c >= 0) & (c < grid.columns)
        r, c = np.where(inside, r, 0), np.where(inside, c, 0)
        known = inside & grid.mask[r, c]
        total += np.where(known, _length(grid.vectors[r, c] - here), 0)
        count += known
    return total / np.maximum(count, 1)


def usual_spread(grid: EmbeddingGrid) -> float:
    """Return the median distance between neighbours that differ; 0 when none do."""
    found = []
    for row in range(grid.rows):
        band, mask = grid.vectors[row : row + 2].astype(np.float64), grid.mask[row : row + 2]
        found.append(_length(band[0, 1:] - band[0, :-1])[mask[0, 1:] & mask[0, :-1]])
        if len(band) == 2:
            found.append(_length(band[1] - band[0])[mask[1] & mask[0]])
    distances = np.concatenate(found)
    distances = distances[distances > 0]
    return float(np.median(distances)) if len(distances) else 0.0


def as_long_as(old: Wide, new: Wide) -> Wide:
    """Return (n, dim) `new` with the lengths of `old`."""
    before, after = _length(old), _length(new)
    return new * (before / np.where(after > 0, after, 1.0))[:, None]


def _length(vectors: Wide | Vectors) -> Wide:
    return np.asarray(np.sqrt(np.square(vectors, dtype=np.float64).sum(-1)))
