"""What the inspector's pages have in common: a part that scrolls, a foot that stays, a hint."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QPalette
from qtpy.QtWidgets import (
    QFrame,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ssldiff_gui.widgets.empty_hint import EmptyHint
from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.tokens import GRID


class _Column(QWidget):
    """As wide as the page is, never wider."""

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())


class Page(QWidget):
    """A column that scrolls, above a foot with the page's one primary button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        inner = _Column()
        inner.setObjectName("page")
        self.column = QVBoxLayout(inner)
        self.column.setContentsMargins(0, 0, 0, GRID)
        self.column.setSpacing(2 * GRID)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(inner)
        self.foot = QVBoxLayout()
        self.foot.setContentsMargins(0, GRID, 0, 0)
        self.foot.setSpacing(GRID)
        full = QWidget()
        column = QVBoxLayout(full)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.area, 1)
        column.addLayout(self.foot)
        self._stack = QStackedWidget()
        self._stack.addWidget(full)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)

    def add_hint(self, hint: EmptyHint) -> EmptyHint:
        """Take what is shown while there is nothing to show; return it."""
        self._stack.addWidget(hint)
        return hint

    def set_empty(self, empty: bool) -> None:
        """Show the hint instead of everything else, or not."""
        self._stack.setCurrentIndex(1 if empty else 0)

    @property
    def is_empty(self) -> bool:
        """Whether the hint is shown."""
        return self._stack.currentIndex() == 1


def set_primary(button: QPushButton, *, primary: bool) -> None:
    """Make a button the next step of the path, or an ordinary one again."""
    kind = "primary" if primary else "normal"
    if button.property("kind") != kind:
        button.setProperty("kind", kind)
        button.style().unpolish(button)
        button.style().polish(button)


class Section(QWidget):
    """A title that folds what stands below it.

    Parameters
    ----------
    title
        Its name.
    unfolded
        Whether it starts unfolded.
    """

    toggled = Signal(bool)

    def __init__(self, title: str, *, unfolded: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = QToolButton()
        self.button.setObjectName("fold")
        self.button.setText(title)
        self.button.setAccessibleName(title)
        self.button.setCheckable(True)
        self.button.setChecked(unfolded)
        self.button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the chevron comes last
        self.button.setIconSize(QSize(16, 16))
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.toggled.connect(self._fold)
        self.body = QWidget()
        self.column = QVBoxLayout(self.body)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(GRID)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(GRID)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute
        outer.addWidget(self.button, 0, left)
        outer.addWidget(self.body)
        self._fold(unfolded)

    @property
    def is_open(self) -> bool:
        """Whether it is unfolded."""
        return self.button.isChecked()

    def set_open(self, unfolded: bool) -> None:
        """Fold or unfold it."""
        self.button.setChecked(unfolded)

    def _fold(self, unfolded: bool) -> None:
        glyph = "chevron-down" if unfolded else "chevron-right"
        self.button.setIcon(icon(glyph, QPalette.ColorRole.ButtonText))
        self.body.setVisible(unfolded)
        self.toggled.emit(unfolded)
