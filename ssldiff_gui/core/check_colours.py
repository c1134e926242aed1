"""A check map as colours: what is as asked stays quiet, what is not cannot be overlooked.

The colours are those of cividis, which grow lighter evenly and mean the same with and without a
sense of red and green (Nuñez, Anderton and Renslow 2018). What is alike is all but transparent;
what is not covers the picture, darkly, and whoever draws it adds lines: colour alone says nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.grid import Mask

RGBA = npt.NDArray[np.uint8]
Likeness = npt.NDArray[np.floating]

CIVIDIS: tuple[tuple[int, int, int], ...] = (
    (0, 34, 78), (18, 53, 112), (59, 73, 108), (87, 93, 109), (112, 113, 115), (138, 134, 120),
    (165, 156, 116), (195, 179, 105), (225, 204, 85), (254, 232, 56),
)  # fmt: skip
"""From low to high."""

LOW, HIGH = 0.0, 1.0
FAINT, STRONG = 0.16, 0.9
"""Opacity of what is wholly alike, and of what is not at all."""


def check_colours(likeness: Likeness, low: float = LOW, high: float = HIGH) -> RGBA:
    """Return (rows, columns, 4) uint8.

    Parameters
    ----------
    likeness
        (rows, columns), NaN where no cell was asked for: those are transparent.
    low, high
        Values that take the ramp's ends; what lies beyond takes them too.
    """
    known = np.isfinite(likeness)
    share = np.clip((np.where(known, likeness, high) - low) / (high - low), 0.0, 1.0)
    stops = np.arange(len(CIVIDIS)) / (len(CIVIDIS) - 1)
    found = np.zeros((*likeness.shape, 4), np.uint8)
    for band, levels in enumerate(zip(*CIVIDIS, strict=True)):
        found[..., band] = np.round(np.interp(share, stops, levels))
    opacity = FAINT + (STRONG - FAINT) * (1.0 - share) ** 1.5
    found[..., 3] = np.round(255 * opacity)
    found[~known] = 0
    return found


def low_cells(likeness: Likeness, threshold: float) -> Mask:
    """Return which cells are less alike than a threshold; those that nobody asked for are not."""
    return np.isfinite(likeness) & (np.nan_to_num(likeness, nan=1.0) < threshold)
