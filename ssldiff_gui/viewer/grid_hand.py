"""Lets the mouse on a view work the tools that edit cells, and shows what they would do."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from psygnal import SignalInstance

from ssldiff_gui.viewer.grid_keys import Modifiers
from ssldiff_gui.viewer.grid_mouse import GridMouse, Point


class CellTools(Protocol):
    """What `state.grid_tools.GridTools` offers to a pointer."""

    @property
    def cursor(self) -> SignalInstance:
        """Emits a Cursor whenever it changes."""

    def press(self, row: float, column: float, modifiers: Collection[str] = ()) -> bool:
        """Begin a gesture."""

    def drag(self, row: float, column: float, modifiers: Collection[str] = ()) -> None:
        """Go on with it."""

    def release(self, row: float, column: float, modifiers: Collection[str] = ()) -> None:
        """End it."""

    def hover(self, row: float, column: float, modifiers: Collection[str] = ()) -> None:
        """Move without a button."""

    def leave(self) -> None:
        """Be elsewhere."""

    def cancel(self) -> bool:
        """Call off what is half done."""


class GridHand:
    """Joins one mouse to the tools; several views may work the same tools.

    Parameters
    ----------
    mouse
        Of one view.
    tools
        What it works; their cursor is drawn on the mouse's overlay.
    """

    def __init__(self, mouse: GridMouse, tools: CellTools) -> None:
        self._mouse = mouse
        self._tools = tools
        mouse.pressed.connect(self._press)
        mouse.dragged.connect(self._drag)
        mouse.released.connect(self._release)
        mouse.hovered.connect(self._hover)
        mouse.left.connect(self._leave)
        mouse.cancelled.connect(self._cancel)
        mouse.abandon = tools.cancel
        tools.cursor.connect(mouse.overlay.set_cursor)

    def close(self) -> None:
        """Let go of both."""
        mouse = self._mouse
        mouse.pressed.disconnect(self._press, missing_ok=True)
        mouse.dragged.disconnect(self._drag, missing_ok=True)
        mouse.released.disconnect(self._release, missing_ok=True)
        mouse.hovered.disconnect(self._hover, missing_ok=True)
        mouse.left.disconnect(self._leave, missing_ok=True)
        mouse.cancelled.disconnect(self._cancel, missing_ok=True)
        mouse.abandon = None
        self._tools.cursor.disconnect(mouse.overlay.set_cursor, missing_ok=True)

    def _press(self, row: float, column: float, modifiers: Modifiers) -> None:
        self._tools.press(row, column, modifiers)

    def _drag(self, points: tuple[Point, ...], modifiers: Modifiers) -> None:
        for row, column in points:
            self._tools.drag(row, column, modifiers)

    def _release(self, row: float, column: float, modifiers: Modifiers) -> None:
        self._tools.release(row, column, modifiers)

    def _hover(self, row: float, column: float, modifiers: Modifiers) -> None:
        self._tools.hover(row, column, modifiers)

    def _leave(self) -> None:
        self._tools.leave()

    def _cancel(self) -> None:
        self._tools.cancel()
