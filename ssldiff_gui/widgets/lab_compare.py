"""Several experiments side by side: their headlines in one table, their curves in one plot."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ssldiff_gui.state.lab_reports import Table
from ssldiff_gui.widgets.choice_box import ChoiceBox
from ssldiff_gui.widgets.controls import label
from ssldiff_gui.widgets.lab_intervals import Dots, IntervalPlot
from ssldiff_gui.widgets.lab_plot import CurvePlot, Series
from ssldiff_gui.widgets.lab_shown import STATUS_WORDS, ExperimentShown
from ssldiff_gui.widgets.lab_tables import TableCard
from ssldiff_gui.widgets.page import Page
from ssldiff_gui.widgets.shown import Choice
from ssldiff_gui.widgets.tokens import GRID

MOST = 6
"""So many curves can be told apart by their colour."""


class CompareView(QFrame):
    """Shows what several experiments came to."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[ExperimentShown, ...] = ()
        self._figure = "loss"
        self._table: Table | None = None
        self.card: TableCard | None = None
        self.title = label("", "title")
        self.figures = ChoiceBox("Figure")
        self.figures.chosen.connect(self._choose)
        self.log = QCheckBox("Logarithmic")
        self.log.toggled.connect(lambda _: self._draw())
        self.plot = CurvePlot("", 44)
        self.intervals = IntervalPlot()
        self.none = label("They have no curves in common: their numbers are above.", "muted")
        self._tables = QVBoxLayout()
        self._curves = QWidget()
        self._lay_out()

    def _lay_out(self) -> None:
        self.page = Page()
        self.page.column.setContentsMargins(3 * GRID, 0, 3 * GRID, 3 * GRID)
        self.page.column.setSpacing(3 * GRID)
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(label("Curves", "heading"))
        head.addWidget(self.figures, 1)
        head.addStretch(2)
        head.addWidget(self.log)
        inner = QVBoxLayout(self._curves)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(GRID)
        inner.addLayout(head)
        inner.addWidget(self.plot)
        self.page.column.addLayout(self._tables)
        self.page.column.addWidget(self.intervals)
        self.page.column.addWidget(self._curves)
        self.page.column.addWidget(self.none)
        self.page.column.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        top = QVBoxLayout()
        top.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 0)
        top.addWidget(self.title)
        column.addLayout(top)
        column.addWidget(self.page, 1)

    def show_experiments(self, shown: Sequence[ExperimentShown]) -> None:
        """Show these beside each other."""
        self._shown = tuple(shown)
        self.title.setText(f"{len(shown)} experiments side by side")
        table = compared(shown)
        if table != self._table:
            self._table = table
            if self.card is not None:
                self._tables.removeWidget(self.card)
                self.card.hide()
                self.card.deleteLater()
            self.card = TableCard(table)
            self._tables.addWidget(self.card)
        self.intervals.show_rows([one.card.name for one in shown], dots_of(shown))
        names = list(dict.fromkeys(curve.name for one in shown for curve in one.curves))
        if self._figure not in names:
            self._figure = "loss" if "loss" in names else next(iter(names), "loss")
        self.figures.show_choices(
            [Choice(name, name.replace("_", " ")) for name in names], self._figure
        )
        self._curves.setVisible(bool(names))
        self.none.setVisible(not names)
        self._draw()

    def _choose(self, name: str) -> None:
        self._figure = name
        self._draw()

    def _draw(self) -> None:
        series: list[Series] = []
        for one in self._shown:
            for curve in one.curves:
                if curve.name == self._figure:
                    several = sum(other.name == curve.name for other in one.curves) > 1
                    title = f"{one.card.name} ({curve.title})" if several else one.card.name
                    series.append(Series(title, curve.steps, curve.values, len(series)))
        name = self._figure.replace("_", " ")
        self.plot.show_series(name, series[:MOST], log=self.log.isChecked())


def dots_of(shown: Sequence[ExperimentShown]) -> list[Dots]:
    """Return the numbers that at least two experiments have."""
    told = [
        {} if one.report is None else {line.name: line for line in one.report.headline}
        for one in shown
    ]
    rows = [
        Dots(name, tuple([lines.get(name) for lines in told]))
        for name in dict.fromkeys(name for lines in told for name in lines)
    ]
    return [row for row in rows if sum(value is not None for value in row.values) > 1][:MOST]


def compared(shown: Sequence[ExperimentShown]) -> Table:
    """Return the headlines of experiments, one column each."""
    rows = [
        ("Method", *[one.card.method for one in shown]),
        ("Status", *[STATUS_WORDS[one.card.status] for one in shown]),
    ]
    told = [
        {} if one.report is None else {line.name: line for line in one.report.headline}
        for one in shown
    ]
    for name in dict.fromkeys(name for lines in told for name in lines):
        cells = []
        for lines in told:
            line = lines.get(name)
            interval = f"  ({line.interval})" if line is not None and line.interval else ""
            cells.append("–" if line is None else f"{line.text}{interval}")
        rows.append((name, *cells))
    return Table("", ("", *[one.card.name for one in shown]), tuple(rows))
