"""How right a classifier is, class by class: for sets in which some classes are rare."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def confusion(truth: Labels, answers: Labels, classes: int) -> Labels:
    """Return (classes, classes) counts: rows are true classes."""
    counts = np.bincount(truth * classes + answers, minlength=classes**2)
    return np.asarray(counts.reshape(classes, classes), np.int64)


def macro_f1(truth: Labels, answers: Labels) -> float:
    """Return the mean of the F1 scores of all classes that are there or were answered."""
    counts = confusion(truth, answers, int(max(truth.max(), answers.max())) + 1)
    total = counts.sum(axis=0) + counts.sum(axis=1)
    there = total > 0
    return float((2 * np.diag(counts)[there] / total[there]).mean())


def auroc(truth: Labels, scores: Floats) -> float:
    """Return the mean area under the curve of each class against the rest (Mann and Whitney).

    Parameters
    ----------
    truth
        (n,) classes.
    scores
        (n, classes): the larger, the more likely.
    """
    from scipy.stats import rankdata

    found = []
    for label in np.unique(truth):
        own = truth == label
        if own.all():
            continue
        ranks = rankdata(scores[:, label])
        wins = ranks[own].sum() - own.sum() * (own.sum() + 1) / 2
        found.append(wins / (own.sum() * (~own).sum()))
    return float(np.mean(found)) if found else float("nan")
