"""A swatch that opens a small palette of colours."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from qtpy.QtWidgets import (
    QColorDialog,
    QGridLayout,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
    QWidgetAction,
)

from ssldiff_gui.widgets.controls import push_button
from ssldiff_gui.widgets.tokens import GRID

Colour = tuple[int, int, int]

COLUMNS = 5


class Swatch(QToolButton):
    """A button that is one colour."""

    def __init__(self, colour: Colour, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.colour = colour
        self.setFixedSize(QSize(4 * GRID, 4 * GRID))
        self.setAccessibleName("Colour #{:02x}{:02x}{:02x}".format(*colour))

    def set_colour(self, colour: Colour) -> None:
        """Show another colour."""
        self.colour = colour
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the colour, and a ring for the focus."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(6, 6, -6, -6)
        colour = QColor(*self.colour)
        if not self.isEnabled():
            colour.setAlpha(90)
        painter.setBrush(colour)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1))
        painter.drawRoundedRect(box, 4, 4)
        if self.hasFocus() or self.underMouse():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
            painter.drawRoundedRect(box.adjusted(-3, -3, 3, 3), 6, 6)


class ColourButton(Swatch):
    """A swatch whose menu offers colours, the class's own, and any other.

    Parameters
    ----------
    offered
        Colours of the menu.
    parent
        Qt parent.
    """

    chosen = Signal(object)
    """A colour, or None for the class's."""

    def __init__(self, offered: Sequence[Colour], parent: QWidget | None = None) -> None:
        super().__init__(offered[0], parent)
        self.setAccessibleName("Colour of the annotation")
        self.setToolTip("Colour")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(GRID, GRID, GRID, GRID)
        grid.setSpacing(4)
        for place, colour in enumerate(offered):
            swatch = Swatch(colour)
            swatch.clicked.connect(lambda _=False, colour=colour: self._choose(colour))
            grid.addWidget(swatch, place // COLUMNS, place % COLUMNS)
        below = (len(offered) + COLUMNS - 1) // COLUMNS
        for row, (words, act) in enumerate(
            (("Class colour", lambda: self._choose(None)), ("Other colour…", self._ask))
        ):
            button: QPushButton = push_button(words, "quiet")
            button.clicked.connect(lambda _=False, act=act: act())
            grid.addWidget(button, below + row, 0, 1, COLUMNS)
        holder = QWidgetAction(menu)
        holder.setDefaultWidget(page)
        menu.addAction(holder)
        self.setMenu(menu)

    def _choose(self, colour: Colour | None) -> None:
        self.menu().close()
        self.chosen.emit(colour)

    def _ask(self) -> None:
        self.menu().close()
        picked = QColorDialog.getColor(QColor(*self.colour), self, "Colour of the annotation")
        if picked.isValid():
            self.chosen.emit((picked.red(), picked.green(), picked.blue()))
