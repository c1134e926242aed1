"""Scenes over arrays in memory, which note who reads them."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides.scene import Pixels, Scene, levels_of


class ArraySource:
    """Pixels of arrays, one a level; `delay` makes each read slow, `broken` makes some fail."""

    def __init__(self, arrays: Sequence[npt.NDArray[Any]], mask: Any = None) -> None:
        self.arrays = list(arrays)
        self.mask = mask
        self.delay = 0.0
        self.error: Exception | None = None
        self.broken: Box | None = None
        self.reads: list[tuple[int, Box]] = []
        self.threads: set[int] = set()

    def read(self, level: int, box: Box) -> Pixels:
        self.reads.append((level, box))
        self.threads.add(threading.get_ident())
        time.sleep(self.delay)
        hit = self.broken is None or not self.broken.intersect(box).empty
        if self.error is not None and hit:
            raise self.error
        part = (slice(box.y, box.y2), slice(box.x, box.x2))
        return Pixels(
            self.arrays[level][part].copy(), None if self.mask is None else self.mask[part].copy()
        )

    def close(self) -> None:
        pass


def picture(width: int, height: int, *, seed: int = 0, bands: int = 3) -> npt.NDArray[np.uint8]:
    """A picture whose every neighbourhood is different, but smooth enough to survive JPEG."""
    rng = np.random.default_rng(seed)
    cells = rng.integers(0, 100, (height // 64 + 2, width // 64 + 2, 1)).astype(np.uint8)
    coarse = np.repeat(np.repeat(cells, 64, 0), 64, 1)[:height, :width]
    x, y = np.arange(128)[None, :, None], np.arange(128)[:, None, None]
    ramp = np.abs((x + 2 * y) % 128 - 64) + 20 * np.arange(bands)
    tiled = np.tile(ramp.astype(np.uint8), (height // 128 + 1, width // 128 + 1, 1))
    return tiled[:height, :width] + coarse


def scene_of(source: ArraySource, path: Path = Path("made.tif"), **facts: Any) -> Scene:
    """Return a scene over the arrays of a source."""
    sizes = [(array.shape[1], array.shape[0]) for array in source.arrays]
    first = source.arrays[0]
    bands = [str(i) for i in range(first.shape[2])]
    return Scene(
        path, "made", source, levels_of(sizes), dtype=first.dtype, bands=bands,
        **({"tile": (256, 256)} | facts),
    )  # fmt: skip
