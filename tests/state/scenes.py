"""Slides without a file format: what state needs of one, and no more."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ssldiff_gui.core.geometry import Box, Georeference, Scale
from ssldiff_gui.slides.scene import Pixels, Scene, levels_of
from ssldiff_gui.slides.slide import Slide


class Gradient:
    """A picture computed where it is read."""

    def __init__(self) -> None:
        self.closed = False
        self.largest_read = 0
        self.pixels_read = 0

    def read(self, level: int, box: Box) -> Pixels:
        self.largest_read = max(self.largest_read, box.area)
        self.pixels_read += box.area
        columns = np.arange(box.x, box.x2)[None, :, None]
        rows = np.arange(box.y, box.y2)[:, None, None]
        return Pixels(
            np.broadcast_to((columns + rows + level) % 251, (box.height, box.width, 3)).astype("u1")
        )

    def close(self) -> None:
        self.closed = True


def make_slide(
    path: Path,
    *,
    sizes: tuple[tuple[int, int], ...] = ((4000, 3000), (1000, 750)),
    scenes: int = 1,
    scale: Scale | None = None,
    georeference: Georeference | None = None,
    content: bytes | None = None,
) -> Slide:
    """Write a file of some content and pretend that it is a slide."""
    if content is not None or not path.exists():
        path.write_bytes(content if content is not None else path.name.encode())
    return Slide(
        path,
        "Fake",
        [
            Scene(
                path,
                f"scene {index}",
                Gradient(),
                levels_of(sizes),
                dtype=np.uint8,
                bands=("red", "green", "blue"),
                scale=scale,
                georeference=georeference,
            )
            for index in range(scenes)
        ],
    )
