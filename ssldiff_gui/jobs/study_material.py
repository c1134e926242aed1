"""What a study of augmentation stands on: one split, and the pictures that were made from it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from ssldiff_gui.core.errors import BadRequest, BrokenFile, MissingFile
from ssldiff_gui.core.lab.study import StudyRequest
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.jobs.augment_files import MANIFEST, SPLIT
from ssldiff_gui.jobs.labelled import Labelled, is_synthetic
from ssldiff_gui.jobs.labelled_leaks import check_leaks
from ssldiff_gui.jobs.labelled_prints import Print, print_of
from ssldiff_gui.jobs.labelled_split import Split, split_of
from ssldiff_gui.training.pictures import Pixels
from ssldiff_gui.training.reading import read_picture

RGB = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """Pictures that `ssldiff augment` made.

    Parameters
    ----------
    name
        Of the folder.
    selected, unselected
        Pictures, (n, side, side, 3), as many of each class: what was kept, and what was drawn
        first, whether or not it was kept.
    selected_labels, unselected_labels
        Their classes.
    method
        How they were made.
    """

    name: str
    selected: RGB
    selected_labels: Labels
    unselected: RGB
    unselected_labels: Labels
    method: str


def split_for(request: StudyRequest, labelled: Labelled) -> Split:
    """Return the one split: the augmented folders', the request's, or a new one.

    Raises
    ------
    BadRequest
        The augmented folders were made with different ones, or one of them leaks.
    """
    found: Split | None = None
    for folder in map(Path, request.augmented):
        own = Split.read(folder.expanduser() / SPLIT, labelled)
        if found is not None and not _same(found, own):
            raise BadRequest(
                f"{folder.name} was made with another split than {request.augmented[0]}.",
                "Make both with the same --split, --seed, --groups and --labels-fraction.",
            )
        found = found or own
    if found is not None:
        return found
    if request.split is not None:
        return Split.read(request.split, labelled)
    return split_of(
        labelled, request.held_out, request.groups, request.seed, request.labels_fraction
    )


def _same(one: Split, other: Split) -> bool:
    return all(
        np.array_equal(getattr(one, part), getattr(other, part))
        for part in ("train", "validation", "test", "seen")
    )


def read_made(
    folder: Path, labelled: Labelled, split: Split, side: int, progress: Progress
) -> Made:
    """Read what was made, and make sure that none of it is a picture to be tested on.

    Raises
    ------
    MissingFile, BrokenFile
        The folder is no augmentation.
    BadRequest
        A made picture is in the validation or test part, too.
    """
    folder = folder.expanduser()
    facts = _manifest(folder)
    kept: dict[int, list[str]] = {label: [] for label in range(len(labelled.classes))}
    drawn: dict[int, list[str]] = {label: [] for label in range(len(labelled.classes))}
    for item in facts["pictures"]:
        place = PurePosixPath(item["drawn"])
        label = _label(place.parts[-2], labelled, folder)
        drawn[label].append(str(place))
        if item["kept"]:
            kept[label].append(item["file"])
    counts = {label: min(len(kept[label]), len(drawn[label])) for label in kept}
    if not sum(counts.values()):
        raise BadRequest(
            f"Nothing of {folder.name} was kept: there is nothing selected to compare.",
            "Make it again with more to draw (--draw), or another selection.",
        )
    chosen = [(name, label) for label in kept for name in kept[label][: counts[label]]]
    first = [(name, label) for label in drawn for name in sorted(drawn[label])[: counts[label]]]
    prints: dict[str, Print] = {}
    sets = []
    for names in (chosen, first):
        pictures = []
        for name, _ in names:
            progress.check()
            progress.report(len(prints), 2 * len(chosen), f"Reading {folder.name}")
            picture, prints[f"{folder.name}/{name}"] = _read(folder, name)
            pictures.append(square(picture, side))
        labels = np.array([label for _, label in names], np.int64)
        sets.append((np.stack(pictures), labels))
    parts = split.parts(labelled)
    check_leaks({"validation": parts["validation"], "test": parts["test"], folder.name: prints})
    method = str(facts.get("method", ""))
    return Made(folder.name, *sets[0], *sets[1], method)


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    hint = "Name a folder that `ssldiff augment` made."
    try:
        facts: dict[str, Any] = json.loads(path.read_text("utf-8"))
        _ = [(item["drawn"], item["file"], item["kept"]) for item in facts["pictures"]]
    except OSError as error:
        raise MissingFile(path, f"{folder} holds no {MANIFEST}.", hint) from error
    except (ValueError, KeyError, TypeError) as error:
        raise BrokenFile(path, f"{path} is damaged.", hint) from error
    return facts


def _label(name: str, labelled: Labelled, folder: Path) -> int:
    if name not in labelled.classes:
        raise BadRequest(
            f"{folder.name} has pictures of {name}, which the real ones have not.",
            f"Make it from {labelled.folder}.",
        )
    return labelled.classes.index(name)


def _read(folder: Path, name: str) -> tuple[Pixels, Print]:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise BadRequest(f"{name} does not lie in {folder.name}.", "Make the folder again.")
    picture = read_picture(path)
    content = path.read_bytes()
    if not is_synthetic(path, content):
        raise BadRequest(
            f"{name} of {folder.name} does not say that it is synthetic.",
            "Leave the files of an augmentation as they are, or make it again.",
        )
    return picture, print_of(content, picture, synthetic=True)


def real_pictures(
    labelled: Labelled, numbers: Labels, side: int, progress: Progress, words: str
) -> RGB:
    """Return (n, side, side, 3) of real pictures."""
    made = np.empty((len(numbers), side, side, 3), np.uint8)
    for place, number in enumerate(numbers.tolist()):
        progress.check()
        progress.report(place, len(numbers), words)
        made[place] = square(labelled.load(number), side)
    return made


def square(picture: Pixels, side: int) -> Pixels:
    """Return the middle square of a picture, of so many pixels a side."""
    height, width = picture.shape[:2]
    least = min(height, width)
    top, left = (height - least) // 2, (width - least) // 2
    part = picture[top : top + least, left : left + least]
    if least == side:
        return part
    return np.asarray(Image.fromarray(part).resize((side, side), Image.Resampling.BICUBIC))


def require_usable(labelled: Labelled, split: Split) -> None:
    """Refuse a split that nothing can be learnt from, or tested on."""
    for part, numbers in (("test", split.test), ("seen", split.seen)):
        missing = [name for name, count in labelled.counts(numbers).items() if not count]
        if missing:
            raise BadRequest(
                f"No picture of {', '.join(missing)} is in the part that is for {part}.",
                "Take more pictures of each class, another --held-out, or --groups file when no "
                "two files show the same.",
            )
