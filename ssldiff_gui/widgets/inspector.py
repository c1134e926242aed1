"""The pane on the right: a few pages, one in view."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QPalette
from qtpy.QtWidgets import QFrame, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from ssldiff_gui.widgets.controls import Segments
from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.tokens import GRID


class Inspector(QFrame):
    """Pages under a row of names.

    Parameters
    ----------
    pages
        Name and widget of each, in the order in which work goes.
    """

    def __init__(self, pages: Sequence[tuple[str, QWidget]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector")
        self.segments = Segments([name for name, _ in pages])
        self.segments.setProperty("dense", True)
        self._stack = QStackedWidget()
        for _, page in pages:
            self._stack.addWidget(page)
        self.segments.chosen.connect(self._stack.setCurrentIndex)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, GRID + 2, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(self.segments)
        column.addWidget(self._stack, 1)

    def show_as_icon(self, page: int, glyph: str) -> None:
        """Let a page's name be an icon, where there is no room for one word more."""
        button = self.segments.button(page)
        button.setToolTip(button.text())
        button.setIcon(icon(glyph, QPalette.ColorRole.ButtonText))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def page(self) -> int:
        """Place of the page in view."""
        return self._stack.currentIndex()

    def choose(self, page: int) -> None:
        """Show a page."""
        self.segments.choose(page)
        self._stack.setCurrentIndex(page)

    def sizeHint(self) -> QSize:
        """Return a width at which a row of facts is legible."""
        return QSize(39 * GRID, 80 * GRID)
