"""Adding windows up, each with its share, always row by row: so any part has the same bits."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.sampling.noise import Latents
from ssldiff_gui.sampling.plan import Place
from ssldiff_gui.sampling.windows import Axis


def blend(
    box: Box,
    places: Iterable[Place],
    axes: tuple[Axis, Axis],
    content: Callable[[Place], Latents | None],
) -> Latents | None:
    """Return the blend of windows in a box.

    Parameters
    ----------
    box
        What is wanted, in the unit of the axes.
    places
        All windows that touch it, row by row.
    axes
        Rows and columns.
    content
        Returns (…, window, window) of a window, or None for one that failed.

    Returns
    -------
    Latents or None
        (…, height, width); None when a window failed.
    """
    rows, columns = axes
    total: Latents | None = None
    for row, column in places:
        found = content((row, column))
        if found is None:
            return None
        if total is None:
            total = np.zeros((*found.shape[:-2], box.height, box.width), np.float32)
        top, left = int(rows.starts[row]), int(columns.starts[column])
        part = box.intersect(Box(left, top, columns.window, rows.window))
        down = slice(part.y - top, part.y2 - top)
        across = slice(part.x - left, part.x2 - left)
        share = rows.shares[row, down, None] * columns.shares[column, across]
        target = total[..., part.y - box.y : part.y2 - box.y, part.x - box.x : part.x2 - box.x]
        target += share * found[..., down, across]
    return total


def to_uint8(pixels: Latents) -> np.ndarray:
    """Turn (3, height, width) from -1 to 1 into (height, width, 3) uint8."""
    levels = np.rint((np.clip(pixels, -1, 1) + 1) * 127.5)
    return np.ascontiguousarray(levels.astype(np.uint8).transpose(1, 2, 0))
