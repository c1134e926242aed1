"""How near the view is: a number to read, presets to choose, steps in and out."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from ssldiff_gui.widgets.controls import tool_button
from ssldiff_gui.widgets.tokens import GRID


class ZoomControl(QWidget):
    """Buttons around the present magnification."""

    preset_chosen = Signal(float)
    fit_requested = Signal()
    stepped = Signal(int)
    """+1 nearer, −1 farther."""
    scale_requested = Signal()
    """The person wants to say the size of a pixel."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fit = tool_button(
            "fit-to-screen-outline", "Show the whole picture", "Show the whole picture  (0)"
        )
        self.out = tool_button("minus", "Zoom out", "Zoom out  (-)", 16)
        self.value = QToolButton()
        self.value.setText("–")
        self.value.setAccessibleName("Magnification")
        self.value.setToolTip("Magnification: choose a preset")
        self.value.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.value.setMinimumWidth(10 * GRID)
        self.menu = QMenu(self.value)
        self.value.setMenu(self.menu)
        self.near = tool_button("plus", "Zoom in", "Zoom in  (+)", 16)
        self.fit.clicked.connect(self.fit_requested)
        self.out.clicked.connect(lambda: self.stepped.emit(-1))
        self.near.clicked.connect(lambda: self.stepped.emit(1))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for button in (self.out, self.value, self.near, self.fit):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)

    def set_presets(self, presets: Sequence[tuple[str, float]], note: str = "") -> None:
        """Offer these values.

        Parameters
        ----------
        presets
            Words and value of each.
        note
            Words of a line that leads to setting the scale; none when empty.
        """
        self.menu.clear()
        for words, value in presets:
            act = self.menu.addAction(words)
            act.triggered.connect(lambda _=False, value=value: self.preset_chosen.emit(value))
        self.menu.addSeparator()
        self.menu.addAction("Whole picture").triggered.connect(self.fit_requested)
        if note:
            self.menu.addAction(note).triggered.connect(self.scale_requested)

    def set_text(self, text: str) -> None:
        """Show the present magnification."""
        self.value.setText(text)
        self.value.setAccessibleDescription(text)
