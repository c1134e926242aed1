"""How long a round length is on the screen.

The studio draws its own: napari's cuts narrow figures such as "1" in two, at any font.
"""

from __future__ import annotations

import math

from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QFont, QPainter, QPaintEvent, QPalette
from qtpy.QtWidgets import QFrame, QWidget

from ssldiff_gui.widgets.tokens import GRID, SMALL

LONGEST = 16 * GRID
UNITS = ((1e3, "km"), (1.0, "m"), (1e-3, "mm"), (1e-6, "µm"), (1e-9, "nm"))
ROUND = (5.0, 2.0, 1.0)


def round_length(longest: float) -> float:
    """Return the largest 1, 2 or 5 times a power of ten that is not above `longest`."""
    power = 10.0 ** math.floor(math.log10(longest))
    return next(step * power for step in ROUND if step * power <= longest * 1.000001)


def length_words(metres: float) -> str:
    """Return a round length as people write it: "200 µm"."""
    for factor, unit in UNITS:
        if metres >= factor * 0.999999:
            return f"{metres / factor:g} {unit}"
    return f"{metres / UNITS[-1][0]:g} nm"


class ScaleBar(QFrame):
    """A bar of a round length on a small plate; hidden until a scale is known."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("floating")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.text = ""
        self._length = 0.0
        self.hide()

    def set_scale(self, per_pixel: float, physical: bool) -> None:
        """Show a bar for a view.

        Parameters
        ----------
        per_pixel
            Metres, or pixels of the picture, for each pixel of the screen.
        physical
            Whether these are metres.
        """
        if not (math.isfinite(per_pixel) and per_pixel > 0):
            return
        length = round_length(LONGEST * per_pixel)
        self._length = length / per_pixel
        self.text = length_words(length) if physical else f"{length:,g} px"
        self.setAccessibleName(f"Scale bar: {self.text}")
        self.setFixedSize(round(self._length) + 3 * GRID, 5 * GRID)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the plate, the length and the bar."""
        super().paintEvent(event)
        painter = QPainter(self)
        font = QFont(self.font())
        font.setPixelSize(SMALL)
        font.setWeight(QFont.Weight.Medium)
        painter.setFont(font)
        ink = self.palette().color(QPalette.ColorRole.WindowText)
        painter.setPen(ink)
        words = self.rect().adjusted(0, 4, 0, -2 * GRID)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignCenter), self.text)
        left, bottom = (self.width() - self._length) / 2, self.height() - 10.0
        painter.fillRect(QRectF(left, bottom, self._length, 2), ink)
        for end in (left, left + self._length - 2):
            painter.fillRect(QRectF(end, bottom - 4, 2, 6), ink)
