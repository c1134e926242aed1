"""A problem, said in the view or panel it concerns."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QPalette
from qtpy.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.widgets.controls import label, tool_button
from ssldiff_gui.widgets.icons import Glyph
from ssldiff_gui.widgets.tokens import GRID


class Notice(QFrame):
    """What went wrong here and what to do about it; hidden until there is something to say."""

    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.message = label("", "heading", wrap=True)
        self.hint = label("", "muted", wrap=True)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.message)
        words.addWidget(self.hint)
        self.close_button = tool_button("close", "Dismiss", size=16)
        self.close_button.setObjectName("dismiss")
        self.close_button.clicked.connect(self.clear)
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID + 4, GRID, GRID, GRID)
        row.setSpacing(GRID)
        top = Qt.AlignmentFlag.AlignTop
        row.addWidget(Glyph("alert-circle-outline", 20, QPalette.ColorRole.BrightText), 0, top)
        row.addLayout(words, 1)
        row.addWidget(self.close_button, 0, top)
        self.hide()

    def tell(self, problem: UserError) -> None:
        """Show a problem."""
        self.message.setText(problem.message)
        self.hint.setText(problem.hint)
        self.hint.setVisible(bool(problem.hint))
        self.setAccessibleName(str(problem))
        self.show()

    def clear(self) -> None:
        """Take it away."""
        if not self.isHidden():
            self.hide()
            self.dismissed.emit()
