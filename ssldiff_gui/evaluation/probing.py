"""What vectors know of classes: their nearest neighbours', and a linear probe's answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

Vectors = npt.NDArray[np.floating]
Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""Weights of the squared size that a probe is chosen among."""


def accuracy(truth: Labels, answers: Labels) -> float:
    """Return the share of right answers."""
    return float((truth == answers).mean()) if len(truth) else float("nan")


def balanced_accuracy(truth: Labels, answers: Labels) -> float:
    """Return the mean of the classes' own shares of right answers."""
    shares = [float((answers[truth == label] == label).mean()) for label in np.unique(truth)]
    return float(np.mean(shares)) if shares else float("nan")


def nearest_classes(bank: Vectors, labels: Labels, vectors: Vectors, *, count: int = 5) -> Labels:
    """Return the class that most of the nearest neighbours have, by the cosine.

    All are centred by the bank's mean first. Of classes with as many neighbours, the one whose
    neighbours are nearer is taken.

    Parameters
    ----------
    bank, labels
        (n, dim) known vectors, and (n,) their classes from 0 on.
    vectors
        (m, dim) to be told.
    count
        Of neighbours.
    """
    centre = np.asarray(bank, np.float64).mean(axis=0)
    near = _unit(vectors, centre) @ _unit(bank, centre).T
    count = min(count, len(bank))
    chosen = np.argpartition(-near, count - 1, axis=1)[:, :count]
    votes = np.zeros((len(near), int(labels.max()) + 1))
    rows = np.arange(len(near))[:, None]
    # A cosine is below 1 in size: it decides between equal numbers of votes, and nothing else.
    np.add.at(votes, (rows, labels[chosen]), 1 + near[rows, chosen] / (4 * count))
    return np.asarray(votes.argmax(axis=1), np.int64)


def _unit(vectors: Vectors, centre: Floats) -> Floats:
    wide = np.asarray(vectors, np.float64) - centre
    return np.asarray(wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-12))


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """A multinomial logistic regression over standardised vectors.

    Parameters
    ----------
    mean, spread
        (dim,) of what it was fitted to.
    weights, bias
        (classes, dim) and (classes,).
    strength
        Weight of the squared size of its weights.
    """

    mean: Floats
    spread: Floats
    weights: Floats
    bias: Floats
    strength: float

    def logits(self, vectors: Vectors) -> Floats:
        """Return (n, classes)."""
        standard = (np.asarray(vectors, np.float64) - self.mean) / self.spread
        return np.asarray(standard @ self.weights.T + self.bias)

    def classes(self, vectors: Vectors) -> Labels:
        """Return (n,) the likeliest class of each."""
        return np.asarray(self.logits(vectors).argmax(axis=1), np.int64)


def fit_probe(vectors: Vectors, labels: Labels, classes: int, strength: float) -> Probe:
    """Fit a probe; the loss is convex, so that nothing depends on chance.

    Parameters
    ----------
    vectors, labels
        (n, dim), and (n,) classes from 0 to ``classes - 1``.
    classes
        How many there are.
    strength
        Weight of the squared size of its weights.
    """
    wide = np.asarray(vectors, np.float64)
    mean, spread = wide.mean(axis=0), wide.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1)
    x, y = torch.from_numpy((wide - mean) / spread), torch.from_numpy(labels)
    weights = torch.zeros(classes, x.shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(classes, dtype=torch.float64, requires_grad=True)
    search = torch.optim.LBFGS([weights, bias], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        search.zero_grad()
        off = functional.cross_entropy(x @ weights.T + bias, y)
        total: torch.Tensor = off + strength / 2 * (weights**2).sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    with torch.enable_grad():
        search.step(loss)  # type: ignore[no-untyped-call]
    return Probe(mean, spread, weights.detach().numpy(), bias.detach().numpy(), strength)


def choose_probe(
    vectors: Vectors,
    labels: Labels,
    classes: int,
    groups: Sequence[object],
    *,
    strengths: Sequence[float] = STRENGTHS,
    folds: int = 3,
) -> Probe:
    """Fit a probe of the strength that does best on groups left out of its training.

    Parameters
    ----------
    vectors, labels, classes
        As for `fit_probe`.
    groups
        Of each vector; no group is parted.
    strengths
        To choose among.
    folds
        Parts that are left out in turn.
    """
    part = folds_of(labels, groups, folds)
    scores = []
    for strength in strengths:
        answers = np.full(len(labels), -1, np.int64)
        for fold in np.unique(part):
            out = part == fold
            if out.all():
                continue
            probe = fit_probe(vectors[~out], labels[~out], classes, strength)
            answers[out] = probe.classes(vectors[out])
        scores.append(balanced_accuracy(labels, answers))
    best = strengths[len(scores) - 1 - int(np.argmax(scores[::-1]))]  # of equals the strongest
    return fit_probe(vectors, labels, classes, best)


def folds_of(labels: Labels, groups: Sequence[object], folds: int) -> Labels:
    """Return the fold of each sample: groups stay whole, classes are spread over all folds."""
    sizes: dict[object, Counter[int]] = {}
    for label, group in zip(labels.tolist(), groups, strict=True):
        sizes.setdefault(group, Counter())[label] += 1
    load = np.zeros((folds, int(labels.max()) + 1))
    chosen: dict[object, int] = {}
    for group, found in sorted(sizes.items(), key=lambda item: (-item[1].total(), str(item[0]))):
        label = found.most_common(1)[0][0]
        fold = int(np.lexsort((load.sum(axis=1), load[:, label]))[0])
        chosen[group] = fold
        for name, count in found.items():
            load[fold, name] += count
    return np.array([chosen[group] for group in groups], np.int64)
