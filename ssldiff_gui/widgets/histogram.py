"""How often each likeness occurs, with a line to drag."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import (
    QColor,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from qtpy.QtWidgets import QSizePolicy, QWidget

from ssldiff_gui.widgets.tokens import GRID, SMALL
from ssldiff_gui.widgets.tones import tone

BAR = 5
"""Width of a bar and the gap after it."""
FOOT = 20
HEAD = 8
SIDE = 8
STEP = 0.01

_STEPS = {
    Qt.Key.Key_Left: -STEP,
    Qt.Key.Key_Down: -STEP,
    Qt.Key.Key_Right: STEP,
    Qt.Key.Key_Up: STEP,
    Qt.Key.Key_PageDown: -10 * STEP,
    Qt.Key.Key_PageUp: 10 * STEP,
}


class Histogram(QWidget):
    """Bars from a low to a high value; those below the line are hatched in the warning colour."""

    threshold_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values = np.zeros(0, np.float32)
        self._low, self._high = 0.0, 1.0
        self._threshold = 0.6
        self._held = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.setFixedHeight(14 * GRID)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("Drag the line, or use the arrow keys, to say what counts as alike")
        self._describe()

    def sizeHint(self) -> QSize:
        """Return a size at which the shape is seen."""
        return QSize(28 * GRID, 14 * GRID)

    @property
    def threshold(self) -> float:
        """Where the line is."""
        return self._threshold

    def show_values(self, values: npt.NDArray[np.float32], threshold: float) -> None:
        """Show how these are spread.

        Parameters
        ----------
        values
            (n,) float; the axis begins at the lowest (rounded down to a tenth) and ends at 1.
        threshold
            Where the line is.
        """
        self._values = np.asarray(values, np.float32)
        lowest = float(self._values.min()) if len(self._values) else 0.0
        self._low = max(-1.0, min(0.5, float(np.floor(10 * lowest) / 10)))
        self._threshold = float(np.clip(threshold, self._low, self._high))
        self._describe()
        self.update()

    def _describe(self) -> None:
        self.setAccessibleName(f"Likeness of the cells; the line is at {self._threshold:.2f}")

    def _plot(self) -> QRectF:
        return QRectF(self.rect()).adjusted(SIDE, HEAD, -SIDE, -FOOT)

    def _x(self, value: float) -> float:
        plot = self._plot()
        return plot.left() + plot.width() * (value - self._low) / (self._high - self._low)

    def _set(self, value: float) -> None:
        wanted = float(np.clip(round(value / STEP) * STEP, self._low, self._high))
        if wanted != self._threshold:
            self._threshold = wanted
            self._describe()
            self.update()
            self.threshold_changed.emit(wanted)

    def _drag(self, x: float) -> None:
        plot = self._plot()
        self._set(self._low + (x - plot.left()) / plot.width() * (self._high - self._low))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the line to the pointer."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = True
            self._drag(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the line."""
        if self._held:
            self._drag(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let the line go."""
        self._held = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the line by a hundredth, Page Up and Page Down by a tenth."""
        step = _STEPS.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._set(self._threshold + step)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bars, the axis and the line."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tone(palette, "canvas"))
        painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        self._bars(painter)
        self._axis(painter)
        self._line(painter)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(tone(palette, "accent"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)

    def _bars(self, painter: QPainter) -> None:
        plot = self._plot()
        bins = max(1, int(plot.width() / BAR))
        counts, edges = np.histogram(self._values, bins, (self._low, self._high))
        most = max(1, int(counts.max()))
        step = plot.width() / bins
        good = tone(self.palette(), "muted")
        bad = tone(self.palette(), "danger")
        for place, count in enumerate(counts):
            if not count:
                continue
            height = max(2.0, plot.height() * float(count) / most)
            box = QRectF(plot.left() + place * step, plot.bottom() - height, step - 1, height)
            below = (edges[place] + edges[place + 1]) / 2 < self._threshold
            painter.fillRect(box, bad if below else good)

    def _axis(self, painter: QPainter) -> None:
        plot = self._plot()
        palette = self.palette()
        painter.setPen(QPen(tone(palette, "outline"), 1))
        painter.drawLine(QPointF(plot.left(), plot.bottom()), QPointF(plot.right(), plot.bottom()))
        font = QFont(self.font())
        font.setPixelSize(SMALL)
        painter.setFont(font)
        painter.setPen(tone(palette, "muted"))
        foot = QRectF(plot.left(), plot.bottom(), plot.width(), FOOT)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(foot, int(middle | Qt.AlignmentFlag.AlignLeft), f"{self._low:.1f}")
        painter.drawText(foot, int(middle | Qt.AlignmentFlag.AlignRight), f"{self._high:.1f}")

    def _line(self, painter: QPainter) -> None:
        plot, x = self._plot(), self._x(self._threshold)
        colour = tone(self.palette(), "text")
        painter.setPen(QPen(colour, 2))
        painter.drawLine(QPointF(x, plot.top() - 2), QPointF(x, plot.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        top = plot.top() - 2
        grip = (QPointF(x - 5, top - 4), QPointF(x + 5, top - 4), QPointF(x, top + 4))
        painter.drawPolygon(QPolygonF(grip))
        said = f"{self._threshold:.2f}"
        wide = painter.fontMetrics().horizontalAdvance(said) + 4
        left = min(max(x - wide / 2, plot.left() + 28), plot.right() - 28 - wide)
        painter.setPen(colour)
        place = QRectF(left, plot.bottom(), wide, FOOT)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), said)
