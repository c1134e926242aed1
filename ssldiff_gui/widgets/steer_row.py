"""Where cells are to lead: words or a class that a prior knows."""

from __future__ import annotations

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QComboBox, QCompleter, QLineEdit, QVBoxLayout, QWidget

from ssldiff_gui.widgets.controls import label
from ssldiff_gui.widgets.shown import SteerShown
from ssldiff_gui.widgets.slider import guard_wheel
from ssldiff_gui.widgets.tokens import GRID

ANY = "By words only"


class SteerFields(QWidget):
    """A line of text and a list of classes; choosing one empties the other."""

    changed = Signal()
    accepted = Signal()
    """Return was pressed in the text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: SteerShown | None = None
        self.text = QLineEdit()
        self.text.setAccessibleName("Words to lead the cells to")
        self.text.setPlaceholderText("In words")
        self.text.setClearButtonEnabled(True)
        self.classes = QComboBox()
        self.classes.setAccessibleName("Class to lead the cells to")
        guard_wheel(self.classes)
        self.hint = label("", "small", wrap=True)
        self.text.textEdited.connect(self._typed)
        self.text.returnPressed.connect(self.accepted)
        self.classes.activated.connect(self._chosen)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        for part in (self.text, self.classes, self.hint):
            column.addWidget(part)
        self.show_steer(SteerShown())

    def show_steer(self, steer: SteerShown) -> None:
        """Offer what a prior knows; what is typed stays."""
        if steer == self._shown:
            return
        self._shown = steer
        with QSignalBlocker(self.classes):
            chosen = self.class_name
            self.classes.clear()
            self.classes.addItems([ANY, *steer.classes])
            self.classes.setCurrentIndex(max(0, self.classes.findText(chosen)))
        self.classes.setVisible(bool(steer.classes))
        completer = QCompleter(list(steer.words), self.text)  # the field lets go of the last one
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.text.setCompleter(completer)
        self.text.setVisible(bool(steer.words) or not steer.classes)
        few = ", ".join(steer.words[:6]) + (" …" if len(steer.words) > 6 else "")
        self.hint.setText(steer.missing or (f"It knows words like {few}." if few else ""))
        self.hint.setVisible(bool(self.hint.text()))
        for field in (self.text, self.classes):
            field.setEnabled(not steer.missing)

    @property
    def words(self) -> str:
        """What was typed."""
        return "" if self.class_name else self.text.text().strip()

    @property
    def class_name(self) -> str:
        """The class that was chosen; empty when words lead."""
        return self.classes.currentText() if self.classes.currentIndex() > 0 else ""

    def _typed(self) -> None:
        with QSignalBlocker(self.classes):
            self.classes.setCurrentIndex(0)
        self.changed.emit()

    def _chosen(self, place: int) -> None:
        if place > 0:
            self.text.clear()
        self.changed.emit()
