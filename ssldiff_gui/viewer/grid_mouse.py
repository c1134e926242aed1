"""The mouse on the cells of a grid, while a tool that works on cells is chosen.

What the mouse does is caught where Qt hands it to the canvas, so that napari neither pans nor draws
meanwhile, and no point of a stroke is lost to napari's own thinning of moves.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from psygnal import Signal
from qtpy.QtCore import QEvent, QObject, QPointF, Qt, QTimer
from qtpy.QtGui import QKeyEvent, QMouseEvent
from qtpy.QtWidgets import QWidget

from ssldiff_gui.viewer.cell_canvas import native_of
from ssldiff_gui.viewer.grid_keys import KeyCells, Modifiers, modifiers_of
from ssldiff_gui.viewer.grid_overlay import GridOverlay
from ssldiff_gui.viewer.tools import Tool
from ssldiff_gui.viewer.viewport import pixel_at

Point = tuple[float, float]
"""Row and column; whole numbers are the centres of cells."""

FRAME_SECONDS = 1 / 120
"""Moves are told at most this often; what came between is told together."""


class GridMouse(QObject):
    """Tells what the mouse, or the arrow keys, do to the cells of an overlay.

    Active while the view's tool is `Tool.CELLS` and the overlay shows a grid. The wheel zooms, the
    middle button and a held Space move the picture, as ever. All signals come in Qt's main thread.

    Parameters
    ----------
    overlay
        Whose cells are meant.
    canvas
        The widget that hears the mouse and the keys; that of the overlay's view when None.
    """

    pressed = Signal(float, float, object)
    """(row, column, Modifiers): the left button went down."""
    dragged = Signal(object, object)
    """(tuple of Point, Modifiers): where the mouse went since the last time, every point of it."""
    released = Signal(float, float, object)
    """(row, column, Modifiers): the left button went up; all drags were told before."""
    hovered = Signal(float, float, object)
    """(row, column, Modifiers): no button is down; the last place only."""
    left = Signal()
    """The mouse is no longer over the picture."""
    cancelled = Signal()
    """A stroke that was begun will not be finished: Esc, or another window took the mouse."""
    escaped = Signal()
    """Esc, when there was nothing to give up; the view leaves the tool next."""

    def __init__(self, overlay: GridOverlay, canvas: QWidget | None = None) -> None:
        super().__init__()
        self.overlay = overlay
        self.abandon: Callable[[], bool] | None = None
        """Asked at Esc, before the tool is left: gives up what is half done, and says whether."""
        self.keys = KeyCells(self)
        self._pressed = False
        self._points: list[Point] = []
        self._hover: Point | None = None
        self._last: Point | None = None
        self._modifiers: Modifiers = frozenset()
        self._grip: QPointF | None = None
        self._told = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tell)
        self._canvas = canvas if canvas is not None else native_of(overlay.view.model)
        if self._canvas is not None:
            self._canvas.installEventFilter(self)
        overlay.view.tool_changed.connect(self._on_tool)
        overlay.view.leaving.connect(self.abort)

    @property
    def active(self) -> bool:
        """Whether the mouse works on cells just now."""
        return self.overlay.view.tool is Tool.CELLS and self.overlay.place is not None

    @property
    def pressing(self) -> bool:
        """Whether the left button is down, after it went down on the picture."""
        return self._pressed

    @property
    def stroking(self) -> bool:
        """Whether a stroke is under way, by mouse or by keys."""
        return self._pressed or self.keys.stroking

    def abort(self) -> bool:
        """Give up the stroke that is under way; return whether there was one."""
        stroking = self.stroking
        self._pressed = False
        self._points.clear()
        self.keys.forget()
        if stroking:
            self.cancelled.emit()
        return stroking

    def escape(self) -> bool:
        """Give up what is half done; return whether there was anything."""
        if self.abort() or (self.abandon is not None and self.abandon()):
            return True
        self.escaped.emit()
        return False

    def hover_again(self, modifiers: Modifiers) -> None:
        """Tell the last place once more, for other keys are held now."""
        self._modifiers = modifiers
        if self.active and not self.stroking and self._last is not None:
            self.hovered.emit(*self._last, modifiers)

    def close(self) -> None:
        """Let go of the view."""
        self.abort()
        with suppress(RuntimeError):  # the program ends, and Qt was quicker
            self._timer.stop()
        self.overlay.view.tool_changed.disconnect(self._on_tool, missing_ok=True)
        self.overlay.view.leaving.disconnect(self.abort, missing_ok=True)
        canvas, self._canvas = self._canvas, None
        if canvas is not None:
            with suppress(RuntimeError):  # the canvas is gone, and the filter with it
                canvas.removeEventFilter(self)

    def place_of(self, spot: QPointF) -> Point:
        """Return which row and column lie under a place on the canvas."""
        view, place = self.overlay.view, self.overlay.place
        if place is None:
            raise RuntimeError("there is no grid to be pointed at")
        return place.among_cells(*pixel_at(view.model, view.world, spot.x(), spot.y()))

    # -- events ------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Use what the mouse and the keys do to cells; leave everything else to the canvas."""
        del watched
        if event is None or not self.active:
            return False
        if isinstance(event, QKeyEvent):
            return self.keys.use(event)
        if isinstance(event, QMouseEvent):
            return self._use(event)
        if event.type() == QEvent.Type.Leave and not self._pressed:
            self._hover = self._last = None
            self.left.emit()
        elif event.type() == QEvent.Type.FocusOut:
            self.keys.finish()
        return False

    def _use(self, event: QMouseEvent) -> bool:
        kind, button = event.type(), event.button()
        if kind in _PRESSES and button == Qt.MouseButton.LeftButton:
            self._press(event)
        elif kind == QEvent.Type.MouseButtonRelease and button == Qt.MouseButton.LeftButton:
            return self._release(event)
        elif kind in _PRESSES and button == Qt.MouseButton.MiddleButton:
            self._grip = event.position()
        elif kind == QEvent.Type.MouseButtonRelease and button == Qt.MouseButton.MiddleButton:
            self._grip = None
        elif kind == QEvent.Type.MouseMove:
            return self._move(event)
        else:
            return kind in _PRESSES  # the right button would zoom in napari's own way
        event.accept()
        return True

    def _press(self, event: QMouseEvent) -> None:
        self.keys.finish()
        self._pressed, self._hover = True, None
        self._modifiers = modifiers_of(event.modifiers())
        if self._canvas is not None:
            self._canvas.setFocus(Qt.FocusReason.MouseFocusReason)
        self.pressed.emit(*self._find(event), self._modifiers)

    def _release(self, event: QMouseEvent) -> bool:
        if not self._pressed:
            return False
        self._tell()
        self._pressed = False
        self.released.emit(*self._find(event), modifiers_of(event.modifiers()))
        return True

    def _move(self, event: QMouseEvent) -> bool:
        if self._grip is not None:
            self._pull(event.position())
            return True
        if self._pressed and not event.buttons() & Qt.MouseButton.LeftButton:
            self.abort()  # the button went up where nobody told us
        self._modifiers = modifiers_of(event.modifiers())
        place = self._find(event)
        if self._pressed:
            self._points.append(place)
        elif event.buttons() == Qt.MouseButton.NoButton:
            self._hover = place
        self._tell_soon()
        return False  # napari tells the position on, and begins nothing by a mere move

    def _find(self, event: QMouseEvent) -> Point:
        """Return where the mouse is; keys go on from there."""
        self._last = self.place_of(event.position())
        self.keys.follow(self._last)
        return self._last

    def _pull(self, spot: QPointF) -> None:
        """Move the picture along with the mouse."""
        view, grip = self.overlay.view, self._grip
        if grip is None:
            return
        height, width = view.model.canvas.size
        view.pan_by((grip.x() - spot.x()) / width, (grip.y() - spot.y()) / height)
        self._grip = spot

    # -- telling -----------------------------------------------------------------------------------

    def _tell_soon(self) -> None:
        """Tell at once when the last time is a frame ago, else when it will be."""
        wait = self._told + FRAME_SECONDS - time.monotonic()
        if wait <= 0:
            self._tell()
        elif not self._timer.isActive():
            self._timer.start(max(1, round(wait * 1000)))

    def _tell(self) -> None:
        self._timer.stop()
        self._told = time.monotonic()
        if self._points:
            points, self._points = tuple(self._points), []
            self.dragged.emit(points, self._modifiers)
        elif self._hover is not None and not self._pressed:
            hover, self._hover = self._hover, None
            self.hovered.emit(*hover, self._modifiers)

    def _on_tool(self, tool: Tool) -> None:
        cursor = self.overlay.view.model.cursor
        if tool is Tool.CELLS:
            cursor.style = "cross"
        elif tool is Tool.HAND:  # napari knows what goes with the others
            cursor.style = "standard"
        if tool is not Tool.CELLS:
            self._grip = self._hover = self._last = None
            self.overlay.set_key_cell(None)
            if not self.abort():
                self.left.emit()


_PRESSES = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)
