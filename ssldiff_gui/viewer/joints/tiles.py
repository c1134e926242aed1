"""The real pixels under cells, read beside the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.state.background import in_background
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.viewer.gui_thread import on_gui_thread

if TYPE_CHECKING:
    from pathlib import Path

    from ssldiff_gui.core.edit_grids import Cell
    from ssldiff_gui.state.bench import OpenGrid

RGB = npt.NDArray[np.uint8]


def read_tiles(
    opened: OpenGrid,
    cells: Sequence[Cell],
    then: Callable[[list[RGB | None]], None],
    canvas: Path | None = None,
) -> None:
    """Read what the slide has under cells; of a grid from nothing, what was rendered there.

    Parameters
    ----------
    opened
        The grid.
    cells
        As (row, column).
    then
        Gets one picture a cell, None where there is none; in the window's thread.
    canvas
        What was rendered, for grids from nothing.
    """
    grid, scene = opened.editor.original, opened.document.slide.scenes[opened.scene]
    step = 1.0 if grid.region is None else grid.region.downsample

    def of_slide(row: int, column: int) -> RGB:
        return scene.read(Region(grid.box_of(row, column), step))

    def of_canvas(view: Canvas, row: int, column: int) -> RGB:
        side = grid.cell
        return view.read(Box(column * side, row * side, side, side))

    def read() -> None:
        found: list[RGB | None] = []
        try:
            if grid.region is not None:
                found = [of_slide(*cell) for cell in cells]
            elif canvas is not None:
                with Canvas.open(canvas) as view:
                    found = [of_canvas(view, *cell) for cell in cells]
        except (UserError, OSError):
            found = []  # the card does without a picture
        found += [None] * (len(cells) - len(found))
        on_gui_thread(then, found)

    in_background(read, "tiles of cells")
