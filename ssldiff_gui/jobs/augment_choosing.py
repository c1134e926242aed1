"""Which of the pictures that were drawn are kept, and why the others are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.grid import Vectors
from ssldiff_gui.core.lab.augment import Choice
from ssldiff_gui.evaluation.probing import choose_probe
from ssldiff_gui.jobs.augment_drawing import embedded, resized_by
from ssldiff_gui.jobs.evaluate_features import Embeds, pooled
from ssldiff_gui.sampling import selection
from ssldiff_gui.training.pictures import Pixels

Labels = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_DIGITS = 8
"""That figures are written with: more would differ between machines."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What is thought of each picture that was drawn.

    Parameters
    ----------
    order
        Of each class, the rows that are kept, the best first.
    why
        For each row, why it is not kept; "" when it is.
    distances
        (n,) to the centroid of its class.
    nearest
        (n,) the class whose centroid is nearest.
    confidence
        (n,) how likely its own class is.
    """

    order: list[list[int]]
    why: list[str]
    distances: Floats
    nearest: Labels
    confidence: Floats

    def facts(self, row: int, classes: Sequence[str]) -> dict[str, Any]:
        """Return what the manifest says of a picture."""
        return {
            "distance": round(float(self.distances[row]), _DIGITS),
            "nearest": classes[int(self.nearest[row])],
            "confidence": round(float(self.confidence[row]), 6),
        }


def features_of(encoder: Embeds, picture: Pixels, cell: int, scale: float) -> Vectors:
    """Return (2 · dim,) of a picture: mean and spread of its cells' embeddings.

    Parameters
    ----------
    encoder
        Who judges.
    picture
        (height, width, 3) uint8.
    cell
        Side of the encoder's cells.
    scale
        Pixels of the encoder for one of the picture's, along one axis.
    """
    vectors = embedded(encoder, resized_by(picture, scale), cell)
    return pooled(vectors.reshape(-1, vectors.shape[-1]))


def judge(
    real: tuple[Vectors, Labels],
    drawn: tuple[Vectors, Labels],
    classes: Sequence[str],
    choice: Choice,
    count: int,
) -> Judged:
    """Say which pictures are kept.

    Parameters
    ----------
    real, drawn
        Features and classes: of the real pictures that may be seen, and of what was drawn.
    classes
        Their names.
    choice
        "centroid": its own class's centroid is the nearest one. "confidence": see
        `selection.confident`, by a linear probe on the real pictures' features. "both": both, in
        the order of the distances. "none": as they were drawn.
    count
        That are kept of each class, at most.
    """
    features, labels = drawn
    known, truth = real
    centres = selection.centroids(known, truth, len(classes))
    far = selection.distances(features, centres)
    nearest = np.asarray(far.argmin(axis=1), np.int64)
    likely = _likely(known, truth, features, len(classes))
    rows = np.arange(len(labels))
    agrees = selection.select(features, labels, centres, None)
    surest = selection.confident(likely, labels)
    order = {
        "none": rows, "centroid": agrees.indices, "confidence": surest.indices,
        "both": agrees.indices[np.isin(agrees.indices, surest.indices)],
    }[choice]  # fmt: skip
    kept = [
        [int(k) for k in order[labels[order] == label]][:count] for label in range(len(classes))
    ]
    why: list[str] = []
    passed, chosen = set(order.tolist()), {row for part in kept for row in part}
    own = likely[rows, labels]
    for row in rows.tolist():
        label = int(labels[row])
        if row in chosen:
            why.append("")
        elif row in passed:
            why.append(f"there are {count} better ones")
        elif choice != "confidence" and nearest[row] != label:
            why.append(f"it is nearer to {classes[int(nearest[row])]}")
        elif likely[row].argmax() != label:
            why.append(f"it is taken for {classes[int(likely[row].argmax())]}")
        else:
            why.append("half of its class are told more surely")
    return Judged(kept, why, far[rows, labels], nearest, own)


def _likely(known: Vectors, truth: Labels, features: Vectors, classes: int) -> Floats:
    """Return (n, classes): how likely each class is, by a probe on real pictures' features."""
    probe = choose_probe(known, truth, classes, range(len(truth)))
    logits = probe.logits(features)
    grown = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True), np.float64)
