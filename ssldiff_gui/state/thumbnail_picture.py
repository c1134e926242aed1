"""One small picture of a slide, without decoding more than a thumbnail is worth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ssldiff_gui.core.errors import OversizedFile, UserError
from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.slides.scene import LARGEST_READ
from ssldiff_gui.state.thumbnail_cache import RGB

if TYPE_CHECKING:
    from ssldiff_gui.slides.scene import Scene
    from ssldiff_gui.slides.slide import Slide

PIXEL_BUDGET = 40_000_000
"""Most pixels that are decoded for one thumbnail."""

MOST_SAMPLES = 40
FEWEST_SAMPLES = 8
"""Samples along the longer side; with fewer, a sparse picture shows nothing."""


def thumbnail(slide: Slide, size: int) -> RGB:
    """Make a thumbnail: the file's own, or a coarse level, or a sparse sample of a flat giant.

    Parameters
    ----------
    slide
        An opened file.
    size
        Longer side of the result, in pixels.

    Raises
    ------
    OversizedFile
        When every way would decode more than the pixel budget.
    """
    scene = slide.scenes[0]
    own = _own_thumbnail(slide)
    if own is not None and max(own.shape[:2]) >= size // 2:
        return fitted(own, size)
    downsample = max(1.0, max(scene.width, scene.height) / size)
    level = scene.levels[scene.level_for(downsample)]
    area = level.box.area
    pixel_bytes = len(scene.bands) * scene.dtype.itemsize
    if area <= PIXEL_BUDGET and area * pixel_bytes < LARGEST_READ * 0.9:
        return scene.read(Region(scene.box, downsample))
    return _sparse(scene, size)


def fitted(picture: RGB, size: int) -> RGB:
    """Shrink a picture until its longer side is `size`; smaller ones stay."""
    height, width = picture.shape[:2]
    shrink = size / max(height, width)
    if shrink >= 1:
        return picture
    target = max(1, round(width * shrink)), max(1, round(height * shrink))
    small = Image.fromarray(picture).resize(target, Image.Resampling.BOX)
    return np.asarray(small, dtype=np.uint8)


def _own_thumbnail(slide: Slide) -> RGB | None:
    read = slide.associated.get("thumbnail")
    if read is None:
        return None
    try:
        return read()
    except UserError:
        return None  # the picture itself may still be whole


def _sparse(scene: Scene, size: int) -> RGB:
    """Average a few blocks spread over the coarsest level, and blur between them."""
    index = len(scene.levels) - 1
    level = scene.levels[index]
    block_width, block_height = (
        min(scene.tile[0], level.width),
        min(scene.tile[1], level.height),
    )
    longer = max(level.width, level.height)
    aspect = min(level.width, level.height) / longer
    affordable = math.sqrt(PIXEL_BUDGET / (block_width * block_height * max(aspect, 1e-6)))
    samples = min(MOST_SAMPLES, int(affordable))
    if samples < FEWEST_SAMPLES:
        raise OversizedFile(
            scene.path,
            f"{scene.path.name} has no overview and is too large for a preview.",
            "Open it: an overview is then made once.",
        )
    columns = max(1, round(samples * level.width / longer))
    rows = max(1, round(samples * level.height / longer))
    mosaic = np.empty((rows, columns, 3), dtype=np.uint8)
    for row in range(rows):
        for column in range(columns):
            x = _block_start((column + 0.5) / columns, level.width, block_width)
            y = _block_start((row + 0.5) / rows, level.height, block_height)
            box = Box(x, y, block_width, block_height).intersect(level.box)
            mosaic[row, column] = scene.read_level(index, box).mean(axis=(0, 1))
    target = (
        max(1, round(size * level.width / longer)),
        max(1, round(size * level.height / longer)),
    )
    blurred = Image.fromarray(mosaic).resize(target, Image.Resampling.BICUBIC)
    return np.asarray(blurred, dtype=np.uint8)


def _block_start(fraction: float, length: int, block: int) -> int:
    """Return where the stored block begins that holds a fraction of the way."""
    return int(fraction * length) // block * block
