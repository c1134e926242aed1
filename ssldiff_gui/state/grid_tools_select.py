"""Tools that select cells: rectangle, lasso, similar cells."""

from __future__ import annotations

from ssldiff_gui.core.grid import Mask
from ssldiff_gui.state.cell_selection import (
    Cosines,
    Manner,
    bounds_of,
    combined,
    connected,
    in_lasso,
    in_rectangle,
    likeness,
)
from ssldiff_gui.state.edit_titles import counted
from ssldiff_gui.state.grid_cursor import Cursor, Patch, Path, Place, Shape
from ssldiff_gui.state.grid_tool import Held, Tool

STEP = 0.02
"""How much less alike cells may be for each cell that the pointer goes to the right."""


class Selecting(Tool):
    """What all selections have in common: they join the one there was, and can be called off."""

    def __init__(self, hand: object) -> None:
        super().__init__(hand)  # type: ignore[arg-type]
        self._before: Mask | None = None
        self._manner: Manner = "new"
        self._points: list[Place] = []

    def press(self, at: Place, held: Held) -> bool:
        """Begin."""
        self._before, self._manner = self.editor.selection, manner_of(held)
        self._points = [at]
        self._show()
        return True

    def drag(self, at: Place, held: Held) -> None:
        """Go on."""
        del held
        self._points.append(at)
        self._show()

    def release(self, at: Place, held: Held) -> None:
        """Keep what is selected."""
        del held
        self._points.append(at)
        self._show()
        self._points = []

    def cancel(self) -> None:
        """Select what was selected before."""
        self.editor.select(self._before)
        self._points = []

    def mask(self) -> Mask:
        """Return what the gesture selects."""
        raise NotImplementedError

    def _show(self) -> None:
        self.editor.select(combined(self._before, self.mask(), self._manner))


class RectangleSelection(Selecting):
    """Selects the cells of a rectangle."""

    def mask(self) -> Mask:
        """Return the rectangle."""
        return in_rectangle(self._points[0], self._points[-1], self.editor.shape)

    def cursor(self, at: Place | None, busy: bool) -> Cursor:
        """Return the rectangle and its size."""
        if not busy or not self._points:
            return super().cursor(at, busy)
        mask = self.mask()
        if not mask.any():
            return Cursor(at=at)
        row, column, rows, columns = bounds_of(mask)
        shape = Patch((row, column), (row + rows - 1, column + columns - 1))
        return Cursor((shape,), f"{rows} × {columns} cells", at)


class Lasso(Selecting):
    """Selects the cells that a line goes around."""

    def mask(self) -> Mask:
        """Return what the line goes around."""
        return in_lasso(tuple(self._points), self.editor.shape)

    def cursor(self, at: Place | None, busy: bool) -> Cursor:
        """Return the line."""
        if not busy or not self._points:
            return Cursor(at=at)
        return Cursor((Path(tuple(self._points)),), counted(int(self.mask().sum())), at)


class SimilarSelection(Selecting):
    """Selects the cells that are like the clicked one; to the right, less alike ones too."""

    def __init__(self, hand: object) -> None:
        super().__init__(hand)
        self._cosines: Cosines | None = None
        self._cell = (0, 0)
        self._version = -1
        self._from = 0.0
        self._count = 0

    def press(self, at: Place, held: Held) -> bool:
        """Look how alike all cells are."""
        cell = self.cell(at)
        if cell is None:
            return False
        self._version, self._cell = self.editor.version, cell
        self._cosines = likeness(self.editor.now, self.hand.square(cell))
        self._from = self.hand.settings.threshold
        return super().press(at, held)

    def drag(self, at: Place, held: Held) -> None:
        """Move the threshold."""
        del held
        self._points = [self._points[0], at]
        self._to(at)

    def release(self, at: Place, held: Held) -> None:
        """Keep what is selected."""
        del held
        self._points = [self._points[0], at]
        self._to(at)
        self._points = []

    def cancel(self) -> None:
        """Select what was selected before; the threshold, too, is what it was."""
        self._cosines = None
        super().cancel()
        self.hand.set(threshold=self._from)

    def drop(self) -> None:
        """Let the threshold change no selection any more."""
        self._cosines = None

    def again(self) -> None:
        """Select anew after the threshold has been changed by hand, while the grid is the same."""
        if self._cosines is not None and self._version == self.editor.version:
            self._show()

    def mask(self) -> Mask:
        """Return what is alike enough."""
        assert self._cosines is not None  # noqa: S101 - press has looked
        mask: Mask = self._cosines >= self.hand.settings.threshold - 1e-6
        found = connected(mask, self._cell) if self.hand.settings.connected else mask
        self._count = int(found.sum())
        return found

    def cursor(self, at: Place | None, busy: bool) -> Cursor:
        """Return the clicked cell, the threshold and how many cells are alike."""
        if not busy:
            return super().cursor(at, busy)
        shapes: tuple[Shape, ...] = (Patch(self._cell, self._cell),)
        likeness_words = f"Likeness {self.hand.settings.threshold:.2f}"
        return Cursor(shapes, f"{likeness_words} · {counted(self._count)}", at)

    def _to(self, at: Place) -> None:
        wanted = self._from - STEP * (at[1] - self._points[0][1])
        self.hand.set(threshold=round(min(max(wanted, -1.0), 1.0), 4))
        self._show()


def manner_of(held: Held) -> Manner:
    """Return how a selection joins the one there is: Shift adds, Ctrl subtracts, both meet."""
    if "shift" in held:
        return "meet" if "control" in held else "add"
    return "subtract" if "control" in held else "new"
