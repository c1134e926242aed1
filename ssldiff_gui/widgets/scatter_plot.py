"""Points that are clicked, drawn around and walked over."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
)
from qtpy.QtWidgets import QSizePolicy, QWidget

from ssldiff_gui.widgets.cluster_legend import paint_letter
from ssldiff_gui.widgets.picture import CORNER
from ssldiff_gui.widgets.scatter_picture import fitted, inside, nearest_towards, points_picture
from ssldiff_gui.widgets.shown import ClusterShown, ScatterShown
from ssldiff_gui.widgets.tokens import GRID
from ssldiff_gui.widgets.tones import tone

Indices = npt.NDArray[np.int64] | Sequence[int]

MARGIN = 12
NEAR = 8
"""Within so many pixels a point is below the pointer."""
STRAY = 4
"""A press that moves farther than this draws around points."""
LETTER = 16

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


Middle = tuple[ClusterShown, float, float]
"""A group, and where most of it lies, 0–1."""


def _middles(shown: ScatterShown, unit: npt.NDArray[np.float32]) -> list[Middle]:
    found: list[Middle] = []
    for cluster in () if shown.labels is None else shown.clusters:
        mine = unit[shown.labels == cluster.index]
        if len(mine):
            x, y = np.median(mine, axis=0)
            found.append((cluster, float(x), float(y)))
    return found


class ScatterPlot(QWidget):
    """Draws points on a picture that is kept; only marks are drawn anew as the pointer moves."""

    selected = Signal(object, object)
    """(n,) int indices, and the keyboard's modifiers."""
    hovered = Signal(int)
    """Index of a point; -1 for none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: ScatterShown | None = None
        self._unit = np.zeros((0, 2), np.float32)
        self._middles: list[Middle] = []
        self._placed: tuple[tuple[QRectF, float], npt.NDArray[np.float32]] | None = None
        self._chosen: npt.NDArray[np.bool_] | None = None
        self._picked: int | None = None
        self._at = -1
        self._picture: QPixmap | None = None
        self._lasso: list[QPointF] = []
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setMinimumHeight(22 * GRID)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Cells as points; arrow keys walk over them, Enter selects")
        self.setToolTip("Near points are alike. Draw around some to select them; Shift adds.")

    def sizeHint(self) -> QSize:
        """Return a nearly square size."""
        return QSize(30 * GRID, 28 * GRID)

    # -- what is shown ---------------------------------------------------------------------------

    def show_points(self, shown: ScatterShown | None) -> None:
        """Show points; None says that they are being worked out."""
        same = shown is not None and len(shown.points) == len(self._unit)
        self._shown = shown
        self._unit = fitted(np.zeros((0, 2), np.float32) if shown is None else shown.points)
        self._placed = None
        self._middles = [] if shown is None else _middles(shown, self._unit)
        if not same:
            self._chosen, self._picked, self._at = None, None, -1
        self._renew()

    def show_selection(self, indices: Indices | None) -> None:
        """Mark the selected points; None or nothing marks none."""
        found = np.asarray([] if indices is None else indices, np.int64)
        chosen = None
        if len(found):
            chosen = np.zeros(len(self._unit), bool)
            chosen[found] = True
        same = chosen is self._chosen
        if chosen is not None and self._chosen is not None:
            same = np.array_equal(chosen, self._chosen)
        if not same:
            self._chosen = chosen
            self._renew()

    def show_picked(self, index: int | None) -> None:
        """Mark the picked cell's point."""
        self._picked = index
        self.update()

    def place(self, index: int) -> QPointF:
        """Return where a point is drawn."""
        x, y = self._unit[index]
        return self._at_unit(float(x), float(y))

    def _at_unit(self, x: float, y: float) -> QPointF:
        frame = self._frame()
        return QPointF(frame.left() + x * frame.width(), frame.top() + y * frame.width())

    def _frame(self) -> QRectF:
        side = min(self.width(), self.height()) - 2 * MARGIN
        frame = QRectF(0, 0, max(1, side), max(1, side))
        frame.moveCenter(QRectF(self.rect()).center())
        return frame

    def _places(self, ratio: float) -> npt.NDArray[np.float32]:
        frame = self._frame()
        wanted = (frame, ratio)
        if self._placed is None or self._placed[0] != wanted:
            start = np.array([frame.left(), frame.top()], np.float32)
            places = (self._unit * np.float32(frame.width()) + start) * np.float32(ratio)
            self._placed = (wanted, places)
        return self._placed[1]

    def _renew(self) -> None:
        self._picture = None
        self.update()

    def _drawn(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        size = (max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio)))
        kept = self._picture
        if kept is None or (kept.width(), kept.height()) != size:
            ground = tone(self.palette(), "canvas")
            shown = self._shown
            places = np.round(self._places(ratio)).astype(np.int64)
            colours = np.zeros((0, 3), np.uint8) if shown is None else shown.colours
            radius = max(1, round(self._radius * ratio))
            around = (ground.red(), ground.green(), ground.blue())
            kept = QPixmap.fromImage(
                points_picture(places, colours, self._chosen, size, radius=radius, ground=around)
            )
            kept.setDevicePixelRatio(ratio)
            self._picture = kept
        return kept

    @property
    def _radius(self) -> float:
        return 2.5 if len(self._unit) < 4_000 else 1.5 if len(self._unit) < 20_000 else 0.8

    # -- drawing ---------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Take over another theme's ground."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._renew()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the points, and over them what changes as the pointer moves."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        corners = QPainterPath()
        corners.addRoundedRect(QRectF(self.rect()), CORNER, CORNER)
        painter.setClipPath(corners)
        painter.drawPixmap(0, 0, self._drawn())
        painter.setClipping(False)
        palette = self.palette()
        if not len(self._unit):
            painter.setPen(tone(palette, "muted"))
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), "Placing cells…")
        self._letters(painter)
        text = tone(palette, "text")
        accent = tone(palette, "accent")
        if self._picked is not None and 0 <= self._picked < len(self._unit):
            self._ring(painter, self._picked, text, 7)
        if 0 <= self._at < len(self._unit):
            self._ring(painter, self._at, accent, 6)
        if len(self._lasso) > 1:
            fill = QColor(accent)
            fill.setAlpha(50)
            painter.setPen(QPen(accent, 1.5))
            painter.setBrush(fill)
            painter.drawPolygon(QPolygonF(self._lasso))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(accent, 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)

    def _ring(self, painter: QPainter, index: int, colour: QColor, radius: float) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(tone(self.palette(), "canvas"), 4))
        painter.drawEllipse(self.place(index), radius, radius)
        painter.setPen(QPen(colour, 2))
        painter.drawEllipse(self.place(index), radius, radius)

    def _letters(self, painter: QPainter) -> None:
        """Name each group where most of it lies, so that colour is not all that tells."""
        for cluster, x, y in self._middles:
            box = QRectF(0, 0, LETTER, LETTER)
            box.moveCenter(self._at_unit(x, y))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tone(self.palette(), "canvas"))
            painter.drawRoundedRect(box.adjusted(-2, -2, 2, 2), 6, 6)
            paint_letter(painter, box, cluster)

    # -- pointer and keys ------------------------------------------------------------------------

    def index_at(self, place: QPointF) -> int:
        """Return the point below a place, or -1."""
        if not len(self._unit):
            return -1
        places = self._places(1.0)
        far = (places[:, 0] - place.x()) ** 2 + (places[:, 1] - place.y()) ** 2
        best = int(far.argmin())
        return best if far[best] <= NEAR**2 else -1

    def _hover(self, index: int) -> None:
        if index != self._at:
            self._at = index
            self.update()
            self.hovered.emit(index)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click, or an outline."""
        if event.button() == Qt.MouseButton.LeftButton and len(self._unit):
            self._lasso = [event.position()]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with an outline, or say what is below the pointer."""
        if not self._lasso:
            self._hover(self.index_at(event.position()))
            return
        last = event.position() - self._lasso[-1]
        if abs(last.x()) + abs(last.y()) >= STRAY:
            self._lasso.append(event.position())
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Select what was clicked or drawn around; a click beside all selects nothing."""
        if event.button() != Qt.MouseButton.LeftButton or not self._lasso:
            return
        outline, self._lasso = self._lasso, []
        if len(outline) < 3:
            index = self.index_at(event.position())
            found = np.asarray([index] if index >= 0 else [], np.int64)
        else:
            found = inside(self._places(1.0), outline, (self.width(), self.height()))
        self.update()
        self.selected.emit(found, event.modifiers())

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is below the pointer any more."""
        super().leaveEvent(event)
        self._hover(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows walk to the nearest point, Enter selects it, Esc gives up an outline."""
        key = Qt.Key(event.key())
        if key in _ARROWS and len(self._unit):
            start = self._at if self._at >= 0 else self._picked
            if start is None or not 0 <= start < len(self._unit):
                self._hover(int(((self._unit - 0.5) ** 2).sum(1).argmin()))
            else:
                self._hover(nearest_towards(self._unit, start, _ARROWS[key]))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._at >= 0:
            self.selected.emit(np.array([self._at], np.int64), event.modifiers())
        elif key == Qt.Key.Key_Escape and self._lasso:
            self._lasso = []
            self.update()
        else:
            super().keyPressEvent(event)
