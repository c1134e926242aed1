"""How far apart two sets of vectors are, as wholes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.floating]
Floats = npt.NDArray[np.float64]

ENOUGH = 2
"""Samples for each dimension below which a covariance is mostly chance."""

_MOST = 2000
"""Vectors of each set that a kernel distance looks at."""


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """Where distances are taken: centred, in units of the spread of known vectors.

    Parameters
    ----------
    centre
        (dim,) that is taken away.
    axes
        (dim, components) that vectors are multiplied with.
    kept
        Share of the known vectors' variance that is left.
    """

    centre: Floats
    axes: Floats
    kept: float = 1.0

    @classmethod
    def of(cls, known: Vectors, *, components: int | None = None, each: bool = False) -> Space:
        """Make a space from known vectors.

        Parameters
        ----------
        known
            (n, dim), for instance of training pictures.
        components
            Keep so many principal components only.
        each
            Whether each value has a unit of its own; else all share one, so that the mean
            variance is 1 and directions keep their weight.
        """
        wide = np.asarray(known, np.float64)
        centre = wide.mean(axis=0)
        dim = wide.shape[1]
        spread = wide.std(axis=0)
        if each:
            return cls(centre, np.diag(1 / np.where(spread > 1e-9, spread, 1)))
        unit = float(np.sqrt((spread**2).mean())) or 1.0
        if components is None or components >= dim:
            return cls(centre, np.eye(dim) / unit)
        values, axes = np.linalg.eigh(np.cov(wide.T))
        kept = axes[:, ::-1][:, :components]
        variance = float(values[::-1][:components].sum())
        unit = np.sqrt(variance / components) or 1.0
        return cls(centre, kept / unit, variance / max(float(values.sum()), 1e-12))

    def __call__(self, vectors: Vectors) -> Floats:
        """Return (n, components)."""
        return np.asarray((np.asarray(vectors, np.float64) - self.centre) @ self.axes)


def frechet(ours: Vectors, theirs: Vectors) -> float:
    """Return the Fréchet distance between the Gaussians that fit two sets.

    ``|m - m'|² + tr(C + C' - 2 (C C')^½)``, with unbiased covariances as torchmetrics has them.
    Few samples make it larger: compare only what has as many.

    Parameters
    ----------
    ours, theirs
        (n, dim) and (m, dim), at least two each.
    """
    a, b = (np.asarray(found, np.float64) for found in (ours, theirs))
    return gaussian_frechet(
        a.mean(axis=0), np.atleast_2d(np.cov(a.T)), b.mean(axis=0), np.atleast_2d(np.cov(b.T))
    )


def gaussian_frechet(mean: Floats, cov: Floats, other_mean: Floats, other_cov: Floats) -> float:
    """Return the Fréchet distance between two Gaussians."""
    values, axes = np.linalg.eigh(cov)
    root = (axes * np.sqrt(np.clip(values, 0, None))) @ axes.T
    cross = np.sqrt(np.clip(np.linalg.eigvalsh(root @ other_cov @ root), 0, None)).sum()
    apart = ((mean - other_mean) ** 2).sum() + np.trace(cov) + np.trace(other_cov)
    return max(0.0, float(apart - 2 * cross))


def kernel_distance(ours: Vectors, theirs: Vectors) -> float:
    """Return the unbiased kernel distance (KID): near 0, or below, for sets of one kind.

    The squared maximum mean discrepancy with the kernel ``(x·y / dim + 1)³`` (Bińkowski et al.
    2018). Of sets with more than 2,000 vectors, evenly spaced ones are taken.
    """
    a, b = (_thinned(np.asarray(found, np.float64)) for found in (ours, theirs))
    if min(len(a), len(b)) < 2:
        return float("nan")
    within = [
        (kernel.sum() - np.trace(kernel)) / (len(kernel) * (len(kernel) - 1))
        for kernel in (_kernel(a, a), _kernel(b, b))
    ]
    return float(sum(within) - 2 * _kernel(a, b).mean())


def _thinned(vectors: Floats) -> Floats:
    if len(vectors) <= _MOST:
        return vectors
    return vectors[np.linspace(0, len(vectors) - 1, _MOST).astype(np.int64)]


def _kernel(a: Floats, b: Floats) -> Floats:
    return np.asarray((a @ b.T / a.shape[1] + 1) ** 3)


def too_few(count: int, dim: int, what: str) -> str | None:
    """Return a warning when so many samples cannot tell a covariance of so many values."""
    if count >= ENOUGH * dim:
        return None
    return (
        f"{what}: {count:,} samples for {dim} values are too few for a Fréchet distance of its "
        "own worth. Read it against comparands of the same size, or the kernel distance."
    )
