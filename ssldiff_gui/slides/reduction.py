"""Make pictures and raw pixels smaller by whole factors: plain means of whole blocks of pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides.scene import RGB, Display, Pixels, Scene

PIECE = 1024
"""Side of the pieces that a reduced read is made from, which bounds its memory."""


def reduce_rgb(picture: RGB, factor: int) -> RGB:
    """Return means of blocks of `factor` × `factor`; blocks cut by the edge count what is there."""
    if factor == 1:
        return picture
    return np.asarray(Image.fromarray(picture).reduce(factor), dtype=np.uint8)


def reduce_pixels(pixels: Pixels, factor: int) -> Pixels:
    """Return means of the valid values of each block; a block without any is not valid.

    Parameters
    ----------
    pixels
        (height, width, bands) of any real type.
    factor
        Side of a block; blocks at the right and lower edge may be partial.
    """
    values, valid = pixels.values, pixels.valid
    if factor == 1:
        return pixels
    if valid is None and values.dtype == np.uint8 and values.shape[2] in (1, 3):
        flat = values[..., 0] if values.shape[2] == 1 else values
        reduced = np.asarray(Image.fromarray(np.ascontiguousarray(flat)).reduce(factor))
        return Pixels(reduced.reshape(*reduced.shape[:2], values.shape[2]))
    weights = np.ones(values.shape[:2], dtype=np.float64) if valid is None else valid
    counts = _block_sums(weights.astype(np.float64)[..., None], factor)
    kept = values if valid is None else np.where(valid[..., None], values, 0)
    sums = _block_sums(kept.astype(np.float64), factor)
    means = sums / np.maximum(counts, 1)
    if values.dtype.kind in "iu":
        means = np.rint(means)
    return Pixels(means.astype(values.dtype), None if valid is None else counts[..., 0] > 0)


def _block_sums(values: npt.NDArray[Any], factor: int) -> npt.NDArray[Any]:
    rows = np.arange(0, values.shape[0], factor)
    columns = np.arange(0, values.shape[1], factor)
    sums: npt.NDArray[Any] = np.add.reduceat(np.add.reduceat(values, rows, 0), columns, 1)
    return sums


def read_reduced(scene: Scene, level: int, box: Box, factor: int, display: Display) -> RGB:
    """Return a picture of a part of a level, `factor` times smaller.

    Parameters
    ----------
    scene
        Where pixels come from.
    level
        Index into the scene's levels.
    box
        In that level's pixels, within it; its corner is a multiple of `factor`.
    factor
        How many pixels, in each direction, make one.
    display
        Bands and stretch.
    """
    if factor == 1:
        return scene.read_level(level, box, display)
    piece = max(factor, PIECE // factor * factor)
    out = np.empty((-(-box.height // factor), -(-box.width // factor), 3), dtype=np.uint8)
    for top in range(0, box.height, piece):
        for left in range(0, box.width, piece):
            part = Box(box.x + left, box.y + top, piece, piece).intersect(box)
            small = reduce_rgb(scene.read_level(level, part, display), factor)
            y, x = top // factor, left // factor
            out[y : y + small.shape[0], x : x + small.shape[1]] = small
    return out
