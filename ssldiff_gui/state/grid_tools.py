"""The tools that edit a grid like a picture: what the pointer does among the cells."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from typing import Literal, get_args

import numpy as np
from psygnal import Signal

from ssldiff_gui.core.edit_grids import Cell
from ssldiff_gui.core.errors import BadEdits, UserError
from ssldiff_gui.state.cell_selection import selection_of
from ssldiff_gui.state.grid_cursor import Cursor, Ghost, Patch, Path, Place, Ring, Shape, Way
from ssldiff_gui.state.grid_editor import GridEditor
from ssldiff_gui.state.grid_tool import Held, Tool, ToolSettings
from ssldiff_gui.state.grid_tools_move import Clip, TransplantTool
from ssldiff_gui.state.grid_tools_paint import (
    Brush,
    Eraser,
    Eyedropper,
    Gradient,
    StampBrush,
    VaryBrush,
)
from ssldiff_gui.state.grid_tools_select import Lasso, RectangleSelection, SimilarSelection
from ssldiff_gui.state.swatches import Swatch, swatch_of_cells

ToolName = Literal[
    "eyedropper", "brush", "stamp", "transplant", "gradient", "vary", "eraser",
    "cells", "lasso", "similar",
]  # fmt: skip
TOOLS: tuple[str, ...] = get_args(ToolName)

_TOOLS: dict[str, type[Tool]] = {
    "eyedropper": Eyedropper,
    "brush": Brush,
    "stamp": StampBrush,
    "transplant": TransplantTool,
    "gradient": Gradient,
    "vary": VaryBrush,
    "eraser": Eraser,
    "cells": RectangleSelection,
    "lasso": Lasso,
    "similar": SimilarSelection,
}
_NAMES = {"shift": "shift", "control": "control", "ctrl": "control", "alt": "alt", "meta": "meta"}


class GridTools:
    """The tool in the hand, what it is set to, and what it paints with.

    All places are (row, column) as floats; whole numbers are the centres of cells. Modifiers are
    the names of keys that are down: "Shift", "Control" and "Alt", in any case.

    Parameters
    ----------
    editor
        The grid that is worked on; None while there is none.
    draw_seed
        Gives the seed of each stroke that has chance in it.
    """

    tool_changed = Signal(str)
    """The name of the tool; empty for none."""
    settings_changed = Signal(object)
    """The `ToolSettings`."""
    paint_changed = Signal(object)
    """The `Swatch` that is painted with now, or None."""
    picked = Signal(int, int)
    """The cell that was picked."""
    cursor = Signal(object)
    """The `Cursor` to draw."""
    clipboard_changed = Signal()
    problem = Signal(UserError)
    """Why a gesture did nothing."""

    def __init__(
        self, editor: GridEditor | None = None, draw_seed: Callable[[], int] | None = None
    ) -> None:
        self._editor = editor
        self._draw_seed = draw_seed or (lambda: secrets.randbits(31))
        self._tools = {name: kind(self) for name, kind in _TOOLS.items()}
        self._tool = ""
        self._under_way: Tool | None = None
        self._settings = ToolSettings()
        self._paint: Swatch | None = None
        self._clip: Clip | None = None
        self._at: Place | None = None
        self.last_picked: Cell | None = None

    # -- what there is -------------------------------------------------------------------------

    @property
    def editor(self) -> GridEditor | None:
        """The grid that is worked on."""
        return self._editor

    @property
    def editor_in_hand(self) -> GridEditor:
        """The grid that is worked on, while there is one."""
        assert self._editor is not None  # noqa: S101 - no gesture begins without one
        return self._editor

    @property
    def tool(self) -> str:
        """The name of the tool; empty for none."""
        return self._tool

    @tool.setter
    def tool(self, name: str) -> None:
        if name and name not in _TOOLS:
            raise ValueError(f"no tool is called {name}")
        if name != self._tool:
            self.cancel()
            if self._transplant.floating is not None:
                self._transplant.drop()
            self._tool = name
            self.tool_changed.emit(name)
            self._point()

    @property
    def settings(self) -> ToolSettings:
        """What the tools are set to."""
        return self._settings

    @property
    def paint(self) -> Swatch | None:
        """What is painted with."""
        return self._paint

    @property
    def paint_in_hand(self) -> Swatch:
        """What is painted with.

        Raises
        ------
        BadEdits
            When nothing has been picked yet.
        """
        if self._paint is None:
            raise BadEdits(
                "There is nothing to paint with yet.",
                "Alt+click a cell that looks as wanted, or choose one in the palette.",
            )
        return self._paint

    @property
    def clipboard(self) -> Clip | None:
        """What was copied last; it can be put into any grid of the same encoder."""
        return self._clip

    @property
    def busy(self) -> bool:
        """Whether a gesture is under way."""
        return self._under_way is not None

    @property
    def source(self) -> Cell | None:
        """The cell that the stamp copies from."""
        stamp = self._tools["stamp"]
        assert isinstance(stamp, StampBrush)  # noqa: S101 - as the table says
        return stamp.source

    # -- acts ----------------------------------------------------------------------------------

    def attach(self, editor: GridEditor | None) -> None:
        """Work on another grid; paint, clipboard and the stamp's source stay."""
        if editor is self._editor:
            return
        self.cancel()
        if self._editor is not None:
            self._transplant.drop()
            self._tools["similar"].drop()
        self._editor = editor
        self._point()

    def set(self, **values: float) -> None:
        """Change settings by their names; what is out of range is brought into it."""
        settings = self._settings.fitted(**values)
        if settings == self._settings:
            return
        similar = {"threshold", "connected"} & values.keys()
        self._settings = settings
        self.settings_changed.emit(settings)
        tool = self._tools["similar"]
        if similar and self._tool == "similar" and self._under_way is None:
            assert isinstance(tool, SimilarSelection)  # noqa: S101 - as the table says
            if self._editor is not None:
                tool.again()
        self._point()

    def resize(self, steps: int) -> None:
        """Make the brush larger, or smaller below zero: by half cells, then by a tenth."""
        radius = self._settings.radius
        for _ in range(abs(steps)):
            step = max(0.5, round(radius * 0.2) / 2)
            radius = max(0.5, radius + (step if steps > 0 else -step))
        self.set(radius=radius)

    def take(self, paint: Swatch | None) -> None:
        """Paint with this from now on."""
        self._paint = paint
        self.paint_changed.emit(paint)
        self._point()

    def pick(self, at: Place) -> None:
        """Paint with what a cell holds, or the mean of the square around it.

        Raises
        ------
        BadEdits
            When there is no cell, or it is glass.
        """
        editor = self.editor_in_hand
        cell = self._tools["eyedropper"].cell(at)
        if cell is None:
            raise BadEdits("There is no cell here.", "Click inside the grid.")
        self.take(swatch_of_cells(editor.now, self.square(cell)))
        self.last_picked = cell
        self.picked.emit(*cell)

    def square(self, cell: Cell) -> tuple[Cell, ...]:
        """Return the cells of the eyedropper's square around a cell, as far as there are any."""
        rows, columns = self.editor_in_hand.shape
        before = (self._settings.square - 1) // 2
        places = range(-before, self._settings.square - before)
        return tuple(
            (cell[0] + down, cell[1] + across)
            for down in places
            for across in places
            if 0 <= cell[0] + down < rows and 0 <= cell[1] + across < columns
        )

    def draw_seed(self) -> int:
        """Return the seed of a stroke."""
        return self._draw_seed()

    def copy(self, label: str = "") -> bool:
        """Copy the selected cells, or the transplant's rectangle; return whether there was any."""
        editor, transplant = self._editor, self._transplant
        if editor is None:
            return False
        mask = editor.selection
        if mask is None and transplant.mark is not None:
            row, column, rows, columns = transplant.mark
            mask = np.zeros(editor.shape, np.bool_)
            mask[row : row + rows, column : column + columns] = True
        if mask is None:
            return False
        try:
            self._clip = Clip.of(editor.now, mask, label)
        except BadEdits as error:
            self.problem.emit(error)
            return False
        self.clipboard_changed.emit()
        return True

    def paste(self) -> bool:
        """Let the copied cells hang at the pointer; return whether there are any that fit."""
        if self._editor is None or self._clip is None:
            return False
        self.tool = "transplant"
        self.cancel()
        try:
            self._editor.select(None)
            self._transplant.paste(self._clip)
        except UserError as error:
            self.problem.emit(error)
            return False
        if self._at is not None:
            self._transplant.hover(self._at)
        self._point()
        return True

    # -- the pointer ---------------------------------------------------------------------------

    def press(self, row: float, column: float, modifiers: Collection[str] = ()) -> bool:
        """Begin a gesture; return whether one began."""
        at, held = self._arrived(row, column, modifiers)
        if self._editor is None or not self._tool or self.busy:
            return False
        tool = self._tools[self._tool]
        if "alt" in held and tool.picks and not held & {"shift", "control"}:
            tool = self._tools["eyedropper"]
        self._under_way = tool
        began = self._try(lambda: tool.press(at, held))
        if not began:
            self._under_way = None
        self._point()
        return bool(began)

    def drag(self, row: float, column: float, modifiers: Collection[str] = ()) -> None:
        """Go on with a gesture."""
        at, held = self._arrived(row, column, modifiers)
        tool = self._under_way
        if tool is not None:
            self._try(lambda: tool.drag(at, held))
        self._point()

    def release(self, row: float, column: float, modifiers: Collection[str] = ()) -> None:
        """End a gesture: what it showed becomes an act."""
        at, held = self._arrived(row, column, modifiers)
        tool = self._under_way
        if tool is not None:
            self._try(lambda: tool.release(at, held))
            self._under_way = None
        self._point()

    def hover(self, row: float, column: float, modifiers: Collection[str] = ()) -> None:
        """Move without a button."""
        at, _ = self._arrived(row, column, modifiers)
        if self._editor is not None and self._tool == "transplant" and not self.busy:
            self._try(lambda: self._transplant.hover(at))
        self._point()

    def leave(self) -> None:
        """Be elsewhere: nothing is drawn."""
        self._at = None
        if self._editor is not None and not self.busy:
            self._transplant.leave()
        self._point()

    def cancel(self) -> bool:
        """Call off the gesture under way, or what hangs at the pointer; return whether any did."""
        tool, self._under_way = self._under_way, None
        transplant = self._transplant if self._tool == "transplant" else None
        if tool is not None:
            tool.cancel()
        elif transplant is not None and (transplant.mark or transplant.floating):
            transplant.drop()
        else:
            return False
        self._point()
        return True

    # -- inside --------------------------------------------------------------------------------

    @property
    def _transplant(self) -> TransplantTool:
        tool = self._tools["transplant"]
        assert isinstance(tool, TransplantTool)  # noqa: S101 - as the table says
        return tool

    def _arrived(self, row: float, column: float, modifiers: Collection[str]) -> tuple[Place, Held]:
        self._at = (float(row), float(column))
        names = (_NAMES.get(str(name).lower(), "") for name in modifiers)
        return self._at, frozenset(name for name in names if name)

    def _try(self, call: Callable[[], bool | None]) -> bool | None:
        """Do a part of a gesture; one that fails is called off, and says why once."""
        try:
            return call()
        except UserError as error:
            tool, self._under_way = self._under_way, None
            if tool is not None:
                tool.cancel()
            self.problem.emit(error)
            return None

    def _point(self) -> None:
        if self._editor is None or not self._tool:
            self.cursor.emit(Cursor())
            return
        tool = self._under_way or self._tools[self._tool]
        self.cursor.emit(tool.cursor(self._at, self.busy))


__all__ = [
    "TOOLS",
    "Clip",
    "Cursor",
    "Ghost",
    "GridTools",
    "Patch",
    "Path",
    "Place",
    "Ring",
    "Shape",
    "Swatch",
    "ToolName",
    "ToolSettings",
    "Way",
    "selection_of",
]
