"""Which cells of a grid are of one kind: k-means on the sphere, the same on every run."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.grid import Vectors

LEARNT = 2048
"""Cells that the centres are learnt from; the others only join the nearest one."""

ROUNDS = 30
DRAWS = 4

Directions = npt.NDArray[np.float64]
Labels = npt.NDArray[np.intp]


def clusters(vectors: Vectors, count: int, seed: int) -> Labels:
    """Return the number of each vector's cluster.

    Parameters
    ----------
    vectors
        (n, dim) float32; only their directions matter.
    count
        Clusters wanted; there are fewer when there are fewer different directions.
    seed
        Of the first centres.

    Returns
    -------
    Labels
        (n,) from 0.
    """
    chance = np.random.Philox(key=np.array([seed, len(vectors)], np.uint64))
    order = np.argsort(chance.random_raw(len(vectors)), kind="stable")
    units = directions(vectors[np.sort(order[:LEARNT])])
    centres = _first_centres(units, _uniform(chance, count * DRAWS).reshape(count, DRAWS))
    labels = np.full(len(units), -1, np.intp)
    for _ in range(ROUNDS):
        found = (units @ centres.T).argmax(1)
        if np.array_equal(found, labels):
            break
        labels = found
        centres = _centres(units, labels, centres)
    return np.concatenate(
        [
            (directions(vectors[start : start + LEARNT]) @ centres.T).argmax(1)
            for start in range(0, len(vectors), LEARNT)
        ]
    )


def directions(vectors: npt.NDArray[np.float32]) -> Directions:
    """Return (n, dim) unit vectors; zero stays zero."""
    wide = vectors.astype(np.float64)
    lengths = np.sqrt((wide * wide).sum(-1, keepdims=True))
    return wide / np.where(lengths > 0, lengths, 1.0)


def _uniform(chance: np.random.Philox, count: int) -> npt.NDArray[np.float64]:
    """Return numbers from 0 to below 1 that no version of numpy changes."""
    bits = np.asarray(chance.random_raw(count), np.uint64) >> np.uint64(11)
    return bits.astype(np.float64) * 2.0**-53


def _first_centres(units: Directions, chances: npt.NDArray[np.float64]) -> Directions:
    """Take k-means++'s: each next one is likelier the farther it lies from those there are.

    Of several that are drawn, the one that leaves the least to the others is taken.

    Parameters
    ----------
    units
        (n, dim).
    chances
        (centres, draws) from 0 to below 1.
    """
    chosen = [int(chances[0, 0] * len(units))]
    far = np.clip(1 - units @ units[chosen[0]], 0, None)
    for draws in chances[1:]:
        heights = np.cumsum(far)
        if heights[-1] <= 1e-9 * len(units):
            break
        drawn = np.searchsorted(heights, draws * heights[-1], "right").clip(max=len(far) - 1)
        left = np.minimum(far, np.clip(1 - units[drawn] @ units.T, 0, None))
        best = int(left.sum(1).argmin())
        chosen.append(int(drawn[best]))
        far = left[best]
    return units[chosen]


def _centres(units: Directions, labels: Labels, before: Directions) -> Directions:
    """Return the mean direction of each cluster; an empty one stays where it was."""
    found = before.copy()
    for label in range(len(before)):
        members = units[labels == label]
        total = members.sum(0)
        length = float(np.sqrt((total * total).sum()))
        if length > 0:
            found[label] = total / length
    return found
