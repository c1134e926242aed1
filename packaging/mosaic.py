"""Large grids of embeddings, composed from small ones of real pictures; no model has a part in it.

Quilting (Efros and Freeman 2001), with cells instead of pixels: blocks of real grids are laid so
that they overlap, each where it fits what lies there already, and are cut along the line on which
they differ least. So the neighbourhoods of the small grids, glands and streets, live on.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, uniform_filter

from ssldiff_gui.core.slerp import slerp

Vectors = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]

TRIED = 16
"""Blocks that are tried for a place; of more, the same few would be taken everywhere."""

NEAR = 1.15
"""Blocks that fit at most so much worse than the best are as good: one of them is taken."""

ROUGH, WAVES = 0.09, 6.0
"""How irregular a piece's outline is, as a share of its radii, and over how many cells."""


def quilt(
    random: np.random.Generator, sources: Sequence[Vectors], size: tuple[int, int],
    block: int, overlap: int,
) -> Vectors:  # fmt: skip
    """Return (rows, columns, dim): an area filled from small grids.

    Parameters
    ----------
    random
        Chooses among what fits.
    sources
        (rows, columns, dim) each, at least a block large on both sides.
    size
        Rows and columns wanted.
    block, overlap
        Side of what is laid at once, and how much of it lies on what is there, in cells.
    """
    rows, columns = size
    area = np.zeros((rows, columns, sources[0].shape[2]), np.float32)
    there = np.zeros((rows, columns), np.bool_)
    for top in range(0, max(1, rows - overlap), block - overlap):
        for left in range(0, max(1, columns - overlap), block - overlap):
            part = np.s_[top : min(top + block, rows), left : min(left + block, columns)]
            fresh = _fitting(random, sources, area[part], there[part], block)
            area[part] = _laid(area[part], there[part], fresh, overlap)
            there[part] = True
    return area


def _fitting(
    random: np.random.Generator, sources: Sequence[Vectors], old: Vectors, there: Mask, block: int
) -> Vectors:
    """Return a block that goes well with what is there."""
    height, width = there.shape
    tried = []
    for _ in range(TRIED if there.any() else 1):
        source = sources[int(random.integers(len(sources)))]
        top = int(random.integers(source.shape[0] - block + 1))
        left = int(random.integers(source.shape[1] - block + 1))
        tried.append(source[top : top + height, left : left + width])
    errors = np.array([((one - old)[there] ** 2).sum() for one in tried])
    good = np.flatnonzero(errors <= errors.min() * NEAR + 1e-12)
    return tried[int(random.choice(good))]


def _laid(old: Vectors, there: Mask, fresh: Vectors, overlap: int) -> Vectors:
    """Return a block over what is there: cut where both differ least, the cut softened."""
    if not there.any():
        return fresh
    difference = ((fresh - old) ** 2).sum(2)
    new = np.ones(there.shape, np.bool_)
    if there.shape[1] > overlap and there[:, 0].all():
        new &= _beyond(difference[:, :overlap], there.shape)
    if there.shape[0] > overlap and there[0].all():
        new &= _beyond(difference[:overlap].T, there.shape[::-1]).T
    share = uniform_filter(np.where(there, new, 1.0), 3, mode="nearest")
    return slerp(np.where(there, share, 1.0), old, fresh)


def _beyond(cost: npt.NDArray[np.floating], shape: tuple[int, ...]) -> Mask:
    """Return where a block is new: to the right of the cheapest way from its top to its foot."""
    total = cost.astype(np.float64)
    for row in range(1, len(total)):
        before = np.pad(total[row - 1], 1, constant_values=np.inf)
        total[row] += np.minimum(np.minimum(before[:-2], before[1:-1]), before[2:])
    way = np.zeros(len(total), np.int64)
    way[-1] = int(total[-1].argmin())
    for row in range(len(total) - 2, -1, -1):
        first = max(0, way[row + 1] - 1)
        way[row] = first + int(total[row, first : way[row + 1] + 2].argmin())
    return np.asarray(np.arange(shape[1])[None] >= way[:, None])


def alternating(tile: Vectors, mirrored: Vectors, length: int) -> Vectors:
    """Return a tile and its mirror image one below the other, over and over.

    Parameters
    ----------
    tile, mirrored
        (rows, columns, dim): of a picture, and of the same upside down. What runs from top to
        foot, a road or a river, then goes on from one to the next.
    length
        Rows wanted.
    """
    pair = np.concatenate([tile, mirrored])
    return np.asarray(pair[np.arange(length) % len(pair)])


def joined(layers: Sequence[Vectors], labels: Labels, softness: float) -> Vectors:
    """Return what each layer has where the labels name it; borders go along the arc.

    Parameters
    ----------
    layers
        (rows, columns, dim) each.
    labels
        (rows, columns): numbers of layers.
    softness
        Cells over which one fades into the other; 0 for none.
    """
    shares = [(labels == number).astype(np.float64) for number in range(len(layers))]
    if softness:
        shares = [gaussian_filter(share, softness) ** 2 for share in shares]
    found, so_far = layers[0], shares[0].copy()
    for layer, share in zip(layers[1:], shares[1:], strict=True):
        so_far += share
        weight = np.where(so_far > 0, share / np.where(so_far > 0, so_far, 1.0), 0.0)
        found = slerp(weight, found, layer)
    return found


def waves(random: np.random.Generator, size: tuple[int, int], length: float) -> Values:
    """Return (rows, columns) smooth noise of mean 0 and deviation 1; `length` is in cells."""
    found = gaussian_filter(random.standard_normal(size), length, mode="wrap")
    return np.asarray((found - found.mean()) / found.std())


def nearest(
    random: np.random.Generator, size: tuple[int, int], seeds: Sequence[tuple[int, int]],
    rough: float, length: float = 5.0,
) -> Labels:  # fmt: skip
    """Return which of the seeds is the nearest, borders made irregular.

    Parameters
    ----------
    random
        Of the irregularity.
    size
        Rows and columns.
    seeds
        Row and column of each.
    rough, length
        By how many cells borders wander, and over how many.
    """
    down, across = np.indices(size)
    down, across = (axis + rough * waves(random, size, length) for axis in (down, across))
    distances = [np.hypot(down - row, across - column) for row, column in seeds]
    return np.asarray(np.argmin(distances, axis=0))


def piece(
    random: np.random.Generator, size: tuple[int, int], centre: tuple[int, int],
    radii: tuple[int, int],
) -> Mask:  # fmt: skip
    """Return an irregular ellipse: a piece of tissue on glass.

    Parameters
    ----------
    random
        Of its outline.
    size
        Rows and columns of the whole.
    centre, radii
        Row and column, in cells.
    """
    down, across = np.indices(size)
    far = np.hypot((down - centre[0]) / radii[0], (across - centre[1]) / radii[1])
    return np.asarray(far + ROUGH * waves(random, size, WAVES) < 1)
