"""The part of a canvas that is exported: read piece by piece, at any of its resolutions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.geometry import Box, Georeference, Scale
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.layout import Layout as Areas
from ssldiff_gui.core.recipe import Recipe
from ssldiff_gui.core.requests import Corner
from ssldiff_gui.slides.reduction import reduce_rgb
from ssldiff_gui.storage.canvas_layout import Layout

RGB = npt.NDArray[np.uint8]

WHITE = 255
BLOCK = 512
"""Side of the pieces in which pixels are made smaller."""


class Picture(Protocol):
    """What is asked of a canvas."""

    @property
    def width(self) -> int:
        """Of level 0, in pixels."""
        ...

    @property
    def height(self) -> int:
        """Of level 0, in pixels."""
        ...

    @property
    def layout(self) -> Layout:
        """How it is cut into levels and tiles."""
        ...

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def recipe(self) -> Recipe:
        """How it is made."""
        ...

    @property
    def grid(self) -> EmbeddingGrid:
        """What it is made from."""
        ...

    @property
    def areas(self) -> Areas:
        """What is to stand where."""
        ...

    @property
    def scale(self) -> Scale | None:
        """Size of a level-0 pixel."""
        ...

    @property
    def georeference(self) -> Georeference | None:
        """Place of level 0."""
        ...

    @property
    def done(self) -> frozenset[tuple[int, int]]:
        """The tiles that are finished, by row and column."""
        ...

    @property
    def failed(self) -> dict[tuple[int, int], str]:
        """The tiles that could not be made, and why."""
        ...

    def read(self, box: Box, level: int = 0) -> RGB:
        """Return (height, width, 3) uint8 RGB."""
        ...


@dataclass(frozen=True)
class Extract:
    """A rectangle of one level of a canvas.

    Parameters
    ----------
    picture
        The canvas.
    box
        The rectangle, in pixels of `level`.
    level
        Which resolution.
    """

    picture: Picture
    box: Box
    level: int = 0

    @property
    def width(self) -> int:
        """In pixels of the level."""
        return self.box.width

    @property
    def height(self) -> int:
        """In pixels of the level."""
        return self.box.height

    @property
    def whole(self) -> bool:
        """Whether it is all of the canvas at its own resolution."""
        return self.level == 0 and self.box == Box(0, 0, self.picture.width, self.picture.height)

    @property
    def corner(self) -> Corner:
        """x, y, width and height in level-0 pixels, within the canvas."""
        factor = 2**self.level
        every = Box(0, 0, self.picture.width, self.picture.height)
        box = self.box
        grown = Box(box.x * factor, box.y * factor, box.width * factor, box.height * factor)
        part = grown.intersect(every)
        return part.x, part.y, part.width, part.height

    @property
    def scale(self) -> Scale | None:
        """Size of one of its pixels."""
        found, factor = self.picture.scale, 2**self.level
        return None if found is None else Scale(found.x * factor, found.y * factor, found.unit)

    @property
    def georeference(self) -> Georeference | None:
        """Place of its first pixel's corner, and of the others from there."""
        found, factor = self.picture.georeference, 2**self.level
        if found is None:
            return None
        a, b, _, d, e, _ = found.affine
        x, y = found.to_crs(self.box.x * factor, self.box.y * factor)
        place = (a * factor, b * factor, x, d * factor, e * factor, y)
        return Georeference(found.crs, place)

    @cached_property
    def missing(self) -> int:
        """How many of the tiles that it touches are not finished."""
        touched = self.picture.layout.touching(0, Box(*self.corner))
        return sum(key[1:] not in self.picture.done for key in touched)

    def sizes(self, side: int) -> list[tuple[int, int]]:
        """Return the sizes of a pyramid whose last level fits into a square of `side` pixels."""
        sizes = [(self.width, self.height)]
        while max(sizes[-1]) > side:
            width, height = sizes[-1]
            sizes.append((-(-width // 2), -(-height // 2)))
        return sizes

    def read(self, box: Box, halvings: int = 0) -> RGB:
        """Return pixels of the extract, made smaller `halvings` times.

        Parameters
        ----------
        box
            In pixels of that size, from the extract's own corner; within it.
        halvings
            0 for the extract's own resolution.

        Returns
        -------
        (height, width, 3) uint8 RGB.
        """
        if self._aligned(halvings):
            factor = 2**halvings
            x, y = self.box.x // factor + box.x, self.box.y // factor + box.y
            return self._level(Box(x, y, box.width, box.height), self.level + halvings)
        size = tuple(-(-side // 2 ** (halvings - 1)) for side in (self.width, self.height))
        return _halved(lambda below: self.read(below, halvings - 1), box, size)

    def _aligned(self, halvings: int) -> bool:
        """Whether a level of the canvas has just these pixels, with nothing from outside."""
        levels, factor = self.picture.layout.levels, 2**halvings
        if self.level + halvings >= len(levels):
            return False
        ends = zip((self.box.x2, self.box.y2), levels[self.level], strict=True)
        return not (self.box.x % factor or self.box.y % factor) and all(
            end % factor == 0 or end == last for end, last in ends
        )

    def _level(self, box: Box, level: int) -> RGB:
        """Read a level of the canvas; before it is finished, the coarser ones are not all there."""
        if level == 0 or not self.missing:
            return self.picture.read(box, level)
        size = self.picture.layout.levels[level - 1]
        return _halved(lambda below: self._level(below, level - 1), box, size)


def extract_of(picture: Picture, region: Corner | None = None, level: int = 0) -> Extract:
    """Return the part of a canvas that a region and a level mean.

    Parameters
    ----------
    picture
        The canvas.
    region
        x, y, width, height in level-0 pixels; None is all of it. What lies outside is left out.
    level
        Which resolution.

    Raises
    ------
    BadRequest
        When there is no such part.
    """
    levels = picture.layout.levels
    if not 0 <= level < len(levels):
        raise BadRequest(
            f"The canvas has no level {level}.", f"Its levels are 0 to {len(levels) - 1}."
        )
    every = Box(0, 0, *levels[level])
    if region is None:
        return Extract(picture, every, level)
    x, y, width, height = region
    if width < 1 or height < 1:
        raise BadRequest(
            f"A region of {width} × {height} pixels shows nothing.",
            "Give it as X,Y,WIDTH,HEIGHT.",
        )
    factor = 2**level
    box = Box.covering(x / factor, y / factor, (x + width) / factor, (y + height) / factor)
    box = box.intersect(every)
    if box.empty:
        raise BadRequest(
            "The region lies outside the canvas.",
            f"The canvas has {picture.width:,} × {picture.height:,} pixels.",
        )
    return Extract(picture, box, level)


def blocks(width: int, height: int, side: int) -> Iterator[Box]:
    """Yield squares of `side` pixels, cut at the edges, row by row."""
    for y in range(0, height, side):
        for x in range(0, width, side):
            yield Box(x, y, min(side, width - x), min(side, height - y))


def _halved(read: Callable[[Box], RGB], box: Box, size: tuple[int, ...]) -> RGB:
    """Return means of two by two pixels, a bounded piece at a time.

    Parameters
    ----------
    read
        Returns pixels of twice the resolution.
    box
        What is wanted, in pixels of the resolution wanted.
    size
        Width and height of the picture at twice the resolution.
    """
    pixels = np.empty((box.height, box.width, 3), np.uint8)
    for part in blocks(box.width, box.height, BLOCK):
        below = Box(2 * (box.x + part.x), 2 * (box.y + part.y), 2 * part.width, 2 * part.height)
        found = read(below.intersect(Box(0, 0, *size)))
        pixels[part.y : part.y2, part.x : part.x2] = reduce_rgb(found, 2)
    return pixels
