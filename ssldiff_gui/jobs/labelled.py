"""A folder of labelled pictures, one folder a class: read once, and known by their prints."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadRequest, MissingFile, UserError
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.jobs.labelled_leaks import check_leaks
from ssldiff_gui.jobs.labelled_prints import Print, print_of
from ssldiff_gui.jobs.labelled_split import Split, split_of
from ssldiff_gui.slides.problems import naming
from ssldiff_gui.storage.marking import WORD
from ssldiff_gui.storage.records import record_text
from ssldiff_gui.training.pictures import Pixels
from ssldiff_gui.training.reading import ENDINGS, read_picture

__all__ = ["Labelled", "Split", "check_leaks", "read_labelled", "split_of"]

Numbers = npt.NDArray[np.int64]

_IPTC = b"rainedAlgorithmicMedia"
"""Ends IPTC's words for pictures that were made, as a whole or in part."""


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Pictures with a class each.

    Parameters
    ----------
    folder
        Where they lie.
    paths
        Of each, below the folder, with slashes.
    labels
        (n,) numbers of their classes.
    classes
        Names, by number.
    cases
        The folders between class and file, or "": a case of its own.
    prints
        What each is known by.
    left_out
        Files that could not be used, and why.
    pixel
        Width of a pixel, when somebody said it.
    """

    folder: Path
    paths: tuple[str, ...]
    labels: Numbers
    classes: tuple[str, ...]
    cases: tuple[str, ...]
    prints: tuple[Print, ...]
    left_out: dict[str, str] = field(default_factory=dict)
    pixel: PixelSize | None = None

    def __len__(self) -> int:
        return len(self.paths)

    def load(self, number: int) -> Pixels:
        """Return (height, width, 3) uint8 of a picture."""
        return read_picture(self.folder / self.paths[number])

    def counts(self, numbers: Numbers | None = None) -> dict[str, int]:
        """Return how many of each class there are, of all or of some."""
        labels = self.labels if numbers is None else self.labels[numbers]
        found = Counter(labels.tolist())
        return {name: found[number] for number, name in enumerate(self.classes)}

    def notes(self) -> list[str]:
        """Return what a reader must know: files left out, classes of very different size."""
        said = []
        if self.left_out:
            few = list(self.left_out.items())[:3]
            named = "; ".join(f"{name}: {why}" for name, why in few)
            more = " …" if len(self.left_out) > len(few) else ""
            said.append(f"{len(self.left_out):,} files are left out ({named}{more}).")
        counts = self.counts()
        most, least = max(counts, key=lambda k: counts[k]), min(counts, key=lambda k: counts[k])
        if counts[most] >= 2 * counts[least]:
            said.append(
                f"The classes are unbalanced: {counts[most]:,} pictures of {most}, "
                f"{counts[least]:,} of {least}. Read the balanced accuracy."
            )
        return said


def read_labelled(
    folder: Path | str,
    pixel: PixelSize | None = None,
    *,
    classes: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Labelled:
    """Read a folder of pictures, one folder a class; folders inside those tell the cases.

    Parameters
    ----------
    folder
        With a folder for each class.
    pixel
        Width of a pixel of the pictures.
    classes
        The classes there may be, in their order, whether or not there are pictures of each; None
        takes what there is.
    progress
        Told of each picture.

    Raises
    ------
    MissingFile
        The folder is not there.
    BadRequest
        There are fewer than two classes or two pictures, or other classes than there may be.
    """
    folder = Path(folder).expanduser()
    progress = progress or Silent()
    if not folder.is_dir():
        raise MissingFile(folder, f"There is no folder {folder}.", "Check its name.")
    names = sorted(_walked(folder), key=lambda name: PurePosixPath(name).parts)
    left_out: dict[str, str] = {}
    kept: list[str] = []
    prints: list[Print] = []
    for number, name in enumerate(names):
        progress.check()
        progress.report(number, len(names), f"Reading {folder.name}")
        try:
            if "/" not in name:
                raise UserError("it lies in no class's folder")  # noqa: TRY301
            prints.append(_print(folder / name))
            kept.append(name)
        except UserError as error:
            left_out[name] = error.message
    found = tuple(sorted({PurePosixPath(name).parts[0] for name in kept}))
    _check(folder, kept, found, classes, left_out)
    known = found if classes is None else tuple(classes)
    numbers = {name: number for number, name in enumerate(known)}
    parts = [PurePosixPath(name).parts for name in kept]
    labels = np.array([numbers[part[0]] for part in parts], np.int64)
    cases = tuple("/".join(part[1:-1]) for part in parts)
    return Labelled(folder, tuple(kept), labels, known, cases, tuple(prints), left_out, pixel)


def _check(
    folder: Path,
    kept: Sequence[str],
    found: Sequence[str],
    classes: Sequence[str] | None,
    left_out: dict[str, str],
) -> None:
    """Refuse what cannot be learnt from."""
    out = f" {len(left_out):,} files were left out: {_first(left_out)}." if left_out else ""
    if classes is not None:
        if other := sorted(set(found) - set(classes)):
            raise BadRequest(
                f"{folder} has classes that the others have not: {', '.join(other[:5])}.",
                f"Name the folders of classes: {', '.join(classes)}.",
            )
        if not kept:
            raise BadRequest(f"{folder} holds no picture.{out}", "Check the folder.")
        return
    if len(kept) < 2:
        raise BadRequest(
            f"{folder} holds {len(kept)} picture{'' if len(kept) == 1 else 's'} in class folders; "
            f"two classes of several each are needed.{out}",
            "Put each class's pictures into a folder of its name.",
        )
    if len(found) < 2:
        raise BadRequest(
            f"All pictures of {folder} are of one class, {found[0]}: there is nothing to tell "
            f"apart.{out}",
            "Put each class's pictures into a folder of its name.",
        )


def _first(left_out: dict[str, str]) -> str:
    return next(f"{name} ({why.rstrip('.')})" for name, why in left_out.items())


def _print(path: Path) -> Print:
    picture = read_picture(path)
    with naming(path):
        content = path.read_bytes()
    return print_of(content, picture, synthetic=is_synthetic(path, content))


def is_synthetic(path: Path, content: bytes | None = None) -> bool:
    """Whether a picture says that it was made: in its name, its recipe, or by IPTC's word."""
    if f".{WORD}." in path.name.lower():
        return True
    with naming(path):
        content = path.read_bytes() if content is None else content
    if _IPTC in content:
        return True
    try:
        return record_text(path) is not None
    except UserError:  # there is one, and it is damaged
        return True


def _walked(folder: Path) -> Iterator[str]:
    """Yield the pictures at any depth; links are followed, but not in circles."""
    seen: set[tuple[int, int]] = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        here = Path(place)
        status = here.stat()
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for name in files:
            if Path(name).suffix.lower() in ENDINGS and not name.startswith("."):
                yield (here / name).relative_to(folder).as_posix()
