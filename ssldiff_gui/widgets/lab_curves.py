"""The curves of one experiment: its loss large, its other figures below it side by side."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ssldiff_gui.widgets.controls import label
from ssldiff_gui.widgets.lab_plot import CurvePlot, Series
from ssldiff_gui.widgets.lab_shown import CurveShown
from ssldiff_gui.widgets.tokens import GRID

MOST = 8
"""Figures beside the loss that are drawn."""

LOSS = "loss"


def by_name(curves: Sequence[CurveShown]) -> dict[str, list[Series]]:
    """Return curves as they are drawn, those of one figure together, the loss first."""
    found: dict[str, list[Series]] = {LOSS: []}
    for curve in curves:
        of = found.setdefault(curve.name, [])
        of.append(Series(curve.title, curve.steps, curve.values, len(of)))
    return {name: series for name, series in found.items() if series}


class LabCurves(QWidget):
    """Shows curves while they grow."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.log = QCheckBox("Logarithmic")
        self.log.setToolTip("Equal distances are equal ratios: small late gains are seen")
        self.log.toggled.connect(self._set_log)
        self.loss = CurvePlot("loss", 34)
        self.plots: dict[str, CurvePlot] = {}
        self._grid = QGridLayout()
        self._grid.setSpacing(GRID)
        top = QHBoxLayout()
        top.addWidget(label("Curves", "heading"), 1)
        top.addWidget(self.log)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(top)
        column.addWidget(self.loss)
        column.addLayout(self._grid)

    def show_curves(self, curves: Sequence[CurveShown]) -> None:
        """Show these; what is there already is drawn on."""
        series = by_name(curves)
        self.setVisible(bool(series))
        if not series:
            return
        first = next(iter(series))
        log = self.log.isChecked()
        self.loss.show_series(first.replace("_", " "), series[first], log=log)
        rest = [name for name in series if name != first][:MOST]
        if list(self.plots) != rest:
            self._make(rest)
        for name in rest:
            self.plots[name].show_series(name.replace("_", " "), series[name], log=log)

    def _make(self, names: Sequence[str]) -> None:
        for plot in self.plots.values():
            self._grid.removeWidget(plot)
            plot.hide()
            plot.deleteLater()
        self.plots = {name: CurvePlot(name, 22, self) for name in names}
        for place, plot in enumerate(self.plots.values()):
            self._grid.addWidget(plot, place // 2, place % 2)
            plot.show()

    def _set_log(self, log: bool) -> None:
        for plot in (self.loss, *self.plots.values()):
            plot.set_log(log)
