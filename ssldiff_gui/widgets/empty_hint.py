"""What an empty place says: what belongs here and the next step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from qtpy.QtCore import Qt
from qtpy.QtGui import QPalette
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ssldiff_gui.widgets.controls import label, push_button
from ssldiff_gui.widgets.icons import Glyph
from ssldiff_gui.widgets.tokens import GRID

Kind = Literal["primary", "normal", "quiet"]

Choice = tuple[str, str, Kind, Callable[[], None]]
"""Words, icon, kind and what a button does."""


class EmptyHint(QWidget):
    """An icon, a line, a sentence and at most a few buttons, in the middle.

    Parameters
    ----------
    glyph
        Icon name.
    title
        What is missing or possible, in a few words.
    text
        How to go on, in a sentence.
    choices
        Buttons; the first primary one is the obvious next step.
    stacked
        Whether the buttons stand one above the other.
    """

    def __init__(
        self,
        glyph: str,
        title: str,
        text: str,
        choices: Sequence[Choice] = (),
        *,
        stacked: bool = True,
    ) -> None:
        super().__init__()
        self.buttons: list[QPushButton] = []
        self.title = label(title, "title", wrap=True)
        self.title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.text = label(text, "muted", wrap=True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        middle = QWidget()
        middle.setMaximumWidth(46 * GRID)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addStretch(1)
        mark = Glyph(glyph, 48, QPalette.ColorRole.PlaceholderText)
        column.addWidget(mark, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(GRID)
        column.addWidget(self.title)
        column.addWidget(self.text)
        column.addSpacing(GRID)
        column.addLayout(self._row(choices, stacked))
        column.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        row.addStretch(1)
        row.addWidget(middle, 1000)
        row.addStretch(1)

    def _row(self, choices: Sequence[Choice], stacked: bool) -> QHBoxLayout:
        inner = QVBoxLayout() if stacked else QHBoxLayout()
        inner.setSpacing(GRID)
        for words, glyph, kind, act in choices:
            button = push_button(words, kind, glyph)
            button.clicked.connect(lambda _=False, act=act: act())
            self.buttons.append(button)
            inner.addWidget(button)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addLayout(inner)
        row.addStretch(1)
        return row

    def say(self, title: str, text: str) -> None:
        """Change the words."""
        self.title.setText(title)
        self.text.setText(text)
