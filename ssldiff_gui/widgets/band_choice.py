"""Which bands are seen as red, green and blue, and whether they are stretched."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QCheckBox, QComboBox, QGridLayout, QWidget

from ssldiff_gui.widgets.controls import label
from ssldiff_gui.widgets.tokens import GRID

CHANNELS = ("Red", "Green", "Blue")


class BandChoice(QWidget):
    """Three lists of bands and a check box; hidden for pictures that have only their colours."""

    changed = Signal(object, bool)
    """Three indices of bands, and whether they are stretched between percentiles."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lists = tuple(QComboBox() for _ in CHANNELS)
        self.stretch = QCheckBox("Stretch the contrast")
        self.stretch.setToolTip("Show the values between the 2nd and the 98th percentile")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GRID)
        grid.addWidget(label("Shown bands", "heading"), 0, 0, 1, 2)
        for row, (name, combo) in enumerate(zip(CHANNELS, self.lists, strict=True), 1):
            combo.setAccessibleName(f"Band shown as {name.lower()}")
            combo.activated.connect(self._tell)
            grid.addWidget(label(name, "muted"), row, 0)
            grid.addWidget(combo, row, 1)
        grid.addWidget(self.stretch, len(CHANNELS) + 1, 1)
        grid.setColumnMinimumWidth(0, 9 * GRID)
        grid.setColumnStretch(1, 1)
        self.stretch.clicked.connect(self._tell)

    def show_bands(
        self, names: Sequence[str], chosen: Sequence[int], stretched: bool, *, fixed: bool
    ) -> None:
        """Offer the bands of another scene.

        Parameters
        ----------
        names
            What the bands are called.
        chosen
            The three that are shown.
        stretched
            Whether they are stretched.
        fixed
            Whether a stretch is needed to see anything (values beyond 8 bits).
        """
        for combo, index in zip(self.lists, chosen, strict=True):
            with QSignalBlocker(combo):
                combo.clear()
                combo.addItems([f"{n}  {name}" for n, name in enumerate(names, 1)])
                combo.setCurrentIndex(index)
        with QSignalBlocker(self.stretch):
            self.stretch.setChecked(stretched)
        self.stretch.setEnabled(not fixed)

    def _tell(self) -> None:
        bands = tuple(combo.currentIndex() for combo in self.lists)
        self.changed.emit(bands, self.stretch.isChecked())
