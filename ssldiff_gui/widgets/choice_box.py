"""A list to choose from, with a small line about what is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtGui import QStandardItemModel
from qtpy.QtWidgets import QComboBox, QVBoxLayout, QWidget

from ssldiff_gui.widgets.controls import ElidedLabel
from ssldiff_gui.widgets.shown import Choice
from ssldiff_gui.widgets.slider import guard_wheel
from ssldiff_gui.widgets.tokens import GRID


class ChoiceBox(QWidget):
    """Shows `Choice`s; what is missing can be read but not chosen.

    Parameters
    ----------
    name
        What is chosen, for a screen reader.
    """

    chosen = Signal(str)
    """Id of what someone chose."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices: tuple[Choice, ...] = ()
        self.box = QComboBox()
        self.box.setAccessibleName(name)
        self.box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.box.setMinimumContentsLength(GRID)
        guard_wheel(self.box)
        self.note = ElidedLabel("small")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.box)
        column.addWidget(self.note)
        self.box.activated.connect(self._choose)
        self.show_choices((), "")

    @property
    def id(self) -> str:
        """Id of what is chosen; empty when there is nothing to choose."""
        place = self.box.currentIndex()
        return self._choices[place].id if 0 <= place < len(self._choices) else ""

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What is offered."""
        return self._choices

    def show_choices(self, choices: Sequence[Choice], chosen: str) -> None:
        """Offer these.

        Parameters
        ----------
        choices
            In the order in which they are listed.
        chosen
            Id of the one that is taken.
        """
        if self.box.view().isVisible():
            return  # the list is open: it is shown once someone has chosen
        if tuple(choices) != self._choices:
            self._choices = tuple(choices)
            self._fill()
        places = [place for place, choice in enumerate(self._choices) if choice.id == chosen]
        with QSignalBlocker(self.box):
            self.box.setCurrentIndex(places[0] if places else -1)
        self._explain()

    def _fill(self) -> None:
        with QSignalBlocker(self.box):
            self.box.clear()
            self.box.addItems([choice.title for choice in self._choices])
        model = self.box.model()
        for place, choice in enumerate(self._choices):
            said = choice.missing or choice.note
            words = f"{choice.title}\n{said}".strip()
            self.box.setItemData(place, words, Qt.ItemDataRole.ToolTipRole)
            if choice.missing and isinstance(model, QStandardItemModel):
                model.item(place).setEnabled(False)
        self.box.setEnabled(bool(self._choices))

    def _choose(self, _: int) -> None:
        self._explain()
        self.chosen.emit(self.id)

    def _explain(self) -> None:
        place = self.box.currentIndex()
        choice = self._choices[place] if 0 <= place < len(self._choices) else None
        said = "" if choice is None else choice.missing or choice.note
        self.note.setText(said)
        self.note.setVisible(bool(said))
        self.box.setToolTip("" if choice is None else choice.title)
