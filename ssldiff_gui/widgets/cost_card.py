"""What a render takes, before it is begun; a large one asks for consent."""

from __future__ import annotations

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtGui import QPalette
from qtpy.QtWidgets import QCheckBox, QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ssldiff_gui.widgets.controls import ElidedLabel, label
from ssldiff_gui.widgets.icons import Glyph
from ssldiff_gui.widgets.shown import CostShown
from ssldiff_gui.widgets.tokens import GRID


class CostCard(QFrame):
    """Size, time, memory and disk; in the warning style when there is one."""

    consented = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._cost: CostShown | None = None
        self.pixels = ElidedLabel("heading")
        self.size_words = ElidedLabel("small")
        self.facts = {name: ElidedLabel("body") for name in ("Time", "Memory", "Disk")}
        self._names = {name: label(name, "small") for name in self.facts}
        self.warning = label("", "danger", wrap=True)
        self._warned = QWidget()
        row = QHBoxLayout(self._warned)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        mark = Glyph("alert-outline", 20, QPalette.ColorRole.BrightText)
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.warning, 1)
        self.consent = QCheckBox()
        self.consent.toggled.connect(self.consented)
        self._lay_out()
        self.show_cost(None)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(GRID)
        grid.setVerticalSpacing(0)
        for column, (name, value) in enumerate(self.facts.items()):
            value.setAccessibleName(name)
            grid.addWidget(self._names[name], 0, column)
            grid.addWidget(value, 1, column)
            grid.setColumnStretch(column, 3 if name == "Time" else 2)
        column_of_all = QVBoxLayout(self)
        column_of_all.setContentsMargins(GRID + 4, GRID, GRID + 4, GRID)
        column_of_all.setSpacing(GRID)
        head = QVBoxLayout()
        head.setSpacing(0)
        head.addWidget(self.pixels)
        head.addWidget(self.size_words)
        column_of_all.addLayout(head)
        column_of_all.addLayout(grid)
        column_of_all.addWidget(self._warned)
        column_of_all.addWidget(self.consent)

    @property
    def cost(self) -> CostShown | None:
        """What is shown."""
        return self._cost

    @property
    def allowed(self) -> bool:
        """Whether nothing is left to be consented to."""
        cost = self._cost
        return cost is not None and (not cost.consent or self.consent.isChecked())

    def take_back(self) -> None:
        """Ask for consent anew: it was given for one render."""
        self.consent.setChecked(False)

    def show_cost(self, cost: CostShown | None) -> None:
        """Show what a render takes; consent holds for one cost only."""
        asked = "" if self._cost is None else self._cost.consent
        self._cost = cost
        self.setVisible(cost is not None)
        if cost is None:
            return
        self.pixels.setText(cost.pixels)
        self.size_words.setText(cost.size)
        self.size_words.setVisible(bool(cost.size))
        for name, said in zip(self.facts, (cost.time, cost.memory, cost.disk), strict=True):
            self.facts[name].setText(said)
            self.facts[name].setVisible(bool(said))
            self._names[name].setVisible(bool(said))
        self.warning.setText(cost.warning)
        self._warned.setVisible(bool(cost.warning))
        if self.property("warned") != bool(cost.warning):
            self.setProperty("warned", bool(cost.warning))
            self.style().unpolish(self)
            self.style().polish(self)
        if cost.consent != asked:
            with QSignalBlocker(self.consent):
                self.consent.setChecked(False)
        self.consent.setText(cost.consent)
        self.consent.setVisible(bool(cost.consent))
