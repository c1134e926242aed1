"""The few controls everything is made of: labels, buttons, hairlines, choices in a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QPainter, QPaintEvent, QPalette
from qtpy.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from ssldiff_gui.widgets.icons import icon

LabelType = Literal["title", "heading", "body", "small", "muted", "danger", "keys"]


def label(text: str = "", kind: LabelType = "body", *, wrap: bool = False) -> QLabel:
    """Return a label of one of the few kinds of text; never rich text, whatever it says."""
    made = QLabel(text)
    made.setProperty("type", kind)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    return made


def tool_button(glyph: str, name: str, tip: str = "", size: int = 18) -> QToolButton:
    """Return a button that is only an icon, with the name a screen reader says."""
    button = QToolButton()
    button.setIcon(icon(glyph))
    button.setIconSize(QSize(size, size))
    button.setAccessibleName(name)
    button.setToolTip(tip or name)
    return button


def push_button(
    text: str, kind: Literal["primary", "normal", "quiet"] = "normal", glyph: str = ""
) -> QPushButton:
    """Return a button with words; at most one on a page is the primary one."""
    button = QPushButton(text)
    button.setProperty("kind", kind)
    if glyph:
        role = QPalette.ColorRole.HighlightedText if kind == "primary" else None
        button.setIcon(icon(glyph, role))
        button.setIconSize(QSize(18, 18))
    return button


def hairline() -> QFrame:
    """Return a line between two parts."""
    line = QFrame()
    line.setObjectName("separator")
    line.setFixedHeight(1)
    return line


class ElidedLabel(QLabel):
    """One line of text that ends in … when there is no room; its tooltip says the whole.

    Parameters
    ----------
    kind
        Kind of text.
    mode
        Where the dots go.
    """

    def __init__(
        self,
        kind: LabelType = "body",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._mode = mode
        self.setProperty("type", kind)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def minimumSizeHint(self) -> QSize:
        """Return a size that lets the line shrink to its dots."""
        return QSize(24, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what fits."""
        painter = QPainter(self)
        metrics = self.fontMetrics()
        shown = metrics.elidedText(self.text(), self._mode, self.width())
        self.setToolTip(self.text() if shown != self.text() else "")
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), int(self.alignment()), shown)


class Segments(QFrame):
    """A row of choices of which one is taken.

    Parameters
    ----------
    choices
        What they are called.
    """

    chosen = Signal(int)

    def __init__(self, choices: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("segments")
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(2)
        for index, text in enumerate(choices):
            button = QToolButton()
            button.setText(text)
            button.setAccessibleName(text)
            button.setCheckable(True)
            button.setChecked(index == 0)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self._group.addButton(button, index)
            row.addWidget(button)
        self._group.idClicked.connect(self.chosen)

    def choose(self, index: int) -> None:
        """Take a choice without saying so."""
        self._group.button(index).setChecked(True)

    def button(self, index: int) -> QToolButton:
        """Return the button of a choice."""
        found = self._group.button(index)
        assert isinstance(found, QToolButton)  # noqa: S101
        return found
