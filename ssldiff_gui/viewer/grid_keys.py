"""The keyboard on the cells of a grid: a cell that arrow keys move, and what is done there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QKeyEvent

from ssldiff_gui.viewer.grid_place import Cell

if TYPE_CHECKING:
    from ssldiff_gui.viewer.grid_mouse import GridMouse

Modifiers = frozenset[str]
"""Any of "shift", "control", "alt"."""

STRIDE = 8
"""Cells that an arrow key moves by while Ctrl is held."""

ARROWS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}
ENTERS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
MODIFIER_KEYS = {
    Qt.Key.Key_Shift: "shift",
    Qt.Key.Key_Control: "control",
    Qt.Key.Key_Alt: "alt",
}
_FLAGS = (
    (Qt.KeyboardModifier.ShiftModifier, "shift"),
    (Qt.KeyboardModifier.ControlModifier, "control"),
    (Qt.KeyboardModifier.AltModifier, "alt"),
)


def modifiers_of(held: Any) -> Modifiers:
    """Return the names of the keys that Qt says are held."""
    return frozenset(name for flag, name in _FLAGS if held & flag)


class KeyCells:
    """Does with keys what the mouse does.

    Arrow keys go from cell to cell, with Ctrl by eight. Enter presses and releases on the cell,
    with whatever modifiers are held. Shift with arrow keys draws: what began on the first cell
    ends when Shift is let go.

    Parameters
    ----------
    mouse
        Whose signals are used.
    """

    def __init__(self, mouse: GridMouse) -> None:
        self._mouse = mouse
        self.cell: Cell | None = None
        """The cell that keys act on; None until one is looked for."""
        self.stroking = False

    def use(self, event: QKeyEvent) -> bool:
        """Use a key; return whether it meant anything here."""
        key, pressed = event.key(), event.type() == QEvent.Type.KeyPress
        if not pressed and event.type() != QEvent.Type.KeyRelease:
            return False  # Qt asks first whether somebody overrides a shortcut
        if key in MODIFIER_KEYS:
            self._modify(event, pressed)
            return False
        if not pressed:
            return False
        used = self._press(event)
        if used:
            event.accept()
        return used

    def follow(self, place: tuple[float, float]) -> None:
        """Go on from where the mouse is."""
        grid = self._mouse.overlay.place
        if not self.stroking and grid is not None:
            self.cell = grid.cell_at(*place) or self.cell
            self._mouse.overlay.set_key_cell(None)

    def finish(self) -> None:
        """End a stroke where it is."""
        if self.stroking and self.cell is not None:
            self.stroking = False
            self._mouse.released.emit(*_floats(self.cell), frozenset())

    def forget(self) -> None:
        """End a stroke without a word."""
        self.stroking = False

    def _press(self, event: QKeyEvent) -> bool:
        key, held = event.key(), modifiers_of(event.modifiers())
        if key == Qt.Key.Key_Escape:
            return self._mouse.escape()
        if key == Qt.Key.Key_Space:
            return self._mouse.stroking  # the picture stays where it is under a stroke
        if key in ENTERS:
            self._click(held)
            return True
        if key in ARROWS and "alt" not in held:
            self._go(ARROWS[Qt.Key(key)], held)
            return True
        return False

    def _click(self, held: Modifiers) -> None:
        self.finish()
        cell = self._found()
        if cell is not None:
            self._mouse.pressed.emit(*_floats(cell), held)
            self._mouse.released.emit(*_floats(cell), held)

    def _go(self, step: Cell, held: Modifiers) -> None:
        before, place = self._found(), self._mouse.overlay.place
        if before is None or place is None or self._mouse.pressing:
            return
        stride = STRIDE if "control" in held else 1
        cell = (
            min(max(before[0] + stride * step[0], 0), place.rows - 1),
            min(max(before[1] + stride * step[1], 0), place.columns - 1),
        )
        self.cell = cell
        if "shift" in held:
            if not self.stroking:
                self.stroking = True
                self._mouse.pressed.emit(*_floats(before), frozenset())
            self._mouse.dragged.emit((_floats(cell),), frozenset())
        else:
            self.finish()
            self._mouse.hovered.emit(*_floats(cell), held)
        self._mouse.overlay.set_key_cell(cell)
        self._keep_in_view(cell)

    def _found(self) -> Cell | None:
        """Return the cell that keys act on: the last one, else the middle of what is in view."""
        view, place = self._mouse.overlay.view, self._mouse.overlay.place
        if place is None:
            return None
        if self.cell is None:
            left, top, right, bottom = view.viewport
            row, column = place.among_cells((left + right) / 2, (top + bottom) / 2)
            self.cell = round(row), round(column)
        row, column = self.cell
        self.cell = min(max(row, 0), place.rows - 1), min(max(column, 0), place.columns - 1)
        return self.cell

    def _keep_in_view(self, cell: Cell) -> None:
        view, place = self._mouse.overlay.view, self._mouse.overlay.place
        if place is None:
            return
        x, y = place.on_picture(*cell)
        left, top, right, bottom = view.viewport
        if not (left <= x <= right and top <= y <= bottom):
            view.centre_on(x, y)

    def _modify(self, event: QKeyEvent, pressed: bool) -> None:
        """Tell at once that a modifier changed, for it changes what a press would do."""
        if event.isAutoRepeat():
            return
        if not pressed and event.key() == Qt.Key.Key_Shift:
            self.finish()
        name = MODIFIER_KEYS[Qt.Key(event.key())]  # which Qt counts in on one system only
        held = modifiers_of(event.modifiers()) - {name}
        self._mouse.hover_again(held | {name} if pressed else held)


def _floats(cell: Cell) -> tuple[float, float]:
    return float(cell[0]), float(cell[1])
