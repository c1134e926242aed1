"""How far two pictures of the same place are apart, as a picture."""

from __future__ import annotations

import numpy as np

from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.slides.placed import NOTHING
from ssldiff_gui.slides.scene import RGB, Pixels, Scene
from ssldiff_gui.slides.slide import Slide

GAIN = 3
"""Differences are shown so many times as strong: most are slight."""

LEGEND = f"Difference × {GAIN}: black is the same"


class DifferenceSource:
    """A PixelSource of |a − b| for two pictures of one region: the mean of the three bands, grey.

    Parameters
    ----------
    original
        The whole picture.
    made
        RGB of the region, at the region's resolution; its levels are this source's.
    region
        In level-0 pixels of the original.
    """

    def __init__(self, original: Scene, made: Scene, region: Region) -> None:
        self._original, self._made, self._region = original, made, region

    def read(self, level: int, box: Box) -> Pixels:
        """Return the differences in `box`; not valid where nothing is made."""
        found = self._made.read_bands(level, box)
        ours = found.values.astype(np.int16)
        apart = np.abs(ours - self._theirs(level, box)).sum(axis=2) * GAIN // 3
        shades = np.minimum(apart, 255).astype(np.uint8)
        return Pixels(np.repeat(shades[..., None], 3, axis=2), found.valid)

    def close(self) -> None:
        """Nothing is held: both pictures belong to others."""

    def _theirs(self, level: int, box: Box) -> RGB:
        """Return the same place of the original, at the same resolution."""
        step, own = self._region.downsample, self._made.levels[level]
        across, down = own.downsample_x * step, own.downsample_y * step
        index = self._original.level_for(min(across, down))
        coarse = self._original.levels[index]
        x, y = self._region.box.x, self._region.box.y
        window = (
            (x + box.x * across) / coarse.downsample_x,
            (y + box.y * down) / coarse.downsample_y,
            (x + box.x2 * across) / coarse.downsample_x,
            (y + box.y2 * down) / coarse.downsample_y,
        )
        return self._original.read_window(index, window, (box.width, box.height))


def difference(original: Scene, made: Slide, region: Region) -> Slide:
    """Return a slide of the made picture's size that shows where it differs from the original.

    Parameters
    ----------
    original
        The whole picture.
    made
        Its first scene shows the region, at the region's resolution.
    region
        In level-0 pixels of the original.
    """
    scene = made.scenes[0]
    shown = Scene(
        scene.path,
        "Difference",
        DifferenceSource(original, scene, region),
        scene.levels,
        dtype=np.uint8,
        bands=("Red", "Green", "Blue"),
        scale=scene.scale,
        tile=scene.tile,
        background=NOTHING,
    )
    scene.changed.connect(shown.changed.emit)
    return Slide(made.path, "Difference", [shown], identity=made.identity)
