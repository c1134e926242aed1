"""A few embeddings with their pictures, of which one is taken."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QWidget

from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.picture import pixmap_of
from ssldiff_gui.widgets.shown import PaletteItem
from ssldiff_gui.widgets.tokens import GRID

TILE = 9 * GRID


class PaletteChoice(QListWidget):
    """Tiles in rows; the first is taken at the start."""

    chosen = Signal(str)
    """Id of what someone took."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tiles")
        self.setAccessibleName("Palette")
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setIconSize(QSize(TILE, TILE))
        self.setGridSize(QSize(TILE + 6 * GRID, TILE + 4 * GRID))
        self.setMovement(QListWidget.Movement.Static)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.currentItemChanged.connect(lambda *_: self.chosen.emit(self.id))

    def show_items(self, items: Sequence[PaletteItem]) -> None:
        """Show these; the one that was taken stays taken when it is still there."""
        before = self.id
        self.blockSignals(True)
        self.clear()
        for item in items:
            pixmap = pixmap_of(item.picture)
            shown = icon("image-outline") if pixmap is None else QIcon(pixmap)
            if pixmap is not None:  # Qt would tint what is taken, and one judges by its colours
                shown.addPixmap(pixmap, QIcon.Mode.Selected)
            row = QListWidgetItem(shown, item.name)
            row.setData(Qt.ItemDataRole.UserRole, item.id)
            row.setToolTip(f"{item.name}\n{item.origin}".strip())
            self.addItem(row)
        names = [item.id for item in items]
        self.setCurrentRow(names.index(before) if before in names else 0 if names else -1)
        self.blockSignals(False)

    @property
    def id(self) -> str:
        """Id of what is taken; empty when there is nothing."""
        item = self.currentItem()
        return "" if item is None else str(item.data(Qt.ItemDataRole.UserRole))
