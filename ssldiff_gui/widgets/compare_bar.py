"""How the original and the synthetic picture are compared, chosen where they are looked at."""

from __future__ import annotations

from qtpy.QtCore import QSize, Signal
from qtpy.QtWidgets import QHBoxLayout, QWidget

from ssldiff_gui.widgets.check_page import COMPARE
from ssldiff_gui.widgets.controls import tool_button
from ssldiff_gui.widgets.mode_choice import IconSegments
from ssldiff_gui.widgets.tokens import GRID


class CompareBar(QWidget):
    """Ways to compare, one of which is taken, and whether the check map is shown."""

    mode_chosen = Signal(str)
    """"side", "curtain", "blink" or "difference"."""
    check_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Compare")
        self.segments = IconSegments(COMPARE)
        self.segments.setAccessibleName("How to compare")
        self.segments.chosen.connect(lambda place: self.mode_chosen.emit(COMPARE[place][0]))
        self.check = tool_button(
            "grid-large", "Check map", "Check map: likeness cell by cell  (Ctrl+Shift+M)"
        )
        self.check.setIconSize(QSize(18, 18))
        self.check.setCheckable(True)
        self.check.setEnabled(False)
        self.check.clicked.connect(self.check_toggled)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID // 2)
        row.addWidget(self.segments)
        row.addWidget(self.check)

    @property
    def mode(self) -> str:
        """Which way is taken."""
        taken = (key for i, (key, *_) in enumerate(COMPARE) if self.segments.button(i).isChecked())
        return next(taken)

    def show_mode(self, mode: str) -> None:
        """Take a way without saying so; an unknown one changes nothing."""
        for place, (key, *_) in enumerate(COMPARE):
            if key == mode:
                self.segments.choose(place)

    def show_check(self, shown: bool | None) -> None:
        """Say whether the check map is shown; None when there is none to show."""
        self.check.setEnabled(shown is not None)
        self.check.setChecked(bool(shown))
