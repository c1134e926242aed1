"""Every level of a canvas that is being made, those too that nobody has written yet."""

from __future__ import annotations

import threading

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides.reduction import reduce_rgb
from ssldiff_gui.slides.scene import RGB
from ssldiff_gui.storage.canvas_files import shard_path
from ssldiff_gui.storage.canvas_layout import Key, Layout
from ssldiff_gui.storage.canvas_shards import read_shard
from ssldiff_gui.storage.canvas_standing import Standing
from ssldiff_gui.storage.live_preview import LivePreview

SKETCH_SIDE = 2048
"""The finest level no larger than this is kept in memory: at most 16 MiB."""

Valid = npt.NDArray[np.bool_]


class Part:
    """Pixels of a rectangle of a level, and which of them are there.

    Parameters
    ----------
    level
        Index of the level.
    box
        In its pixels.
    """

    def __init__(self, level: int, box: Box) -> None:
        self.level, self.box = level, box
        self.values: RGB = np.zeros((box.height, box.width, 3), np.uint8)
        self.valid: Valid = np.zeros((box.height, box.width), np.bool_)

    def paste(self, box: Box, values: RGB, valid: Valid | None = None) -> None:
        """Take what is valid of some pixels; all are when it is not said."""
        inner = box.intersect(self.box)
        if inner.empty:
            return
        at, of = _slices(inner, self.box), _slices(inner, box)
        if valid is None:
            self.values[at], self.valid[at] = values[of], True
        else:
            np.copyto(self.values[at], values[of], where=valid[of][..., None])
            self.valid[at] |= valid[of]


class GrowingLevels:
    """Reads parts of levels out of shards, finer shards, and previews, whichever is best.

    From the level on that fits into a screen or two, all are kept in memory, so that a tile shows
    from far away as soon as it is written; those between are made from their tiles whenever
    somebody asks.

    Parameters
    ----------
    standing
        Which shards can be believed.
    preview
        What is shown where there are none.
    """

    def __init__(self, standing: Standing, preview: LivePreview) -> None:
        self._standing, self._preview = standing, preview
        self._layout: Layout = standing.layout
        sizes = self._layout.levels
        self._kept = next(i for i, size in enumerate(sizes) if max(size) <= SKETCH_SIDE)
        self._sketch: Part | None = None
        self._filled: set[Key] = set()
        self._lock = threading.Lock()

    def read(self, level: int, box: Box) -> tuple[Part, list[Box]]:
        """Return a part of a level as well as it is known.

        Returns
        -------
        Part
            Pixels and which of them are there at all.
        list[Box]
            In level-0 pixels, what was found to be there that nobody has told of.
        """
        with self._lock:
            found = self._keep_up()
            part = self._from_sketch(level, box) if level >= self._kept else None
        part = self._from_files(level, box) if part is None else part
        self._draw_preview(part)
        return part, found

    def clear(self) -> None:
        """Let go of what is kept in memory."""
        with self._lock:
            self._sketch = None
            self._filled.clear()

    def _keep_up(self) -> list[Box]:
        """Bring what is kept in memory to where the canvas is."""
        news, turned, found = self._standing.look()
        self._filled.difference_update(map(self._kept_above, turned))
        for key in news:
            self._sketch_again(key)
        return found

    def _kept_above(self, key: Key) -> Key:
        """Return the shard, of the finest level that is kept in memory, that shows a shard."""
        chain = (key, *self._layout.ancestors(key))
        return chain[max(0, self._kept - key[0])]

    def _sketch_again(self, key: Key) -> None:
        if self._sketch is None or self._kept_above(key) not in self._filled:
            return
        step, tile = 1 << self._kept, self._layout.box(key)
        box = Box.covering(tile.x / step, tile.y / step, tile.x2 / step, tile.y2 / step)
        part = self._from_files(self._kept, box.intersect(self._sketch.box))
        self._sketch.paste(part.box, part.values, part.valid)

    def _from_sketch(self, level: int, box: Box) -> Part:
        if self._sketch is None:
            self._sketch = Part(self._kept, Box(0, 0, *self._layout.levels[self._kept]))
            self._filled.clear()
        step = 1 << (level - self._kept)
        wide = Box(box.x * step, box.y * step, box.width * step, box.height * step)
        wide = wide.intersect(self._sketch.box)
        for key in self._layout.touching(self._kept, wide):
            if key not in self._filled:
                part = self._from_files(self._kept, self._layout.box(key))
                at = _slices(part.box, self._sketch.box)
                self._sketch.values[at], self._sketch.valid[at] = part.values, part.valid
                self._filled.add(key)
        at = _slices(wide, self._sketch.box)
        part = Part(level, box)
        part.values[:] = reduce_rgb(np.ascontiguousarray(self._sketch.values[at]), step)
        part.valid[:] = _all_there(self._sketch.valid[at], step)
        return part

    def _from_files(self, level: int, box: Box) -> Part:
        """Read what the disk has, old pixels of tiles that are being made again included."""
        part = Part(level, box)
        for key in self._layout.touching(level, box):
            whole = self._layout.box(key)
            inner = whole.intersect(box)
            values = self._shard(key, whole, inner)
            if values is not None:
                part.paste(inner, values)
            elif level > 0:
                self._from_finer(part, key, inner)
        return part

    def _from_finer(self, part: Part, key: Key, inner: Box) -> None:
        """Make what the disk lacks of a coarser shard from those beneath it."""
        wide = Box(inner.x * 2, inner.y * 2, inner.width * 2, inner.height * 2)
        for child in self._layout.children(key):
            box = self._layout.box(child).intersect(wide)
            if box.empty or not self._standing.begun(child):
                continue
            finer = self._from_files(child[0], box)
            place = Box(box.x // 2, box.y // 2, -(-box.width // 2), -(-box.height // 2))
            part.paste(place, reduce_rgb(finer.values, 2), _all_there(finer.valid, 2))

    def _shard(self, key: Key, whole: Box, inner: Box) -> RGB | None:
        """Return a part of a shard's file; None when it is not there or shows what was before."""
        good = self._standing.good(key)
        if not good and (key[0] > 0 or not self._standing.ours):
            return None
        own = Box(inner.x - whole.x, inner.y - whole.y, inner.width, inner.height)
        values = read_shard(shard_path(self._standing.path, key), own, self._layout)
        if values is None and good:
            self._standing.lost(key)
        return values

    def _draw_preview(self, part: Part) -> None:
        """Draw rough pictures over all but finished tiles."""
        if self._preview.empty:
            return
        width, height = self._layout.levels[part.level]
        step = (self._layout.width / width, self._layout.height / height)
        box = part.box
        wide = Box.covering(box.x * step[0], box.y * step[1], box.x2 * step[0], box.y2 * step[1])
        for open_box in self._standing.unfinished(
            wide.intersect(Box(0, 0, *self._layout.levels[0]))
        ):
            left, top = round(open_box.x / step[0]), round(open_box.y / step[1])
            right, bottom = round(open_box.x2 / step[0]), round(open_box.y2 / step[1])
            inner = Box(left, top, max(0, right - left), max(0, bottom - top)).intersect(box)
            if not inner.empty:
                at = _slices(inner, box)
                self._preview.draw(part.values[at], part.valid[at], inner, step)


def _slices(part: Box, whole: Box) -> tuple[slice, slice]:
    return (
        slice(part.y - whole.y, part.y2 - whole.y),
        slice(part.x - whole.x, part.x2 - whole.x),
    )


def _all_there(valid: Valid, factor: int) -> Valid:
    """Return which blocks of pixels are there, judged by their corners: what is there is larger."""
    for axis in (0, 1):
        valid = np.swapaxes(valid, 0, axis)
        first, last = valid[::factor], valid[factor - 1 :: factor]
        if len(last) < len(first):
            last = np.concatenate([last, valid[-1:]])
        valid = np.swapaxes(first & last, 0, axis)
    return valid
