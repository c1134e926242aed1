"""Asks how large a pixel is, when the file does not say."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from ssldiff_gui.core.geometry import Scale, Unit
from ssldiff_gui.widgets.controls import label, push_button
from ssldiff_gui.widgets.tokens import GRID

UNITS: tuple[tuple[str, Unit], ...] = (("µm per pixel", "µm"), ("m per pixel", "m"))


class ScaleDialog(QDialog):
    """A number and its unit.

    Parameters
    ----------
    scale
        What is known so far.
    parent
        The window.
    """

    decided = Signal(object)
    """A Scale, or None when the person takes theirs back."""

    def __init__(self, scale: Scale | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Set the scale")
        self.setModal(True)
        self.number = QDoubleSpinBox()
        self.number.setDecimals(4)
        self.number.setRange(0.0001, 100_000)
        self.number.setValue(scale.x if scale else 0.5)
        self.number.setAccessibleName("Size of a pixel")
        self.unit = QComboBox()
        self.unit.addItems([words for words, _ in UNITS])
        self.unit.setAccessibleName("Unit")
        if scale is not None and scale.unit == "m":
            self.unit.setCurrentIndex(1)
        self._build(taken_back=scale is not None)

    def _build(self, *, taken_back: bool) -> None:
        fields = QHBoxLayout()
        fields.setSpacing(GRID)
        fields.addWidget(self.number, 1)
        fields.addWidget(self.unit)
        self.accept_button = push_button("Set scale", "primary")
        self.accept_button.setDefault(True)
        self.accept_button.clicked.connect(self._decide)
        cancel = push_button("Cancel")
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        if taken_back:
            forget = push_button("Forget it", "quiet")
            forget.clicked.connect(self._forget)
            buttons.addWidget(forget)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.accept_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 3 * GRID)
        column.setSpacing(2 * GRID)
        column.addWidget(label("How large is a pixel?", "title"))
        column.addWidget(
            label("A 20x scan has about 0.5 µm per pixel, a 40x scan about 0.25.", "muted")
        )
        column.addLayout(fields)
        column.addLayout(buttons)

    def _decide(self) -> None:
        size = self.number.value()
        self.accept()
        self.decided.emit(Scale(size, size, UNITS[self.unit.currentIndex()][1]))

    def _forget(self) -> None:
        self.accept()
        self.decided.emit(None)
