"""The highlight that says: let go here, and these are opened."""

from __future__ import annotations

from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QFont, QPainter, QPaintEvent, QPalette, QPen
from qtpy.QtWidgets import QWidget

from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.overlay import Overlay
from ssldiff_gui.widgets.tokens import GRID, TITLE


class DropVeil(Overlay):
    """Dims the window and draws a frame while files are dragged over it.

    Parameters
    ----------
    below
        The window.
    """

    def __init__(self, below: QWidget) -> None:
        super().__init__(below)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.text = ""

    def announce(self, text: str) -> None:
        """Show the veil.

        Parameters
        ----------
        text
            What letting go would do.
        """
        self.text = text
        self.setAccessibleName(text)
        self.cover()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the veil, its frame and the words."""
        palette = self.palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = QColor(palette.color(QPalette.ColorRole.Shadow))
        veil.setAlpha(215)
        painter.fillRect(self.rect(), veil)
        accent = palette.color(QPalette.ColorRole.Highlight)
        pen = QPen(accent, 2, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        wash = QColor(accent)
        wash.setAlpha(24)
        painter.setBrush(wash)
        frame = QRectF(self.rect()).adjusted(2 * GRID, 2 * GRID, -2 * GRID, -2 * GRID)
        painter.drawRoundedRect(frame, 16, 16)
        middle = self.rect().center()
        glyph = icon("tray-arrow-down", QPalette.ColorRole.Link)
        glyph.paint(painter, middle.x() - 28, middle.y() - 64, 56, 56)
        font = QFont(self.font())
        font.setPixelSize(TITLE)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(palette.color(QPalette.ColorRole.WindowText))
        line = QRectF(0, middle.y() + GRID, self.width(), 32)
        painter.drawText(line, int(Qt.AlignmentFlag.AlignCenter), self.text)
