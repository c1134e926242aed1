"""Swatches in rows: chosen, renamed and moved in place."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from qtpy.QtGui import (
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from qtpy.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ssldiff_gui.widgets.picture import CORNER, paint_picture, pixmap_of
from ssldiff_gui.widgets.shown import PaletteItem
from ssldiff_gui.widgets.tokens import GRID, SMALL
from ssldiff_gui.widgets.tones import tone

CELL = 9 * GRID
"""Least width of a swatch with its gap."""
NAME = 20

_Index = QModelIndex | QPersistentModelIndex


class PaletteModel(QAbstractListModel):
    """The embeddings and their pictures."""

    renamed = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.items: tuple[PaletteItem, ...] = ()
        self._pictures: dict[str, QPixmap | None] = {}

    def show(self, items: Sequence[PaletteItem]) -> None:
        """Show these embeddings."""
        if tuple(i.id for i in items) == tuple(i.id for i in self.items):
            self._update(items)
            return
        self.beginResetModel()
        self.items = tuple(items)
        self._pictures = {item.id: pixmap_of(item.picture) for item in items}
        self.endResetModel()

    def _update(self, items: Sequence[PaletteItem]) -> None:
        """Take over names and pictures; the place of the keyboard stays."""
        changed: list[int] = []
        for row, (old, new) in enumerate(zip(self.items, items, strict=True)):
            if old.picture is not new.picture:
                self._pictures[new.id] = pixmap_of(new.picture)
            elif (old.name, old.origin) == (new.name, new.origin):
                continue
            changed.append(row)
        self.items = tuple(items)
        for row in changed:
            self.dataChanged.emit(self.index(row), self.index(row))

    def row_of(self, key: str) -> int | None:
        """Return the row of an embedding, or None."""
        return next((row for row, item in enumerate(self.items) if item.id == key), None)

    def rowCount(self, parent: _Index | None = None) -> int:
        """Return how many embeddings there are."""
        return len(self.items)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Names can be edited in place."""
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def data(self, index: _Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """Return what Qt asks of an embedding."""
        item = self.items[index.row()]
        if role in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.EditRole,
            Qt.ItemDataRole.AccessibleTextRole,
        ):
            return item.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{item.name}\n{item.origin}".strip()
        if role == Qt.ItemDataRole.DecorationRole:
            return self._pictures.get(item.id)
        return item if role == Qt.ItemDataRole.UserRole else None

    def setData(
        self, index: _Index, value: object, role: int = int(Qt.ItemDataRole.EditRole)
    ) -> bool:
        """Ask for another name; it is shown once it holds."""
        item, name = self.items[index.row()], str(value).strip()
        if role != Qt.ItemDataRole.EditRole or not name or name == item.name:
            return False
        self.renamed.emit(item.id, name)
        return True


class SwatchDelegate(QStyledItemDelegate):
    """Draws a picture with its name below; a ring marks the one to paint with."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.chosen = ""
        self.size = QSize(CELL, CELL + NAME)

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Return all of a swatch's place, whatever the size of its picture."""
        del option, index
        return self.size

    def picture_box(self, rect: QRect) -> QRectF:
        """Return where the picture is within a swatch."""
        side = rect.width() - GRID
        return QRectF(rect.x() + 4, rect.y() + 4, side, side)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw one swatch."""
        item: PaletteItem = index.data(Qt.ItemDataRole.UserRole)
        palette, box = option.palette, self.picture_box(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_picture(painter, box, index.data(Qt.ItemDataRole.DecorationRole), palette)
        state = option.state
        mine = item.id == self.chosen
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if mine:
            painter.setPen(QPen(tone(palette, "panel"), 2))
            painter.drawRoundedRect(box.adjusted(2, 2, -2, -2), CORNER - 2, CORNER - 2)
        if mine or focused or hovered:
            ring = "accent" if mine else "text" if focused else "outline"
            painter.setPen(QPen(tone(palette, ring), 3 if mine else 2))
            painter.drawRoundedRect(box, CORNER, CORNER)
        self._name(painter, option, item, mine=mine, focused=focused)
        painter.restore()

    def _name(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        item: PaletteItem,
        *,
        mine: bool,
        focused: bool,
    ) -> None:
        font = QFont(option.font)
        font.setPixelSize(SMALL)
        if mine:
            font.setWeight(QFont.Weight.DemiBold)
        font.setUnderline(focused and mine)
        painter.setFont(font)
        painter.setPen(tone(option.palette, "text" if mine else "muted"))
        place = self._name_box(option.rect)
        said = painter.fontMetrics().elidedText(
            item.name, Qt.TextElideMode.ElideRight, place.width()
        )
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), said)

    def _name_box(self, rect: QRect) -> QRect:
        return QRect(rect.x() + 2, rect.bottom() - NAME, rect.width() - 4, NAME)

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        """Leave alone what is being typed."""
        if not (isinstance(editor, QLineEdit) and editor.isModified()):
            super().setEditorData(editor, index)

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        """Edit the name where it stands."""
        box = self._name_box(option.rect)
        editor.setGeometry(box.adjusted(-2, -6, 2, 4))


class PaletteGrid(QListView):
    """The swatches.

    Parameters
    ----------
    model
        What is shown.
    """

    picked = Signal(str)
    removed = Signal(str)
    moved = Signal(str, int)

    def __init__(self, model: PaletteModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items = model
        self._pressed: QPoint | None = None
        self._carried: int | None = None
        self._gap = 0
        self.swatches = SwatchDelegate(self)
        self.setObjectName("swatches")
        self.setModel(model)
        self.setItemDelegate(self.swatches)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName("Palette")

    def show_chosen(self, key: str) -> None:
        """Put the ring around one."""
        self.swatches.chosen = key
        row = self._items.row_of(key)
        if row is not None and not self.hasFocus():
            self.setCurrentIndex(self._items.index(row))
        self.viewport().update()

    def pick(self, index: _Index) -> None:
        """Ask to paint with one."""
        if 0 <= index.row() < len(self._items.items):
            self.picked.emit(self._items.items[index.row()].id)

    def remove(self, index: _Index) -> None:
        """Ask to throw one away."""
        if 0 <= index.row() < len(self._items.items):
            self.removed.emit(self._items.items[index.row()].id)

    def move_by(self, index: _Index, step: int) -> None:
        """Ask to move one a place."""
        place = index.row() + step
        if index.row() >= 0 and 0 <= place < len(self._items.items):
            self.moved.emit(self._items.items[index.row()].id, place)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fill the width with as many swatches as can be judged."""
        width = self.viewport().width()
        columns = max(1, width // CELL)
        side = max(CELL, width // columns) - (1 if columns > 1 else 0)
        self.swatches.size = QSize(side, side + NAME)
        self.setGridSize(self.swatches.size)
        super().resizeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space choose, Delete removes, Alt with an arrow moves."""
        key, index = event.key(), self.currentIndex()
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.modifiers() & Qt.KeyboardModifier.AltModifier and key in moves:
            self.move_by(index, moves[Qt.Key(key)])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.pick(index)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove(index)
        else:
            super().keyPressEvent(event)

    # -- moving by the pointer -------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where a click, or a drag, begins."""
        super().mousePressEvent(event)
        place = event.position().toPoint()
        if event.button() == Qt.MouseButton.LeftButton and self.indexAt(place).isValid():
            self._pressed = place

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Carry a swatch, and show between which it would go."""
        place = event.position().toPoint()
        if self._pressed is not None and self._carried is None:
            far = (place - self._pressed).manhattanLength()
            if far >= QApplication.startDragDistance():
                self._carried = self.indexAt(self._pressed).row()
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
        if self._carried is None:
            super().mouseMoveEvent(event)
            return
        self._gap = self._gap_at(place)
        self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose what was clicked, or put down what was carried."""
        super().mouseReleaseEvent(event)
        if event.button() != Qt.MouseButton.LeftButton:
            return
        pressed, self._pressed = self._pressed, None
        carried, self._carried = self._carried, None
        self.unsetCursor()
        self.viewport().update()
        if carried is not None:
            place = self._gap - (self._gap > carried)
            if place != carried:
                self.moved.emit(self._items.items[carried].id, place)
        elif pressed is not None:
            index = self.indexAt(event.position().toPoint())
            if index.isValid() and index == self.indexAt(pressed):
                self.pick(index)

    def _gap_at(self, place: QPoint) -> int:
        """Return before which swatch something goes that is put down at a place."""
        for row in range(len(self._items.items)):
            box = self.visualRect(self._items.index(row))
            if place.y() <= box.bottom() and place.x() < box.center().x():
                return row
            if place.y() < box.top():
                return row
        return len(self._items.items)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the swatches, and the gap into which one is carried."""
        super().paintEvent(event)
        if self._carried is None:
            return
        last = len(self._items.items) - 1
        box = self.visualRect(self._items.index(min(self._gap, last)))
        x = box.right() if self._gap > last else box.left()
        painter = QPainter(self.viewport())
        painter.setPen(QPen(tone(self.palette(), "accent"), 3))
        painter.drawLine(x + 1, box.top() + 4, x + 1, box.bottom() - NAME)
