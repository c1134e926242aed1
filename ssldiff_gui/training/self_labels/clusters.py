"""k-means over embeddings: numbers of clusters as labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadNumbers, BadRequest
from ssldiff_gui.core.grid import Vectors

Numbers = npt.NDArray[np.int64]
Form = Literal["consistent", "published"]
"""What is brought to the length 1: all vectors, or those that the centres are fitted to alone."""

ROUNDS, STARTS, SHUFFLES = 30, 3, 20
_AT_ONCE = 1 << 21
"""Numbers that are held at once."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """Centres, and which of them is nearest.

    Parameters
    ----------
    centres
        (count, dim) float32.
    form
        "consistent" compares directions: vectors are brought to the length 1 both when the
        centres are fitted and when the nearest is looked for. "published" is what the code of
        self-guided diffusion does: it fits to vectors of the length 1, and looks for the nearest
        centre of the vectors as they are, so that long ones change clusters.
    """

    centres: Vectors
    form: Form = "consistent"

    @classmethod
    def fit(cls, vectors: Vectors, count: int, seed: int = 0, *, form: Form = "consistent") -> Self:
        """Find clusters: the best of three starts by k-means++.

        Parameters
        ----------
        vectors
            (n, dim), at least `count` of them different.
        count
            Of clusters.
        seed
            The same gives the same.
        form
            As above.

        Raises
        ------
        BadRequest
            There are fewer different vectors than clusters.
        BadNumbers
            Some are NaN or infinite.
        """
        found = unit(_finite(vectors))
        different = len(np.unique(found, axis=0))
        if different < count:
            raise BadRequest(
                f"{len(found):,} vectors, {different:,} of them different, cannot make {count:,} "
                "clusters.",
                f"Take more pictures, or at most {max(different, 1):,} clusters.",
            )
        random = np.random.default_rng(seed)
        starts = [_fitted(found, _first(found, count, random)) for _ in range(STARTS)]
        return cls(min(starts, key=lambda start: start[1])[0].astype(np.float32), form)

    @property
    def count(self) -> int:
        """How many clusters there are."""
        return len(self.centres)

    @property
    def names(self) -> tuple[str, ...]:
        """What people call them: from 1 on."""
        return tuple(f"cluster {k + 1}" for k in range(self.count))

    def numbers(self, vectors: Vectors) -> Numbers:
        """Return (n,) numbers of the nearest centres, from 0 on, of (n, dim) vectors."""
        return nearest(self._seen(vectors), self.centres)[0]

    def silhouette(self, vectors: Vectors) -> float:
        """Return how much nearer vectors are to their own centre than to the next one.

        The mean over the vectors of ``(b - a) / max(a, b)``, with the distances a to the nearest
        and b to the second nearest centre: 0 is no clusters at all, 1 is clusters without width.
        """
        from scipy.spatial.distance import cdist

        seen = self._seen(vectors)
        parts = [
            np.partition(cdist(part, self.centres), 1, axis=1)[:, :2]
            for part in np.array_split(seen, 1 + len(seen) * self.count // _AT_ONCE)
        ]
        own, other = np.concatenate(parts).T
        return float(np.mean((other - own) / np.maximum(other, 1e-12)))

    def _seen(self, vectors: Vectors) -> Vectors:
        found = _finite(vectors)
        return unit(found) if self.form == "consistent" else found


def unit(vectors: Vectors) -> Vectors:
    """Return vectors of the length 1; those without a length stay as they are."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12), np.float32)


def nearest(vectors: Vectors, centres: Vectors) -> tuple[Numbers, npt.NDArray[np.float64]]:
    """Return the numbers of the nearest centres, and the squared distances to them."""
    centres = np.asarray(centres, np.float64)
    numbers, distances = np.empty(len(vectors), np.int64), np.empty(len(vectors), np.float64)
    sizes, step = (centres**2).sum(axis=1), max(1, _AT_ONCE // max(len(centres), len(centres.T)))
    for start in range(0, len(vectors), step):
        part = slice(start, start + step)
        some = np.asarray(vectors[part], np.float64)
        away = sizes - 2 * some @ centres.T
        numbers[part] = away.argmin(axis=1)
        distances[part] = away.min(axis=1) + (some**2).sum(axis=1)
    return numbers, np.maximum(distances, 0.0)


def agreement(numbers: Numbers, labels: list[str]) -> dict[str, float]:
    """Return how well clusters agree with classes that people have named.

    Parameters
    ----------
    numbers
        Of the clusters.
    labels
        The true classes.

    Returns
    -------
    dict
        "nmi", the normalised mutual information (arithmetic mean), from 0 to 1; "nmi_by_chance",
        what clusters of these sizes have when they mean nothing: few pictures have much of it;
        "purity", the share of pictures of the class that is the most frequent in their cluster.
    """
    random = np.random.default_rng(0)
    by_chance = [_mutual(random.permutation(numbers), labels)[0] for _ in range(SHUFFLES)]
    shared, purity = _mutual(numbers, labels)
    return {"nmi": shared, "nmi_by_chance": float(np.mean(by_chance)), "purity": purity}


def _mutual(numbers: Numbers, labels: list[str]) -> tuple[float, float]:
    """Return the normalised mutual information, and the purity."""
    names, true = np.unique(np.array(labels), return_inverse=True)
    together = np.zeros((int(numbers.max()) + 1, len(names)), np.int64)
    np.add.at(together, (numbers, true), 1)
    joint = together / len(numbers)
    rows, columns = joint.sum(axis=1), joint.sum(axis=0)
    surprise = (_entropy(rows) + _entropy(columns)) / 2
    shared = _entropy(rows) + _entropy(columns) - _entropy(joint)
    return max(0.0, shared / surprise) if surprise else 0.0, float(joint.max(axis=1).sum())


def _entropy(shares: npt.NDArray[np.float64]) -> float:
    there = shares[shares > 0]
    return float(-(there * np.log(there)).sum())


def _first(vectors: Vectors, count: int, random: np.random.Generator) -> Vectors:
    """Choose first centres by k-means++: each far from those before it."""
    chosen = [int(random.integers(len(vectors)))]
    away = _away(vectors, vectors[chosen[0]])
    while len(chosen) < count:
        shares = np.cumsum(away)
        place = int(np.searchsorted(shares, random.random() * shares[-1], side="right"))
        chosen.append(min(place, len(vectors) - 1))
        away = np.minimum(away, _away(vectors, vectors[chosen[-1]]))
    return vectors[chosen]


def _away(vectors: Vectors, centre: Vectors) -> npt.NDArray[np.float64]:
    return np.asarray(((vectors - centre) ** 2).sum(axis=1), np.float64)


def _fitted(vectors: Vectors, centres: Vectors) -> tuple[Vectors, float]:
    """Move centres to the middle of their vectors until none changes; return the error as well."""
    before: Numbers | None = None
    for _ in range(ROUNDS):
        numbers, errors = nearest(vectors, centres)
        numbers = _without_empty(numbers, errors, len(centres))
        if before is not None and (numbers == before).all():
            break
        order = np.argsort(numbers, kind="stable")
        counts = np.bincount(numbers, minlength=len(centres))
        starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
        sums = np.add.reduceat(vectors[order], starts, axis=0, dtype=np.float64)
        centres, before = (sums / counts[:, None]).astype(np.float32), numbers
    return centres, float(nearest(vectors, centres)[1].sum())


def _without_empty(numbers: Numbers, errors: npt.NDArray[np.float64], count: int) -> Numbers:
    """Give each empty cluster the vector that is the farthest from its own centre."""
    sizes = np.bincount(numbers, minlength=count)
    empty = np.flatnonzero(sizes == 0)
    if not len(empty):
        return numbers
    numbers, worst = numbers.copy(), iter(np.argsort(-errors, kind="stable"))
    for cluster in empty:
        moved = next(k for k in worst if sizes[numbers[k]] > 1)
        sizes[numbers[moved]] -= 1
        numbers[moved], sizes[cluster] = cluster, 1
    return numbers


def _finite(vectors: Vectors) -> Vectors:
    found = np.asarray(vectors, np.float32)
    if not np.isfinite(found).all():
        raise BadNumbers(
            "Some of the vectors to be clustered are NaN or infinite.",
            "Leave out the cells that were not embedded.",
        )
    return found
