"""What a generator is told beside the grid: words, a class, and the areas that are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QCheckBox, QLineEdit, QVBoxLayout, QWidget

from ssldiff_gui.widgets.choice_box import ChoiceBox
from ssldiff_gui.widgets.controls import label, push_button
from ssldiff_gui.widgets.shown import Choice
from ssldiff_gui.widgets.tokens import GRID

ANYTHING = Choice("", "Anything")


@dataclass(frozen=True, slots=True)
class TellShown:
    """What is told.

    Parameters
    ----------
    text, label
        Words, and the id of a class.
    areas
        Whether the areas that are drawn count.
    """

    text: str = ""
    label: str = ""
    areas: bool = True


class TellCard(QWidget):
    """Hidden for models that take nothing but a grid."""

    changed = Signal(object)
    """A TellShown, whenever someone changed it."""
    draw_requested = Signal()
    """Somebody wants to draw an area."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = TellShown()
        self.text = QLineEdit()
        self.text.setPlaceholderText("Words, in English")
        self.text.setAccessibleName("What the image shows, in words")
        self.label = ChoiceBox("Class")
        self.areas = QCheckBox("Follow the areas I draw")
        self.areas.setToolTip("Rectangles, polygons and freehand shapes with a class or a name")
        self.found = label("", "small", wrap=True)
        self.draw = push_button("Draw an area", "normal", "rectangle-outline")
        self._sections: dict[str, QWidget] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        for key, title, parts in (
            ("text", "In words", (self.text,)),
            ("label", "Class", (self.label,)),
            ("areas", "Layout", (self.areas, self.found, self.draw)),
        ):
            column.addWidget(self._section(key, title, parts))
        self.text.editingFinished.connect(self._tell)
        self.label.chosen.connect(lambda _: self._tell())
        self.areas.clicked.connect(lambda _: self._tell())
        self.draw.clicked.connect(self.draw_requested)
        self.offer(text=False, classes=(), areas=False)

    def _section(self, key: str, title: str, parts: Sequence[QWidget]) -> QWidget:
        section = QWidget()
        column = QVBoxLayout(section)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(label(title, "heading"))
        for part in parts:
            column.addWidget(part)
        self._sections[key] = section
        return section

    @property
    def shown(self) -> TellShown:
        """What is told now."""
        return self._shown

    def offer(self, *, text: bool, classes: Sequence[str], areas: bool) -> None:
        """Show what the model can be told, and nothing else."""
        self._sections["text"].setVisible(text)
        self._sections["label"].setVisible(bool(classes))
        self._sections["areas"].setVisible(areas)
        choices = [ANYTHING, *(Choice(name, name) for name in classes)]
        self.label.show_choices(choices, self._shown.label)
        self.setVisible(text or bool(classes) or areas)

    def show_told(self, shown: TellShown, found: str) -> None:
        """Show what is told, and what becomes of the areas, without saying so."""
        self._shown = shown
        if not self.text.hasFocus():
            self.text.setText(shown.text)
        self.label.show_choices(self.label.choices, shown.label)
        with QSignalBlocker(self.areas):
            self.areas.setChecked(shown.areas)
        self.found.setText(found)
        self.found.setVisible(shown.areas and bool(found))

    def _tell(self) -> None:
        told = TellShown(self.text.text(), self.label.id, self.areas.isChecked())
        if told != self._shown:
            self._shown = told
            self.changed.emit(told)
