"""Keeping those synthetic pictures that look like the class they were made for.

As HistoDiffusion does: real pictures of each class give a centroid in the space of an encoder; a
synthetic picture is kept when its own class's centroid is the nearest one. Or by how sure a
classifier is of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadRequest

Features = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

HISTODIFFUSION_MOST = 501
"""Pictures of a class. The paper says 500; its loop counts from 0 to 500."""

NEVER_ZERO = 1e-10
"""Added to the length that a vector is divided by."""


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Which pictures were kept: class by class, the nearest to the centroid first.

    Parameters
    ----------
    indices
        (n,) rows of the features.
    classes
        (n,) of each.
    distances
        (n,) to the centroid of its class.
    """

    indices: Labels
    classes: Labels
    distances: Floats


def normalised(features: Features) -> Floats:
    """Return (n, dim) float64 vectors of length 1."""
    wide = features.astype(np.float64)
    return np.asarray(wide / (np.linalg.norm(wide, axis=1, keepdims=True) + NEVER_ZERO))


def centroids(features: Features, labels: Labels, classes: int) -> Floats:
    """Return (classes, dim) means of normalised features; they are shorter than 1.

    Parameters
    ----------
    features
        (n, dim) of real pictures.
    labels
        (n,) from 0 to ``classes - 1``.
    classes
        How many there are.
    """
    if missing := sorted(set(range(classes)) - set(labels.tolist())):
        raise BadRequest(
            f"There is no real picture of class {missing[0]} to compare with.",
            "Give at least one labelled picture of each class.",
        )
    unit = normalised(features)
    return np.stack([unit[labels == label].mean(axis=0) for label in range(classes)])


def distances(features: Features, centres: Floats) -> Floats:
    """Return (n, classes) mean squared differences between normalised features and centroids."""
    unit = normalised(features)
    squares = (unit**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1)[None]
    return np.asarray(np.maximum(squares - 2 * unit @ centres.T, 0) / centres.shape[1])


def select(
    features: Features, labels: Labels, centres: Floats, most: int | None = HISTODIFFUSION_MOST
) -> Selection:
    """Keep what is nearest to its own class's centroid.

    Parameters
    ----------
    features
        (n, dim) of synthetic pictures.
    labels
        (n,) classes they were made for.
    centres
        See `centroids`.
    most
        Of each class; None keeps all.
    """
    far = distances(features, centres)
    own = far[np.arange(len(labels)), labels]
    agrees = far.argmin(axis=1) == labels
    kept = []
    for label in range(len(centres)):
        rows = np.flatnonzero(agrees & (labels == label))
        kept.append(rows[np.argsort(own[rows], kind="stable")][:most])
    indices = np.concatenate(kept)
    return Selection(indices, labels[indices], own[indices])


def confident(probabilities: Floats, labels: Labels, most: int | None = None) -> Selection:
    """Keep what a classifier is surest of.

    A picture is kept when its own class is its likeliest, and when it is at least as likely as
    the middle one of all that were made for the class: so that a class that is hard to tell does
    not lose all of its pictures to a threshold for all.

    Parameters
    ----------
    probabilities
        (n, classes) of synthetic pictures.
    labels
        (n,) classes they were made for.
    most
        Of each class; None keeps all.

    Returns
    -------
    Selection
        Its distances are ``1 - probability``.
    """
    wide = np.asarray(probabilities, np.float64)
    own = wide[np.arange(len(labels)), labels]
    agrees = wide.argmax(axis=1) == labels
    kept = []
    for label in range(wide.shape[1]):
        of_it = labels == label
        middle = np.median(own[of_it]) if of_it.any() else 0.0
        rows = np.flatnonzero(agrees & of_it & (own >= middle))
        kept.append(rows[np.argsort(-own[rows], kind="stable")][:most])
    indices = np.concatenate(kept)
    return Selection(indices, labels[indices], 1 - own[indices])
