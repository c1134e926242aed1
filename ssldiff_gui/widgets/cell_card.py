"""The picked cell: its tile, where it is, what it is like."""

from __future__ import annotations

from qtpy.QtCore import QSize, Signal
from qtpy.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ssldiff_gui.widgets.cluster_legend import ClusterChip
from ssldiff_gui.widgets.controls import ElidedLabel, label, push_button
from ssldiff_gui.widgets.picture import Preview, Tile
from ssldiff_gui.widgets.shown import CellShown
from ssldiff_gui.widgets.tokens import GRID

NEIGHBOURS = 6
COLUMNS = 3
TILE = QSize(13 * GRID, 13 * GRID)


class CellCard(QWidget):
    """Shows the picked cell; asks for one while there is none."""

    cell_requested = Signal(int)
    """Index of a cell to go to."""
    cluster_requested = Signal(int)
    """Index of the group whose cells are to be selected."""
    add_requested = Signal()
    """The cell is to be kept in the palette."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cell: CellShown | None = None
        self.empty = label(
            "Click a cell on the slide to see its picture and the cells most like it.",
            "muted",
            wrap=True,
        )
        self.body = QWidget()
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(self._first_row())
        self.alike = label("Most like it", "small")
        column.addWidget(self.alike)
        column.addLayout(self._neighbours())
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.empty)
        outer.addWidget(self.body)
        self.show_cell(None)

    def _first_row(self) -> QHBoxLayout:
        self.picture = Preview(TILE)
        self.picture.setAccessibleName("The cell as the slide has it")
        self.name = ElidedLabel("heading")
        self.place = ElidedLabel("small")
        self.state = ElidedLabel("small")
        self.state.setAccessibleDescription("The picture is what the slide has there")
        self.cluster = ClusterChip()
        self.cluster.clicked.connect(self._ask_cluster)
        self.add = push_button("Keep", "normal", "plus")
        self.add.setProperty("dense", True)
        self.add.setToolTip("Keep this cell in the palette  (Ctrl+P)")
        self.add.clicked.connect(self.add_requested)
        words = QVBoxLayout()
        words.setSpacing(2)
        for part in (self.name, self.place, self.state, self.cluster):
            words.addWidget(part)
        words.addStretch(1)
        words.addWidget(self.add)
        row = QHBoxLayout()
        row.setSpacing(GRID + 4)
        row.addWidget(self.picture)
        row.addLayout(words, 1)
        return row

    def _neighbours(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(GRID)
        self.tiles = [Tile() for _ in range(NEIGHBOURS)]
        for place, tile in enumerate(self.tiles):
            tile.clicked.connect(lambda _=False, place=place: self._go(place))
            grid.addWidget(tile, place // COLUMNS, place % COLUMNS)
        for column in range(COLUMNS):
            grid.setColumnStretch(column, 1)
        return grid

    def show_cell(self, cell: CellShown | None) -> None:
        """Show a cell, or ask for one."""
        self._cell = cell
        self.empty.setVisible(cell is None)
        self.body.setVisible(cell is not None)
        if cell is None:
            return
        self.name.setText(f"Row {cell.row}, col {cell.column}")
        self.name.setAccessibleName(f"Row {cell.row}, column {cell.column}")
        self.place.setText(cell.place)
        self.place.setVisible(bool(cell.place))
        self.state.setText("Edited since" if cell.edited else "")
        self.state.setVisible(cell.edited)
        self.picture.show_picture(cell.picture)
        self.cluster.setVisible(cell.cluster is not None)
        if cell.cluster is not None:
            self.cluster.show_cluster(cell.cluster, f"{cell.cluster.count:,} cells")
        self.alike.setVisible(bool(cell.neighbours))
        for place, tile in enumerate(self.tiles):
            tile.setVisible(place < len(cell.neighbours))
            if place < len(cell.neighbours):
                near = cell.neighbours[place]
                tile.show_tile(near.picture, f"{near.cosine:.2f}")
                tile.setAccessibleName(f"Likeness {near.cosine:.2f}, {near.place}".strip(", "))
                tile.setToolTip(f"{near.place}\nGo to this cell".strip())

    @property
    def cell(self) -> CellShown | None:
        """The cell that is shown."""
        return self._cell

    def _go(self, place: int) -> None:
        if self._cell is not None and place < len(self._cell.neighbours):
            self.cell_requested.emit(self._cell.neighbours[place].index)

    def _ask_cluster(self) -> None:
        if self._cell is not None and self._cell.cluster is not None:
            self.cluster_requested.emit(self._cell.cluster.index)
