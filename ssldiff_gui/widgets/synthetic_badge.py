"""The word that no synthetic picture is shown without."""

from __future__ import annotations

from qtpy.QtCore import QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from qtpy.QtWidgets import QApplication, QWidget

from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.tokens import GRID, RADIUS, SMALL, contrast
from ssldiff_gui.widgets.tones import tokens_of

WORD = "SYNTHETIC"
GLYPH = "flag-variant"

_HIGH = 3 * GRID
_ICON = 14
_INKS = ("#14161b", "#ffffff")


def ink_on(ground: str) -> str:
    """Return the black or white that is read more easily on a colour."""
    return max(_INKS, key=lambda ink: contrast(ink, ground))


class Plate(QWidget):
    """A word on a small filled plate over a picture; it lets the mouse through.

    Parameters
    ----------
    word
        What it says.
    glyph
        Icon before it; none when empty.
    synthetic
        Whether the plate has the colour that only ever stands for what is synthetic.
    """

    def __init__(
        self,
        word: str,
        glyph: str = "",
        *,
        synthetic: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._word, self._glyph, self._synthetic = word, glyph, synthetic
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(word.capitalize() if word.isupper() else word)
        self._font = QFont(QApplication.font())
        self._font.setPixelSize(SMALL)
        self._font.setWeight(QFont.Weight.DemiBold)
        if word.isupper():
            self._font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.6)
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        """Return the size of the word and its plate."""
        before = _ICON + 4 if self._glyph else 0
        return QSize(QFontMetrics(self._font).horizontalAdvance(self._word) + before + 18, _HIGH)

    def ground(self) -> str:
        """Return the plate's colour in the present theme."""
        tokens = tokens_of(QApplication.palette())  # a canvas has a palette of its own
        return tokens.synthetic if self._synthetic else tokens.raised

    def ink(self) -> str:
        """Return the word's colour in the present theme."""
        return ink_on(self.ground())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the plate, the icon and the word."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground, ink = QColor(self.ground()), QColor(self.ink())
        edge = QColor(ink)
        edge.setAlpha(70)
        painter.setPen(edge)
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        left = 9
        if self._glyph:
            place = QRectF(left, (_HIGH - _ICON) / 2, _ICON, _ICON).toRect()
            icon(self._glyph, colour=ink).paint(painter, place)
            left += _ICON + 4
        painter.setPen(ink)
        painter.setFont(self._font)
        words = QRectF(left, 0, self.width() - left, _HIGH)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), self._word)


class SyntheticBadge(Plate):
    """Marks a view of what is synthetic for as long as that view is on the screen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(WORD, GLYPH, synthetic=True, parent=parent)
        self.setAccessibleDescription("This picture was made by a model; it is no specimen.")

    def setVisible(self, _: bool) -> None:
        """Be visible: nothing switches this off."""
        super().setVisible(True)
