"""The pictures of a folder, one at a time, at an encoder's scale."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from ssldiff_gui.core.errors import BadRequest, UserError
from ssldiff_gui.core.grid import Vectors
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.specs import EncoderSpec, PixelSize
from ssldiff_gui.training.reading import ENDINGS, read_picture
from ssldiff_gui.training.self_labels.lost import is_blank

if TYPE_CHECKING:
    from ssldiff_gui.models.encoders import TimmEncoder

Pixels = npt.NDArray[np.uint8]

MOST_CELLS = 256
"""Of one picture that are embedded at once."""


@dataclass
class FolderPictures:
    """Pictures by their numbers; none is kept.

    Parameters
    ----------
    root
        The folder.
    names
        Of those that can be read, below it, sorted.
    sizes
        Width and height of each, in its own pixels.
    zoom
        Pixels of the encoder for each of a picture's.
    blank
        Whether each shows nothing.
    skipped
        Why the others could not be read, by their names.
    """

    root: Path
    names: list[str]
    sizes: list[tuple[int, int]]
    zoom: float
    blank: list[bool]
    skipped: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, number: int, /) -> Pixels:
        """Return (height, width, 3) uint8 at the encoder's scale."""
        return scaled(self.original(number), self.zoom)

    def original(self, number: int) -> Pixels:
        """Return (height, width, 3) uint8 as it is in its file."""
        return read_picture(self.root / self.names[number])

    @property
    def labels(self) -> list[str] | None:
        """The names of the pictures' folders, when these seem to be classes; or else None."""
        found = [str(Path(name).parent) for name in self.names]
        return found if "." not in found and len(set(found)) > 1 else None


def find_pictures(
    root: Path, spec: EncoderSpec, pixel: PixelSize | None, watch: Progress
) -> FolderPictures:
    """Look through a folder, and those in it.

    Parameters
    ----------
    root
        The folder.
    spec
        Of the encoder.
    pixel
        Of the pictures; None takes them to be at the encoder's scale.
    watch
        Told of each.

    Raises
    ------
    BadRequest
        There is no picture that can be read, or its scale is in another unit than the encoder's.
    """
    paths = sorted(
        path for path in root.rglob("*")
        if path.suffix.lower() in ENDINGS and not _hidden(path.relative_to(root))
    )  # fmt: skip
    found = FolderPictures(root, [], [], _zoom(spec, pixel), [])
    for number, path in enumerate(paths):
        watch.check()
        watch.report(number, len(paths), f"Reading {len(paths):,} pictures")
        name = path.relative_to(root).as_posix()
        try:
            picture = read_picture(path)
        except UserError as error:
            found.skipped[name] = error.message
            continue
        found.names.append(name)
        found.sizes.append((picture.shape[1], picture.shape[0]))
        found.blank.append(is_blank(picture))
    if not found.names:
        why = f" {next(iter(found.skipped.values()))}" if found.skipped else ""
        raise BadRequest(
            f"There is no picture in {root} that can be read.{why}",
            "Name a folder with PNG, JPEG, TIFF, BMP or WebP files, or a slide.",
        )
    return found


def picture_vector(encoder: TimmEncoder, picture: Pixels) -> Vectors:
    """Return (dim,): the mean embedding of a picture's cells, those in its middle.

    Parameters
    ----------
    encoder
        Its cells are cut from the picture; one that is smaller than a cell is enlarged.
    picture
        (height, width, 3) uint8 at the encoder's scale.
    """
    cell = encoder.spec.cell
    if min(picture.shape[:2]) < cell:
        picture = scaled(picture, cell / min(picture.shape[:2]), least=cell)
    rows, columns = (n // cell for n in picture.shape[:2])
    top, left = ((n - k * cell) // 2 for n, k in zip(picture.shape, (rows, columns), strict=False))
    part = picture[top : top + rows * cell, left : left + columns * cell]
    cells = part.reshape(rows, cell, columns, cell, 3).swapaxes(1, 2).reshape(-1, cell, cell, 3)
    found = [
        encoder.embed(np.ascontiguousarray(cells[start : start + MOST_CELLS]))
        for start in range(0, len(cells), MOST_CELLS)
    ]
    return np.asarray(np.concatenate(found).mean(axis=0), np.float32)


def scaled(picture: Pixels, zoom: float, *, least: int = 1) -> Pixels:
    """Return a picture at another size, antialiased."""
    if zoom == 1:
        return picture
    height, width = (max(least, round(n * zoom)) for n in picture.shape[:2])
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC))


def _zoom(spec: EncoderSpec, pixel: PixelSize | None) -> float:
    if pixel is None or spec.pixel is None:
        return 1.0
    if pixel.unit != spec.pixel.unit:
        raise BadRequest(
            f"The pictures are in {pixel.unit} a pixel, and {spec.name} is in {spec.pixel.unit}.",
            "Choose an encoder that suits: `ssldiff models` says what each is for.",
        )
    return pixel.size / spec.pixel.size


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in path.parts)
