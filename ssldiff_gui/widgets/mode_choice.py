"""A few ways of which one is taken: icons in a row, the taken one said in words."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QPalette
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ssldiff_gui.widgets.controls import ElidedLabel, Segments, label
from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.tokens import GRID

Way = tuple[str, str, str, str]
"""Id, name, icon and tooltip."""


class IconSegments(Segments):
    """Choices that are icons.

    Parameters
    ----------
    ways
        What there is to choose from.
    """

    def __init__(self, ways: Sequence[Way], parent: QWidget | None = None) -> None:
        super().__init__([name for _, name, _, _ in ways], parent)
        self.setProperty("icons", True)
        for place, (_, _, glyph, tip) in enumerate(ways):
            button = self.button(place)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.setIcon(icon(glyph, QPalette.ColorRole.ButtonText))
            button.setIconSize(QSize(18, 18))
            button.setToolTip(tip)


class ModeChoice(QWidget):
    """A title, the name of the way that is taken, and icons of all.

    Parameters
    ----------
    title
        What is chosen.
    ways
        What there is to choose from.
    """

    chosen = Signal(str)
    """Id of the way someone took."""

    def __init__(self, title: str, ways: Sequence[Way], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ways = tuple(ways)
        self.name = ElidedLabel("muted")
        self.name.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.segments = IconSegments(ways)
        self.segments.setAccessibleName(title)
        self.segments.chosen.connect(self._choose)
        first = QHBoxLayout()
        first.setSpacing(GRID)
        first.addWidget(label(title, "heading"))
        first.addWidget(self.name, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(first)
        column.addWidget(self.segments)
        self.show_way(self._ways[0][0])

    @property
    def way(self) -> str:
        """Id of the way that is taken."""
        return next(
            key for place, (key, *_) in enumerate(self._ways)
            if self.segments.button(place).isChecked()
        )  # fmt: skip

    def show_way(self, key: str) -> None:
        """Take a way without saying so; an unknown one changes nothing."""
        for place, (known, name, _, _) in enumerate(self._ways):
            if known == key:
                self.segments.choose(place)
                self.name.setText(name)

    def _choose(self, place: int) -> None:
        key, name, _, _ = self._ways[place]
        self.name.setText(name)
        self.chosen.emit(key)
