"""How a canvas is cut: levels, each half the one before, and tiles, each a shard of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ssldiff_gui.core.geometry import Box

TILE = 1024
"""Side of a tile in pixels: one shard, one file, the unit that is acknowledged."""

CHUNK = 256
"""Side of the pieces in a shard that can be read one by one."""

Tile = tuple[int, int]
"""Row and column of a tile of level 0."""

Key = tuple[int, int, int]
"""Level, row and column of a shard."""


@dataclass(frozen=True)
class Layout:
    """The geometry of one canvas.

    Parameters
    ----------
    width, height
        Of level 0, in pixels.
    tile
        Side of a shard in pixels, on every level.
    chunk
        Side of a chunk in a shard; divides `tile`.
    """

    width: int
    height: int
    tile: int = TILE
    chunk: int = CHUNK

    def __post_init__(self) -> None:
        if min(self.width, self.height, self.chunk) < 1 or self.tile % self.chunk or self.tile % 2:
            raise ValueError(f"a canvas cannot be cut like this: {self}")

    @cached_property
    def levels(self) -> tuple[tuple[int, int], ...]:
        """Width and height of each level, until one fits into a single tile."""
        sizes = [(self.width, self.height)]
        while max(sizes[-1]) > self.tile:
            width, height = sizes[-1]
            sizes.append((-(-width // 2), -(-height // 2)))
        return tuple(sizes)

    def tiles(self, level: int = 0) -> tuple[int, int]:
        """Return rows and columns of the shards of a level."""
        width, height = self.levels[level]
        return -(-height // self.tile), -(-width // self.tile)

    def has(self, key: Key) -> bool:
        """Whether there is such a shard."""
        level, row, column = key
        if not 0 <= level < len(self.levels):
            return False
        rows, columns = self.tiles(level)
        return 0 <= row < rows and 0 <= column < columns

    def box(self, key: Key) -> Box:
        """Return what a shard covers, in pixels of its level, cut at the canvas's edge."""
        if not self.has(key):
            raise ValueError(f"the canvas has no shard {key}")
        level, row, column = key
        whole = Box(column * self.tile, row * self.tile, self.tile, self.tile)
        return whole.intersect(Box(0, 0, *self.levels[level]))

    def ancestors(self, key: Key) -> Iterator[Key]:
        """Yield the shards of coarser levels that are made from this one, nearest first."""
        level, row, column = key
        while level + 1 < len(self.levels):
            level, row, column = level + 1, row // 2, column // 2
            yield level, row, column

    def children(self, key: Key) -> Iterator[Key]:
        """Yield the shards, up to four, that a shard above level 0 is made from."""
        level, row, column = key
        for y in (2 * row, 2 * row + 1):
            for x in (2 * column, 2 * column + 1):
                if self.has((level - 1, y, x)):
                    yield level - 1, y, x

    def touching(self, level: int, box: Box) -> Iterator[Key]:
        """Yield the shards of a level that a box in its pixels touches, row by row."""
        inside = box.intersect(Box(0, 0, *self.levels[level]))
        if inside.empty:
            return
        for row in range(inside.y // self.tile, (inside.y2 - 1) // self.tile + 1):
            for column in range(inside.x // self.tile, (inside.x2 - 1) // self.tile + 1):
                yield level, row, column
