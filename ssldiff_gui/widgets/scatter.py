"""All cells as points: near ones are alike. Linked both ways with the overlay."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ssldiff_gui.widgets.choice_box import ChoiceBox
from ssldiff_gui.widgets.controls import ElidedLabel
from ssldiff_gui.widgets.scatter_plot import Indices, ScatterPlot
from ssldiff_gui.widgets.shown import Choice, ScatterShown
from ssldiff_gui.widgets.tokens import GRID

METHODS = (Choice("pca", "PCA"), Choice("umap", "UMAP"))


class Scatter(QWidget):
    """The plot, and by which method its places were found."""

    selected = Signal(object, object)
    """(n,) int indices of cells, and the keyboard's modifiers."""
    hovered = Signal(int)
    """Index of the cell below the pointer or the cursor; -1 for none."""
    method_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = ScatterPlot()
        self.words = ElidedLabel("small")
        self.method = ChoiceBox("How cells are placed")
        self.method.setFixedWidth(11 * GRID)
        self.method.show_choices(METHODS, "pca")
        self.plot.selected.connect(self.selected)
        self.plot.hovered.connect(self.hovered)
        self.method.chosen.connect(self.method_chosen)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.words, 1)
        row.addWidget(self.method)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(row)
        column.addWidget(self.plot)
        self.words.setText("Near points are alike")

    def show_methods(self, methods: Sequence[Choice], chosen: str) -> None:
        """Offer ways to place the cells."""
        self.method.show_choices(methods, chosen)
        self.method.note.hide()

    def show_points(self, shown: ScatterShown | None) -> None:
        """Show cells as points; None while they are worked out."""
        self.plot.show_points(shown)

    def show_selection(self, indices: Indices | None) -> None:
        """Mark the points of the selected cells."""
        self.plot.show_selection(indices)

    def show_picked(self, index: int | None) -> None:
        """Mark the picked cell's point."""
        self.plot.show_picked(index)
