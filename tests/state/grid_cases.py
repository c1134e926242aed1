"""Grids and editors for tests of tools."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ssldiff_gui.core.edits import Edit
from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.state.grid_cursor import Cursor
from ssldiff_gui.state.grid_editor import GridEditor
from ssldiff_gui.state.grid_tools import GridTools
from ssldiff_gui.state.history import History


def kinds(
    rows: int = 12, columns: int = 16, dim: int = 8, seed: int = 0, glass: bool = True
) -> EmbeddingGrid:
    """Return a grid of four kinds of cells, in quarters, with some glass in a corner."""
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(4, dim)) * 4
    down, across = np.indices((rows, columns))
    which = (down >= rows // 2) * 2 + (across >= columns // 2)
    vectors = centres[which] + chance.normal(size=(rows, columns, dim)) * 0.4
    valid = np.ones((rows, columns), np.bool_)
    if glass:
        valid[:2, -2:] = False
    return EmbeddingGrid(vectors.astype(np.float32), "tiny-1", 16, valid=valid)


def editor_of(grid: EmbeddingGrid | None = None, edits: Iterable[Edit] = ()) -> GridEditor:
    return GridEditor("g1", kinds() if grid is None else grid, None, History(), edits)


class Hand:
    """Tools with an editor, and everything they said."""

    def __init__(self, tool: str, editor: GridEditor | None = None, **values: float) -> None:
        self.editor = editor_of() if editor is None else editor
        self.tools = GridTools(self.editor, draw_seed=lambda: 11)
        self.cursors: list[Cursor] = []
        self.problems: list[UserError] = []
        self.tools.cursor.connect(self.cursors.append)
        self.tools.problem.connect(self.problems.append)
        self.tools.set(**({"softness": 0, "variety": 0} | values))
        self.tools.tool = tool

    def drag(self, *places: tuple[float, float], held: tuple[str, ...] = ()) -> None:
        self.tools.press(*places[0], held)
        for place in places[1:]:
            self.tools.drag(*place, held)
        self.tools.release(*places[-1], held)

    @property
    def cursor(self) -> Cursor:
        return self.cursors[-1]

    def shape(self, kind: type) -> Any:
        found = [shape for shape in self.cursor.shapes if isinstance(shape, kind)]
        return found[0] if found else None

    @property
    def selected(self) -> set[tuple[int, int]]:
        mask = self.editor.selection
        return set() if mask is None else {(int(r), int(c)) for r, c in np.argwhere(mask)}

    @property
    def undo_text(self) -> str:
        return self.editor.history.undo_text
