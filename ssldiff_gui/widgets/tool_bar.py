"""Tools that float over the view they act on."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from ssldiff_gui.widgets.controls import hairline
from ssldiff_gui.widgets.tokens import GRID

ROWS = 5
"""Buttons of a column of tools for cells: as many as there are for shapes."""


class ToolBar(QFrame):
    """Columns of buttons, one for each action; None among them is a line.

    Parameters
    ----------
    actions
        Checkable actions with icon, text and tooltip.
    cells
        Those that work on the cells of a grid: to the right of the others, while there is one.
    parent
        The view it floats over.
    """

    def __init__(
        self,
        actions: Sequence[QAction | None],
        cells: Sequence[QAction] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("floating")
        self.setAccessibleName("Tools")
        self.buttons: list[QToolButton] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 4, 4, 4)
        row.setSpacing(4)
        row.addLayout(self._column(actions))
        self._cells = QWidget()
        inner = QHBoxLayout(self._cells)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(4)
        line = QFrame()
        line.setObjectName("separator")
        line.setFixedWidth(1)
        inner.addWidget(line)
        for start in range(0, len(cells), ROWS):
            inner.addLayout(self._column(cells[start : start + ROWS]))
        row.addWidget(self._cells)
        self.show_cells(shown=False)

    def show_cells(self, *, shown: bool) -> None:
        """Show the tools for cells, or hide them."""
        self._cells.setVisible(shown)
        self.adjustSize()

    def _column(self, actions: Sequence[QAction | None]) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for action in actions:
            column.addWidget(hairline() if action is None else self._button(action))
        column.addStretch(1)
        return column

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setIconSize(QSize(20, 20))
        button.setFixedSize(4 * GRID + 4, 4 * GRID + 4)
        button.setAccessibleName(action.text())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.buttons.append(button)
        return button
