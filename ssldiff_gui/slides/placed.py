"""A picture at its place in a larger one, so that two views can look at the same spot of both."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.slides.reduction import reduce_pixels
from ssldiff_gui.slides.scene import Level, Pixels, Scene
from ssldiff_gui.slides.slide import Slide

NOTHING = (222, 225, 230)
"""Colour of where nothing was made: grey, for white is glass."""

COARSEST = 1024
"""Levels are added until one is no larger than this: nobody should build them from an emptiness."""


class PlacedSource:
    """A PixelSource over a scene that begins somewhere else.

    Parameters
    ----------
    scene
        What is shown; there is nothing beyond its edges.
    x, y
        Its corner, in its own level-0 pixels.
    """

    def __init__(self, scene: Scene, x: float, y: float) -> None:
        self._scene, self._x, self._y = scene, x, y

    def read(self, level: int, box: Box) -> Pixels:
        """Return the pixels of `box`; what lies beside the scene is not valid."""
        last = len(self._scene.levels) - 1
        own, step = self._scene.levels[min(level, last)], 1 << max(0, level - last)
        left, top = round(self._x / own.downsample_x), round(self._y / own.downsample_y)
        wide = Box(box.x * step - left, box.y * step - top, box.width * step, box.height * step)
        inner = wide.intersect(own.box)
        if inner.empty:
            return self._nothing(box)
        # Of a small picture in a large one, only the blocks that have a part in it are read.
        x, y = (inner.x - wide.x) // step, (inner.y - wide.y) // step
        x2, y2 = -(-(inner.x2 - wide.x) // step), -(-(inner.y2 - wide.y) // step)
        part = Box(wide.x + x * step, wide.y + y * step, (x2 - x) * step, (y2 - y) * step)
        small = reduce_pixels(self._scene.read_bands(min(level, last), part), step)
        if part == wide:
            return small
        found = self._nothing(box)
        found.values[y:y2, x:x2] = small.values
        assert found.valid is not None  # noqa: S101 - nothing is valid yet
        found.valid[y:y2, x:x2] = True if small.valid is None else small.valid
        return found

    def moved(self, boxes: Sequence[Box]) -> list[Box]:
        """Return where parts of the scene lie, in level-0 pixels of the whole."""
        coarsest = self._scene.levels[-1]
        exact = self._x % coarsest.downsample_x == 0 and self._y % coarsest.downsample_y == 0
        more = 0 if exact else math.ceil(coarsest.downsample)
        return [
            Box.covering(
                box.x + self._x - more,
                box.y + self._y - more,
                box.x2 + self._x + more,
                box.y2 + self._y + more,
            )
            for box in boxes
        ]

    def _nothing(self, box: Box) -> Pixels:
        shape = (box.height, box.width, len(self._scene.bands))
        return Pixels(np.zeros(shape, self._scene.dtype), np.zeros(shape[:2], np.bool_))

    def close(self) -> None:
        """Let go of the scene's file."""
        self._scene.close()


def placed(slide: Slide, region: Region, whole: Scene) -> Slide:
    """Return a slide whose scene has the extent of another, and shows its picture in a region.

    Parameters
    ----------
    slide
        Its first scene is the picture of the region, at the region's resolution.
    region
        In level-0 pixels of `whole`.
    whole
        What the region is a part of.
    """
    scene, step = slide.scenes[0], region.downsample
    source = PlacedSource(scene, region.box.x / step, region.box.y / step)
    shown = Scene(
        scene.path,
        scene.name,
        source,
        _levels(scene, math.ceil(whole.width / step), math.ceil(whole.height / step)),
        dtype=scene.dtype,
        bands=scene.bands,
        scale=scene.scale,
        georeference=whole.georeference if step == 1 else None,
        tile=scene.tile,
        background=NOTHING,
    )
    scene.changed.connect(lambda boxes: shown.changed.emit(source.moved(boxes)))
    return Slide(slide.path, slide.kind, [shown], identity=slide.identity)


def _levels(scene: Scene, width: int, height: int) -> list[Level]:
    """Return a scene's levels for a picture of another size, and coarser ones beneath them."""
    steps = [(level.downsample_x, level.downsample_y) for level in scene.levels]
    while max(width / steps[-1][0], height / steps[-1][1]) > COARSEST:
        steps.append((steps[-1][0] * 2, steps[-1][1] * 2))
    return [Level(math.ceil(width / x), math.ceil(height / y), x, y) for x, y in steps]
