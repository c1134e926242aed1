"""The line between two pictures that lie over one another, to be dragged."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QPointF, QRect, QRectF, Qt, Signal
from qtpy.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
    QRegion,
)
from qtpy.QtWidgets import QWidget

WIDE = 36
"""Width of the grip; the line itself can be caught a few pixels beside it."""

_CATCH = 10
_STEP, _LARGE_STEP = 0.01, 0.1
_MARGIN = 0.02
"""The line stays this far from the edges, so that it can be caught again."""


class CurtainHandle(QWidget):
    """An upright line over a canvas with a grip; the mouse and the arrow keys move it.

    Parameters
    ----------
    canvas
        The widget it lies over.
    """

    moved = Signal(float)
    """Where the line is, as a share of the canvas's width."""

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._share = 0.5
        self._held: float | None = None
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Curtain")
        self.setAccessibleDescription(
            "The original lies left of this line, the synthetic picture right of it. "
            "The arrow keys move it."
        )
        self.setToolTip("Drag, or use the arrow keys")
        canvas.installEventFilter(self)
        self.hide()
        self._place()

    @property
    def share(self) -> float:
        """Where the line is, as a share of the canvas's width."""
        return self._share

    @share.setter
    def share(self, share: float) -> None:
        self._share = min(1 - _MARGIN, max(_MARGIN, share))
        self._place()
        self.moved.emit(self._share)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as high as the canvas."""
        if watched is self._canvas and event.type() == QEvent.Type.Resize:
            self._place()
            self.moved.emit(self._share)
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the line."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = event.position().x() - self.width() / 2
            event.accept()
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the line."""
        if self._held is not None:
            x = self.mapToParent(event.position()).x() - self._held
            self.share = x / max(1, self._canvas.width())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of the line."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Bring the line back to the middle."""
        self.share = 0.5
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the line by the arrow keys, further with Shift."""
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        step = _LARGE_STEP if shift else _STEP
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.share += step if key == Qt.Key.Key_Right else -step
        elif key == Qt.Key.Key_Home:
            self.share = 0.0
        elif key == Qt.Key.Key_End:
            self.share = 1.0
        else:
            event.ignore()

    def focusInEvent(self, event: object) -> None:
        """Show that the keys act here."""
        super().focusInEvent(event)  # type: ignore[arg-type]
        self.update()

    def focusOutEvent(self, event: object) -> None:
        """Show that the keys act elsewhere."""
        super().focusOutEvent(event)  # type: ignore[arg-type]
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a light line with dark edges and a grip with two arrows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.width() / 2
        painter.fillRect(QRectF(middle - 2, 0, 4, self.height()), QColor(0, 0, 0, 150))
        painter.fillRect(QRectF(middle - 1, 0, 2, self.height()), QColor(255, 255, 255))
        grip = QRectF(self._grip()).adjusted(3, 3, -3, -3)
        accent = self.palette().color(QPalette.ColorRole.Highlight)
        painter.setPen(QPen(accent if self.hasFocus() else QColor(0, 0, 0, 150), 2))
        painter.setBrush(QColor(255, 255, 255))
        painter.drawEllipse(grip)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(26, 30, 38))
        y = grip.center().y()
        for side in (-1, 1):
            tip = middle + side * 10
            painter.drawPolygon(
                QPolygonF(
                    [
                        QPointF(tip, y),
                        QPointF(tip - side * 6, y - 5),
                        QPointF(tip - side * 6, y + 5),
                    ]
                )
            )

    def _grip(self) -> QRect:
        return QRect(0, (self.height() - WIDE) // 2, WIDE, WIDE)

    def _place(self) -> None:
        """Lie over the line; all but line and grip lets the mouse through."""
        left = round(self._share * self._canvas.width()) - WIDE // 2
        self.setGeometry(left, 0, WIDE, self._canvas.height())
        line = QRect((WIDE - _CATCH) // 2, 0, _CATCH, self.height())
        self.setMask(QRegion(line).united(QRegion(self._grip(), QRegion.RegionType.Ellipse)))
