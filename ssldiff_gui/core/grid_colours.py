"""A grid as colours: its three main directions, told apart by eyes of every kind.

The first direction becomes lightness, so that it stays visible without any sense of colour; the
second and third become hue and strength of colour, in OKLab (Ottosson 2020), where equal steps
look equal.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.grid import EmbeddingGrid

RGB = npt.NDArray[np.uint8]
Values = npt.NDArray[np.float64]

LIGHTNESS = (0.38, 0.88)
STRENGTH = 0.13
OUTER = 3.0
"""Percent of cells at either end that share the strongest colours."""

EMPTY = (236, 236, 238)

_TO_LMS = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728],
     [1, -0.0894841775, -1.2914855480]]
)  # fmt: skip
_TO_LINEAR = np.array(
    [[4.0767416621, -3.3077115913, 0.2309699292], [-1.2684380046, 2.6097574011, -0.3413193965],
     [-0.0041960863, -0.7034186147, 1.7076147010]]
)  # fmt: skip


def grid_colours(grid: EmbeddingGrid) -> RGB:
    """Return (rows, columns, 3) uint8 RGB; cells that look alike have alike colours.

    Parameters
    ----------
    grid
        Cells without an embedding become pale grey.
    """
    found = np.empty((*grid.mask.shape, 3), np.uint8)
    found[:] = EMPTY
    vectors = grid.vectors[grid.mask].astype(np.float64)
    if len(vectors):
        found[grid.mask] = _painted(_spread(_components(vectors)))
    return found


def _components(vectors: Values) -> Values:
    """Return (n, 3): places along the three main directions, their signs settled."""
    centred = vectors - vectors.mean(0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    main = axes[:, ::-1][:, :3]
    strongest = np.take_along_axis(main, np.abs(main).argmax(0)[None], 0)
    places = centred @ (main * np.sign(strongest))
    found = np.zeros((len(vectors), 3))
    found[:, : places.shape[1]] = places
    return found


def _spread(places: Values) -> Values:
    """Return (n, 3) from 0 to 1, the outermost cells cut off; one half where nothing differs."""
    low, high = np.percentile(places, (OUTER, 100 - OUTER), axis=0)
    width = high - low
    flat = width <= 1e-9
    return np.where(flat, 0.5, np.clip((places - low) / np.where(flat, 1.0, width), 0, 1))


def _painted(shares: Values) -> RGB:
    low, high = LIGHTNESS
    lab = np.stack(
        [low + (high - low) * shares[:, 0], *((2 * shares[:, 1:] - 1) * STRENGTH).T], axis=1
    )
    linear = np.clip((lab @ _TO_LMS.T) ** 3 @ _TO_LINEAR.T, 0, 1)
    curved = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(curved * 255), np.uint8)
