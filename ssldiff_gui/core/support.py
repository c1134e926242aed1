"""What a generator has seen: a sample of its embeddings, and how far others are from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.grid import EmbeddingGrid, Vectors

Floats = npt.NDArray[np.float32]

SAMPLE = 2048
"""Embeddings that are kept."""

NEIGHBOURS = 5
FAR = 0.995
"""Share of the training's own cells that lie nearer than what is called far."""

MANY = 0.1
"""Share of far cells from which on a person is warned: of the training's own, a hundredth is."""

LOOKED_AT = 4096
"""Cells from which a share is told."""

_AT_ONCE = 1024
_FLOOR = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Support:
    """Where a generator knows its way.

    Distances are taken twice, and the larger one counts: between the embeddings as they are, and
    along the directions in which the training hardly varies. The first tells other tissue, the
    second what is no picture of this kind at all.

    Parameters
    ----------
    vectors
        (n, dim) float32 embeddings it was trained on.
    centre
        (dim,) their mean.
    axes
        (dim, few) directions of little variance, in units of their spread.
    far
        Distances, as they are and along those directions, beyond which an embedding is unlike
        them; see `of`.
    """

    vectors: Vectors
    centre: Floats
    axes: Floats
    far: tuple[float, float] = (1.0, 1.0)

    @classmethod
    def of(cls, known: Vectors, held_out: Vectors, *, seed: int = 0) -> Support:
        """Make one from training embeddings.

        Parameters
        ----------
        known
            (n, dim); of many, `SAMPLE` are drawn.
        held_out
            (m, dim) of the same kind that are not among them: they say which distance is usual.
        seed
            Of the draw.
        """
        random = np.random.default_rng(seed)
        many = _drawn(known, random, 8 * SAMPLE)
        wide = many.astype(np.float64)
        centre = wide.mean(axis=0)
        values, directions = np.linalg.eigh(np.cov((wide - centre).T).reshape(wide.shape[1], -1))
        few = max(1, wide.shape[1] // 2)
        spread = np.sqrt(np.maximum(values[:few], 0) + values.mean() * _FLOOR + 1e-12)
        sample = np.asarray(_drawn(many, random, SAMPLE), np.float32)
        axes = np.asarray(directions[:, :few] / spread, np.float32)
        made = cls(sample, np.asarray(centre, np.float32), axes)
        usual = made._both(_drawn(held_out, random, SAMPLE))
        plain, narrow = (max(float(n), 1e-6) for n in np.quantile(usual, FAR, axis=1))
        return cls(sample, made.centre, axes, (plain, narrow))

    def distances(self, vectors: Vectors) -> Floats:
        """Return (n,) distances of (n, dim) to the nearest known embeddings; 1 is where far begins.

        Euclidean, to the mean of the `NEIGHBOURS` nearest.
        """
        plain, narrow = self._both(vectors)
        return np.asarray(np.maximum(plain / self.far[0], narrow / self.far[1]), np.float32)

    def map(self, grid: EmbeddingGrid) -> Floats:
        """Return (rows, columns) distances; NaN where there is no embedding."""
        made = np.full(grid.mask.shape, np.nan, np.float32)
        made[grid.mask] = self.distances(grid.vectors[grid.mask])
        return made

    def beyond(self, grid: EmbeddingGrid) -> float:
        """Return the share of a grid's cells that are far from all that was trained on.

        Of more than `LOOKED_AT` cells, as many are taken, evenly.
        """
        vectors = grid.vectors[grid.mask]
        if len(vectors) > LOOKED_AT:
            vectors = vectors[np.linspace(0, len(vectors) - 1, LOOKED_AT).astype(np.intp)]
        return float((self.distances(vectors) > 1).mean()) if len(vectors) else 0.0

    def _both(self, vectors: Vectors) -> Floats:
        """Return (2, n) distances, as they are and along the directions of little variance."""
        wide = vectors.astype(np.float32)
        ours, known = (np.asarray((v - self.centre) @ self.axes, np.float32)
                       for v in (wide, self.vectors))  # fmt: skip
        return np.stack([_apart(wide, self.vectors), _apart(ours, known)])


def _apart(vectors: Floats, known: Floats) -> Floats:
    """Return (n,) mean distances to the nearest of the known."""
    squares = (known**2).sum(axis=1)
    count = min(NEIGHBOURS, len(known))
    found = np.empty(len(vectors), np.float32)
    for first in range(0, len(vectors), _AT_ONCE):
        some = vectors[first : first + _AT_ONCE]
        apart = (some**2).sum(axis=1)[:, None] + squares - 2 * some @ known.T
        nearest = np.partition(np.maximum(apart, 0), count - 1, axis=1)[:, :count]
        found[first : first + _AT_ONCE] = np.sqrt(nearest).mean(axis=1)
    return found


def _drawn(vectors: Vectors, random: np.random.Generator, count: int) -> Vectors:
    if len(vectors) <= count:
        return vectors
    return vectors[np.sort(random.choice(len(vectors), count, replace=False))]
