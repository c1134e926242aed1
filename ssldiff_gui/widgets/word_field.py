"""A line of text for which only some words are known: it completes them and offers them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qtpy.QtCore import QEvent, QObject, Qt, Signal
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QCompleter, QLineEdit, QPushButton, QVBoxLayout, QWidget
from superqt import QFlowLayout

from ssldiff_gui.widgets.controls import label
from ssldiff_gui.widgets.tokens import GRID

CHIPS = 18
"""Most words that are offered at once."""
_WORD = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*", re.UNICODE)


class WordField(QWidget):
    """A field, the words that go on from what was typed, and those that nobody knows."""

    changed = Signal(str)
    accepted = Signal()
    """Return was pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words: tuple[str, ...] = ()
        self._known: frozenset[str] = frozenset()
        self.field = QLineEdit()
        self.field.setAccessibleName("What it shows")
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._on_text)
        self.field.textEdited.connect(self._complete)
        self.field.installEventFilter(self)
        self.note = label("", "small", wrap=True)
        self.chips: list[QPushButton] = []
        self._area = QWidget()
        self._area.setFixedHeight(3 * 4 * GRID + 2 * GRID)
        self._flow = QFlowLayout(self._area)
        self._flow.setContentsMargins(0, 0, 0, 0)
        self._flow.setHorizontalSpacing(GRID)
        self._flow.setVerticalSpacing(GRID)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.field)
        column.addWidget(self.note)
        column.addWidget(self._area)
        self._completer: QCompleter | None = None

    def show_words(self, words: Sequence[str], placeholder: str = "") -> None:
        """Offer these words; all others are said to be unknown."""
        self._words = tuple(words)
        self._known = frozenset(word.lower() for word in words)
        self.field.setPlaceholderText(placeholder)
        if self._completer is not None:
            self._completer.deleteLater()
        self._completer = QCompleter(list(words), self)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._completer.setWidget(self.field)
        self._completer.activated.connect(self.take)
        self._refresh()

    @property
    def text(self) -> str:
        """What was typed."""
        return " ".join(self.field.text().split())

    @property
    def unknown(self) -> tuple[str, ...]:
        """Words that nobody knows, but for the one that is being typed."""
        found = [m for m in _WORD.finditer(self.field.text()) if m[0].lower() not in self._known]
        text = self.field.text()
        typing = self.field.hasFocus() and bool(text) and not text.endswith(" ")
        return tuple(m[0] for m in found if not (typing and m.end() == len(text)))

    @property
    def _last(self) -> str:
        text = self.field.text()
        found = list(_WORD.finditer(text))
        return found[-1][0] if found and found[-1].end() == len(text) else ""

    def take(self, word: str) -> None:
        """Put a word in the place of the one that is being typed."""
        text = self.field.text()
        kept = text[: len(text) - len(self._last)].rstrip()
        self.field.setText(f"{kept} {word} ".lstrip())
        self.field.setFocus()

    def _on_text(self) -> None:
        self._refresh()
        self.changed.emit(self.text)

    def _complete(self) -> None:
        popup = None if self._completer is None else self._completer.popup()
        if self._completer is None or popup is None:
            return
        last = self._last
        if len(last) < 2 or last.lower() in self._known:
            popup.hide()
            return
        self._completer.setCompletionPrefix(last)
        if self._completer.completionCount():
            self._completer.complete()
        else:
            popup.hide()

    def _refresh(self) -> None:
        last, used = self._last.lower(), {m[0].lower() for m in _WORD.finditer(self.field.text())}
        starting = [w for w in self._words if last and w.lower().startswith(last) and w != last]
        rest = [word for word in self._words if word not in starting and word.lower() not in used]
        shown = (starting or rest)[:CHIPS]
        if [chip.text() for chip in self.chips] != shown:
            self._offer(shown)
        unknown = self.unknown
        if unknown:
            words = ", ".join(f"“{word}”" for word in unknown[:4])
            self.note.setText(f"Not among the words it knows: {words}")
        else:
            self.note.setText("Words it knows; a press adds one." if self._words else "")

    def _offer(self, words: Sequence[str]) -> None:
        for chip in self.chips:
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.chips = []
        for word in words:
            chip = QPushButton(word)
            chip.setObjectName("chip")
            chip.setAccessibleName(f"Add {word}")
            chip.clicked.connect(lambda _=False, word=word: self.take(word))
            self._flow.addWidget(chip)
            self.chips.append(chip)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tell Return, and judge the last word once the field is left."""
        if watched is self.field:
            if event.type() == QEvent.Type.FocusOut:
                self._refresh()
            keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            pressed = event.type() == QEvent.Type.KeyPress
            if pressed and isinstance(event, QKeyEvent) and event.key() in keys:
                self.accepted.emit()
                return True
        return super().eventFilter(watched, event)
