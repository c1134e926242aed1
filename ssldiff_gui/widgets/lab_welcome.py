"""What the lab says while nothing is open: what can be tried, one press away."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QRect, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QFont, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QAbstractButton, QFrame, QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from ssldiff_gui.state.lab_fields import LabMethod
from ssldiff_gui.widgets.controls import label
from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.page import Page
from ssldiff_gui.widgets.tokens import GRID, SMALL
from ssldiff_gui.widgets.tones import muted, tone

TITLE = "Try something, and see what comes of it"
TEXT = (
    "Choose what you want to know. Then say which pictures, how much time, and press Start: "
    "curves and early pictures come while it runs, a report when it is done. "
    "Choose two experiments on the left to compare them."
)
COLUMNS = 2
HEIGHT = 11 * GRID
INSET = 52


class MethodCard(QAbstractButton):
    """A method: its icon, its title, and what it does in up to two lines."""

    def __init__(self, method: LabMethod, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.method = method
        self.setText(method.title)
        self.setAccessibleName(method.title)
        self.setAccessibleDescription(method.about)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return one height for all."""
        return QSize(30 * GRID, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the card."""
        painter, palette = QPainter(self), self.palette()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pressed = "pressed" if self.isDown() else "hover" if self.underMouse() else "raised"
        painter.setBrush(tone(palette, pressed))
        edge = "accent" if self.hasFocus() else "line"
        painter.setPen(QPen(tone(palette, edge), 2 if self.hasFocus() else 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        icon(self.method.glyph, None, tone(palette, "accent_text")).paint(
            painter, QRect(16, (self.height() - 22) // 2, 22, 22)
        )
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(tone(palette, "text"))
        wide = self.width() - INSET - GRID
        painter.drawText(QRect(INSET, 10, wide, 20), 0, self.text())
        font.setWeight(QFont.Weight.Normal)
        font.setPixelSize(SMALL)
        painter.setFont(font)
        painter.setPen(muted(palette))
        wrap = int(Qt.TextFlag.TextWordWrap)
        painter.drawText(QRect(INSET, 33, wide, self.height() - 35), wrap, self.method.about)


class LabWelcome(QFrame):
    """Cards of all methods, under their headings."""

    chosen = Signal(str)
    """Key of a method."""

    def __init__(self, methods: Sequence[LabMethod], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: dict[str, MethodCard] = {}
        page = Page()
        page.column.setContentsMargins(4 * GRID, 4 * GRID, 4 * GRID, 4 * GRID)
        page.column.setSpacing(GRID)
        page.column.addWidget(label(TITLE, "title", wrap=True))
        page.column.addWidget(label(TEXT, "muted", wrap=True))
        for group in dict.fromkeys(method.group for method in methods):
            page.column.addSpacing(GRID)
            page.column.addWidget(label(group, "heading"))
            grid = QGridLayout()
            grid.setSpacing(GRID)
            for place, method in enumerate(m for m in methods if m.group == group):
                card = MethodCard(method)
                card.clicked.connect(lambda _=False, key=method.key: self.chosen.emit(key))
                grid.addWidget(card, place // COLUMNS, place % COLUMNS)
                self.cards[method.key] = card
            for column in range(COLUMNS):
                grid.setColumnStretch(column, 1)
            page.column.addLayout(grid)
        page.column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(page)
