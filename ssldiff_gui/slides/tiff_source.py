"""Pixels of a pyramid that lies in one TIFF."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides.positioned import PositionedFile
from ssldiff_gui.slides.scene import Pixels
from ssldiff_gui.slides.segments import SegmentCache
from ssldiff_gui.slides.tiff_plane import TiffPlane

TiffLevel = tuple[TiffPlane, ...]
"""The planes whose bands make up one level: one, or one for each channel."""


class TiffSource:
    """A PixelSource over planes of a TIFF.

    Parameters
    ----------
    file
        Shared by all scenes of the TIFF.
    levels
        Largest first.
    """

    def __init__(self, file: PositionedFile, levels: Sequence[TiffLevel]) -> None:
        self._file = file
        self._levels = tuple(levels)
        self._cache = SegmentCache()

    def read(self, level: int, box: Box) -> Pixels:
        """Return the pixels of `box`, which lies within the level."""
        found = [plane.read(self._file, self._cache, box) for plane in self._levels[level]]
        if len(found) == 1:
            return found[0]
        masks = [pixels.valid for pixels in found if pixels.valid is not None]
        valid = np.logical_or.reduce(masks) if len(masks) == len(found) else None
        return Pixels(np.concatenate([pixels.values for pixels in found], axis=2), valid)

    def close(self) -> None:
        """Let go of the file and of what was decoded."""
        self._file.close()
        self._cache.clear()
