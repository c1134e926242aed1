"""What can be done with the cells that are selected."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, Qt, Signal
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ssldiff_gui.widgets.controls import ElidedLabel, label, push_button, tool_button
from ssldiff_gui.widgets.shown import ActKind, SelectionAct, SelectionShown, SteerShown
from ssldiff_gui.widgets.slider import Slider
from ssldiff_gui.widgets.steer_row import SteerFields
from ssldiff_gui.widgets.tokens import GRID

Buttons = tuple[tuple[ActKind, str, str], ...]

BUTTONS: Buttons = (
    ("fill", "Fill", "Paint the selected cells with the picked one"),
    ("vary", "Vary…", "Make the selected cells a little different"),
    ("replace", "Replace…", "Turn them into the picked one, but keep their differences"),
    ("steer", "Steer…", "Lead the selected cells towards words or a class"),
    ("erase", "Erase", "Bring back what the slide has there"),
    ("clear", "Clear", "Leave the selected cells empty"),
)  # fmt: skip

ROWS: dict[ActKind, tuple[str, float]] = {
    "vary": ("How different they become:", 30),
    "replace": ("How far they become “{}”:", 100),
    "steer": ("How far they are led:", 60),
}
"""Acts that ask for an amount: what the amount is, and where it starts (%)."""


class SelectionCard(QFrame):
    """Shows how much is selected and its acts; hidden while nothing is."""

    acted = Signal(object)
    """A SelectionAct to do."""
    tried = Signal(object)
    """A SelectionAct to show for the moment, or None to take that back."""
    deselect_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._shown: SelectionShown | None = None
        self._steer = SteerShown()
        self._asked: ActKind | None = None
        self.count = ElidedLabel("heading")
        self.words = ElidedLabel("small")
        self.deselect = tool_button("close", "Deselect", "Deselect  (Ctrl+D)", 16)
        self.deselect.setObjectName("dismiss")
        self.deselect.clicked.connect(self.deselect_requested)
        self.buttons: dict[ActKind, QPushButton] = {}
        self.row = self._ask_row()
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID + 4, GRID, GRID + 4, GRID + 4)
        column.setSpacing(GRID)
        column.addLayout(self._header())
        column.addLayout(self._buttons())
        column.addWidget(self.row)
        self.show_selection(None)

    def _header(self) -> QHBoxLayout:
        said = QVBoxLayout()
        said.setSpacing(0)
        said.addWidget(self.count)
        said.addWidget(self.words)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addLayout(said, 1)
        row.addWidget(self.deselect, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _buttons(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(GRID)
        for place, (kind, words, tip) in enumerate(BUTTONS):
            button = push_button(words)
            button.setProperty("dense", True)
            button.setToolTip(tip)
            button.setCheckable(kind in ROWS)
            button.clicked.connect(lambda _=False, kind=kind: self._press(kind))
            self.buttons[kind] = button
            grid.addWidget(button, place // 2, place % 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        return grid

    def _ask_row(self) -> QWidget:
        row = QWidget()
        row.installEventFilter(self)
        self.fields = SteerFields()
        self.fields.changed.connect(self._changed)
        self.fields.accepted.connect(self._apply)
        self.amount = Slider("", 0, 100, step=5, unit=" %")
        self.amount.changed.connect(self._changed)
        self.what = label("", "small", wrap=True)
        self.apply = push_button("Apply")
        self.apply.setProperty("dense", True)
        self.apply.clicked.connect(self._apply)
        self.cancel = push_button("Cancel", "quiet")
        self.cancel.setProperty("dense", True)
        self.cancel.clicked.connect(self._fold)
        ends = QHBoxLayout()
        ends.setSpacing(GRID)
        ends.addStretch(1)
        ends.addWidget(self.cancel)
        ends.addWidget(self.apply)
        column = QVBoxLayout(row)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        for part in (self.fields, self.what, self.amount):
            column.addWidget(part)
        column.addLayout(ends)
        return row

    def show_selection(self, selection: SelectionShown | None) -> None:
        """Show what is selected; None hides everything."""
        if self._asked is not None and (selection is None or self._shown is None):
            self._fold()
        self._shown = selection
        self.setVisible(selection is not None)
        if selection is not None:
            noun = "cell" if selection.count == 1 else "cells"
            self.count.setText(f"{selection.count:,} {noun} selected")
            self.words.setText(selection.words)
            self.words.setVisible(bool(selection.words))
        self._refresh()

    def show_steer(self, steer: SteerShown) -> None:
        """Offer what the prior knows."""
        self._steer = steer
        self.fields.show_steer(steer)
        self._refresh()

    @property
    def asked(self) -> ActKind | None:
        """The act whose amount is being chosen."""
        return self._asked

    def ask(self, kind: ActKind | None) -> None:
        """Unfold the row of an act that has an amount, or fold it."""
        self._asked = kind if kind in ROWS else None
        if self._asked is not None:
            self.amount.show_value(ROWS[self._asked][1])
        self._refresh()
        if self._asked is not None:
            first = self.fields.text if self._asked == "steer" else self.amount.slider
            first.setFocus()
            self._changed()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc in the row folds it."""
        pressed = event.type() == QEvent.Type.KeyPress and self._asked is not None
        if pressed and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            self._fold()
            return True
        return super().eventFilter(watched, event)

    def _press(self, kind: ActKind) -> None:
        if kind not in ROWS:
            self._fold()
            self.acted.emit(SelectionAct(kind))
        elif kind == self._asked:
            self._fold()
        else:
            self.ask(kind)

    def _fold(self) -> None:
        if self._leave_row() is not None:
            self.tried.emit(None)

    def _leave_row(self) -> ActKind | None:
        """Fold the row; the keyboard goes back to the button that unfolded it, if it was here."""
        kind, self._asked = self._asked, None
        focus = QApplication.focusWidget()
        if kind is not None and focus is not None and self.row.isAncestorOf(focus):
            self.buttons[kind].setFocus()
        self._refresh()
        return kind

    def _act(self) -> SelectionAct | None:
        """Return what the row says, when it says enough."""
        kind, amount = self._asked, self.amount.value / 100
        if kind == "steer":
            text, class_name = self.fields.words, self.fields.class_name
            return SelectionAct(kind, amount, text, class_name) if text or class_name else None
        if kind is None or (kind == "replace" and not self._paint):
            return None
        return SelectionAct(kind, amount)

    def _changed(self, _: float = 0) -> None:
        act = self._act()
        self.apply.setEnabled(act is not None)
        self.tried.emit(act)

    def _apply(self) -> None:
        act = self._act()
        if act is not None:
            self._leave_row()
            self.acted.emit(act)

    @property
    def _paint(self) -> str:
        return "" if self._shown is None else self._shown.paint

    def _refresh(self) -> None:
        for kind, button in self.buttons.items():
            button.setChecked(kind == self._asked)
        for kind in ("fill", "replace"):
            self.buttons[kind].setEnabled(bool(self._paint))
        self.buttons["steer"].setEnabled(not self._steer.missing)
        self.buttons["steer"].setToolTip(self._steer.missing or BUTTONS[3][2])
        self.row.setVisible(self._asked is not None)
        self.fields.setVisible(self._asked == "steer")
        if self._asked is not None:
            self.what.setText(ROWS[self._asked][0].format(self._paint))
            for part in (self.amount.slider, self.amount.field):
                part.setAccessibleName(self.what.text().rstrip(":"))
        self.apply.setEnabled(self._act() is not None)
