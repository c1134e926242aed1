"""Whether pictures are what was asked for, differ from each other, and are no copies."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.floating]
Floats = npt.NDArray[np.float64]
Pictures = npt.NDArray[np.uint8]

_AT_ONCE = 256


def cosines(asked: Vectors, found: Vectors, centre: Vectors | None = None) -> Floats:
    """Return (n,) cosines of the angles between vectors.

    Parameters
    ----------
    asked, found
        (n, dim).
    centre
        (dim,) taken from both. Without it, what all vectors share makes any two alike.
    """
    a, b = (np.asarray(one, np.float64) for one in (asked, found))
    if centre is not None:
        a, b = a - centre, b - centre
    sizes = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    return np.asarray((a * b).sum(axis=-1) / np.maximum(sizes, 1e-12))


def mean_distance(sets: Vectors) -> float:
    """Return the mean distance between any two of the first axis, place by place.

    Parameters
    ----------
    sets
        (n, places, dim): the same places seen n times.
    """
    wide = np.asarray(sets, np.float64)
    pairs = [
        float(np.linalg.norm(wide[i] - wide[j], axis=-1).mean())
        for i in range(len(wide))
        for j in range(i)
    ]
    return float(np.mean(pairs)) if pairs else float("nan")


def pixel_spread(pictures: Pictures) -> float:
    """Return the root mean square, over all pixels, of their standard deviation along axis 0."""
    values = np.asarray(pictures, np.float64)
    return float(np.sqrt(values.var(axis=0, ddof=1).mean())) if len(values) > 1 else float("nan")


def nearest(vectors: Vectors, bank: Vectors) -> Floats:
    """Return (n,) distances of vectors to the nearest of a bank."""
    a, b = (np.asarray(one, np.float64) for one in (vectors, bank))
    sizes = (b**2).sum(axis=1)
    found = []
    for start in range(0, len(a), _AT_ONCE):
        part = a[start : start + _AT_ONCE]
        squares = (part**2).sum(axis=1)[:, None] + sizes[None] - 2 * part @ b.T
        found.append(np.sqrt(np.maximum(squares.min(axis=1), 0)))
    return np.concatenate(found) if found else np.zeros(0)


def thumbnails(pictures: Pictures, side: int = 16) -> Floats:
    """Return (n, side · side · 3) of square pictures made small, in grey levels per root size.

    The distance of two of them is the root mean square difference of their small pixels.
    """
    count, height, width, _ = pictures.shape
    rows, columns = (np.arange(side + 1) * length // side for length in (height, width))
    sums = np.add.reduceat(pictures.astype(np.float64), rows[:-1], axis=1)
    sums = np.add.reduceat(sums, columns[:-1], axis=2)
    areas = np.diff(rows)[:, None] * np.diff(columns)[None]
    small = sums / areas[None, :, :, None]
    return np.asarray(small.reshape(count, -1) / np.sqrt(side * side * 3))


def turned_all(pictures: Pictures) -> Pictures:
    """Return (8 · n, side, side, 3): each square picture in all the ways to lay it down."""
    ways = [np.rot90(pictures, way, axes=(1, 2)) for way in range(4)]
    return np.concatenate([*ways, *(way[:, :, ::-1] for way in ways)])
