"""The form of a new experiment: method, data, budget, begin; what few people change is folded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from pydantic import JsonValue
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ssldiff_gui.state.lab_fields import GPU, MINUTES, LabMethod
from ssldiff_gui.widgets.controls import Segments, label, push_button
from ssldiff_gui.widgets.lab_inputs import Answer, ModelAnswer, answer_for
from ssldiff_gui.widgets.page import Page, Section
from ssldiff_gui.widgets.shown import Choice
from ssldiff_gui.widgets.slider import guard_wheel
from ssldiff_gui.widgets.tokens import GRID

BUDGETS = ("minutes", "gpu")


class LabForm(QFrame):
    """Asks what a method needs.

    Parameters
    ----------
    methods
        What can be chosen, in groups one after the other.
    """

    begin_requested = Signal(str, str, object)
    """(key of the method, name, values)"""
    browse_requested = Signal(object, str)
    """(Answer that wants a path, "folder" or "file")"""
    open_requested = Signal()
    """A request's file is to be opened."""
    changed = Signal()

    def __init__(self, methods: Sequence[LabMethod], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector")
        self.methods = {method.key: method for method in methods}
        self.answers: dict[str, Answer] = {}
        self._models: dict[str, tuple[Choice, ...]] = {}
        self._kept: dict[str, JsonValue] = {}
        """Answers to questions that several methods ask, kept when the method changes."""
        self.method_box = QComboBox()
        self.method_box.setAccessibleName("Method")
        self.method_box.setMinimumContentsLength(GRID)
        self.method_box.setMaxVisibleItems(20)
        for place, method in enumerate(methods):
            if place and method.group != methods[place - 1].group:
                self.method_box.insertSeparator(self.method_box.count())
            self.method_box.addItem(method.title, method.key)
        guard_wheel(self.method_box)
        self.about = label("", "small", wrap=True)
        self.budget = Segments((MINUTES, GPU))
        self.budget.button(0).setToolTip("On this computer, in minutes")
        self.budget.button(1).setToolTip("On a CUDA device, with larger networks")
        self.budget.setAccessibleName("Budget")
        self.budget_words = label("", "small", wrap=True)
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the experiment")
        self.begin = push_button("Start", "primary", "play")
        self.reason = label("", "small", wrap=True)
        self.open = push_button("Open a request…", "quiet", "file-document-outline")
        self._lay_out()
        self.method_box.activated.connect(lambda _: self._turn(str(self.method_box.currentData())))
        self.budget.chosen.connect(lambda _: self._follow())
        self.begin.clicked.connect(self._begin)
        self.open.clicked.connect(self.open_requested)
        self.choose(methods[0].key)

    def _lay_out(self) -> None:
        self.page = Page()
        self.page.column.setSpacing(2 * GRID)
        method = QVBoxLayout()
        method.setSpacing(4)
        method.addWidget(label("Method", "heading"))
        method.addWidget(self.method_box)
        method.addWidget(self.about)
        self._data = QVBoxLayout()
        self._data.setSpacing(2 * GRID)
        budget = QVBoxLayout()
        budget.setSpacing(4)
        budget.addWidget(label("Budget", "heading"))
        budget.addWidget(self.budget)
        budget.addWidget(self.budget_words)
        self.advanced = Section("Advanced", unfolded=False)
        self.advanced.column.setSpacing(2 * GRID)
        for part in (method, self._data, budget):
            self.page.column.addLayout(part)
        self.page.column.addWidget(self.advanced)
        self.page.column.addStretch(1)
        named = QHBoxLayout()
        named.setSpacing(GRID)
        named.addWidget(label("Name"))
        named.addWidget(self.name, 1)
        self.page.foot.addLayout(named)
        self.page.foot.addWidget(self.begin)
        self.page.foot.addWidget(self.reason)
        head = QHBoxLayout()
        head.addWidget(label("New experiment", "title"), 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, GRID + 2, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addLayout(head)
        column.addWidget(self.page, 1)
        column.addWidget(self.open)

    # -- what is chosen ------------------------------------------------------------------------

    @property
    def method(self) -> LabMethod:
        """The method that is chosen."""
        return self.methods[self._key]

    @property
    def values(self) -> dict[str, JsonValue]:
        """All answers, and the budget."""
        budget = next(key for n, key in enumerate(BUDGETS) if self.budget.button(n).isChecked())
        return {
            "budget": budget,
            **{key: answer.value for key, answer in self.answers.items()},
        }

    def choose(
        self, key: str, values: Mapping[str, JsonValue] | None = None, name: str = ""
    ) -> None:
        """Choose a method, and answer its questions; unknown ones change nothing."""
        if key not in self.methods:
            return
        self._key = key
        method = self.method
        self.method_box.setCurrentIndex(self.method_box.findData(key))
        self.about.setText(method.about)
        self._ask(method)
        shared = {} if values is not None else self._kept
        told = {**method.defaults, **shared, **(values or {})}
        self.budget.choose(BUDGETS.index("gpu" if told.get("budget") == "gpu" else "minutes"))
        for field in method.fields:
            self.answers[field.key].show_value(told.get(field.key))
        self.name.setText(name)
        self.advanced.set_open(False)
        self._follow()

    def _turn(self, key: str) -> None:
        """Take another method, with the answers that both have in common."""
        shared = ("data", "folder", "pixel", "encoder", "judge", "split")
        values = self.values
        self._kept.update({k: v for k, v in values.items() if k in shared and v})
        same = {"data": "folder", "folder": "data"}
        for one, other in same.items():
            if values.get(one) and one in values:
                self._kept[other] = values[one]
        self.choose(key)

    def offer_models(self, models: Mapping[str, Sequence[Choice]]) -> None:
        """Offer models by their kind."""
        self._models = {kind: tuple(found) for kind, found in models.items()}
        for answer in self.answers.values():
            self._offer(answer)

    def _offer(self, answer: Answer) -> None:
        if isinstance(answer, ModelAnswer):
            kinds = answer.field.models
            answer.offer([model for kind in kinds for model in self._models.get(kind, ())])

    def _ask(self, method: LabMethod) -> None:
        for old in self.answers.values():
            old.hide()
            old.setParent(None)
            old.deleteLater()
        self.answers = {}
        for field in method.fields:
            answer = answer_for(field)
            self._offer(answer)
            answer.changed.connect(self._follow)
            answer.browse_requested.connect(
                lambda what, answer=answer: self.browse_requested.emit(answer, what)
            )
            (self.advanced.column if field.advanced else self._data).addWidget(answer)
            self.answers[field.key] = answer
        self._order()

    def _order(self) -> None:
        """Let Tab go from top to bottom."""
        rest = [answer for answer in self.answers.values() if not answer.field.advanced]
        few = [answer for answer in self.answers.values() if answer.field.advanced]
        parts: list[QWidget] = [
            self.method_box,
            *[part for answer in rest for part in _focusable(answer)],
            *[self.budget.button(n) for n in range(len(BUDGETS))],
            self.advanced.button,
            *[part for answer in few for part in _focusable(answer)],
            self.name,
            self.begin,
            self.open,
        ]
        for first, second in pairwise(parts):
            QWidget.setTabOrder(first, second)

    def _follow(self) -> None:
        method, values = self.method, self.values
        for answer in self.answers.values():
            answer.setVisible(answer.field.asked(values))
        self.budget_words.setText(method.budgets[BUDGETS.index(str(values["budget"]))])
        self.name.setPlaceholderText(method.title)
        missing = method.missing(values)
        self.begin.setEnabled(not missing)
        self.reason.setText(missing)
        self.reason.setVisible(bool(missing))
        self.changed.emit()

    def _begin(self) -> None:
        name = self.name.text().strip() or self.method.title
        self.begin_requested.emit(self.method.key, name, self.values)


def _focusable(answer: Answer) -> list[QWidget]:
    found = [
        part
        for part in answer.findChildren(QWidget)
        if part.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not part.focusProxy()
        and part.window() is answer.window()  # the list of a combo box is a window of its own
    ]
    return [part for part in found if part.objectName() != "qt_spinbox_lineedit"]
