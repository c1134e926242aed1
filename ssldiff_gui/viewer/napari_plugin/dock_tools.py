"""The row of tools at the top of the dock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QGridLayout, QToolButton, QWidget

from ssldiff_gui.viewer.joints.host import CELLS
from ssldiff_gui.viewer.tools import Tool
from ssldiff_gui.widgets.controls import tool_button

if TYPE_CHECKING:
    from ssldiff_gui.viewer.napari_plugin.host_view import HostView

TOOLS = {
    "hand": ("hand-back-right-outline", "Move the picture"),
    "rectangle": ("rectangle-outline", "Draw a region"),
    "select": ("cursor-default-outline", "Select and change regions"),
    "eyedropper": ("eyedropper-variant", "Pick a cell to paint with"),
    "brush": ("brush", "Paint cells"),
    "stamp": ("stamper", "Stamp: clone cells from elsewhere"),
    "transplant": ("content-cut", "Transplant a rectangle of cells"),
    "gradient": ("gradient-horizontal", "Gradient between two embeddings"),
    "vary": ("shuffle-variant", "Vary cells with a brush"),
    "eraser": ("eraser", "Erase edits: back to the original"),
    "cells": ("selection", "Select a rectangle of cells"),
    "lasso": ("selection-drag", "Select cells freehand"),
    "similar": ("auto-fix", "Select similar cells"),
}
"""Glyph and name of each."""

COLUMNS = 8


class DockTools(QWidget):
    """Chooses what the mouse does on the host's canvas.

    Parameters
    ----------
    view
        The view whose tools these are.
    """

    def __init__(self, view: HostView) -> None:
        super().__init__()
        self._view = view
        self.chosen = "hand"
        self.on_cells: Callable[[str], None] | None = None
        self.buttons: dict[str, QToolButton] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(2)
        for place, (name, (glyph, words)) in enumerate(TOOLS.items()):
            button = tool_button(glyph, words)
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, name=name: self.choose(name))
            self.buttons[name] = button
            grid.addWidget(button, *divmod(place, COLUMNS))
        self.undo = tool_button("undo", "Undo", "Undo  (Ctrl+Z)")
        self.redo = tool_button("redo", "Redo", "Redo  (Ctrl+Shift+Z)")
        self.beside = tool_button("view-parallel-outline", "Original and synthetic side by side")
        self.beside.setCheckable(True)
        for place, button in enumerate((self.undo, self.redo, self.beside), len(TOOLS)):
            grid.addWidget(button, *divmod(place, COLUMNS))
        grid.setColumnStretch(COLUMNS, 1)
        view.tool_changed.connect(self._follow)
        self.show_state(scene=False, grid=False)

    def choose(self, name: str) -> None:
        """Take a tool by its name."""
        self.chosen = name
        if self.on_cells is not None:
            self.on_cells(name if name in CELLS else "")
        self._view.tool = Tool.CELLS if name in CELLS else Tool(name)
        self._mark()

    def show_state(self, *, scene: bool, grid: bool) -> None:
        """Offer what can be done now: on a scene, and on the cells of a grid."""
        for name, button in self.buttons.items():
            button.setEnabled(grid if name in CELLS else scene)
        self._mark()

    def close_tools(self) -> None:
        """Let go of the view."""
        self._view.tool_changed.disconnect(self._follow, missing_ok=True)

    def _follow(self, tool: Tool) -> None:
        """Take over what the host's own controls chose."""
        if tool is not Tool.CELLS and str(tool) != self.chosen:
            self.chosen = str(tool)
            if self.on_cells is not None:
                self.on_cells("")
            self._mark()

    def _mark(self) -> None:
        for name, button in self.buttons.items():
            button.setChecked(name == self.chosen)
