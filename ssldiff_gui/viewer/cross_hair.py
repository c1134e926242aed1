"""A cross where the cursor of a linked view is."""

from __future__ import annotations

from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QWidget

from ssldiff_gui.viewer.scene_view import SceneView
from ssldiff_gui.viewer.sizes import Position
from ssldiff_gui.viewer.viewport import viewport_of

SIZE = 25
GAP = 4
"""Pixels around the spot that stay free, so that it can be seen."""


class CrossHair(QWidget):
    """Shows on one canvas where the cursor is on another.

    Parameters
    ----------
    source
        The view whose cursor is shown.
    target
        The view it is shown on.
    canvas
        The native widget of the target's canvas.
    """

    def __init__(self, source: SceneView, target: SceneView, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFixedSize(SIZE, SIZE)
        self.hide()
        self._source = source
        self._target = target
        source.position_changed.connect(self._follow)

    def leave(self) -> None:
        """Follow no longer."""
        self._source.position_changed.disconnect(self._follow, missing_ok=True)
        self.hide()

    def paintEvent(self, _: QPaintEvent) -> None:
        """Draw a cross with an open middle, light on dark, so that it is seen on any picture."""
        painter = QPainter(self)
        for colour, width in ((QColor(0, 0, 0, 160), 3), (QColor(255, 255, 255), 1)):
            painter.setPen(QPen(colour, width))
            middle, end = SIZE // 2, SIZE - 1
            painter.drawLine(middle, 0, middle, middle - GAP)
            painter.drawLine(middle, middle + GAP, middle, end)
            painter.drawLine(0, middle, middle - GAP, middle)
            painter.drawLine(middle + GAP, middle, end, middle)

    def _follow(self, position: Position | None) -> None:
        if position is None or self._target.model.mouse_over_canvas:
            self.hide()
            return
        left, top, right, bottom = viewport_of(self._target.model, self._target.world)
        scale = self._source.world
        x = position.x * scale.x / self._target.world.x
        y = position.y * scale.y / self._target.world.y
        height, width = self._target.model.canvas.size
        across, down = (x - left) / (right - left), (y - top) / (bottom - top)
        if not (0 <= across <= 1 and 0 <= down <= 1):
            self.hide()
            return
        self.move(QPoint(round(across * width), round(down * height)) - self.rect().center())
        self.show()
        self.raise_()
