"""One of a few things to choose from, as a card with an icon and two lines."""

from __future__ import annotations

from qtpy.QtCore import QRect, QRectF, QSize, Qt
from qtpy.QtGui import QFont, QPainter, QPaintEvent, QPalette, QPen
from qtpy.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.tokens import GRID, SMALL
from ssldiff_gui.widgets.tones import muted

HEIGHT = 7 * GRID

_Role = QPalette.ColorRole


class OptionCard(QAbstractButton):
    """A card that is taken or not; put several into a QButtonGroup.

    Parameters
    ----------
    glyph
        Icon name.
    title, note
        Its two lines.
    """

    def __init__(self, glyph: str, title: str, note: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._glyph, self._note = glyph, note
        self.setText(title)
        self._say()

    def say(self, title: str, note: str) -> None:
        """Change the words."""
        self._note = note
        self.setText(title)
        self._say()
        self.update()

    @property
    def note(self) -> str:
        """The second line."""
        return self._note

    def _say(self) -> None:
        self.setAccessibleName(self.text())
        self.setAccessibleDescription(self._note)
        self.setToolTip(self._note)

    def sizeHint(self) -> QSize:
        """Return one height for all."""
        return QSize(28 * GRID, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the card."""
        painter, palette = QPainter(self), self.palette()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        role = _Role.Midlight if self.isChecked() else _Role.Light if self._hot else _Role.Base
        painter.setBrush(palette.color(role))
        edge = _Role.Highlight if self.isChecked() or self.hasFocus() else _Role.Dark
        painter.setPen(QPen(palette.color(edge), 2 if self.hasFocus() else 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        place = QRect(12, (self.height() - 20) // 2, 20, 20)
        icon(self._glyph, _Role.PlaceholderText).paint(painter, place)
        faint = muted(palette)
        title = palette.color(_Role.WindowText) if self.isEnabled() else faint
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(title)
        self._line(painter, 9, self.text())
        font.setWeight(QFont.Weight.Normal)
        font.setPixelSize(SMALL)
        painter.setFont(font)
        painter.setPen(faint)
        self._line(painter, 28, self._note)

    @property
    def _hot(self) -> bool:
        return self.underMouse() and self.isEnabled()

    def _line(self, painter: QPainter, top: int, text: str) -> None:
        box = QRect(44, top, self.width() - 44 - GRID, 20)
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), shown)
