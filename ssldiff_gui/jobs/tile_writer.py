"""Tiles on their way to the disk while the network goes on computing."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from ssldiff_gui.core.errors import Cancelled
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.sampling.render import RGB
from ssldiff_gui.storage.canvas import Canvas

_WAITING = 4
"""Tiles that may wait for the disk before the network does."""

FAILED_WINDOW = "the network answered with NaN or infinity"


class TileWriter:
    """Writes tiles in a thread of its own; what goes wrong there is raised at the next tile.

    Parameters
    ----------
    canvas
        Open for writing.
    written
        Told of each tile that is acknowledged, in the thread that writes.
    """

    def __init__(self, canvas: Canvas, written: Callable[[Box], None] | None = None) -> None:
        self.canvas = canvas
        self._written = written
        self._dropped = False
        self._tiles: queue.Queue[tuple[int, int, Box, RGB | None] | None] = queue.Queue(_WAITING)
        self._problem: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="tile writer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Who asked for an end does not wait for tiles that nobody was promised.
        self._dropped = isinstance(error, Cancelled)
        self._tiles.put(None)
        self._thread.join()
        if kind is None:
            self._raise()

    def put(self, row: int, column: int, part: Box, pixels: RGB | None) -> None:
        """Have a tile written.

        Parameters
        ----------
        row, column
            Of the tile.
        part
            What was rendered, in pixels of the canvas; the rest of the tile stays as it is.
        pixels
            (height, width, 3) of the part; None when it failed.
        """
        self._raise()
        self._tiles.put((row, column, part, pixels))

    def _raise(self) -> None:
        if self._problem is not None:
            problem, self._problem = self._problem, None
            raise problem

    def _work(self) -> None:
        while (tile := self._tiles.get()) is not None:
            if self._problem is None and not self._dropped:
                try:
                    self._write(*tile)
                except BaseException as problem:  # noqa: BLE001 - raised where the tiles come from
                    self._problem = problem

    def _write(self, row: int, column: int, part: Box, pixels: RGB | None) -> None:
        if pixels is None:
            self.canvas.fail(row, column, FAILED_WINDOW)
            return
        whole = tile_box(self.canvas, row, column)
        if part != whole:
            around = self.canvas.read(whole)
            top, left = part.y - whole.y, part.x - whole.x
            around[top : top + part.height, left : left + part.width] = pixels
            pixels = around
        self.canvas.write(row, column, pixels)
        if self._written is not None:
            self._written(whole)


def tile_box(canvas: Canvas, row: int, column: int) -> Box:
    """Return what a tile covers, in pixels of the canvas."""
    side = canvas.layout.tile
    box = Box(column * side, row * side, side, side)
    return box.intersect(Box(0, 0, canvas.width, canvas.height))
