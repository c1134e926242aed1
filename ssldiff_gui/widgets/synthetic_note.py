"""A sentence in the colour that only ever stands for what is synthetic."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtGui import QPainter, QPaintEvent
from qtpy.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ssldiff_gui.widgets.controls import label
from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.tokens import GRID
from ssldiff_gui.widgets.tones import tone


class SyntheticNote(QFrame):
    """Says how a file is marked as synthetic; hidden for what is not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("syntheticnote")
        self.title = label("Marked as synthetic", "heading")
        self.text = label("", "small", wrap=True)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.text)
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID + 4, GRID, GRID + 4, GRID)
        row.setSpacing(GRID)
        row.addWidget(_Flag(), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self.say("")

    def say(self, text: str) -> None:
        """Show a sentence, or nothing."""
        self.text.setText(text)
        self.setAccessibleName(f"Marked as synthetic. {text}")
        self.setVisible(bool(text))


class _Flag(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(20, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        glyph = icon("flag-variant", colour=tone(self.palette(), "synthetic"))
        glyph.paint(QPainter(self), self.rect())
