"""The lab as a whole: experiments on the left, the opened one in the middle, the form."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QFrame, QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from ssldiff_gui.state.lab_fields import LabMethod
from ssldiff_gui.widgets.controls import label, push_button
from ssldiff_gui.widgets.lab_compare import CompareView
from ssldiff_gui.widgets.lab_form import LabForm
from ssldiff_gui.widgets.lab_list import ExperimentList
from ssldiff_gui.widgets.lab_opened import ExperimentView
from ssldiff_gui.widgets.lab_shown import ExperimentCard, ExperimentShown
from ssldiff_gui.widgets.lab_welcome import LabWelcome
from ssldiff_gui.widgets.tokens import GRID


class LabRoom(QFrame):
    """Everything of the lab, laid out.

    Parameters
    ----------
    methods
        What can be tried.
    """

    chosen = Signal(tuple)
    """Ids of the experiments to be shown; none shows what can be tried."""

    def __init__(self, methods: Sequence[LabMethod], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stage")
        self.list = ExperimentList()
        self.new = push_button("New", "normal", "plus")
        self.new.setProperty("dense", True)
        self.new.setToolTip("Choose what to try")
        self.hint = label("Nothing has been tried in this project yet.", "muted", wrap=True)
        self.view = ExperimentView()
        self.compare = CompareView()
        self.welcome = LabWelcome(methods)
        self.form = LabForm(methods)
        self.middle = QStackedWidget()
        for part in (self.welcome, self.view, self.compare):
            self.middle.addWidget(part)
        self._lay_out()
        self.new.clicked.connect(self.show_welcome)
        self.welcome.chosen.connect(self._begin_with)
        self.list.chosen.connect(self.chosen)

    def _lay_out(self) -> None:
        left = QFrame()
        left.setObjectName("browser")
        head = QHBoxLayout()
        head.setContentsMargins(2 * GRID, GRID + 2, GRID, 0)
        head.addWidget(label("Experiments", "heading"), 1)
        head.addWidget(self.new)
        hint = QVBoxLayout()
        hint.setContentsMargins(2 * GRID, GRID, 2 * GRID, 0)
        hint.addWidget(self.hint)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, GRID)
        column.setSpacing(GRID)
        column.addLayout(head)
        column.addLayout(hint)
        column.addWidget(self.list, 1)
        left.setMinimumWidth(28 * GRID)
        self.middle.setMinimumWidth(60 * GRID)
        self.form.setMinimumWidth(36 * GRID)
        self.body = QSplitter(Qt.Orientation.Horizontal)
        self.body.setHandleWidth(1)
        self.body.setChildrenCollapsible(False)
        for part in (left, self.middle, self.form):
            self.body.addWidget(part)
        self.body.setStretchFactor(1, 1)
        self._dragged = False
        self.body.splitterMoved.connect(self._drag)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.body)

    def _drag(self) -> None:
        self._dragged = True

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the sides what suits the width, until somebody has chosen it."""
        super().resizeEvent(event)
        if not self._dragged:
            wide = self.width() >= 175 * GRID
            left, right = (38, 42) if wide else (30, 38)
            middle = self.width() - (left + right) * GRID
            self.body.setSizes([left * GRID, middle, right * GRID])

    # -- what is shown -------------------------------------------------------------------------

    def show_cards(self, cards: Sequence[ExperimentCard]) -> None:
        """Show the experiments there are."""
        self.hint.setVisible(not cards)
        self.list.show_cards(cards)

    def show_experiments(self, shown: Sequence[ExperimentShown]) -> None:
        """Show one, or several beside each other, or what can be tried."""
        if not shown:
            self.middle.setCurrentWidget(self.welcome)
        elif len(shown) == 1:
            self.view.show_experiment(shown[0])
            self.middle.setCurrentWidget(self.view)
        else:
            self.compare.show_experiments(shown)
            self.middle.setCurrentWidget(self.compare)

    def show_welcome(self) -> None:
        """Show what can be tried."""
        self.list.choose()
        self.show_experiments(())
        self.welcome.cards[self.form.method.key].setFocus()

    def _begin_with(self, key: str) -> None:
        self.form.choose(key)
        first = next(iter(self.form.answers.values()), None)
        if first is not None:
            target = next((w for w in first.findChildren(QWidget) if w.focusPolicy()), first)
            target.setFocus()
