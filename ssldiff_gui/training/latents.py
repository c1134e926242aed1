"""What a diffusion network is trained on, looked at once: latents and embeddings, on the disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ssldiff_gui.core.grid import Vectors
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.training.checkpoints import writing
from ssldiff_gui.training.pictures import Pictures, Pixels, turned
from ssldiff_gui.training.settings import Data
from ssldiff_gui.training.tensors import as_tensor
from ssldiff_gui.training.views import cells_of, stained_picture

Encode = Callable[[torch.Tensor], torch.Tensor]
Embed = Callable[[Pixels], Vectors]
Half = npt.NDArray[np.float16]
Marks = npt.NDArray[np.int16]
Areas = Callable[[Pictures, int], Marks]
"""Pictures and a number → (height, width): the class of what stands there, -1 for nothing."""

_INDEX = "views.json"


@dataclass(frozen=True, slots=True)
class View:
    """One look at a picture.

    Parameters
    ----------
    picture
        Its number.
    rows, columns
        In cells.
    first
        The number of its first cell in the files.
    """

    picture: int
    rows: int
    columns: int
    first: int


class Views:
    """Latents and embeddings of many views, in two files that are read through the system's memory.

    Parameters
    ----------
    folder
        As `look` leaves it.
    pictures
        Those that were looked at.
    """

    def __init__(self, folder: Path, pictures: Pictures) -> None:
        facts = json.loads((folder / _INDEX).read_text("utf-8"))
        self.cell, self.channels, self.dim = facts["cell"], facts["channels"], facts["dim"]
        self.views = [View(*view) for view in facts["views"]]
        self.entries = [pictures.entries[view.picture] for view in self.views]
        self.labels = [entry.label for entry in self.entries]
        self._numbers = {view.first: number for number, view in enumerate(self.views)}
        latents = np.memmap(folder / "latents.bin", np.float16, "r")
        self._latents = latents.reshape(-1, self.channels * self.cell**2)
        self._vectors: Half | None = None
        if self.dim:
            vectors = np.memmap(folder / "vectors.bin", np.float16, "r")
            self._vectors = vectors.reshape(-1, self.dim)
        self._marks: Marks | None = None
        if facts.get("marked"):
            self._marks = np.memmap(folder / "marks.bin", np.int16, "r").reshape(-1, self.cell**2)

    def __len__(self) -> int:
        return len(self.views)

    def latents(self, view: View, top: int, left: int, side: int) -> Half:
        """Return (channels, side · cell, side · cell) of a window that stands at a cell."""
        block = self._latents[self._cells(view, top, left, side)]
        return np.asarray(_joined(block, side, self.channels, self.cell))

    def marks(self, view: View, top: int, left: int, side: int) -> Marks:
        """Return (side · cell, side · cell) of the same window: what stands where."""
        assert self._marks is not None  # noqa: S101 - asked only of views that have some
        block = self._marks[self._cells(view, top, left, side)]
        return np.asarray(_joined(block, side, 1, self.cell)[0])

    def vectors(self, view: View, top: int, left: int, side: int) -> Half:
        """Return (side², dim) of the same window, row by row."""
        assert self._vectors is not None  # noqa: S101 - asked only of views that have some
        found: Half = self._vectors[self._cells(view, top, left, side).ravel()]
        return found

    def some_vectors(self, random: np.random.Generator, count: int) -> Vectors:
        """Return (n, dim) embeddings of cells anywhere, at most so many."""
        assert self._vectors is not None  # noqa: S101
        there = len(self._vectors)
        places = random.choice(there, min(count, there), replace=False)
        return np.asarray(self._vectors[np.sort(places)], np.float32)

    def number_of(self, view: View) -> int:
        """Return which of the views one is."""
        return self._numbers[view.first]

    @cached_property
    def mean_vectors(self) -> Vectors:
        """(views, dim): the mean embedding of each view."""
        assert self._vectors is not None  # noqa: S101
        parts = [self._vectors[v.first : v.first + v.rows * v.columns] for v in self.views]
        return np.stack([np.asarray(part, np.float32).mean(0) for part in parts])

    @staticmethod
    def _cells(view: View, top: int, left: int, side: int) -> npt.NDArray[np.int64]:
        rows = np.arange(top, top + side)[:, None]
        return np.asarray(view.first + rows * view.columns + np.arange(left, left + side))


@dataclass(frozen=True, slots=True)
class Looking:
    """How pictures are looked at.

    Parameters
    ----------
    encode
        Pictures from -1 to 1 → latents.
    embed
        (n, side, side, 3) uint8 → (n, dim); None when nothing is embedded.
    channels, factor, cell
        Of the latents; a cell in latents.
    dim
        Of the embeddings.
    views
        How often each picture is looked at.
    key
        What says that the same models looked.
    areas
        Says what stands where; None when nobody asks.
    """

    encode: Encode
    embed: Embed | None
    channels: int
    factor: int
    cell: int
    dim: int
    views: int
    key: str
    areas: Areas | None = None


def look(folder: Path, pictures: Pictures, data: Data, how: Looking, progress: Progress) -> Views:
    """Look at every picture some times, each time flipped, moved and stained anew.

    What lies in `folder` already, of the same pictures and models, is taken as it is.
    """
    names = [[e.name, e.start, e.height, e.width] for e in pictures.entries]
    wanted = json.dumps([names, how.views, how.key, how.cell, how.dim, data.stain, data.flips])
    key = hashlib.sha256(wanted.encode()).hexdigest()
    index = folder / _INDEX
    if index.is_file() and json.loads(index.read_text("utf-8"))["key"] == key:
        return Views(folder, pictures)
    folder.mkdir(parents=True, exist_ok=True)
    index.unlink(missing_ok=True)
    found: list[View] = []
    first = 0
    total = how.views * len(pictures)
    with (
        writing(folder),
        (folder / "latents.bin").open("wb") as latents,
        (folder / "vectors.bin").open("wb") as vectors,
        (folder / "marks.bin").open("wb") as marks,
    ):
        for k in range(total):
            number = k % len(pictures)
            progress.check()
            progress.report(k, total, "Looking at the pictures")
            random = np.random.default_rng([7, k])
            side = how.cell * how.factor
            place = _placed(pictures[number].shape, side, data, random)
            picture = _laid(pictures[number], place, data, random)
            rows, columns = (n // side for n in picture.shape[:2])
            latents.write(_latents(picture, how).tobytes())
            if how.embed is not None:
                vectors.write(how.embed(cells_of(picture, side)).astype(np.float16).tobytes())
            if how.areas is not None:
                marks.write(_marks(how.areas(pictures, number), place, how).tobytes())
            found.append(View(number, rows, columns, first))
            first += rows * columns
    _write_index(index, key, how, found)
    return Views(folder, pictures)


def _write_index(index: Path, key: str, how: Looking, found: list[View]) -> None:
    """Say what was looked at; last, so that half a cache is none."""
    facts = {
        "key": key, "cell": how.cell, "channels": how.channels, "dim": how.dim if how.embed else 0,
        "marked": how.areas is not None,
        "views": [[v.picture, v.rows, v.columns, v.first] for v in found],
    }  # fmt: skip
    fresh = index.with_name(f"{_INDEX}.new")
    fresh.write_text(json.dumps(facts), "utf-8")
    fresh.replace(index)


def _placed(
    shape: tuple[int, ...], side: int, data: Data, random: np.random.Generator
) -> tuple[slice, slice, int]:
    """Draw which whole cells of a picture are taken, and which of eight ways they are laid down."""
    spans = []
    for length in shape[:2]:
        cells = length // side
        if length - cells * side < side // 4 and cells > 4:
            cells -= 1  # room to begin elsewhere
        start = int(random.integers(0, length - cells * side + 1))
        spans.append(slice(start, start + cells * side))
    return spans[0], spans[1], int(random.integers(8)) if data.flips else 0


def _laid(
    picture: Pixels, place: tuple[slice, slice, int], data: Data, random: np.random.Generator
) -> Pixels:
    """Return the part of a picture that was drawn, laid down and stained."""
    part = turned(picture[place[0], place[1]], place[2])
    if data.stain:
        part = stained_picture(part, data, random)
    return np.ascontiguousarray(part)


def _latents(picture: Pixels, how: Looking) -> Half:
    """Return (cells, channels · cell²) of a picture."""
    with torch.no_grad():
        found = how.encode(as_tensor(picture[None]) * 2 - 1)[0].cpu().numpy()
    return np.asarray(_parted(found, how.cell), np.float16)


def _marks(areas: Marks, place: tuple[slice, slice, int], how: Looking) -> Marks:
    """Return (cells, cell²): what stands at the middle of each latent of a part of a picture."""
    middle = how.factor // 2
    part = turned(areas[place[0], place[1]], place[2])[middle :: how.factor, middle :: how.factor]
    return np.asarray(_parted(part[None], how.cell), np.int16)


def _parted(found: npt.NDArray[Any], cell: int) -> npt.NDArray[Any]:
    """Cut (channels, height, width) into (cells, channels · cell²)."""
    channels, height, width = found.shape
    rows, columns = height // cell, width // cell
    blocks = found.reshape(channels, rows, cell, columns, cell).transpose(1, 3, 0, 2, 4)
    return blocks.reshape(rows * columns, -1)


def _joined(cells: npt.NDArray[Any], side: int, channels: int, cell: int) -> npt.NDArray[Any]:
    """Put (side, side, channels · cell²) together to (channels, side · cell, side · cell)."""
    moved = cells.reshape(side, side, channels, cell, cell).transpose(2, 0, 3, 1, 4)
    return moved.reshape(channels, side * cell, side * cell)
