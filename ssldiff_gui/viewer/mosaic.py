"""Put tiles, and stand-ins for those not there yet, into one picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides.scene import RGB


class Patch(NamedTuple):
    """Pixels and their place in a level.

    Parameters
    ----------
    pixels
        Of the box's size.
    box
        In the level's own pixels.
    """

    pixels: RGB
    box: Box


def tiles_over(box: Box, side: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Yield (column, row) of the tiles that a box touches.

    Parameters
    ----------
    box
        In pixels of one level.
    side
        Width and height of a tile.
    """
    if box.empty:
        return
    for row in range(box.y // side[1], (box.y2 - 1) // side[1] + 1):
        for column in range(box.x // side[0], (box.x2 - 1) // side[0] + 1):
            yield column, row


def paste(picture: Patch, tile: Patch) -> None:
    """Copy into a picture what a tile of the same level has of it."""
    part = picture.box.intersect(tile.box)
    picture.pixels[_within(part, picture.box)] = tile.pixels[_within(part, tile.box)]


def paste_enlarged(
    picture: Patch, part: Box, coarse: Patch, enlargement: tuple[float, float]
) -> None:
    """Fill a part of a picture from a coarser level, each pixel with the nearest coarse one.

    Parameters
    ----------
    picture
        Changed in place.
    part
        What to fill, in pixels of the picture's level.
    coarse
        Of the coarser level; beyond its edges its outermost pixels are repeated.
    enlargement
        Pixels of the picture's level for one of the coarser, along x and y.
    """
    part = part.intersect(picture.box)
    if part.empty:
        return
    columns = _nearest(part.x, part.x2, enlargement[0], coarse.box.x, coarse.box.x2)
    rows = _nearest(part.y, part.y2, enlargement[1], coarse.box.y, coarse.box.y2)
    first, last = rows[0], rows[-1] + 1
    # As three-byte items a row is widened by one gather instead of three.
    items = np.ascontiguousarray(coarse.pixels[first:last]).view("V3")[..., 0]
    wide = np.take(items, columns, axis=1).view(np.uint8)
    pixels = wide.reshape(last - first, part.width, 3)
    picture.pixels[_within(part, picture.box)] = pixels[rows - first]


def _nearest(start: int, stop: int, scale: float, low: int, high: int) -> npt.NDArray[np.intp]:
    centres = (np.arange(start, stop) + 0.5) / scale
    nearest: npt.NDArray[np.intp] = np.clip(centres.astype(np.intp), low, high - 1) - low
    return nearest


def _within(part: Box, whole: Box) -> tuple[slice, slice]:
    return (
        slice(part.y - whole.y, part.y2 - whole.y),
        slice(part.x - whole.x, part.x2 - whole.x),
    )
