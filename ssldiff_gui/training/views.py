"""The embeddings of all pictures of a run: each looked at a few times, and kept on the disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.grid import Vectors
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.specs import EncoderSpec
from ssldiff_gui.models.folder_writing import save_tensors
from ssldiff_gui.models.weights import load_tensors
from ssldiff_gui.training.augmenting import stained
from ssldiff_gui.training.pictures import INDEX, Entry, Pictures, Pixels, turned
from ssldiff_gui.training.settings import Data
from ssldiff_gui.training.tensors import as_tensor

KEY = "views.json"
_TOGETHER = 128
_WAYS = 8


class Embedding(Protocol):
    """What is asked of an encoder."""

    @property
    def spec(self) -> EncoderSpec:
        """What it is."""
        ...

    def embed(self, cells: npt.NDArray[np.uint8]) -> Vectors:
        """Return (n, dim) float32 for (n, cell, cell, 3) uint8 RGB."""
        ...


class Views:
    """Embedded pictures; view 0 shows each as it is, the others flipped, turned and stained anew.

    Parameters
    ----------
    folder
        Of the cache.
    entries
        The pictures.
    shapes
        Rows and columns of cells, for each view and each picture.
    """

    def __init__(
        self, folder: Path, entries: Sequence[Entry], shapes: list[list[tuple[int, int]]]
    ) -> None:
        self.folder, self.entries, self.shapes = folder, [*entries], shapes

    def __len__(self) -> int:
        return len(self.shapes)

    def grids(self, view: int) -> list[npt.NDArray[np.float16]]:
        """Return (rows, columns, dim) of every picture in a view."""
        flat = load_tensors(_file(self.folder, view))["vectors"].numpy()
        found, start = [], 0
        for rows, columns in self.shapes[view]:
            found.append(flat[start : start + rows * columns].reshape(rows, columns, -1))
            start += rows * columns
        return found


def embed_views(
    encoder: Embedding, pictures: Pictures, data: Data, folder: Path, progress: Progress,
    *, count: int, seed: int = 0,
) -> Views:  # fmt: skip
    """Embed all pictures, cell by cell on a lattice; views that lie in `folder` are taken.

    Parameters
    ----------
    encoder
        Whose embeddings.
    pictures
        Each at least one cell large.
    data
        Whether they are flipped, and how far they are stained anew.
    folder
        Where the views are kept.
    progress
        Told of each picture.
    count
        Of views.
    seed
        Of the ways they are turned and stained.
    """
    if encoder.spec.pixel not in (None, data.pixel):
        raise BadRequest(
            f"The encoder {encoder.spec.name} sees other pixels than data.pixel says.",
            "Give the encoder's resolution there.",
        )
    cell = encoder.spec.cell
    shapes = [
        [_shape(entry, cell, _way(k, n, data)) for n, entry in enumerate(pictures.entries)]
        for k in range(count)
    ]
    key = _key(encoder.spec, pictures, data, seed)
    folder.mkdir(parents=True, exist_ok=True)
    if _told(folder) != key:
        for path in folder.glob("view-*.safetensors"):
            path.unlink()
        (folder / KEY).write_text(key, "utf-8")
    for view in range(count):
        path = _file(folder, view)
        if not path.is_file():
            parts = _embedded(encoder, pictures, data, (view, count, seed), progress)
            fresh = path.with_suffix(".new")
            save_tensors(fresh, {"vectors": torch.from_numpy(np.concatenate([*parts]))})
            fresh.replace(path)
    return Views(folder, pictures.entries, shapes)


def cells_of(picture: Pixels, cell: int) -> Pixels:
    """Return (rows · columns, cell, cell, 3): a picture cut on the lattice of its corner."""
    rows, columns = picture.shape[0] // cell, picture.shape[1] // cell
    cut = picture[: rows * cell, : columns * cell].reshape(rows, cell, columns, cell, 3)
    return np.ascontiguousarray(cut.transpose(0, 2, 1, 3, 4)).reshape(-1, cell, cell, 3)


def _embedded(
    encoder: Embedding, pictures: Pictures, data: Data, which: tuple[int, int, int],
    progress: Progress,
) -> Iterator[npt.NDArray[np.float16]]:  # fmt: skip
    view, count, seed = which
    total = count * len(pictures)
    for number in range(len(pictures)):
        progress.check()
        words = f"Embedding {len(pictures):,} pictures, view {view + 1} of {count}"
        progress.report(view * len(pictures) + number, total, words)
        picture = turned(pictures[number], _way(view, number, data))
        if view and data.stain:
            random = np.random.default_rng([seed, view, number])
            picture = stained_picture(picture, data, random)
        cells = cells_of(picture, encoder.spec.cell)
        for start in range(0, len(cells), _TOGETHER):
            yield encoder.embed(cells[start : start + _TOGETHER]).astype(np.float16)


def stained_picture(picture: Pixels, data: Data, random: np.random.Generator) -> Pixels:
    """Return a picture with its stains, or its light, varied as far as a run says."""
    made = stained(as_tensor(picture[None]), data.stain, data.pixel.unit, random)[0]
    return np.asarray((made * 255).round().byte().permute(1, 2, 0).numpy())


def _way(view: int, number: int, data: Data) -> int:
    """Return how a picture is laid down in a view: each view in another of the eight ways."""
    return (view * 3 + (number if view else 0)) % _WAYS if view and data.flips else 0


def _shape(entry: Entry, cell: int, way: int) -> tuple[int, int]:
    rows, columns = entry.height // cell, entry.width // cell
    return (columns, rows) if way % 2 else (rows, columns)


def _key(spec: EncoderSpec, pictures: Pictures, data: Data, seed: int) -> str:
    index = hashlib.sha256((pictures.folder / INDEX).read_bytes()).hexdigest()
    names = hashlib.sha256("\n".join(e.name for e in pictures.entries).encode()).hexdigest()
    facts = {"encoder": spec.id, "index": index, "names": names, "flips": data.flips}
    return json.dumps({**facts, "stain": data.stain, "seed": seed}, sort_keys=True)


def _told(folder: Path) -> str | None:
    try:
        return (folder / KEY).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _file(folder: Path, view: int) -> Path:
    return folder / f"view-{view}.safetensors"
