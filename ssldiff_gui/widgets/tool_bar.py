"""Tools that float over the view they act on."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QFrame, QToolButton, QVBoxLayout, QWidget

from ssldiff_gui.widgets.controls import hairline
from ssldiff_gui.widgets.tokens import GRID


class ToolBar(QFrame):
    """A column of buttons, one for each action; None among them is a line.

    Parameters
    ----------
    actions
        Checkable actions with icon, text and tooltip.
    parent
        The view it floats over.
    """

    def __init__(self, actions: Sequence[QAction | None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("floating")
        self.setAccessibleName("Tools")
        self.buttons: list[QToolButton] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(4)
        for action in actions:
            column.addWidget(hairline() if action is None else self._button(action))

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
