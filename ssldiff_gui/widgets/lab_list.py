"""Experiments as cards: what was tried, how it stands, what came of it, its curve in small."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from qtpy.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from qtpy.QtGui import (
    QContextMenuEvent,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPalette,
    QPen,
    QPolygonF,
)
from qtpy.QtWidgets import (
    QAbstractItemView,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.lab_axes import smooth
from ssldiff_gui.widgets.lab_shown import STATUS_WORDS, ExperimentCard
from ssldiff_gui.widgets.tokens import GRID, SMALL
from ssldiff_gui.widgets.tones import muted, tone

Index = QModelIndex | QPersistentModelIndex

HEIGHT = 10 * GRID
CURVE = (8 * GRID, 3 * GRID)
_Role = QPalette.ColorRole
_TONES = {"failed": "danger", "done": "good", "running": "accent_text"}
_OUR_KEYS = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_F2, Qt.Key.Key_S)


class _Model(QAbstractListModel):
    renamed = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.cards: list[ExperimentCard] = []

    def show(self, cards: Sequence[ExperimentCard]) -> None:
        """Show these; only what is different is drawn again."""
        before, self.cards = self.cards, list(cards)
        if [card.id for card in before] == [card.id for card in self.cards]:
            for row, (old, new) in enumerate(zip(before, self.cards, strict=True)):
                if old != new or old.curve is not new.curve:
                    self.dataChanged.emit(self.index(row), self.index(row))
            return
        self.beginResetModel()
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        """Return how many there are."""
        return len(self.cards)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let names be changed."""
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """Return what Qt asks of one."""
        if not 0 <= index.row() < len(self.cards):
            return None
        card = self.cards[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return card.name
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{card.name}\n{card.method}\n{said_of(card)}"
        return card if role == Qt.ItemDataRole.UserRole else None

    def setData(
        self, index: Index, value: object, role: int = int(Qt.ItemDataRole.EditRole)
    ) -> bool:
        """Say that one is to have another name; who keeps them shows it."""
        if role == Qt.ItemDataRole.EditRole and str(value).strip():
            self.renamed.emit(self.cards[index.row()].id, str(value).strip())
        return False


def said_of(card: ExperimentCard) -> str:
    """Return how an experiment stands, in a few words."""
    state = STATUS_WORDS[card.status]
    if card.status in ("running", "paused") and card.part is not None:
        state = f"{state} · {int(100 * card.part)} %"
    if card.status in ("done", "stopped") and card.headline:
        return card.headline if card.status == "done" else f"{state} · {card.headline}"
    return state


class _Card(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(24 * GRID, HEIGHT)

    def star_box(self, row: QRect) -> QRect:
        return QRect(row.right() - 4 * GRID, row.y() + GRID, 3 * GRID, 3 * GRID)

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        box = option.rect
        editor.setGeometry(box.x() + 40, box.y() + 6, box.width() - 48, 4 * GRID)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        card: ExperimentCard | None = index.data(Qt.ItemDataRole.UserRole)
        if card is None:
            return
        palette = option.palette
        box = option.rect.adjusted(GRID, 3, -GRID, -3)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focused = selected and bool(option.state & QStyle.StateFlag.State_HasFocus)
        edge = tone(palette, "accent") if focused else tone(palette, "line")
        painter.setPen(QPen(edge, 2 if focused else 1))
        ground = "selection" if selected else "hover" if hovered else "raised"
        painter.setBrush(tone(palette, ground))
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        mark = QRect(box.x() + 10, box.y() + 10, 18, 18)
        icon(card.glyph, None, muted(palette)).paint(painter, mark)
        self._words(painter, option, card, box, plain=selected or hovered)
        if card.starred or hovered:
            glyph = "star" if card.starred else "star-outline"
            icon(glyph, None, muted(palette)).paint(painter, self.star_box(option.rect))
        self._curve(painter, palette, card, box)
        painter.restore()

    def _words(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        card: ExperimentCard,
        box: QRect,
        *,
        plain: bool,
    ) -> None:
        palette, left = option.palette, box.x() + 36
        wide = box.right() - left - GRID
        font = QFont(option.font)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(tone(palette, "text"))
        _line(painter, QRect(left, box.y() + 8, wide - 3 * GRID, 20), card.name)
        font.setWeight(QFont.Weight.Normal)
        font.setPixelSize(SMALL)
        painter.setFont(font)
        painter.setPen(muted(palette))
        drawn = CURVE[0] + GRID if len(card.curve) > 1 else 0
        _line(painter, QRect(left, box.y() + 28, wide - drawn, 18), card.method)
        colour = _TONES.get(card.status, "muted")
        if plain and colour in ("good", "accent_text"):
            colour = "text"  # those can be read on the ground of a card at rest only
        painter.setPen(tone(palette, colour))
        _line(painter, QRect(left, box.y() + 47, wide - drawn, 18), said_of(card))
        if card.part is not None and card.status in ("running", "paused", "ending"):
            bar = QRectF(left, box.bottom() - 5, wide, 3)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tone(palette, "outline"))
            painter.drawRoundedRect(bar, 1.5, 1.5)
            bar.setWidth(wide * min(1.0, max(0.0, card.part)))
            painter.setBrush(tone(palette, "accent"))
            painter.drawRoundedRect(bar, 1.5, 1.5)

    def _curve(
        self, painter: QPainter, palette: QPalette, card: ExperimentCard, box: QRect
    ) -> None:
        if len(card.curve) < 2:
            return
        values = smooth(card.curve)
        low, high = float(values.min()), float(values.max())
        place = QRectF(box.right() - CURVE[0] - GRID, box.y() + 36, *CURVE)
        xs = np.linspace(place.left(), place.right(), len(values))
        ys = place.bottom() - (values - low) / ((high - low) or 1.0) * place.height()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(tone(palette, "accent"), 1.5))
        points = [QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]
        painter.drawPolyline(QPolygonF(points))


def _line(painter: QPainter, box: QRect, text: str) -> None:
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), shown)


class ExperimentList(QListView):
    """Shows cards one below the other; several can be chosen, to be compared."""

    chosen = Signal(tuple)
    """Ids of those that are chosen, in the order in which they stand."""
    star_requested = Signal(str, bool)
    rename_requested = Signal(str, str)
    delete_requested = Signal(tuple)
    again_requested = Signal(str)
    go_on_requested = Signal(str)
    cancel_requested = Signal(str)
    save_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("experiments")
        self.cards = _Model(self)
        self.cards.renamed.connect(self.rename_requested)
        self._card = _Card(self)
        self.setModel(self.cards)
        self.setItemDelegate(self._card)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Experiments")
        self.setAccessibleDescription("F2 renames, S stars, Delete deletes; choose two to compare")
        self._quiet = False
        selection = self.selectionModel()
        assert selection is not None  # noqa: S101
        selection.selectionChanged.connect(self._tell)

    @property
    def ids(self) -> tuple[str, ...]:
        """Those that are chosen."""
        rows = sorted(index.row() for index in self.selectedIndexes())
        return tuple([self.cards.cards[row].id for row in rows if row < len(self.cards.cards)])

    def show_cards(self, cards: Sequence[ExperimentCard]) -> None:
        """Show other cards; what is chosen stays so."""
        kept = self.ids
        self._quiet = True
        self.cards.show(cards)
        if self.ids != kept:
            self.choose(*kept)
        self._quiet = False
        if self.ids != kept:
            self._tell()

    def choose(self, *ids: str) -> None:
        """Choose cards; unknown ones are left out."""
        selection = self.selectionModel()
        assert selection is not None  # noqa: S101
        quiet, self._quiet = self._quiet, True
        before = self.ids
        selection.clearSelection()
        for row, card in enumerate(self.cards.cards):
            if card.id in ids:
                index = self.cards.index(row)
                selection.select(index, selection.SelectionFlag.Select)
                selection.setCurrentIndex(index, selection.SelectionFlag.NoUpdate)
        self._quiet = quiet
        if not quiet and self.ids != before:
            self._tell()

    def _tell(self) -> None:
        if not self._quiet:
            self.chosen.emit(self.ids)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Star one by its star."""
        place = event.position().toPoint()
        index = self.indexAt(place)
        left = event.button() == Qt.MouseButton.LeftButton
        if left and index.isValid():
            card = self.cards.cards[index.row()]
            if self._card.star_box(self.visualRect(index)).contains(place):
                self.star_requested.emit(card.id, not card.starred)
                return
        super().mousePressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Take our keys before the window does."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            if plain and event.key() in _OUR_KEYS and self.ids:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Rename, star or delete what is chosen."""
        ids, plain = self.ids, not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if not ids or not plain or event.key() not in _OUR_KEYS:
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_F2:
            self.rename()
        elif event.key() == Qt.Key.Key_S:
            for card in self.cards.cards:
                if card.id in ids:
                    self.star_requested.emit(card.id, not card.starred)
        else:
            self.delete_requested.emit(ids)

    def rename(self) -> None:
        """Put the cursor into the name of the one that is chosen."""
        if self.selectedIndexes():
            self.edit(self.selectedIndexes()[0])

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with a card."""
        menu = self.menu()
        if menu is not None:
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(event.globalPos())

    def menu(self) -> QMenu | None:
        """Return what can be done with what is chosen; None when that is nothing."""
        ids = self.ids
        if not ids:
            return None
        menu = QMenu(self)
        card = next(card for card in self.cards.cards if card.id == ids[0])
        if len(ids) == 1:
            star = "Take the star away" if card.starred else "Star"
            lines = [
                ("Rename", "rename-outline", self.rename),
                (star, "star-outline", lambda: self.star_requested.emit(card.id, not card.starred)),
                ("Same again…", "content-copy", lambda: self.again_requested.emit(card.id)),
                ("Save request…", "download-outline", lambda: self.save_requested.emit(card.id)),
            ]
            if card.status in ("stopped", "failed"):
                lines.append(("Go on", "play", lambda: self.go_on_requested.emit(card.id)))
            if card.status in ("waiting", "running", "paused"):
                lines.append(("Stop", "stop", lambda: self.cancel_requested.emit(card.id)))
            for words, glyph, act in lines:
                menu.addAction(icon(glyph), words).triggered.connect(act)
            menu.addSeparator()
        words = "Delete" if len(ids) == 1 else f"Delete {len(ids)} experiments"
        delete = menu.addAction(icon("trash-can-outline"), words)
        delete.triggered.connect(lambda: self.delete_requested.emit(ids))
        return menu
