"""A grid as colours: its three main directions, told apart by eyes of every kind.

The first direction becomes lightness, so that it stays visible without any sense of colour; the
second and third become hue and strength of colour, in OKLab, where equal steps look equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ssldiff_gui.core.grid import EmbeddingGrid, Vectors
from ssldiff_gui.core.oklab import RGB, Values, rgb_of

LIGHTNESS = (0.38, 0.88)
STRENGTH = 0.13
OUTER = 3.0
"""Percent of cells at either end that share the strongest colours."""

EMPTY = (236, 236, 238)


@dataclass(frozen=True, slots=True, eq=False)
class GridColours:
    """How the cells of one grid are coloured; it stays the same while the grid is edited.

    Parameters
    ----------
    middle
        (dim,): the mean embedding.
    axes
        (dim, up to 3): the main directions, their signs settled.
    low, high
        (3,): the places along them that have the strongest colours.
    """

    middle: Values
    axes: Values
    low: Values
    high: Values

    @classmethod
    def fitted(cls, grid: EmbeddingGrid) -> GridColours:
        """Look at the cells of a grid."""
        vectors = grid.vectors[grid.mask].astype(np.float64)
        if not len(vectors):
            return cls(np.zeros(grid.dim), np.zeros((grid.dim, 0)), np.zeros(3), np.zeros(3))
        middle = vectors.mean(0)
        axes = _main_axes(vectors - middle)
        low, high = np.percentile(_along(vectors - middle, axes), (OUTER, 100 - OUTER), axis=0)
        return cls(middle, axes, low, high)

    @property
    def flat(self) -> bool:
        """Whether all cells looked the same, so that these colours tell nothing apart."""
        return bool((self.high - self.low <= 1e-9).all())

    def places(self, vectors: Vectors) -> Values:
        """Return (n, 3) places of (n, dim) embeddings along the main directions."""
        return _along(vectors.astype(np.float64) - self.middle, self.axes)

    def of(self, vectors: Vectors) -> RGB:
        """Return (n, 3) uint8 colours of (n, dim) embeddings; alike ones have alike colours."""
        return _painted(self._spread(self.places(vectors)))

    def _spread(self, places: Values) -> Values:
        """Return (n, 3) from 0 to 1, the outermost cut off; one half where nothing differs."""
        width = self.high - self.low
        flat = width <= 1e-9
        shares = np.clip((places - self.low) / np.where(flat, 1.0, width), 0, 1)
        return np.where(flat, 0.5, shares)


def grid_colours(grid: EmbeddingGrid, colours: GridColours | None = None) -> RGB:
    """Return (rows, columns, 3) uint8 RGB; cells that look alike have alike colours.

    Parameters
    ----------
    grid
        Cells without an embedding become pale grey.
    colours
        Those of another state of the grid; by default they are found anew.
    """
    found = np.empty((*grid.mask.shape, 3), np.uint8)
    found[:] = EMPTY
    if grid.mask.any():
        fitted = GridColours.fitted(grid) if colours is None else colours
        found[grid.mask] = fitted.of(grid.vectors[grid.mask])
    return found


def _main_axes(centred: Values) -> Values:
    """Return (dim, up to 3) the directions in which (n, dim) values differ most."""
    _, axes = np.linalg.eigh(centred.T @ centred)
    main = axes[:, ::-1][:, :3]
    strongest = np.take_along_axis(main, np.abs(main).argmax(0)[None], 0)
    return np.asarray(main * np.sign(strongest))


def _along(centred: Values, axes: Values) -> Values:
    found = np.zeros((len(centred), 3))
    found[:, : axes.shape[1]] = centred @ axes
    return found


def _painted(shares: Values) -> RGB:
    low, high = LIGHTNESS
    lightness = low + (high - low) * shares[:, 0]
    return rgb_of(np.stack([lightness, *((2 * shares[:, 1:] - 1) * STRENGTH).T], axis=1))
