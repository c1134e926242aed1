"""Where the noise starts, and what the next start is."""

from __future__ import annotations

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QHBoxLayout, QSpinBox, QWidget

from ssldiff_gui.widgets.mode_choice import IconSegments, Way
from ssldiff_gui.widgets.shown import SeedMode
from ssldiff_gui.widgets.slider import guard_wheel, is_typed_in
from ssldiff_gui.widgets.tokens import GRID

LARGEST = 2**31 - 1

MODES: tuple[Way, ...] = (
    ("lock", "Keep the seed", "lock-outline", "Keep: the same seed gives the same image"),
    ("random", "A new seed each time", "dice-5-outline", "Random: another seed for each image"),
    ("step", "One more each time", "numeric-positive-1", "Count: each image takes the next seed"),
)


class SeedField(QWidget):
    """A number and three icons."""

    changed = Signal(object, str)
    """The seed, an int that may be larger than Qt's, and how it goes on: a `SeedMode`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = 0
        self.number = QSpinBox()
        self.number.setRange(0, LARGEST)
        self.number.setAccessibleName("Seed")
        self.number.setToolTip("The same seed and settings give the same image")
        self.number.setKeyboardTracking(False)
        line = self.number.lineEdit()
        if line is not None:
            line.setTextMargins(6, 0, 0, 0)  # a style sheet's padding does not reach it
        guard_wheel(self.number)
        self.modes = IconSegments(MODES)
        self.modes.setAccessibleName("The next seed")
        self.number.valueChanged.connect(self._tell)
        self.modes.chosen.connect(self._tell)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self.number, 1)
        row.addWidget(self.modes, 1)

    @property
    def seed(self) -> int:
        """The number; one too large for the field stays as it is until another is typed."""
        typed = int(self.number.value())
        return self._shown if typed == min(self._shown, LARGEST) else typed

    @property
    def mode(self) -> SeedMode:
        """How it goes on."""
        modes: tuple[SeedMode, ...] = ("lock", "random", "step")
        return next(mode for n, mode in enumerate(modes) if self.modes.button(n).isChecked())

    def show_seed(self, seed: int, mode: SeedMode) -> None:
        """Show a seed without saying so; one too large for the field is shown within it."""
        if is_typed_in(self.number):
            return
        self._shown = seed
        with QSignalBlocker(self.number):
            self.number.setValue(min(seed, LARGEST))
        self.modes.choose([key for key, *_ in MODES].index(mode))

    def _tell(self, _: int) -> None:
        self.changed.emit(self.seed, self.mode)
