"""`?`: every shortcut and every act of the mouse on one sheet, in groups, to be searched."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QKeyEvent, QMouseEvent, QPalette, QResizeEvent
from qtpy.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ssldiff_gui.widgets.controls import ElidedLabel, hairline, label, tool_button
from ssldiff_gui.widgets.icons import Glyph
from ssldiff_gui.widgets.overlay import Overlay
from ssldiff_gui.widgets.tokens import GRID

COLUMN, WIDE, MOST_COLUMNS = 36 * GRID, 45 * GRID, 3
"""Least and best width of a column, and most of them."""

Groups = Mapping[str, Sequence[tuple[str, str]]]
"""For each title, pairs of what is done and its keys."""

MOUSE_ACTS: dict[str, tuple[tuple[str, str], ...]] = {
    "With the mouse": (
        ("Zoom at the pointer", "Wheel"),
        ("Move the picture", "Space + drag"),
        ("Pick the cell under the pointer", "Alt + click"),
        ("Add to the selection", "Shift + drag"),
        ("Take from the selection", "Ctrl + drag"),
        ("Leave the tool, or stop the stroke", "Esc"),
        ("Compare a result with the one shown", "Ctrl + click"),
    ),
    "On a result": (
        ("Show it", "Return"),
        ("Compare it with the one shown", "Shift + Return"),
        ("Star it", "S"),
        ("Rename it", "F2"),
        ("Delete it", "Delete"),
    ),
    "In the queue": (
        ("Move a job up or down", "Alt + Up, Alt + Down"),
        ("Cancel a job", "Delete"),
    ),
    "In the command palette": (
        ("Next and previous command", "Down, Up"),
        ("Run it", "Return"),
        ("Close the palette", "Esc"),
    ),
}
"""What no menu lists: acts of the mouse, and keys that one part alone knows."""


class ShortcutSheet(Overlay):
    """A sheet over the window that lists shortcuts by group; Esc or a press beside it closes it.

    Parameters
    ----------
    parent
        The window it lies over.
    groups
        For each title, pairs of what is done and its keys.
    """

    def __init__(self, parent: QWidget, groups: Groups) -> None:
        super().__init__(parent)
        self.setAccessibleName("Keyboard shortcuts")
        self._groups: dict[str, tuple[tuple[str, str], ...]] = {}
        self._columns = 0
        self._focus: QWidget | None = None
        self._frame = QFrame(self)
        self._frame.setObjectName("sheet")
        self._build()
        self.show_groups(groups)

    def _build(self) -> None:
        self.field = QLineEdit()
        self.field.setPlaceholderText("Search")
        self.field.setAccessibleName("Search shortcuts")
        self.field.setClearButtonEnabled(True)
        self.field.setFixedWidth(32 * GRID)
        self.field.textChanged.connect(lambda _: self._fill())
        self.field.installEventFilter(self)
        close = tool_button("close", "Close", "Close  (Esc)")
        close.clicked.connect(self.dismiss)
        top = QHBoxLayout()
        top.setSpacing(GRID)
        top.addWidget(label("Shortcuts", "title"))
        top.addStretch(1)
        top.addWidget(Glyph("magnify", 18, QPalette.ColorRole.PlaceholderText))
        top.addWidget(self.field)
        top.addWidget(close)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._none = label("Nothing answers that.", "muted")
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self._frame)
        column.setContentsMargins(3 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(2 * GRID)
        column.addLayout(top)
        column.addWidget(hairline())
        column.addWidget(self._area, 1)
        column.addWidget(self._none, 1)

    def show_groups(self, groups: Groups) -> None:
        """List these; a group without keys is left out."""
        self._groups = {title: tuple(pairs) for title, pairs in groups.items() if pairs}
        self._fill()

    @property
    def listed(self) -> dict[str, list[tuple[str, str]]]:
        """What answers the search."""
        wanted = self.field.text().strip().lower()
        found = {
            title: [
                (what, keys)
                for what, keys in pairs
                if all(part in f"{title} {what} {keys}".lower() for part in wanted.split())
            ]
            for title, pairs in self._groups.items()
        }
        return {title: pairs for title, pairs in found.items() if pairs}

    def _fill(self) -> None:
        """Lay the groups out in columns of about the same height, in their order."""
        listed = self.listed
        count = self._columns or 1
        sides: list[QVBoxLayout] = []
        page = QWidget()
        page.setObjectName("page")
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, GRID, 0)
        row.setSpacing(5 * GRID)
        for _ in range(count):
            side = QVBoxLayout()
            side.setSpacing(3 * GRID)
            row.addLayout(side, 1)
            sides.append(side)
        heights = {title: len(pairs) + 2 for title, pairs in listed.items()}
        for place, titles in enumerate(_balanced(heights, count)):
            for title in titles:
                sides[place].addWidget(_group(title, listed[title]))
        for side in sides:
            side.addStretch(1)
        self._area.setWidget(page)
        self._area.setVisible(bool(listed))
        self._none.setVisible(not listed)

    def open(self) -> None:
        """Show the sheet, with everything on it."""
        self._focus = self.window().focusWidget()
        self.field.clear()
        self.cover()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def dismiss(self) -> None:
        """Hide it and give the focus back."""
        self.hide()
        if self._focus is not None and self._focus.isVisible():
            self._focus.setFocus()
        self._focus = None

    def place(self) -> None:
        """Put the sheet in the middle, with as many columns as there is room for."""
        room = self.width() - 4 * GRID
        columns = max(1, min(MOST_COLUMNS, (room - 5 * GRID) // (COLUMN + 5 * GRID)))
        if columns != self._columns:
            self._columns = columns
            self._fill()
        page = self._area.widget()
        inner = page.sizeHint().height() if page is not None else 0
        width = min(columns * (WIDE + 5 * GRID), room)
        height = min(inner + 13 * GRID, self.height() - 4 * GRID)
        if self.field.text():
            height = max(height, self._frame.height())
        x, y = (self.width() - width) // 2, (self.height() - height) // 2
        self._frame.setGeometry(x, y, width, height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the window."""
        super().resizeEvent(event)
        self.place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the keys that close or scroll from the field."""
        pressed = watched is self.field and event.type() == QEvent.Type.KeyPress
        if pressed and isinstance(event, QKeyEvent):
            return self._pressed(event)
        return super().eventFilter(watched, event)

    def _pressed(self, event: QKeyEvent) -> bool:
        key, bar = event.key(), self._area.verticalScrollBar()
        if key == Qt.Key.Key_Escape or (event.text() == "?" and not self.field.text()):
            self.dismiss()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            bar.setValue(bar.value() + (40 if key == Qt.Key.Key_Down else -40))
        elif key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            step = bar.pageStep()
            bar.setValue(bar.value() + (step if key == Qt.Key.Key_PageDown else -step))
        else:
            return key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
        return True

    def event(self, event: QEvent) -> bool:
        """Keep the window's shortcuts away while it is open."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close on Esc; keep all other keys from what lies below."""
        event.accept()
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Close when the press is beside the sheet."""
        if not self._frame.geometry().contains(event.position().toPoint()):
            self.dismiss()


def _balanced(heights: Mapping[str, int], count: int) -> list[list[str]]:
    """Return titles in `count` columns: each goes, in order, to the column that is shortest."""
    columns: list[list[str]] = [[] for _ in range(count)]
    filled = [0] * count
    for title, height in heights.items():
        place = filled.index(min(filled))
        columns[place].append(title)
        filled[place] += height
    return columns


def _group(title: str, pairs: Sequence[tuple[str, str]]) -> QWidget:
    group = QWidget()
    grid = QGridLayout(group)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(GRID)
    grid.setVerticalSpacing(6)
    grid.addWidget(label(title, "heading"), 0, 0, 1, 2)
    for row, (what, keys) in enumerate(pairs, 1):
        words = ElidedLabel("muted")
        words.setText(what)
        grid.addWidget(words, row, 0)
        grid.addWidget(_keys(keys), row, 1, Qt.AlignmentFlag.AlignRight)
    grid.setColumnStretch(0, 1)
    return group


def _keys(text: str) -> QWidget:
    """Return keys as caps side by side: "Alt + Up, Alt + Down" are two times two."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(3)
    for place, chord in enumerate(text.split(", ")):
        if place:
            row.addWidget(label("or", "small"))
        # A "+" that stands alone, or at the end, is the key itself.
        for key in re.split(r"\s\+\s|(?<=[^\s+])\+(?=.)", chord):
            row.addWidget(label(key, "keys"))
    return holder
