"""The squares that two sets of pictures are judged by: whole pictures, or crops of large images."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from ssldiff_gui.core.errors import BadRequest, MissingFile, UserError
from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.jobs.labelled import is_synthetic
from ssldiff_gui.slides import open_slide
from ssldiff_gui.slides.formats import OPENSLIDE_SUFFIXES, Family, family_of
from ssldiff_gui.slides.scene import Scene
from ssldiff_gui.slides.tissue import data_share
from ssldiff_gui.training.reading import read_picture

RGB = npt.NDArray[np.uint8]
Unit = Literal["µm", "m"] | None
Reader = Callable[[int, int, int], RGB]
"""Left, top and side, in pixels as they are judged → a square."""

_PLAIN = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp"})
_LARGE = OPENSLIDE_SUFFIXES | {
    ".tif", ".tiff", ".bif", ".dcm", ".geotiff", ".gtiff", ".ndpi", ".qptiff", ".scn", ".svs",
}  # fmt: skip
_SAME_SCALE = 0.02
_WHOLE = 0.999


@dataclass(frozen=True, slots=True)
class Item:
    """An image of a set.

    Parameters
    ----------
    path
        Of its file or folder.
    width, height
        In pixels as they are judged.
    factor
        Of those, for each of its own.
    large
        Whether it is read through `open_slide`.
    """

    path: Path
    width: int
    height: int
    factor: float
    large: bool


@dataclass(slots=True)
class Samples:
    """A set of images, and what was found out about it.

    Parameters
    ----------
    name
        For people.
    items
        The images that can be read.
    unit
        "µm" or "m" when an image says it.
    left_out
        Files that cannot be used, and why.
    synthetic
        How many say that they were made.
    count
        Of the squares that were drawn.
    few
        Some of them, to look at.
    """

    name: str
    items: list[Item]
    unit: Unit = None
    left_out: dict[str, str] = field(default_factory=dict)
    synthetic: int = 0
    count: int = 0
    few: list[RGB] = field(default_factory=list)

    @property
    def shortest(self) -> int:
        """The side that nine in ten images have."""
        sides = sorted(min(item.width, item.height) for item in self.items)
        return sides[len(sides) // 10]

    def squares(self, side: int, most: int, seed: int, progress: Progress) -> Iterator[RGB]:
        """Yield squares, from each image as many as can be; those with holes are left out.

        Parameters
        ----------
        side
            In pixels as they are judged.
        most
            How many.
        seed
            Of the choice.
        progress
            Told of each.
        """
        chosen = self._chosen(side, most, seed)
        total = sum(len(places) for places in chosen.values())
        for number, places in sorted(chosen.items()):
            item = self.items[number]
            with ExitStack() as stack:
                try:
                    read = _reader(item, stack)
                    found = [read(left, top, side) for left, top in places]
                except UserError as error:
                    self.left_out[item.path.name] = error.message
                    continue
            for square in found:
                progress.check()
                progress.report(self.count, total, f"Looking at {self.name}")
                self.count += 1
                if len(self.few) < 32:
                    self.few.append(square)
                yield square

    def _chosen(self, side: int, most: int, seed: int) -> dict[int, list[tuple[int, int]]]:
        """Return the corners of squares by image: second ones only when all have their first."""
        random = np.random.default_rng(seed)
        turns: list[tuple[int, float, int, tuple[int, int]]] = []
        for number, item in enumerate(self.items):
            places = _places(item, side, random, most)
            if not places:
                self.left_out[item.path.name] = f"it has no whole square of {side} pixels"
            order = random.random(len(places)).tolist()
            turns += [(turn, order[turn], number, place) for turn, place in enumerate(places)]
        chosen: dict[int, list[tuple[int, int]]] = {}
        for _, _, number, place in sorted(turns)[:most]:
            chosen.setdefault(number, []).append(place)
        return chosen


def find_samples(
    path: Path | str, judged: PixelSize | None, pixel: PixelSize | None, progress: Progress
) -> Samples:
    """Look what images there are: a large one by itself, or all below a folder.

    Parameters
    ----------
    path
        A slide, a scene, a canvas, or a folder of them or of pictures.
    judged
        The judge's resolution, which images that know their own are brought to.
    pixel
        Width of a pixel in images that do not say it.
    progress
        Asked whether to go on.

    Raises
    ------
    MissingFile
        There is nothing.
    BadRequest
        There is no image.
    """
    path = Path(path).expanduser()
    if not path.exists():
        raise MissingFile(path, f"There is nothing at {path}.", "Check its name.")
    one = path.is_file() or family_of(path) is Family.ZARR
    found = Samples(path.name, [])
    for file in [path] if one else sorted(_images(path)):
        progress.check()
        try:
            item, unit = _item(file, judged, pixel)
            found.synthetic += file.is_file() and is_synthetic(file)
        except UserError as error:
            found.left_out[file.name] = error.message
            continue
        found.items.append(item)
        found.unit = found.unit or unit
    if not found.items:
        why = next(iter(found.left_out.values()), "")
        raise BadRequest(
            f"{path} holds no image that can be read. {why}".strip(),
            "Name a folder of pictures, or a large image.",
        )
    return found


def unit_of(path: Path | str) -> Unit:
    """Return what the first image that says it measures its pixels in."""
    path = Path(path).expanduser()
    if not path.exists():
        raise MissingFile(path, f"There is nothing at {path}.", "Check its name.")
    one = path.is_file() or family_of(path) is Family.ZARR
    for file in [path] if one else sorted(_images(path)):
        if file.is_dir() or file.suffix.lower() in _LARGE:
            with suppress(UserError), open_slide(file) as slide:
                if (pixel := _pixel_of(slide.scenes[0])) is not None:
                    return pixel.unit
    return None


def _images(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        images = [name for name in folders if name.lower().endswith(".zarr")]
        folders[:] = [name for name in folders if name not in images and name[:1] != "."]
        for name in files:
            if name[:1] != "." and Path(name).suffix.lower() in _PLAIN | _LARGE:
                yield Path(place, name)
        for name in images:
            yield Path(place, name)


def _item(path: Path, judged: PixelSize | None, pixel: PixelSize | None) -> tuple[Item, Unit]:
    if path.is_file() and path.suffix.lower() in _PLAIN:
        width, height = _size(path)
        factor, unit = _factor(None, judged, pixel)
        return _scaled(path, width, height, factor, large=False), unit
    with open_slide(path) as slide:
        scene = slide.scenes[0]
        own = _pixel_of(scene)
        factor, unit = _factor(own, judged, pixel)
        return _scaled(path, scene.width, scene.height, factor, large=True), unit


def _pixel_of(scene: Scene) -> PixelSize | None:
    """Return the width of a scene's pixels, when it is a length."""
    scale = scene.scale
    if scale is None or scale.unit not in ("µm", "m"):
        return None
    return PixelSize.model_validate({"size": scale.x, "unit": scale.unit})


def _size(path: Path) -> tuple[int, int]:
    try:
        with Image.open(path) as image:
            return image.size
    except (OSError, ValueError, Image.DecompressionBombError):
        height, width = read_picture(path).shape[:2]  # says what is wrong with it
        return width, height


def _factor(
    own: PixelSize | None, judged: PixelSize | None, pixel: PixelSize | None
) -> tuple[float, Unit]:
    known = own or pixel
    if known is None or judged is None or known.unit != judged.unit:
        return 1.0, None if known is None else known.unit
    factor = known.size / judged.size
    return (1.0 if abs(factor - 1) < _SAME_SCALE else factor), known.unit


def _scaled(path: Path, width: int, height: int, factor: float, *, large: bool) -> Item:
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return Item(path, *size, factor, large)


def _places(item: Item, side: int, random: np.random.Generator, most: int) -> list[tuple[int, int]]:
    """Return corners on a lattice in the middle of an image, in any order."""
    rows, columns = item.height // side, item.width // side
    if not rows or not columns:
        return []
    top, left = (item.height - rows * side) // 2, (item.width - columns * side) // 2
    whole = _with_data(item, side, (rows, columns), (top, left)) if item.large else None
    numbers = np.arange(rows * columns) if whole is None else np.flatnonzero(whole)
    chosen = random.permutation(numbers)[:most].tolist()
    return [(left + k % columns * side, top + k // columns * side) for k in chosen]


def _with_data(
    item: Item, side: int, size: tuple[int, int], corner: tuple[int, int]
) -> npt.NDArray[np.bool_]:
    """Return which squares, of so many rows and columns, have data everywhere."""
    rows, columns = size
    with open_slide(item.path) as slide:
        scene = slide.scenes[0]
        own = side / item.factor
        box = Box(
            round(corner[1] / item.factor),
            round(corner[0] / item.factor),
            max(1, int(columns * own)),
            max(1, int(rows * own)),
        )
        found = data_share(scene, Region(box), own, rows, columns) >= _WHOLE
    return np.asarray(found).ravel()


def _reader(item: Item, stack: ExitStack) -> Reader:
    """Return what reads squares of an image that is opened once."""
    if item.large:
        scene = stack.enter_context(open_slide(item.path)).scenes[0]
        return lambda left, top, side: _window(scene, item.factor, left, top, side)
    whole = read_picture(item.path)
    if whole.shape[:2] != (item.height, item.width):
        size = (item.width, item.height)
        whole = np.asarray(Image.fromarray(whole).resize(size, Image.Resampling.BICUBIC))
    return lambda left, top, side: whole[top : top + side, left : left + side]


def _window(scene: Scene, factor: float, left: int, top: int, side: int) -> RGB:
    own = max(1, round(side / factor))
    box = Box(round(left / factor), round(top / factor), own, own)
    found = scene.read(Region(box, own / side))
    return found[:side, :side]
