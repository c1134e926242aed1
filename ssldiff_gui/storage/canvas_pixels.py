"""Pixels of a canvas out of its shards: any part, coarser levels, a digest of all."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from ssldiff_gui.core.errors import OversizedRequest
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides.reduction import reduce_rgb
from ssldiff_gui.storage.canvas_files import shard_path
from ssldiff_gui.storage.canvas_layout import Key, Layout
from ssldiff_gui.storage.canvas_shards import RGB, WHITE, read_shard

LARGEST_READ = 1 << 30
"""Most bytes that one read may return."""


def read_pixels(folder: Path, layout: Layout, box: Box, level: int = 0) -> RGB:
    """Return a part of a level; white where nothing is written.

    Parameters
    ----------
    folder, layout
        Of the canvas.
    box
        In pixels of that level; may reach beyond it.
    level
        Which one.

    Returns
    -------
    (height, width, 3) uint8 RGB.
    """
    if box.area * 3 > LARGEST_READ:
        raise OversizedRequest(
            f"A part of {box.width} × {box.height} pixels is too large to be read at once.",
            "Read it in smaller parts.",
        )
    out = np.full((box.height, box.width, 3), WHITE, dtype=np.uint8)
    for key in layout.touching(level, box):
        shard = layout.box(key)
        part = shard.intersect(box)
        inner = Box(part.x - shard.x, part.y - shard.y, part.width, part.height)
        pixels = read_shard(shard_path(folder, key), inner, layout)
        if pixels is not None:
            y, x = part.y - box.y, part.x - box.x
            out[y : y + part.height, x : x + part.width] = pixels
    return out


def coarser(folder: Path, layout: Layout, key: Key) -> RGB:
    """Return the pixels of a shard above level 0: means of 2 × 2 pixels of the level beneath.

    A row or column that is left over at the edge is the mean of what there is.
    """
    box = layout.box(key)
    out = np.full((box.height, box.width, 3), WHITE, dtype=np.uint8)
    for child in layout.children(key):
        whole = layout.box(child)
        pixels = read_shard(shard_path(folder, child), Box(0, 0, whole.width, whole.height), layout)
        if pixels is not None:
            small = reduce_rgb(pixels, 2)
            y, x = whole.y // 2 - box.y, whole.x // 2 - box.x
            out[y : y + small.shape[0], x : x + small.shape[1]] = small
    return out


def digest_of(folder: Path, layout: Layout) -> str:
    """Return the SHA-256 of level 0: RGB, row by row; a band of chunks at a time is in memory."""
    found = hashlib.sha256()
    for y in range(0, layout.height, layout.chunk):
        band = Box(0, y, layout.width, min(layout.chunk, layout.height - y))
        found.update(np.ascontiguousarray(read_pixels(folder, layout, band)).data)
    return found.hexdigest()
