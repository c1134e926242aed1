"""Which resolutions a scene is shown at: those of its file, and ×2 steps between and beneath."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ssldiff_gui.core.geometry import Box

COARSEST_SIDE = 1536
"""The coarsest rung is held whole in memory and read whole by napari."""

LARGEST_STEP = 3.0
"""Neighbouring file levels further apart than this get virtual levels between them."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One resolution on show.

    Parameters
    ----------
    width, height
        In its own pixels.
    level
        The file's level that its pixels come from.
    factor
        How many of that level's pixels, in each direction, make one; 1 for the level itself.
    """

    width: int
    height: int
    level: int
    factor: int

    @property
    def box(self) -> Box:
        """The whole rung, in its own pixels."""
        return Box(0, 0, self.width, self.height)

    def source_box(self, box: Box) -> Box:
        """Return the part of the file's level that a box of this rung is made from."""
        f = self.factor
        return Box(box.x * f, box.y * f, box.width * f, box.height * f)


def ladder(sizes: Sequence[tuple[int, int]], coarsest_side: int = COARSEST_SIDE) -> list[Rung]:
    """Return the rungs for a file's levels, finest first.

    Parameters
    ----------
    sizes
        (width, height) of the file's levels, largest first.
    coarsest_side
        The last rung is no larger than this.
    """
    rungs: list[Rung] = []
    for level, (width, height) in enumerate(sizes):
        rung = Rung(width, height, level, 1)
        rungs.append(rung)
        floor = sizes[level + 1] if level + 1 < len(sizes) else None
        while _needs_another(rung, floor, coarsest_side):
            factor = rung.factor * 2
            rung = Rung(math.ceil(width / factor), math.ceil(height / factor), level, factor)
            rungs.append(rung)
    return rungs


def _needs_another(rung: Rung, next_size: tuple[int, int] | None, coarsest_side: int) -> bool:
    if next_size is None:
        return max(rung.width, rung.height) > coarsest_side
    return max(rung.width, rung.height) > LARGEST_STEP * max(next_size)


def tile_box(rung: Rung, side: tuple[int, int], column: int, row: int) -> Box:
    """Return the box of a tile, cut at the edge of its rung."""
    return Box(column * side[0], row * side[1], *side).intersect(rung.box)


def tile_side(block: int, least: int = 512, most: int = 1024) -> int:
    """Return the side of display tiles that suits a file's blocks: whole blocks, if they fit."""
    side = block * math.ceil(least / block)
    return side if side <= most else least
