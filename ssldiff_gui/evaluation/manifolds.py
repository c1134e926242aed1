"""Whether made pictures lie where real ones do, and whether they are everywhere there.

Around each vector of a set lies a ball that reaches to its k-th nearest neighbour in that set;
the balls together are the set's manifold. Precision and recall after Kynkäänniemi et al. (2019),
density and coverage after Naeem et al. (2020).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.floating]
Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

MEASURES = ("precision", "recall", "density", "coverage")


@dataclass(frozen=True, slots=True, eq=False)
class Distances:
    """Squared distances of two sets, within each and between them.

    Parameters
    ----------
    real, fake
        (n, n) and (m, m).
    between
        (n, m): real ones down, made ones across.
    """

    real: Floats
    fake: Floats
    between: Floats

    @classmethod
    def of(cls, real: Vectors, fake: Vectors) -> Self:
        """Measure all of them once: whoever leaves samples out takes parts of these."""
        from scipy.spatial.distance import cdist

        def squared(a: Vectors, b: Vectors) -> Floats:
            return np.asarray(cdist(a, b, "sqeuclidean"), np.float64)

        return cls(squared(real, real), squared(fake, fake), squared(real, fake))

    def of_some(self, real: Numbers, fake: Numbers) -> Distances:
        """Return those of some samples."""
        return Distances(
            self.real[np.ix_(real, real)],
            self.fake[np.ix_(fake, fake)],
            self.between[np.ix_(real, fake)],
        )

    def measures(self, neighbours: int) -> Floats:
        """Return (4,): precision, recall, density, coverage.

        Parameters
        ----------
        neighbours
            k of the k-th nearest, a vector not being its own.
        """
        k = min(neighbours, len(self.real) - 1, len(self.fake) - 1)
        if k < 1:
            return np.full(4, np.nan)
        real, fake = _radii(self.real, k), _radii(self.fake, k)
        inside = self.between <= real[:, None]
        return np.array(
            [
                inside.any(axis=0).mean(),
                (self.between <= fake[None]).any(axis=1).mean(),
                inside.sum(axis=0).mean() / k,
                inside.any(axis=1).mean(),
            ]
        )


def _radii(within: Floats, neighbours: int) -> Floats:
    """Return the squared distance to the k-th nearest of the others; 0 is a vector's own."""
    return np.asarray(np.partition(within, neighbours, axis=1)[:, neighbours])


def vendi(vectors: Vectors) -> float:
    """Return how many different pictures a set seems to hold (Friedman and Dieng 2023).

    The exponential of the entropy of the eigenvalues of the cosines' matrix, by its number.
    """
    wide = np.asarray(vectors, np.float64)
    unit = wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-12)
    values = np.linalg.eigvalsh(unit.T @ unit / len(unit))
    values = values[values > 1e-12]
    return float(np.exp(-(values * np.log(values)).sum()))
