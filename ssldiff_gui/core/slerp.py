"""Between embeddings: along the arc from one to another, and between the cells of a grid.

The rule is that of Large-Image-Diffusion: the angle is that of the normalised vectors, what is
combined are the raw ones, and vectors that are nearly parallel, or opposite, go along a line.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.grid import Vectors

PARALLEL = 0.9995
"""Above this cosine, of either sign, the arc has no use, or no direction: a line is taken."""


def slerp(t: npt.ArrayLike, a: npt.NDArray[Any], b: npt.NDArray[Any]) -> Vectors:
    """Return what lies the share `t` of the way from `a` to `b`.

    Parameters
    ----------
    t
        From 0 to 1; a number, or an array that broadcasts with the leading axes of the vectors.
    a, b
        (…, dim) float32. A zero vector has no direction: a line leads from it.

    Returns
    -------
    Vectors
        (…, dim) float32; exactly `a` where `t` is 0, exactly `b` where it is 1.
    """
    share = np.asarray(t, np.float64)[..., None]
    start, end = np.asarray(a, np.float64), np.asarray(b, np.float64)
    cosine = _cosine(start, end)
    arc = np.abs(cosine) <= PARALLEL  # NaN, too, goes along the line
    angle = np.arccos(np.where(arc, cosine, 0.0))
    sine = np.where(arc, np.sin(angle), 1.0)
    before = np.where(arc, np.sin(angle - angle * share) / sine, 1.0 - share)
    after = np.where(arc, np.sin(angle * share) / sine, share)
    found: Vectors = (before * start + after * end).astype(np.float32)
    return found


def between_cells(
    vectors: Vectors, rows: npt.ArrayLike, columns: npt.ArrayLike
) -> npt.NDArray[np.float32]:
    """Return the embeddings at places between the cells of a grid.

    First along the row above and the row below, then between the two; beyond the last row and
    column the last one goes on.

    Parameters
    ----------
    vectors
        (rows, columns, dim) float32.
    rows, columns
        (n,) places in cells: whole numbers are the cells themselves.

    Returns
    -------
    Vectors
        (n, dim) float32.
    """
    above, below, down = _neighbours(rows, vectors.shape[0])
    left, right, across = _neighbours(columns, vectors.shape[1])
    upper = slerp(across, vectors[above, left], vectors[above, right])
    lower = slerp(across, vectors[below, left], vectors[below, right])
    return slerp(down, upper, lower)


def _cosine(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return (…, 1) cosines; 1 where a vector is zero, which leads to the line."""
    lengths = np.sqrt((a * a).sum(-1, keepdims=True)) * np.sqrt((b * b).sum(-1, keepdims=True))
    dots = (a * b).sum(-1, keepdims=True)
    known = lengths > 0
    cosines: npt.NDArray[np.float64] = np.where(known, dots / np.where(known, lengths, 1.0), 1.0)
    return cosines


def _neighbours(
    places: npt.ArrayLike, count: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Return the cells before and after each place, and the share of the way between them."""
    inside = np.clip(np.asarray(places, np.float64), 0, count - 1)
    before = np.floor(inside).astype(np.intp)
    return before, np.minimum(before + 1, count - 1), inside - before
