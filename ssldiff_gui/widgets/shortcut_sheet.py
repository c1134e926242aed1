"""`?`: every shortcut on one sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeyEvent, QMouseEvent
from qtpy.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ssldiff_gui.widgets.controls import hairline, label, tool_button
from ssldiff_gui.widgets.overlay import Overlay
from ssldiff_gui.widgets.tokens import GRID

COLUMNS = 2


class ShortcutSheet(Overlay):
    """A sheet over the window that lists shortcuts by menu; any key or press closes it.

    Parameters
    ----------
    parent
        The window it lies over.
    groups
        For each title, pairs of what is done and its keys.
    """

    def __init__(self, parent: QWidget, groups: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Keyboard shortcuts")
        self._frame = QFrame(self)
        self._frame.setObjectName("sheet")
        self._build(groups)

    def _build(self, groups: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        close = tool_button("close", "Close", "Close  (Esc)")
        close.clicked.connect(self.hide)
        top = QHBoxLayout()
        top.addWidget(label("Keyboard shortcuts", "title"))
        top.addStretch(1)
        top.addWidget(close)
        columns = QHBoxLayout()
        columns.setSpacing(6 * GRID)
        sides = [QVBoxLayout() for _ in range(COLUMNS)]
        filled = [0] * COLUMNS
        for title, pairs in groups.items():
            side = filled.index(min(filled))
            sides[side].addWidget(self._group(title, pairs))
            filled[side] += len(pairs) + 2
        for side_layout in sides:
            side_layout.setSpacing(3 * GRID)
            side_layout.addStretch(1)
            columns.addLayout(side_layout, 1)
        column = QVBoxLayout(self._frame)
        column.setContentsMargins(4 * GRID, 3 * GRID, 4 * GRID, 4 * GRID)
        column.setSpacing(2 * GRID)
        column.addLayout(top)
        column.addWidget(hairline())
        column.addLayout(columns)

    def _group(self, title: str, pairs: Sequence[tuple[str, str]]) -> QWidget:
        group = QWidget()
        grid = QGridLayout(group)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(6)
        grid.addWidget(label(title, "heading"), 0, 0, 1, 2)
        for row, (what, keys) in enumerate(pairs, 1):
            grid.addWidget(label(what, "muted"), row, 0)
            grid.addWidget(label(keys, "keys"), row, 1, Qt.AlignmentFlag.AlignRight)
        grid.setColumnStretch(0, 1)
        return group

    def open(self) -> None:
        """Show the sheet."""
        self.cover()
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def place(self) -> None:
        """Put the sheet in the middle."""
        hint = self._frame.sizeHint()
        width = min(max(hint.width(), 96 * GRID), self.width() - 4 * GRID)
        height = min(hint.height(), self.height() - 4 * GRID)
        self._frame.setGeometry(
            (self.width() - width) // 2, (self.height() - height) // 2, width, height
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close on any key."""
        event.accept()
        self.hide()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Close when the press is beside the sheet."""
        if not self._frame.geometry().contains(event.position().toPoint()):
            self.hide()
