"""The pane of embeddings to paint with."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QModelIndex, QPoint, Qt, Signal
from qtpy.QtWidgets import QFrame, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from ssldiff_gui.widgets.controls import label, push_button, tool_button
from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.palette_grid import PaletteGrid, PaletteModel
from ssldiff_gui.widgets.shown import PaletteItem
from ssldiff_gui.widgets.tokens import GRID

WAYS = (
    ("cell", "The picked cell", "eyedropper"),
    ("selection", "The selected cells", "selection"),
    ("clusters", "The grid's groups", "shape-outline"),
    ("starters", "The starters", "star-outline"),
)
"""Where embeddings come from: id, words, icon."""


class PalettePanel(QFrame):
    """Swatches to choose from, name, order and throw away; asks for all of it by signals."""

    chosen = Signal(str)
    """Id of the embedding to paint with."""
    add_requested = Signal(str)
    """Where from: "cell", "selection", "clusters" or "starters"."""
    renamed = Signal(str, str)
    """Id and its new name."""
    removed = Signal(str)
    moved = Signal(str, int)
    """Id and the place it goes to, counted without itself."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("palettepanel")
        self.model = PaletteModel(self)
        self.grid = PaletteGrid(self.model)
        self.model.renamed.connect(self.renamed)
        self.grid.picked.connect(self.chosen)
        self.grid.removed.connect(self.removed)
        self.grid.moved.connect(self.moved)
        self.grid.customContextMenuRequested.connect(self._menu)
        self.add = tool_button("plus", "Add to the palette")
        self.add.setPopupMode(self.add.ToolButtonPopupMode.InstantPopup)
        self.add.setMenu(self._add_menu())
        self.empty = self._hint()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.grid)
        self._stack.addWidget(self.empty)
        row = QHBoxLayout()
        row.addWidget(label("Palette", "heading"))
        row.addStretch(1)
        row.addWidget(self.add)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, GRID, GRID, GRID)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self._stack, 1)
        self.can_add(())
        self.show_items((), "")

    def _add_menu(self) -> QMenu:
        menu = QMenu(self)
        self._adders = {}
        for how, words, glyph in WAYS:
            act = menu.addAction(icon(glyph), f"From {words[0].lower()}{words[1:]}")
            act.triggered.connect(lambda _=False, how=how: self.add_requested.emit(how))
            self._adders[how] = act
        return menu

    def _hint(self) -> QWidget:
        hint = QWidget()
        self.from_clusters = push_button("From this grid's groups")
        self.from_starters = push_button("From the starters")
        self.from_clusters.clicked.connect(lambda: self.add_requested.emit("clusters"))
        self.from_starters.clicked.connect(lambda: self.add_requested.emit("starters"))
        column = QVBoxLayout(hint)
        column.setContentsMargins(0, 0, GRID, 0)
        column.setSpacing(GRID)
        column.addWidget(label("Keep looks here to paint with.", "muted", wrap=True))
        for button in (self.from_clusters, self.from_starters):
            button.setProperty("dense", True)
            column.addWidget(button)
        column.addStretch(1)
        return hint

    def can_add(self, ways: Sequence[str]) -> None:
        """Say from where embeddings can come now: some of those of `add_requested`."""
        for how, act in self._adders.items():
            act.setEnabled(how in ways)
        self.from_clusters.setEnabled("clusters" in ways)
        self.from_starters.setEnabled("starters" in ways)

    def show_items(self, items: Sequence[PaletteItem], chosen: str) -> None:
        """Show embeddings; the one to paint with has a ring.

        Parameters
        ----------
        items
            In their order.
        chosen
            Id of the one to paint with; empty when it is none of these.
        """
        self.model.show(items)
        self.grid.show_chosen(chosen)
        self._stack.setCurrentWidget(self.grid if items else self.empty)

    def _menu(self, place: QPoint) -> None:
        index = self.grid.indexAt(place)
        if index.isValid():
            self.menu_of(index).popup(self.grid.viewport().mapToGlobal(place))

    def menu_of(self, index: QModelIndex) -> QMenu:
        """Return the menu of one swatch."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for words, glyph, keys, act in (
            ("Paint with it", "brush", "Return", lambda: self.grid.pick(index)),
            ("Rename", "pencil-outline", "F2", lambda: self.grid.edit(index)),
            ("Move forward", "arrow-left", "Alt+Left", lambda: self.grid.move_by(index, -1)),
            ("Move back", "arrow-right", "Alt+Right", lambda: self.grid.move_by(index, 1)),
            ("Remove", "trash-can-outline", "Del", lambda: self.grid.remove(index)),
        ):
            made = menu.addAction(icon(glyph), f"{words}\t{keys}")
            made.triggered.connect(lambda _=False, act=act: act())
        return menu
