"""The coarsest picture of a scene while it is being read: something everywhere, soon."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides.reduction import reduce_pixels
from ssldiff_gui.slides.scene import Pixels


class OverviewCanvas:
    """Raw pixels of the coarsest rung, painted block by block.

    Parameters
    ----------
    width, height
        Of the coarsest rung.
    bands, dtype
        Of the scene.
    factor
        How many pixels of a block, each way, make one of the canvas.
    """

    def __init__(
        self, width: int, height: int, bands: int, dtype: np.dtype[Any], factor: int
    ) -> None:
        self.box = Box(0, 0, width, height)
        self._values: npt.NDArray[Any] = np.zeros((height, width, bands), dtype)
        self._valid = np.zeros((height, width), np.bool_)
        self._factor = factor

    def pixels(self, box: Box) -> Pixels:
        """Return a part of the canvas; what was not painted is not valid."""
        rows, columns = _slices(box)
        return Pixels(self._values[rows, columns], self._valid[rows, columns])

    def paint(self, block: Box, pixels: Pixels) -> Box:
        """Paint a block.

        Parameters
        ----------
        block
            Its place, in pixels `factor` times finer than those of the canvas.
        pixels
            Of the block's size.

        Returns
        -------
        Box
            What was painted, in pixels of the canvas.
        """
        shared = math.gcd(self._factor, math.gcd(block.x, block.y) or self._factor)
        small = reduce_pixels(pixels, shared)
        rest = self._factor // shared
        part = self.place_of(block)
        rows = _centres(part.y, part.y2, rest, block.y // shared, small.values.shape[0])
        columns = _centres(part.x, part.x2, rest, block.x // shared, small.values.shape[1])
        at = _slices(part)
        self._values[at] = small.values[rows[:, None], columns]
        self._valid[at] = True if small.valid is None else small.valid[rows[:, None], columns]
        return part

    def tint(self, block: Box, like: Box) -> None:
        """Give a block that was not read the mean colour of a part that was painted."""
        source, at = _slices(like), _slices(self.place_of(block))
        valid = self._valid[source]
        if valid.any():
            self._values[at] = self._values[source][valid].mean(axis=0)
            self._valid[at] = True

    def put(self, box: Box, pixels: Pixels) -> None:
        """Replace a part by pixels of the canvas's own resolution."""
        at = _slices(box)
        self._values[at] = pixels.values
        self._valid[at] = True if pixels.valid is None else pixels.valid

    def place_of(self, block: Box) -> Box:
        """Return the pixels whose middle lies in a block given in finer pixels."""
        f = self._factor
        x, y = _first_middle(block.x, f), _first_middle(block.y, f)
        x2, y2 = _first_middle(block.x2, f), _first_middle(block.y2, f)
        return Box(x, y, max(0, x2 - x), max(0, y2 - y)).intersect(self.box)


def _first_middle(fine: int, factor: int) -> int:
    return math.ceil(fine / factor - 0.5)


def _centres(start: int, stop: int, factor: int, origin: int, size: int) -> npt.NDArray[np.intp]:
    centres = ((np.arange(start, stop) + 0.5) * factor).astype(np.intp) - origin
    return np.clip(centres, 0, max(0, size - 1))


def _slices(box: Box) -> tuple[slice, slice]:
    return slice(box.y, box.y2), slice(box.x, box.x2)
