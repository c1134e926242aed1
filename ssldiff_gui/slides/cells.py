"""A region cut into square cells, and their pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.slides.scene import Scene

Cells = npt.NDArray[np.uint8]

STRIP = 2048
"""Width in pixels of what is read at once: several cells of one row."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Cells in rows and columns over a scene.

    Parameters
    ----------
    region
        Its box begins at the first cell's corner; its downsample leads to the cells' pixels.
    rows, columns
        How many.
    cell
        Side of a cell, in pixels at that resolution.
    """

    region: Region
    rows: int
    columns: int
    cell: int

    @property
    def side(self) -> float:
        """Side of a cell in level-0 pixels; not always an integer."""
        return self.cell * self.region.downsample

    def strips(self) -> Iterator[Box]:
        """Yield the parts that are read at once, in cells: row by row, from left to right."""
        wide = max(1, STRIP // self.cell)
        for row in range(self.rows):
            for column in range(0, self.columns, wide):
                yield Box(column, row, min(wide, self.columns - column), 1)


def read_cells(scene: Scene, layout: Layout, strip: Box) -> Cells:
    """Return the pixels of the cells of a strip.

    The same strip gives the same pixels whatever else of the scene is read.

    Parameters
    ----------
    scene
        Where the pixels are; beyond its edges they have the colour of what is missing.
    layout
        Where the cells are.
    strip
        Some cells of one row.

    Returns
    -------
    Cells
        (cells, cell, cell, 3) uint8 RGB.
    """
    side, cell = layout.side, layout.cell
    left, top = layout.region.box.x + strip.x * side, layout.region.box.y + strip.y * side
    size = (strip.width * cell, cell)
    if layout.region.downsample >= 1:
        box = Box(round(left), round(top), round(strip.width * side), round(side))
        picture = scene.read(Region(box, layout.region.downsample))
    else:
        picture = _enlarged(scene, (left, top, left + strip.width * side, top + side), size)
    cells = picture[:cell, : size[0]].reshape(cell, strip.width, cell, 3).swapaxes(0, 1)
    return np.ascontiguousarray(cells)


def _enlarged(
    scene: Scene, window: tuple[float, float, float, float], size: tuple[int, int]
) -> Cells:
    """Return a real rectangle of level 0 at a size larger than its own."""
    margin = 3
    left, top, right, bottom = window
    x, y = math.floor(left) - margin, math.floor(top) - margin
    box = Box(x, y, math.ceil(right) + margin - x, math.ceil(bottom) + margin - y)
    picture = Image.fromarray(scene.read(Region(box, 1.0)))
    inner = (left - x, top - y, right - x, bottom - y)
    return np.asarray(picture.resize(size, Image.Resampling.BILINEAR, box=inner))
