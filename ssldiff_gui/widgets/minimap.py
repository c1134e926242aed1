"""The whole picture, small, with a frame around what the view shows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
)
from qtpy.QtWidgets import QFrame, QWidget

from ssldiff_gui.widgets.slide_list import image_of
from ssldiff_gui.widgets.tokens import GRID

MOST = QSize(20 * GRID, 17 * GRID)
LEAST = 6 * GRID
STEP = 0.1
"""How far an arrow key moves the view, in parts of the picture."""


class Minimap(QFrame):
    """Shows the overview; a press or a drag moves the view there.

    Places are parts of the picture: 0 is its left or upper edge, 1 its right or lower one.
    """

    moved = Signal(float, float)
    """Where the view's centre should go."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("minimap")
        self.setAccessibleName("Overview")
        self.setToolTip("Click or drag to move the view")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._picture: QPixmap | None = None
        self.viewport = QRectF(0, 0, 1, 1)
        self._shape = (4.0, 3.0)
        self._most = MOST
        self.set_shape(4, 3)

    def limit(self, width: int) -> None:
        """Take no more room than this across."""
        most = QSize(min(width, MOST.width()), min(width, MOST.height()))
        if most != self._most:
            self._most = most
            self._resize()

    def set_shape(self, width: float, height: float) -> None:
        """Take the proportions of a picture whose overview will come."""
        self._shape = (max(width, 1.0), max(height, 1.0))
        self._picture = None
        self._resize()

    def _resize(self) -> None:
        width, height = self._shape
        longer = max(width, height)
        size = QSize(max(1, round(1000 * width / longer)), max(1, round(1000 * height / longer)))
        size = size.scaled(self._most, Qt.AspectRatioMode.KeepAspectRatio)
        self.setFixedSize(max(size.width(), LEAST), max(size.height(), LEAST))
        self.update()

    def set_picture(self, rgb: npt.NDArray[np.uint8]) -> None:
        """Show the overview."""
        self._picture = QPixmap.fromImage(image_of(rgb))
        self.update()

    def set_viewport(self, left: float, top: float, right: float, bottom: float) -> None:
        """Draw the frame around this part."""
        box = QRectF(QPointF(left, top), QPointF(right, bottom))
        if box != self.viewport:
            self.viewport = box
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the overview and the frame."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        inner = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        path = QPainterPath()
        path.addRoundedRect(inner, 6, 6)
        painter.fillPath(path, self.palette().color(QPalette.ColorRole.Base))
        painter.setClipPath(path)
        if self._picture is not None:
            painter.drawPixmap(self.rect(), self._picture)
        self._draw_frame(painter)
        painter.setClipping(False)
        role = QPalette.ColorRole.Highlight if self.hasFocus() else QPalette.ColorRole.Mid
        painter.setPen(QPen(self.palette().color(role), 2 if self.hasFocus() else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)

    def _draw_frame(self, painter: QPainter) -> None:
        box = self.viewport
        frame = QRectF(
            box.x() * self.width(),
            box.y() * self.height(),
            max(box.width() * self.width(), 6),
            max(box.height() * self.height(), 6),
        ).intersected(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5))
        outside = QPainterPath()
        outside.addRect(QRectF(self.rect()))
        hole = QPainterPath()
        hole.addRect(frame)
        painter.fillPath(outside - hole, QColor(10, 12, 16, 90))
        painter.setPen(QPen(QColor(255, 255, 255), 3))
        painter.drawRect(frame)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
        painter.drawRect(frame)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Move the view to where it was pressed."""
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the view along."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event)

    def _go(self, event: QMouseEvent) -> None:
        place = event.position()
        x = min(max(place.x() / self.width(), 0.0), 1.0)
        y = min(max(place.y() / self.height(), 0.0), 1.0)
        self.moved.emit(x, y)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the view a step."""
        steps = {
            Qt.Key.Key_Left: (-STEP, 0.0),
            Qt.Key.Key_Right: (STEP, 0.0),
            Qt.Key.Key_Up: (0.0, -STEP),
            Qt.Key.Key_Down: (0.0, STEP),
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        centre = self.viewport.center()
        self.moved.emit(
            min(max(centre.x() + step[0], 0.0), 1.0), min(max(centre.y() + step[1], 0.0), 1.0)
        )
