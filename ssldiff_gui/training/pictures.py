"""The pictures of a run: brought to one scale, and laid into one file that is never copied."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadRequest, BrokenFile, FileProblem, MissingFile, NoSpace
from ssldiff_gui.storage.atomic import cannot_write, replacing, sync, write_bytes

Pixels = npt.NDArray[np.uint8]
Turned = TypeVar("Turned", bound=npt.NDArray[Any])
INDEX = "pictures.json"
CONTENT = "pictures.bin"
_PIXEL = np.dtype("V3")  # three bytes that stay together are turned in half the time


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture.

    Parameters
    ----------
    name
        Its path within its source; for a part of a slide, with its place.
    source
        Number of the source.
    label
        Its class, or "".
    group
        What it must not be parted from.
    held_out
        Whether it is kept from training.
    start
        Its first byte in the file.
    height, width
        In pixels.
    """

    name: str
    source: int
    label: str
    group: str
    held_out: bool
    start: int
    height: int
    width: int


class Pictures:
    """Pictures in one file, read through the memory of the system.

    Parameters
    ----------
    folder
        With the file and its index, as `write_pictures` leaves them.
    entries
        Those that are taken; None takes all.

    Raises
    ------
    MissingFile
        There are none.
    BrokenFile
        The file is not the one that the index is of.
    """

    def __init__(self, folder: Path, entries: Sequence[Entry] | None = None) -> None:
        self.folder = folder
        self.facts = _read_index(folder)
        self._content = _mapped(folder)
        self._take(
            [Entry(**entry) for entry in self.facts["entries"]] if entries is None else entries
        )

    def _take(self, entries: Sequence[Entry]) -> None:
        self.entries = [*entries]
        areas = np.array([entry.height * entry.width for entry in self.entries], np.float64)
        self._shares = np.cumsum(areas) / max(areas.sum(), 1)

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, number: int) -> Pixels:
        """Return (height, width, 3) uint8; a view of the file."""
        entry = self.entries[number]
        size = entry.height * entry.width * 3
        flat = self._content[entry.start : entry.start + size]
        return flat.reshape(entry.height, entry.width, 3)

    @property
    def labels(self) -> list[str]:
        """The classes, sorted."""
        return sorted({entry.label for entry in self.entries if entry.label})

    @property
    def megapixels(self) -> float:
        """How many there are."""
        return sum(entry.height * entry.width for entry in self.entries) / 1e6

    def training(self) -> Pictures:
        """Return those that are trained on."""
        return self.only(lambda entry: not entry.held_out)

    def held_out(self) -> Pictures:
        """Return those that are kept from training."""
        return self.only(lambda entry: entry.held_out)

    def only(self, wanted: Callable[[Entry], bool]) -> Pictures:
        """Return some of them, from the same file."""
        part = copy(self)
        part._take([entry for entry in self.entries if wanted(entry)])  # noqa: SLF001 - its own
        return part

    def draw(self, random: np.random.Generator, count: int) -> npt.NDArray[np.int64]:
        """Draw the numbers of pictures, large ones more often."""
        found = np.searchsorted(self._shares, random.random(count), side="right")
        return np.minimum(found, len(self) - 1)

    def crops(
        self, random: np.random.Generator, count: int, side: int, *, flips: bool = True
    ) -> Pixels:
        """Draw (count, side, side, 3) uint8 from anywhere, flipped and turned at random.

        Raises
        ------
        BadRequest
            There is no picture, or one that is smaller than that.
        """
        if count and not self.entries:
            raise BadRequest(
                "There is no picture to draw from.", "Check what is held out, and `share`."
            )
        made = np.empty((count, side, side, 3), np.uint8)
        whole = made.view(_PIXEL)[..., 0]
        for k, number in enumerate(self.draw(random, count)):
            picture = self[number]
            if min(picture.shape[:2]) < side:
                raise _too_small(self.entries[number], side)
            top, left = (int(random.integers(0, n - side + 1)) for n in picture.shape[:2])
            crop = picture.view(_PIXEL)[top : top + side, left : left + side, 0]
            whole[k] = turned(crop, int(random.integers(8))) if flips else crop
        return made


def turned(picture: Turned, way: int) -> Turned:
    """Return a square picture in one of the eight ways to lay it down."""
    found = np.rot90(picture, way % 4)
    made: Turned = found[:, ::-1] if way >= 4 else found
    return made


def write_pictures(
    folder: Path, found: Iterable[tuple[dict[str, object], Pixels]], facts: dict[str, object]
) -> Pictures:
    """Write pictures into one file, and its index: both are there at the end, or neither is new.

    Parameters
    ----------
    folder
        Where; it is made.
    found
        For each picture, the fields of `Entry` that are not its place, and its pixels. Fields may
        still be filled in after the last picture.
    facts
        What else the index says; may be filled in as well.

    Raises
    ------
    NoSpace
        The disk is full.
    FileProblem
        The folder cannot be written to.
    BadRequest
        There is no picture at all.
    """
    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True)
    taken: list[tuple[dict[str, object], tuple[int, int]]] = []
    with _told(folder), replacing(folder / CONTENT) as fresh:
        with fresh.open("wb") as file:
            for told, pixels in found:
                file.write(np.ascontiguousarray(pixels).data)
                taken.append((told, pixels.shape[:2]))
        if not taken:
            raise BadRequest(
                "There is not one picture to train on.",
                "Check the paths, and that the pictures are large enough at the run's resolution.",
            )
        sync(fresh)
        (folder / INDEX).unlink(missing_ok=True)  # it belongs to what is replaced now
    index = json.dumps({**facts, "entries": _placed(taken)}, ensure_ascii=False)
    with _told(folder):
        write_bytes(folder / INDEX, index.encode("utf-8"))
    return Pictures(folder)


def _placed(
    taken: Iterable[tuple[dict[str, object], tuple[int, int]]],
) -> list[dict[str, object]]:
    entries, start = [], 0
    for told, (height, width) in taken:
        entries.append({**told, "start": start, "height": height, "width": width})
        start += height * width * 3
    return entries


def _read_index(folder: Path) -> dict[str, Any]:
    """Return the index, when it is one and the file is as long as it says."""
    path = folder / INDEX
    try:
        facts: dict[str, Any] = json.loads(path.read_text("utf-8"))
        ends = [e["start"] + 3 * e["height"] * e["width"] for e in facts["entries"]]
        size = (folder / CONTENT).stat().st_size
    except OSError as error:
        raise MissingFile(
            path, f"{folder} holds no gathered pictures.", "Run the training again."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise BrokenFile(path, f"{path} is damaged.", f"Remove {folder}, and run again.") from error
    if not ends or max(ends) != size:
        raise BrokenFile(
            path, f"{folder / CONTENT} is not what its index says.", f"Remove {folder}, run again."
        )
    return facts


def _mapped(folder: Path) -> Pixels:
    """Return the bytes of all pictures; the system reads those that are looked at.

    A plain view: a `memmap` would make one of its kind of every crop, at several times the cost.
    """
    return np.memmap(folder / CONTENT, np.uint8, "r").view(np.ndarray)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Say of a full disk that it is full, and of others what is the matter."""
    try:
        yield
    except (OSError, FileProblem) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpace(
                f"The disk is full: the pictures of the run have no room in {folder}.",
                "They take three bytes a pixel. Free some space, or choose another folder.",
            ) from error
        if isinstance(error, OSError):
            raise cannot_write(folder, error) from error
        raise


def _too_small(entry: Entry, side: int) -> BadRequest:
    return BadRequest(
        f"{entry.name} has {entry.width} × {entry.height} pixels, and {side} × {side} are "
        "trained on.",
        f"Leave out what is smaller: smallest = {side} in [data].",
    )
