"""What waits to be computed: its order, and ways to change one's mind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from qtpy.QtCore import (
    QAbstractListModel,
    QEvent,
    QMimeData,
    QModelIndex,
    QObject,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from qtpy.QtGui import QFont, QKeyEvent, QMouseEvent, QPainter, QPalette, QPen
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ssldiff_gui.widgets.controls import hairline, label, push_button
from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.result_card import Index, in_time, percent
from ssldiff_gui.widgets.tokens import GRID, SMALL
from ssldiff_gui.widgets.tones import muted

QueueStatus = Literal["waiting", "running", "paused"]

ROW, ROWS, WIDTH = 6 * GRID, 6, 46 * GRID
MIME = "application/x-ssldiff-queue-row"

_Role = QPalette.ColorRole
_OUR_KEYS = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Up, Qt.Key.Key_Down)


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One job.

    Parameters
    ----------
    id
        What signals carry.
    title
        What it does: "Render Colon, seed 7".
    status
        Whether it runs.
    done, total
        How far it is; a total of 0 says that nobody knows yet.
    words
        What it does now: "Loading the model".
    left
        Seconds left; None when nobody knows.
    """

    id: str
    title: str
    status: QueueStatus = "waiting"
    done: int = 0
    total: int = 0
    words: str = ""
    left: float | None = None

    @property
    def part(self) -> float | None:
        """Part that is done, 0–1; None when nobody knows."""
        return min(1.0, self.done / self.total) if self.total > 0 else None


def progress_words(item: QueueItem) -> str:
    """Return how far a job is, in words."""
    if item.status == "waiting":
        return item.words or "Waiting"
    part = "" if item.part is None else percent(item.part)
    left = "" if item.left is None else f"{in_time(item.left)} left"
    state = "Paused" if item.status == "paused" else item.words
    return " · ".join(words for words in (part, left, state) if words) or "Starting…"


class QueueModel(QAbstractListModel):
    """Jobs in the order in which they run."""

    moved = Signal(str, int)
    """Id of a job that was dragged, and the place it is to have."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.items: list[QueueItem] = []

    def show(self, items: Sequence[QueueItem]) -> None:
        """Show these jobs; only what is different is drawn again."""
        before, self.items = self.items, list(items)
        if [item.id for item in before] == [item.id for item in self.items]:
            for row, (old, new) in enumerate(zip(before, self.items, strict=True)):
                if old != new:
                    self.dataChanged.emit(self.index(row), self.index(row))
            return
        self.beginResetModel()
        self.endResetModel()

    def movable(self, row: int) -> bool:
        """Say whether a job can have another place: one that has begun cannot."""
        return 0 <= row < len(self.items) and self.items[row].status == "waiting"

    @property
    def first(self) -> int:
        """First place that a waiting job can have."""
        begun = (row for row, item in enumerate(self.items) if item.status == "waiting")
        return next(begun, len(self.items))

    def rowCount(self, parent: Index | None = None) -> int:
        """Return how many jobs there are."""
        return len(self.items)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let waiting jobs be dragged, and dropped between others."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsDragEnabled if self.movable(index.row()) else flags

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """Return what Qt asks of a job."""
        if not 0 <= index.row() < len(self.items):
            return None
        item = self.items[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return item.title
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{item.title}\n{progress_words(item)}"
        return item if role == Qt.ItemDataRole.UserRole else None

    def supportedDropActions(self) -> Qt.DropAction:
        """Rows are moved, never copied."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        """Only our own rows are taken."""
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Carry the id of what is dragged."""
        data = QMimeData()
        if indexes:
            data.setData(MIME, self.items[indexes[0].row()].id.encode())
        return data

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        """Say where a job was dropped; who keeps the queue shows it anew."""
        identity = bytes(data.data(MIME).data()).decode(errors="replace")
        start = next((n for n, item in enumerate(self.items) if item.id == identity), None)
        if start is None:
            return False
        target = row if row >= 0 else parent.row() if parent.isValid() else len(self.items)
        place = min(max(target - (1 if target > start else 0), self.first), len(self.items) - 1)
        if place != start:
            self.moved.emit(identity, place)
        return False  # the row is not to be taken out here


class _Row(QStyledItemDelegate):
    """Draws one job in two lines."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(20 * GRID, ROW)

    def close_box(self, row: QRect) -> QRect:
        return QRect(row.right() - 4 * GRID, row.y() + (ROW - 3 * GRID) // 2, 3 * GRID, 3 * GRID)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        item: QueueItem | None = index.data(Qt.ItemDataRole.UserRole)
        if item is None:
            return
        palette, box = option.palette, option.rect
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter, option, selected=selected, hovered=hovered)
        waiting = item.status == "waiting"
        glyph = "drag-vertical" if waiting else "pause" if item.status == "paused" else "play"
        role = _Role.PlaceholderText if waiting else _Role.Link
        icon(glyph, role).paint(painter, QRect(box.x() + GRID, box.y() + (ROW - 18) // 2, 18, 18))
        words = box.adjusted(GRID + 26, 5, -5 * GRID, 0)
        font = QFont(option.font)
        font.setWeight(QFont.Weight.Medium)
        painter.setFont(font)
        painter.setPen(palette.color(_Role.WindowText))
        _line(painter, QRect(words.x(), words.y(), words.width(), 19), item.title)
        font = QFont(option.font)
        font.setPixelSize(SMALL)
        painter.setFont(font)
        painter.setPen(muted(palette))
        _line(painter, QRect(words.x(), words.y() + 18, words.width(), 18), progress_words(item))
        if hovered or selected:
            icon("close").paint(painter, self.close_box(box).adjusted(4, 4, -4, -4))
        painter.restore()

    def _ground(
        self, painter: QPainter, option: QStyleOptionViewItem, *, selected: bool, hovered: bool
    ) -> None:
        if not (selected or hovered):
            return
        painter.setPen(Qt.PenStyle.NoPen)
        if selected and option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(option.palette.color(_Role.Highlight), 2))
        painter.setBrush(option.palette.color(_Role.Midlight if selected else _Role.Light))
        painter.drawRoundedRect(QRectF(option.rect).adjusted(1, 1, -1, -1), 6, 6)


def _line(painter: QPainter, box: QRect, text: str) -> None:
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), shown)


class QueueList(QWidget):
    """Jobs from the one that runs to the last; changes nothing itself."""

    move_requested = Signal(str, int)
    """Id, and the place it is to have among all that are listed."""
    cancel_requested = Signal(str)
    cancel_all_requested = Signal()
    cancel_waiting_requested = Signal()
    pause_requested = Signal()
    resume_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Queue")
        self.paused = False
        self.model = QueueModel(self)
        self.model.moved.connect(self.move_requested)
        self.list = self._list()
        self._build()
        self.show_queue((), paused=False)

    def _list(self) -> QListView:
        view = QListView()
        view.setObjectName("queue")
        view.setModel(self.model)
        self._row = _Row(view)
        view.setItemDelegate(self._row)
        view.setUniformItemSizes(True)
        view.setMouseTracking(True)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)  # of our own rows only
        view.setDefaultDropAction(Qt.DropAction.MoveAction)
        view.setDragDropOverwriteMode(False)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        view.setAccessibleName("Jobs")
        view.setAccessibleDescription("Alt+Up and Alt+Down move a job, Delete cancels it")
        view.installEventFilter(self)
        view.viewport().installEventFilter(self)
        return view

    def _build(self) -> None:
        self.title = label("Queue", "heading")
        self.pause_button = push_button("Pause", "quiet", "pause")
        self.pause_button.clicked.connect(self._pause)
        self.hint = label("Drag to reorder, or Alt+Up and Alt+Down.", "small")
        self.empty = label("Nothing runs, and nothing waits.", "muted")
        self.waiting_button = push_button("Cancel what waits")
        self.waiting_button.setToolTip("Cancel everything but the job that runs")
        self.all_button = push_button("Cancel all")
        self.waiting_button.clicked.connect(self.cancel_waiting_requested)
        self.all_button.clicked.connect(self.cancel_all_requested)
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.pause_button)
        bottom = QHBoxLayout()
        bottom.setSpacing(GRID)
        bottom.addStretch(1)
        bottom.addWidget(self.waiting_button)
        bottom.addWidget(self.all_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(top)
        column.addWidget(hairline())
        column.addWidget(self.empty)
        column.addWidget(self.list)
        column.addWidget(self.hint)
        column.addLayout(bottom)
        self.setFixedWidth(WIDTH)

    def show_queue(self, items: Sequence[QueueItem], *, paused: bool) -> None:
        """Show the jobs.

        Parameters
        ----------
        items
            In the order in which they run.
        paused
            Whether the queue as a whole rests.
        """
        chosen = self.chosen
        self.paused = paused
        self.model.show(items)
        if chosen is not None:
            self._choose(chosen.id)
        waiting = sum(item.status == "waiting" for item in items)
        self.title.setText("Queue, paused" if paused else "Queue")
        self.pause_button.setText("Resume" if paused else "Pause")
        self.pause_button.setIcon(icon("play" if paused else "pause"))
        self.pause_button.setEnabled(bool(items) or paused)
        self.empty.setVisible(not items)
        self.list.setVisible(bool(items))
        self.hint.setVisible(waiting > 1)
        self.waiting_button.setVisible(bool(items))
        self.all_button.setVisible(bool(items))
        self.waiting_button.setEnabled(waiting > 0)
        self.list.setFixedHeight(max(1, min(len(items), ROWS)) * ROW + 4)

    @property
    def chosen(self) -> QueueItem | None:
        """The job that keys act on."""
        row = self.list.currentIndex().row()
        return self.model.items[row] if 0 <= row < len(self.model.items) else None

    def _choose(self, identity: str) -> None:
        for row, item in enumerate(self.model.items):
            if item.id == identity:
                self.list.setCurrentIndex(self.model.index(row))

    def _pause(self) -> None:
        (self.resume_requested if self.paused else self.pause_requested).emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Move and cancel by key; cancel by the cross of a row."""
        if watched is self.list and isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride:  # before one of the window's
                event.setAccepted(event.key() in _OUR_KEYS)
                return event.isAccepted()
            return event.type() == QEvent.Type.KeyPress and self._key(event)
        pressed = event.type() == QEvent.Type.MouseButtonPress
        if watched is self.list.viewport() and pressed and isinstance(event, QMouseEvent):
            return self._cross(event)
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        item, row = self.chosen, self.list.currentIndex().row()
        steps = {int(Qt.Key.Key_Up): -1, int(Qt.Key.Key_Down): 1}
        if item is None:
            return False
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.cancel_requested.emit(item.id)
            return True
        if event.modifiers() & Qt.KeyboardModifier.AltModifier and event.key() in steps:
            place = row + steps[event.key()]
            if self.model.movable(row) and self.model.first <= place < len(self.model.items):
                self.move_requested.emit(item.id, place)
            return True
        return False

    def _cross(self, event: QMouseEvent) -> bool:
        place = event.position().toPoint()
        index = self.list.indexAt(place)
        if not index.isValid() or event.button() != Qt.MouseButton.LeftButton:
            return False
        if not self._row.close_box(self.list.visualRect(index)).contains(place):
            return False
        self.cancel_requested.emit(self.model.items[index.row()].id)
        return True
