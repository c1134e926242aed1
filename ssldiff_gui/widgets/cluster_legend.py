"""The groups of alike cells: letter, colour and share of each."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QResizeEvent
from qtpy.QtWidgets import QAbstractButton, QApplication, QGridLayout, QSizePolicy, QWidget

from ssldiff_gui.widgets.shown import ClusterShown
from ssldiff_gui.widgets.tokens import GRID, SMALL
from ssldiff_gui.widgets.tones import tone

ROOM = 8 * GRID
"""Least width of a chip."""
SIDE = 20
USUAL = 12
"""So many groups are usual at most."""


def ink_on(colour: QColor) -> QColor:
    """Return black or white, whichever is read better on a colour."""
    light = 0.299 * colour.redF() + 0.587 * colour.greenF() + 0.114 * colour.blueF()
    return QColor("black") if light > 0.5 else QColor("white")


def paint_letter(painter: QPainter, box: QRectF, cluster: ClusterShown) -> None:
    """Draw a group's letter on its colour."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    colour = QColor(*cluster.colour)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(box, 5, 5)
    font = QFont(painter.font())
    font.setPixelSize(SMALL)
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    painter.setPen(ink_on(colour))
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), cluster.letter)
    painter.restore()


class ClusterChip(QAbstractButton):
    """One group: its letter on its colour, and words beside it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cluster: ClusterShown | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_cluster(self, cluster: ClusterShown, words: str) -> None:
        """Show a group."""
        self._cluster = cluster
        self.setText(words)
        self.setAccessibleName(f"Group {cluster.letter}, {cluster.count:,} cells")
        self.setToolTip(f"Group {cluster.letter}: {cluster.count:,} cells. Click to select them.")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for the letter and the words."""
        font = QFont(self.font())
        font.setPixelSize(SMALL)
        wide = self.fontMetrics().horizontalAdvance(self.text())
        return QSize(SIDE + 6 + wide + GRID, 3 * GRID + 4)

    def minimumSizeHint(self) -> QSize:
        """Return room for the letter and a short number."""
        return QSize(SIDE + 4, 3 * GRID + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the letter, the words and a ring for the focus."""
        if self._cluster is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        palette = self.palette()
        if self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tone(palette, "hover"))
            painter.drawRoundedRect(whole, 6, 6)
        if self.hasFocus():
            painter.setPen(QPen(tone(palette, "accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(whole, 6, 6)
        top = (self.height() - SIDE) / 2
        paint_letter(painter, QRectF(3, top, SIDE, SIDE), self._cluster)
        font = QFont(self.font())
        font.setPixelSize(SMALL)
        painter.setFont(font)
        painter.setPen(tone(palette, "text"))
        room = QRectF(SIDE + 7, 0, self.width() - SIDE - 8, self.height())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), self.text())


class ClusterLegend(QWidget):
    """All groups, a few in a row."""

    clicked = Signal(int, object)
    """Index of a group whose cells are to be selected, and the keyboard's modifiers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clusters: tuple[ClusterShown, ...] = ()
        self.chips: list[ClusterChip] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(0)
        self._columns = 0
        for _ in range(USUAL):  # made now, so that Tab comes to them in their turn
            self._add_chip()

    def _add_chip(self) -> None:
        place = len(self.chips)
        chip = ClusterChip(self)
        chip.hide()
        chip.clicked.connect(lambda: self._tell(place))
        self.chips.append(chip)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stand in as many columns as there is room for."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        columns = max(1, self.width() // ROOM)
        for column in range(max(columns, self._columns)):
            self._grid.setColumnStretch(column, int(column < columns))
        self._columns = columns
        for place, chip in enumerate(self.chips):
            self._grid.addWidget(chip, place // columns, place % columns)

    def show_clusters(self, clusters: Sequence[ClusterShown]) -> None:
        """Show these groups."""
        self._clusters = tuple(clusters)
        while len(self.chips) < len(clusters):
            self._add_chip()
        self._arrange()
        total = max(1, sum(cluster.count for cluster in clusters))
        for place, chip in enumerate(self.chips):
            chip.setVisible(place < len(clusters))
            if place < len(clusters):
                cluster = clusters[place]
                share = 100 * cluster.count / total
                chip.show_cluster(cluster, f"{share:.0f} %" if share >= 0.5 else "< 1 %")

    @property
    def shown(self) -> tuple[ClusterShown, ...]:
        """The groups that are shown."""
        return self._clusters

    def _tell(self, place: int) -> None:
        self.clicked.emit(self._clusters[place].index, QApplication.keyboardModifiers())
