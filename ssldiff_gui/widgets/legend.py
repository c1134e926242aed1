"""What the colours of a map mean: a ramp with figures, and how low cells are marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QLinearGradient, QPainter, QPaintEvent, QPalette, QPen
from qtpy.QtWidgets import QFrame, QWidget

from ssldiff_gui.widgets.tokens import GRID, SMALL

_RAMP_HIGH = 12
_WIDE = 26 * GRID
_HATCH = 5


@dataclass(frozen=True, slots=True)
class Ramp:
    """What a legend shows.

    Parameters
    ----------
    title
        What is measured: "Likeness".
    colours
        (red, green, blue) from low to high, at equal steps.
    low, high
        Values at the ramp's ends.
    threshold
        Cells below are hatched; None when none are.
    below
        What that means: "hatched: below 0.60".
    """

    title: str
    colours: Sequence[tuple[int, int, int]]
    low: float = 0.0
    high: float = 1.0
    threshold: float | None = None
    below: str = ""


class Legend(QFrame):
    """A ramp on a small plate over a picture; it lets the mouse through."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("floating")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._ramp: Ramp | None = None
        self.setFixedSize(_WIDE, 9 * GRID)
        self.hide()

    def show_ramp(self, ramp: Ramp | None) -> None:
        """Show a ramp; None hides the legend."""
        self._ramp = ramp
        if ramp is not None:
            self.setAccessibleName(
                f"{ramp.title}: from {ramp.low:g}, dark, to {ramp.high:g}, light. {ramp.below}"
            )
        self.setVisible(ramp is not None)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw title, ramp, hatching and figures."""
        super().paintEvent(event)
        ramp = self._ramp
        if ramp is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPixelSize(SMALL)
        painter.setFont(font)
        text = self.palette().color(QPalette.ColorRole.WindowText)
        room = QRectF(self.rect()).adjusted(12, 8, -12, -8)
        painter.setPen(text)
        title = QRectF(room.x(), room.y(), room.width(), 16)
        painter.drawText(title, int(Qt.AlignmentFlag.AlignLeft), ramp.title)
        painter.drawText(title, int(Qt.AlignmentFlag.AlignRight), ramp.below)
        bar = QRectF(room.x(), room.y() + 20, room.width(), _RAMP_HIGH)
        self._draw_bar(painter, ramp, bar)
        painter.setPen(text)
        figures = QRectF(room.x(), bar.bottom() + 4, room.width(), 16)
        painter.drawText(figures, int(Qt.AlignmentFlag.AlignLeft), f"{ramp.low:g}")
        painter.drawText(figures, int(Qt.AlignmentFlag.AlignRight), f"{ramp.high:g}")
        if ramp.threshold is not None:
            x = bar.x() + self._share(ramp) * bar.width()
            painter.setPen(QPen(text, 2))
            painter.drawLine(QPointF(x, bar.top() - 2), QPointF(x, bar.bottom() + 3))
            words = QRectF(x - 24, figures.y(), 48, 16)
            if room.x() + 14 < words.x() + 10 and words.right() - 10 < room.right() - 14:
                painter.setPen(text)
                painter.drawText(words, int(Qt.AlignmentFlag.AlignHCenter), f"{ramp.threshold:.2f}")

    def _draw_bar(self, painter: QPainter, ramp: Ramp, bar: QRectF) -> None:
        shade = QLinearGradient(bar.topLeft(), bar.topRight())
        last = max(1, len(ramp.colours) - 1)
        for place, colour in enumerate(ramp.colours):
            shade.setColorAt(place / last, QColor(*colour))
        painter.fillRect(bar, shade)
        if ramp.threshold is not None:
            painter.save()
            low = QRectF(bar.x(), bar.y(), self._share(ramp) * bar.width(), bar.height())
            painter.setClipRect(low)
            painter.setPen(QPen(QColor(255, 255, 255, 220), 1.2))
            x = low.left() - low.height()
            while x < low.right():
                painter.drawLine(QPointF(x, low.bottom()), QPointF(x + low.height(), low.top()))
                x += _HATCH
            painter.restore()
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar)

    def _share(self, ramp: Ramp) -> float:
        if ramp.threshold is None:
            return 0.0
        return min(1.0, max(0.0, (ramp.threshold - ramp.low) / (ramp.high - ramp.low)))
