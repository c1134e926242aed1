"""A picture at its place in a larger one, so that two views can look at the same spot of both."""

from __future__ import annotations

import math

from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.slides.scene import Level, Pixels, Scene
from ssldiff_gui.slides.slide import Slide

NOTHING = (222, 225, 230)
"""Colour of where nothing was made: grey, for white is glass."""


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
        own = self._scene.levels[level]
        left, top = round(self._x / own.downsample_x), round(self._y / own.downsample_y)
        return self._scene.read_bands(level, Box(box.x - left, box.y - top, box.width, box.height))

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
    width, height = (math.ceil(side / step) for side in (whole.width, whole.height))
    levels = [
        Level(
            math.ceil(width / level.downsample_x),
            math.ceil(height / level.downsample_y),
            level.downsample_x,
            level.downsample_y,
        )
        for level in scene.levels
    ]
    source = PlacedSource(scene, region.box.x / step, region.box.y / step)
    shown = Scene(
        scene.path,
        scene.name,
        source,
        levels,
        dtype=scene.dtype,
        bands=scene.bands,
        scale=scene.scale,
        georeference=whole.georeference if step == 1 else None,
        tile=scene.tile,
        background=NOTHING,
    )
    return Slide(slide.path, slide.kind, [shown])
