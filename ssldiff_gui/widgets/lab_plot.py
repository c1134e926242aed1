"""Curves over steps, drawn so that they can be read: faint as they came, strong as they go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from qtpy.QtGui import (
    QColor,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
)
from qtpy.QtWidgets import QSizePolicy, QWidget

from ssldiff_gui.state.lab_reports import number_text
from ssldiff_gui.widgets.lab_axes import Axis, Numbers, smooth, tick_text
from ssldiff_gui.widgets.tokens import GRID, SMALL
from ssldiff_gui.widgets.tones import tokens_of, tone

INKS = {
    "dark": ("#5aa2ff", "#ff9f6e", "#6fd08c", "#d3a0ff", "#ffd166", "#5fd4d6"),
    "light": ("#1b62d1", "#b4430f", "#1d7a3d", "#7b35b8", "#7a5600", "#0f6d73"),
}
"""Of the curves, in order; each is told from the others and from its ground."""

MOST_POINTS = 2000
SMOOTHED = 24
"""With fewer points than these, only the points themselves are drawn."""

LEFT, RIGHT, TOP, FOOT = 56, 16, 40, 32


@dataclass(frozen=True, slots=True)
class Series:
    """One curve: what it is, where it is, and whose ink it has."""

    title: str
    steps: Numbers
    values: Numbers
    ink: int = 0


def ink(palette: QPalette, number: int) -> QColor:
    """Return the colour of a curve in the theme that holds."""
    colours = INKS[tokens_of(palette).name]
    return QColor(colours[number % len(colours)])


@dataclass(frozen=True, slots=True)
class _Ground:
    """Where curves are drawn, and what its edges stand for."""

    place: QRectF
    across: Axis
    up: Axis

    def points(self, steps: Numbers, values: Numbers) -> list[QPointF]:
        xs = self.place.left() + self.across.part(steps) * self.place.width()
        ys = self.place.bottom() - self.up.part(values) * self.place.height()
        return [QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]


def thinned(series: Series) -> Series:
    """Return a curve with no more points than can be seen."""
    count = len(series.steps)
    if count <= MOST_POINTS:
        return series
    keep = np.unique(np.linspace(0, count - 1, MOST_POINTS).round().astype(int))
    return Series(series.title, series.steps[keep], series.values[keep], series.ink)


class CurvePlot(QWidget):
    """A plot of a few curves; the pointer, or the arrow keys, read their values.

    Parameters
    ----------
    title
        What the values are.
    height
        In multiples of 8 pixels.
    """

    def __init__(self, title: str = "", height: int = 30, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._series: tuple[tuple[Series, Numbers], ...] = ()
        self._log = False
        self._read: float | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._height = height * GRID
        self.setFixedHeight(self._height)
        self._describe()

    def sizeHint(self) -> QSize:
        """Return a size at which curves are seen."""
        return QSize(40 * GRID, self._height)

    @property
    def series(self) -> tuple[Series, ...]:
        """What is drawn."""
        return tuple([series for series, _ in self._series])

    def show_series(self, title: str, series: Sequence[Series], *, log: bool = False) -> None:
        """Show other curves.

        Parameters
        ----------
        title
            What the values are.
        series
            The curves.
        log
            Whether the values stand on a logarithmic axis.
        """
        few = [thinned(one) for one in series if len(one.steps)]
        self._series = tuple([(one, smooth(one.values)) for one in few])
        self._title, self._log = title, log
        self._describe()
        self.update()

    def set_log(self, log: bool) -> None:
        """Take a logarithmic axis, or an even one."""
        self._log = log
        self.update()

    def _describe(self) -> None:
        ends = [
            f"{one.title} {number_text(float(one.values[-1]))} at step {one.steps[-1]:,.0f}"
            for one, _ in self._series
        ]
        self.setAccessibleName(f"Plot of {self._title}" if self._title else "Plot")
        self.setAccessibleDescription("; ".join(ends) or "Nothing yet")

    # -- where things stand ------------------------------------------------------------------------

    def _place(self) -> QRectF:
        return QRectF(self.rect()).adjusted(LEFT, TOP, -RIGHT, -FOOT)

    def _axes(self) -> tuple[Axis, Axis]:
        steps = [one.steps for one, _ in self._series] or [np.zeros(1)]
        values = [part for one, mean in self._series for part in (one.values, mean)]
        low_out = np.concatenate(values) if values else np.zeros(0)
        if len(low_out) > 50:  # a first step far above the others would press them flat
            low_out = np.clip(low_out, None, np.quantile(low_out, 0.995))
        return (
            Axis.around(np.concatenate(steps), zero=True),
            Axis.around(low_out, log=self._log),
        )

    # -- reading -----------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the values below the pointer."""
        place = self._place()
        across, _ = self._axes()
        part = (event.position().x() - place.left()) / max(1.0, place.width())
        inside = 0 <= part <= 1 and bool(self._series)
        self._set_read(across.low + part * (across.high - across.low) if inside else None)

    def leaveEvent(self, event: QEvent) -> None:
        """Read nothing any more."""
        self._set_read(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the reading line by a fiftieth of the way."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or not self._series:
            super().keyPressEvent(event)
            return
        across, _ = self._axes()
        here = across.high if self._read is None else self._read
        wanted = here + step * (across.high - across.low) / 50
        self._set_read(min(max(wanted, across.low), across.high))

    def _set_read(self, step: float | None) -> None:
        if step != self._read:
            self._read = step
            self.update()

    # -- drawing -----------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw ground, axes, curves and what they are."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        painter.setPen(QPen(tone(palette, "accent" if self.hasFocus() else "line"), 1))
        painter.setBrush(tone(palette, "panel"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        ground = _Ground(self._place(), *self._axes())
        self._draw_axes(painter, ground)
        painter.save()
        painter.setClipRect(self._place().adjusted(-5, -5, 5, 5))
        for one, mean in self._series:
            self._draw_curve(painter, ground, one, mean)
        painter.restore()
        self._draw_head(painter)
        if self._read is not None:
            self._draw_line(painter, ground)

    def _font(self, painter: QPainter, *, bold: bool = False) -> None:
        font = QFont(self.font())
        font.setPixelSize(SMALL)
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        painter.setFont(font)

    def _draw_axes(self, painter: QPainter, ground: _Ground) -> None:
        place, palette = ground.place, self.palette()
        self._font(painter)
        middle = Qt.AlignmentFlag.AlignVCenter
        for tick in ground.up.ticks(max(3, int(place.height() // 36))):
            y = place.bottom() - float(ground.up.part(np.array([tick]))[0]) * place.height()
            painter.setPen(QPen(tone(palette, "line"), 1))
            painter.drawLine(QPointF(place.left(), y), QPointF(place.right(), y))
            painter.setPen(tone(palette, "muted"))
            box = QRectF(0, y - 10, LEFT - GRID, 20)
            painter.drawText(box, int(middle | Qt.AlignmentFlag.AlignRight), tick_text(tick))
        for tick in ground.across.ticks(max(2, int(place.width() // 90))):
            x = place.left() + float(ground.across.part(np.array([tick]))[0]) * place.width()
            box = QRectF(x - 40, place.bottom() + 6, 80, 20)
            if box.right() <= self.width():
                painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), tick_text(tick))

    def _draw_curve(self, painter: QPainter, ground: _Ground, one: Series, mean: Numbers) -> None:
        colour = ink(self.palette(), one.ink)
        strong = one.values
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if len(one.steps) >= SMOOTHED:
            faint = QColor(colour)
            faint.setAlpha(80)
            painter.setPen(QPen(faint, 1))
            painter.drawPolyline(QPolygonF(ground.points(one.steps, one.values)))
            strong = mean
        points = ground.points(one.steps, strong)
        painter.setPen(QPen(colour, 2))
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(points[-1], 4, 4)

    def _draw_head(self, painter: QPainter) -> None:
        """Draw what the values are, and whose they are or what they are where it is read."""
        palette = self.palette()
        self._font(painter, bold=True)
        painter.setPen(tone(palette, "text"))
        left = GRID * 2
        painter.drawText(QPointF(left, 25), self._title)
        x = left + painter.fontMetrics().horizontalAdvance(self._title) + 3 * GRID
        self._font(painter)
        metrics = painter.fontMetrics()
        several = len(self._series) > 1 or self._read is not None
        for one, _ in self._series if several else ():
            words = self._words(one)
            room = self.width() - RIGHT - x - 16
            if room < 3 * GRID:
                break
            shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, int(room))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink(palette, one.ink))
            painter.drawRoundedRect(QRectF(x, 17, 10, 8), 2, 2)
            painter.setPen(tone(palette, "text"))
            painter.drawText(QPointF(x + 16, 25), shown)
            x += 16 + metrics.horizontalAdvance(shown) + 2 * GRID

    def _words(self, one: Series) -> str:
        if self._read is None:
            return one.title
        nearest = int(np.abs(one.steps - self._read).argmin())
        name = f"{one.title} " if len(self._series) > 1 else ""
        return f"{name}{number_text(float(one.values[nearest]))}"

    def _draw_line(self, painter: QPainter, ground: _Ground) -> None:
        assert self._read is not None  # noqa: S101
        place = ground.place
        x = place.left() + float(ground.across.part(np.array([self._read]))[0]) * place.width()
        painter.setPen(QPen(tone(self.palette(), "muted"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, place.top()), QPointF(x, place.bottom()))
        self._font(painter)
        said = f"step {self._read:,.0f}"
        wide = painter.fontMetrics().horizontalAdvance(said) + 2 * GRID
        left = min(max(x - wide / 2, place.left()), place.right() - wide)
        box = QRectF(left, place.bottom() + 6, wide, 20)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tone(self.palette(), "raised"))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(tone(self.palette(), "text"))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), said)
