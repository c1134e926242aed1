"""How one question is answered: paths, models, numbers, choices, texts for classes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from pydantic import JsonValue
from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from ssldiff_gui.state.lab_fields import LabField
from ssldiff_gui.widgets.choice_box import ChoiceBox
from ssldiff_gui.widgets.controls import label, tool_button
from ssldiff_gui.widgets.shown import Choice
from ssldiff_gui.widgets.slider import guard_wheel
from ssldiff_gui.widgets.tokens import GRID

FOLDER = "…folder"
"""Stands for a model in a folder of one's own."""


class Answer(QWidget):
    """A place for an answer; each kind has its own."""

    changed = Signal()
    browse_requested = Signal(str)
    """What is looked for: "folder" or "file"."""

    def __init__(self, field: LabField, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(4)

    @property
    def value(self) -> JsonValue:
        """The answer; None when there is none."""
        raise NotImplementedError

    def show_value(self, value: JsonValue) -> None:
        """Show an answer without saying so."""
        raise NotImplementedError

    def take_paths(self, paths: Sequence[str]) -> None:
        """Take paths that were dropped or chosen; most answers are none."""


class TextAnswer(Answer):
    """A line."""

    def __init__(self, field: LabField) -> None:
        super().__init__(field)
        self.line = QLineEdit()
        self.line.setAccessibleName(field.title)
        self.line.textEdited.connect(lambda _: self.changed.emit())
        self.column.addWidget(self.line)

    @property
    def value(self) -> JsonValue:
        """What is written."""
        return self.line.text()

    def show_value(self, value: JsonValue) -> None:
        """Write something."""
        if not self.line.hasFocus():
            self.line.setText(str(value or ""))


class PathAnswer(Answer):
    """One path: written, chosen, or dropped."""

    def __init__(self, field: LabField) -> None:
        super().__init__(field)
        self.setAcceptDrops(True)
        what = "file" if field.kind == "file" else "folder"
        self.line = QLineEdit()
        self.line.setAcceptDrops(False)  # a dropped path takes the place of all that is written
        self.line.setAccessibleName(field.title)
        self.line.setPlaceholderText(f"Drop a {what} here")
        self.line.textChanged.connect(self._on_text)
        self.button = tool_button("folder-open-outline", f"Choose the {field.title.lower()}")
        self.button.clicked.connect(lambda: self.browse_requested.emit(what))
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.line, 1)
        row.addWidget(self.button)
        self.column.addLayout(row)

    @property
    def value(self) -> JsonValue:
        """The path."""
        return self.line.text().strip()

    def show_value(self, value: JsonValue) -> None:
        """Show a path."""
        if self.line.text() != str(value or ""):
            with QSignalBlocker(self.line):
                self.line.setText(str(value or ""))
            self.line.setToolTip(self.line.text())

    def _on_text(self, text: str) -> None:
        self.line.setToolTip(text)
        self.changed.emit()

    def take_paths(self, paths: Sequence[str]) -> None:
        """Take the first."""
        if paths:
            self.line.setText(paths[0])
            self.line.setCursorPosition(0)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders."""
        if _paths(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take what was dropped."""
        self.take_paths(_paths(event))
        event.acceptProposedAction()


class PathsAnswer(PathAnswer):
    """Several paths, with ";" between them; what is dropped or chosen is added."""

    def __init__(self, field: LabField) -> None:
        super().__init__(field)
        self.line.setPlaceholderText("Drop files or folders here")

    @property
    def value(self) -> JsonValue:
        """The paths."""
        return [part.strip() for part in self.line.text().split(";") if part.strip()]

    def show_value(self, value: JsonValue) -> None:
        """Show paths."""
        parts = value if isinstance(value, list) else []
        super().show_value("; ".join(str(part) for part in parts))

    def take_paths(self, paths: Sequence[str]) -> None:
        """Add these."""
        before = self.value if isinstance(self.value, list) else []
        super().take_paths(["; ".join(dict.fromkeys([*map(str, before), *paths]))])


def _paths(event: QDropEvent) -> list[str]:
    return [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]


class ChoiceAnswer(Answer):
    """One of a few things."""

    def __init__(self, field: LabField) -> None:
        super().__init__(field)
        self.box = QComboBox()
        self.box.setAccessibleName(field.title)
        self.box.setMinimumContentsLength(GRID)
        for key, title in field.choices:
            self.box.addItem(title, key)
        guard_wheel(self.box)
        self.box.activated.connect(lambda _: self.changed.emit())
        self.column.addWidget(self.box)

    @property
    def value(self) -> JsonValue:
        """What is chosen."""
        return str(self.box.currentData())

    def show_value(self, value: JsonValue) -> None:
        """Choose something."""
        place = self.box.findData(value)
        if place >= 0:
            self.box.setCurrentIndex(place)


class ModelAnswer(Answer):
    """An installed model, one of the lab's own, or a folder."""

    def __init__(self, field: LabField) -> None:
        super().__init__(field)
        self._offered: tuple[Choice, ...] = ()
        self._value = ""
        self.box = ChoiceBox(field.title)
        self.box.chosen.connect(self._choose)
        self.column.addWidget(self.box)
        self.offer(())

    def offer(self, models: Sequence[Choice]) -> None:
        """Offer models."""
        self._offered = tuple(models)
        self._refresh()

    def _refresh(self) -> None:
        known = {choice.id for choice in self._offered}
        none = "Choose one" if self.field.needed else "The one that fits"
        shown = [Choice("", none), *self._offered]
        if self._value and self._value not in known:
            shown.append(Choice(self._value, PurePath(self._value).name, self._value))
        shown.append(Choice(FOLDER, "A folder…"))
        self.box.show_choices(shown, self._value)

    def _choose(self, key: str) -> None:
        if key == FOLDER:
            self._refresh()
            self.browse_requested.emit("folder")
        else:
            self._value = key
            self.changed.emit()

    @property
    def value(self) -> JsonValue:
        """Its name or folder."""
        return self._value

    def show_value(self, value: JsonValue) -> None:
        """Choose one."""
        self._value = str(value or "")
        self._refresh()

    def take_paths(self, paths: Sequence[str]) -> None:
        """Take a folder."""
        if paths:
            self.show_value(paths[0])
            self.changed.emit()


class NumberAnswer(Answer):
    """A number; the lowest one may stand for leaving it to the program."""

    def __init__(self, field: LabField) -> None:
        super().__init__(field)
        self.spin = _spin(field.title, field.low, field.high, field.decimals)
        self.spin.setSuffix(field.unit)
        if field.default is None:
            self.spin.setSpecialValueText("automatic")
        self.spin.valueChanged.connect(lambda _: self.changed.emit())
        self.column.addWidget(self.spin)

    @property
    def value(self) -> JsonValue:
        """The number, whole where it has no digits after the point."""
        found = self.spin.value()
        if self.field.default is None and found == self.field.low:
            return None
        return found if self.field.decimals else round(found)

    def show_value(self, value: JsonValue) -> None:
        """Show a number."""
        with QSignalBlocker(self.spin):
            shown = value if isinstance(value, int | float) else self.field.low
            self.spin.setValue(float(shown))


class PixelAnswer(Answer):
    """A width with its unit; 0 leaves it to the files."""

    def __init__(self, field: LabField) -> None:
        super().__init__(field)
        self.spin = _spin(field.title, 0, 10_000, 4)
        self.spin.setSpecialValueText("from the files")
        self.unit = QComboBox()
        self.unit.addItems(["µm", "m"])
        self.unit.setAccessibleName(f"Unit of the {field.title.lower()}")
        guard_wheel(self.unit)
        self.spin.valueChanged.connect(lambda _: self.changed.emit())
        self.unit.activated.connect(lambda _: self.changed.emit())
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.spin, 1)
        row.addWidget(self.unit)
        self.column.addLayout(row)

    @property
    def value(self) -> JsonValue:
        """Width and unit."""
        size = self.spin.value()
        return {"size": size, "unit": self.unit.currentText()} if size > 0 else None

    def show_value(self, value: JsonValue) -> None:
        """Show a width."""
        told = value if isinstance(value, dict) else {}
        size = told.get("size")
        with QSignalBlocker(self.spin):
            self.spin.setValue(float(size) if isinstance(size, int | float) else 0.0)
        self.unit.setCurrentText(str(told.get("unit", "µm")))


class CaptionsAnswer(Answer):
    """A line for each class: its folder, "=", and a text."""

    def __init__(self, field: LabField) -> None:
        super().__init__(field)
        self.text = QPlainTextEdit()
        self.text.setAccessibleName(field.title)
        self.text.setPlaceholderText("tumour = a gland of a tumour\nfat = fat tissue")
        self.text.setFixedHeight(11 * GRID)
        self.text.setTabChangesFocus(True)
        self.text.textChanged.connect(self.changed)
        self.column.addWidget(self.text)

    @property
    def value(self) -> JsonValue:
        """Texts by class."""
        pairs = [line.partition("=") for line in self.text.toPlainText().splitlines()]
        return {k.strip(): v.strip() for k, _, v in pairs if k.strip() and v.strip()}

    def show_value(self, value: JsonValue) -> None:
        """Show texts."""
        told = value if isinstance(value, dict) else {}
        if told != self.value:
            with QSignalBlocker(self.text):
                self.text.setPlainText("\n".join(f"{k} = {v}" for k, v in told.items()))


class FlagAnswer(Answer):
    """Yes or no."""

    def __init__(self, field: LabField) -> None:
        super().__init__(field)
        self.box = QCheckBox(field.title)
        self.box.toggled.connect(lambda _: self.changed.emit())
        self.column.addWidget(self.box)

    @property
    def value(self) -> JsonValue:
        """Whether it is so."""
        return self.box.isChecked()

    def show_value(self, value: JsonValue) -> None:
        """Say whether it is so."""
        with QSignalBlocker(self.box):
            self.box.setChecked(bool(value))


_KINDS: dict[str, type[Answer]] = {
    "folder": PathAnswer,
    "file": PathAnswer,
    "files": PathsAnswer,
    "model": ModelAnswer,
    "choice": ChoiceAnswer,
    "number": NumberAnswer,
    "text": TextAnswer,
    "flag": FlagAnswer,
    "pixel": PixelAnswer,
    "captions": CaptionsAnswer,
}


def answer_for(field: LabField) -> Answer:
    """Return the place for the answer of a question, with its title and its note."""
    made = _KINDS[field.kind](field)
    if field.kind != "flag":
        title = label(field.title)
        made.column.insertWidget(0, title)
    if field.note:
        made.column.addWidget(label(field.note, "small", wrap=True))
    return made


def _spin(name: str, low: float, high: float, decimals: int) -> QDoubleSpinBox:
    spin = QDoubleSpinBox()
    spin.setRange(low, high)
    spin.setDecimals(decimals)
    spin.setSingleStep(10.0**-decimals)
    spin.setGroupSeparatorShown(True)
    spin.setAccessibleName(name)
    line = spin.lineEdit()
    if line is not None:
        line.setTextMargins(6, 0, 0, 0)  # a style sheet's padding does not reach it
    guard_wheel(spin)
    return spin
