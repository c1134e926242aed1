"""Keys on the picture, in place of napari's own, which would flip axes and toggle grids."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QKeyEvent

from ssldiff_gui.viewer.scene_view import SceneView

PAN_STEP = 0.1
"""Part of the view that an arrow key moves by; with Shift nearly a whole one."""

PAN_PAGE = 0.8


class CanvasKeys(QObject):
    """Filters what a canvas hears of the keyboard; keys that mean nothing here go to the window.

    Parameters
    ----------
    view
        What the keys act on.
    canvas
        The native widget that has the focus.
    """

    def __init__(self, view: SceneView, canvas: QObject) -> None:
        super().__init__(canvas)
        self._view = view
        self._acts: dict[int, Callable[[], object]] = {
            Qt.Key.Key_Escape: view.escape,
            Qt.Key.Key_Return: view.finish_drawing,
            Qt.Key.Key_Enter: view.finish_drawing,
            Qt.Key.Key_Delete: view.delete_selected,
            Qt.Key.Key_Backspace: view.delete_selected,
            Qt.Key.Key_Plus: view.zoom_in,
            Qt.Key.Key_Equal: view.zoom_in,
            Qt.Key.Key_Minus: view.zoom_out,
            Qt.Key.Key_Home: view.fit,
        }
        self._arrows = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        canvas.installEventFilter(self)

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        """Keep every key from napari, and use those that mean something."""
        kind = event.type()
        if kind == QEvent.Type.FocusOut:
            self._view.hold_hand(held=False)
            return False
        if not isinstance(event, QKeyEvent) or kind not in _KEY_EVENTS:
            return False
        pressed = kind == QEvent.Type.KeyPress
        event.setAccepted(self._use(event, pressed))
        return True

    def _use(self, event: QKeyEvent, pressed: bool) -> bool:
        key = event.key()
        if key == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._view.hold_hand(held=pressed)
            return True
        plain = event.modifiers() & ~_HARMLESS == Qt.KeyboardModifier.NoModifier
        if not pressed or not plain:
            return False
        if key in self._arrows:
            across, down = self._arrows[Qt.Key(key)]
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            step = PAN_PAGE if shift else PAN_STEP
            self._view.pan_by(across * step, down * step)
            return True
        act = self._acts.get(key)
        return act is not None and act() is not False


_KEY_EVENTS = (QEvent.Type.KeyPress, QEvent.Type.KeyRelease)
_HARMLESS = Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier
