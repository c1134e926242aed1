"""The sets of pictures that a study of guidance trains on: balanced, and with a long tail."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.jobs.labelled import Labelled
from ssldiff_gui.jobs.study_material import real_pictures
from ssldiff_gui.storage.atomic import cannot_write

RGB = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

BALANCED, UNBALANCED = "balanced", "unbalanced"
TAIL = 0.1
"""What the rarest class keeps of its pictures."""

FEWEST = 2
"""Pictures that each class keeps at least."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSet:
    """Pictures of one set.

    Parameters
    ----------
    name
        "balanced" or "unbalanced".
    pictures, labels
        (n, side, side, 3), and their true classes.
    reference
        (m, side, side, 3) held-out ones, of each class in the same share.
    """

    name: str
    pictures: RGB
    labels: Numbers
    reference: RGB


def tail_of(counts: Sequence[int]) -> list[int]:
    """Return how many of each class are left: the k-th of K keeps 0.1 to the power k / (K - 1).

    Parameters
    ----------
    counts
        Of each class, in the order of their names.
    """
    last = max(1, len(counts) - 1)
    return [
        min(count, max(FEWEST, round(count * TAIL ** (place / last))))
        for place, count in enumerate(counts)
    ]


def sets_of(
    labelled: Labelled, train: Numbers, test: Numbers, side: int, progress: Progress
) -> list[TrainingSet]:
    """Return the balanced and the unbalanced set, of as many pictures in all.

    Parameters
    ----------
    labelled
        All pictures.
    train, test
        Numbers of those to train on, and of those to compare with.
    side
        They are brought to.
    progress
        Told of each.
    """
    known, held = (
        [numbers[labelled.labels[numbers] == label] for label in range(len(labelled.classes))]
        for numbers in (train, test)
    )
    tail = tail_of([len(found) for found in known])
    if min(tail) < FEWEST or min(len(found) for found in held) < FEWEST:
        raise BadRequest(
            f"Each class needs {FEWEST} pictures in each part at least.",
            "Take more pictures of each class, or --groups file when no two show the same.",
        )
    even = [min(len(found), max(FEWEST, round(sum(tail) / len(tail)))) for found in known]
    made = []
    for name, sizes in ((BALANCED, even), (UNBALANCED, tail)):
        chosen = np.concatenate([f[:size] for f, size in zip(known, sizes, strict=True)])
        compared = np.concatenate(_in_shares(held, sizes))
        pictures, reference = (
            real_pictures(labelled, numbers, side, progress, f"Reading the {name} set")
            for numbers in (chosen, compared)
        )
        made.append(TrainingSet(name, pictures, labelled.labels[chosen], reference))
    return made


def _in_shares(held: Sequence[Numbers], sizes: Sequence[int]) -> list[Numbers]:
    """Return as many held-out pictures as there are with the shares of the training set."""
    most = min(len(found) / size for found, size in zip(held, sizes, strict=True))
    return [
        found[: max(1, int(most * size + 1e-9))] for found, size in zip(held, sizes, strict=True)
    ]


def lay_out(folder: Path, pictures: RGB, labels: Numbers, names: Mapping[int, str]) -> None:
    """Write pictures as PNGs, a folder for each label."""
    try:
        if folder.exists():
            shutil.rmtree(folder)
        for number, (picture, label) in enumerate(zip(pictures, labels.tolist(), strict=True)):
            place = folder / names[label]
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(place / f"{number:05d}.png", compress_level=1)
    except OSError as error:
        raise cannot_write(folder, error) from error
