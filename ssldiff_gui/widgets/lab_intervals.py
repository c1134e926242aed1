"""Numbers of several experiments as dots with their intervals, one line for each number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QFont, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget

from ssldiff_gui.state.lab_reports import Headline, number_text
from ssldiff_gui.widgets.lab_plot import ink
from ssldiff_gui.widgets.tokens import GRID, SMALL
from ssldiff_gui.widgets.tones import muted, tone

ROW = 7 * GRID
NAME = 22 * GRID
SIDE = 2 * GRID
HEAD = 5 * GRID


@dataclass(frozen=True, slots=True)
class Dots:
    """A number that several experiments have: None where one has it not."""

    name: str
    values: tuple[Headline | None, ...]


class IntervalPlot(QWidget):
    """Each number on a line of its own, from the lowest to the highest of them all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[Dots, ...] = ()
        self._titles: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_rows(self, titles: Sequence[str], rows: Sequence[Dots]) -> None:
        """Show the numbers of experiments with these titles; none hides it."""
        self._rows, self._titles = tuple(rows), tuple(titles)
        self.setVisible(bool(rows))
        self.setFixedHeight(max(1, len(rows)) * ROW + HEAD + GRID)
        said = [
            f"{row.name}: " + ", ".join("none" if v is None else v.text for v in row.values)
            for row in rows
        ]
        self.setAccessibleName("Numbers with their intervals")
        self.setAccessibleDescription("; ".join(said))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the lines."""
        painter, palette = QPainter(self), self.palette()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(tone(palette, "line"), 1))
        painter.setBrush(tone(palette, "panel"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        font = QFont(self.font())
        font.setPixelSize(SMALL)
        painter.setFont(font)
        for place, row in enumerate(self._rows):
            self._draw_row(painter, row, HEAD + place * ROW)
        self._draw_titles(painter)

    def _draw_titles(self, painter: QPainter) -> None:
        """Draw whose colour is which, each name with its share of the room."""
        palette, metrics = self.palette(), painter.fontMetrics()
        x = float(SIDE)
        most = (self.width() - 2 * SIDE) / max(1, len(self._titles)) - 28
        for number, title in enumerate(self._titles):
            shown = metrics.elidedText(title, Qt.TextElideMode.ElideRight, int(most))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink(palette, number))
            painter.drawRoundedRect(QRectF(x, 17, 10, 8), 2, 2)
            painter.setPen(tone(palette, "text"))
            painter.drawText(QPointF(x + 16, 25), shown)
            x += 28 + metrics.horizontalAdvance(shown)

    def _draw_row(self, painter: QPainter, row: Dots, top: float) -> None:
        palette = self.palette()
        middle = Qt.AlignmentFlag.AlignVCenter
        words = QRectF(SIDE, top, NAME - SIDE, ROW)
        name = painter.fontMetrics().elidedText(
            row.name, Qt.TextElideMode.ElideRight, int(words.width() - GRID)
        )
        painter.setPen(tone(palette, "text"))
        painter.drawText(words, int(middle), name)
        known = [value for value in row.values if value is not None]
        ends = [n for v in known for n in (v.value, v.low, v.high) if n is not None]
        low, high = min(ends), max(ends)
        box = QRectF(NAME + 4 * GRID, top, self.width() - NAME - 8 * GRID - SIDE, ROW)
        line = top + ROW - 2.5 * GRID
        painter.setPen(QPen(tone(palette, "line"), 1))
        painter.drawLine(QPointF(box.left(), line), QPointF(box.right(), line))
        painter.setPen(muted(palette))
        for end, x in ((low, box.left()), (high, box.right())):
            place = QRectF(x - 40, line + 2, 80, 16)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), number_text(end))
        span = (high - low) or 1.0
        step = (line - top - GRID) / max(1, len(row.values))
        for number, value in enumerate(row.values):
            if value is None:
                continue
            colour = ink(palette, number)
            y = top + GRID + (number + 0.25) * step
            painter.setPen(QPen(colour, 2))
            if value.low is not None and value.high is not None:
                ends_at = [
                    box.left() + (n - low) / span * box.width() for n in (value.low, value.high)
                ]
                painter.drawLine(QPointF(ends_at[0], y), QPointF(ends_at[1], y))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            x = box.left() + (value.value - low) / span * box.width()
            painter.drawEllipse(QPointF(x, y), 4.5, 4.5)
