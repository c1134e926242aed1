"""Rough pictures of what is being made, to be shown where nothing better is."""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np
import numpy.typing as npt
from PIL import Image

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides.scene import RGB

MOST = 64
"""Parts of the canvas with a picture of their own; of 256² each, 12 MiB in all."""


class LivePreview:
    """The newest rough picture of every part.

    Parameters
    ----------
    whole
        The canvas, in level-0 pixels.
    """

    def __init__(self, whole: Box) -> None:
        self._whole = whole
        self._parts: OrderedDict[Box, Image.Image] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, box: Box, rgb: RGB) -> None:
        """Take a picture; those that it hides are let go."""
        if box.empty or not rgb.size:
            return
        picture = Image.fromarray(np.array(rgb, dtype=np.uint8, order="C"))
        with self._lock:
            for other in [other for other in self._parts if box.contains(other)]:
                del self._parts[other]
            while len(self._parts) >= MOST:
                self._parts.popitem(last=False)
            self._parts[box] = picture

    def clear(self) -> None:
        """Let go of all."""
        with self._lock:
            self._parts.clear()

    @property
    def empty(self) -> bool:
        """Whether there is none."""
        return not self._parts

    def draw(
        self, values: RGB, valid: npt.NDArray[np.bool_], box: Box, step: tuple[float, float]
    ) -> None:
        """Draw what there is, smoothly enlarged.

        Parameters
        ----------
        values, valid
            (height, width, 3) and (height, width): what is drawn into, and where.
        box
            Their place, in pixels of a level.
        step
            Level-0 pixels for one of that level, along x and y.
        """
        with self._lock:
            parts = list(self._parts.items())
        for part, picture in parts:
            left, top = round(part.x / step[0]), round(part.y / step[1])
            right, bottom = round(part.x2 / step[0]), round(part.y2 / step[1])
            place = Box(left, top, max(1, right - left), max(1, bottom - top))
            inner = place.intersect(box)
            if inner.empty:
                continue
            across, down = picture.width / place.width, picture.height / place.height
            window = (
                (inner.x - place.x) * across,
                (inner.y - place.y) * down,
                (inner.x2 - place.x) * across,
                (inner.y2 - place.y) * down,
            )
            drawn = picture.resize(
                (inner.width, inner.height), Image.Resampling.BILINEAR, box=window
            )
            rows = slice(inner.y - box.y, inner.y2 - box.y)
            columns = slice(inner.x - box.x, inner.x2 - box.x)
            values[rows, columns] = np.asarray(drawn)
            valid[rows, columns] = True
