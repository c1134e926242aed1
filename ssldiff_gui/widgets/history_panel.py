"""What was done, oldest first; a click goes back there, or forward again."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QAbstractListModel, QEvent, QObject, QRect, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QKeyEvent, QPainter, QPalette, QPen
from qtpy.QtWidgets import (
    QHBoxLayout,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ssldiff_gui.widgets.controls import hairline, label, tool_button
from ssldiff_gui.widgets.result_card import Index
from ssldiff_gui.widgets.tokens import GRID
from ssldiff_gui.widgets.tones import muted

ROW, ROWS, WIDTH = 4 * GRID, 11, 36 * GRID
START = "As it was opened"

_Role = QPalette.ColorRole


class HistoryModel(QAbstractListModel):
    """The beginning and the steps after it; `position` steps are done."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.steps: tuple[str, ...] = ()
        self.position = 0
        self.start = START

    def show(self, steps: Sequence[str], position: int, start: str) -> None:
        """Show these steps; only the mark moves when they are the same."""
        same = tuple(steps) == self.steps and start == self.start
        self.position = min(max(position, 0), len(steps))
        if same:
            self.dataChanged.emit(self.index(0), self.index(len(self.steps)))
            return
        self.beginResetModel()
        self.steps, self.start = tuple(steps), start
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        """Return how many places there are: one more than steps."""
        return len(self.steps) + 1

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """Return what Qt asks of a place."""
        row = index.row()
        if not 0 <= row <= len(self.steps):
            return None
        text = self.steps[row - 1] if row else self.start
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            state = ", now" if row == self.position else ", undone" if row > self.position else ""
            return text + state
        return None


class _Row(QStyledItemDelegate):
    """Draws a place on a line: done, now, or undone."""

    def __init__(self, model: HistoryModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(20 * GRID, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        palette, box, row = option.palette, option.rect, index.row()
        now, undone = row == self._model.position, row > self._model.position
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        focused = selected and bool(option.state & QStyle.StateFlag.State_HasFocus)
        if now or hovered or focused:
            ring = QPen(palette.color(_Role.Highlight), 2)
            painter.setPen(ring if focused else Qt.PenStyle.NoPen)
            painter.setBrush(palette.color(_Role.Midlight if now else _Role.Light))
            painter.drawRoundedRect(QRectF(box).adjusted(1, 1, -1, -1), 6, 6)
        self._line(painter, palette, box, row)
        painter.setPen(muted(palette) if undone else palette.color(_Role.WindowText))
        font = painter.font()
        font.setItalic(undone)
        painter.setFont(font)
        words = box.adjusted(4 * GRID, 0, -GRID, 0)
        text = painter.fontMetrics().elidedText(
            str(index.data()), Qt.TextElideMode.ElideRight, words.width()
        )
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), text)
        painter.restore()

    def _line(self, painter: QPainter, palette: QPalette, box: QRect, row: int) -> None:
        x, middle = box.x() + 2 * GRID, box.center().y()
        position, last = self._model.position, len(self._model.steps)
        colour = palette.color(_Role.Link)
        faint = palette.color(_Role.Mid)
        if row > 0:
            painter.setPen(QPen(colour if row <= position else faint, 2))
            painter.drawLine(x, box.top(), x, middle - 6)
        if row < last:
            painter.setPen(QPen(colour if row < position else faint, 2))
            painter.drawLine(x, middle + 6, x, box.bottom() + 1)
        painter.setPen(QPen(colour if row <= position else faint, 2))
        painter.setBrush(colour if row == position else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QRectF(x - 4, middle - 4, 8, 8))


class HistoryPanel(QWidget):
    """A small list of steps with undo and redo above it."""

    goto = Signal(int)
    """How many steps are to be done: 0 is the beginning."""
    undo_requested = Signal()
    redo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("History")
        self.model = HistoryModel(self)
        self.list = QListView()
        self.list.setObjectName("history")
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Row(self.model, self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.setAccessibleName("Steps")
        self.list.clicked.connect(lambda index: self._go(index.row()))
        self.list.installEventFilter(self)
        self.undo = tool_button("undo", "Undo", "Undo  (Ctrl+Z)")
        self.redo = tool_button("redo", "Redo", "Redo  (Ctrl+Shift+Z)")
        self.undo.clicked.connect(self.undo_requested)
        self.redo.clicked.connect(self.redo_requested)
        self._build()
        self.show_steps((), 0)

    def _build(self) -> None:
        self.hint = label("What you do to cells and shapes is listed here.", "muted", wrap=True)
        top = QHBoxLayout()
        top.setSpacing(0)
        top.addWidget(label("History", "heading"), 1)
        top.addWidget(self.undo)
        top.addWidget(self.redo)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(top)
        column.addWidget(hairline())
        column.addWidget(self.hint)
        column.addWidget(self.list)
        self.setMinimumWidth(WIDTH)

    def show_steps(self, steps: Sequence[str], position: int, start: str = START) -> None:
        """Show what was done.

        Parameters
        ----------
        steps
            Oldest first, as a menu would say them after "Undo".
        position
            How many of them are done now.
        start
            What the state before the first is called.
        """
        self.model.show(steps, position, start)
        self.undo.setEnabled(self.model.position > 0)
        self.redo.setEnabled(self.model.position < len(steps))
        self.hint.setVisible(not steps)
        self.list.setVisible(bool(steps))
        self.list.setFixedHeight(min(len(steps) + 1, ROWS) * ROW + 4)
        now = self.model.index(self.model.position)
        self.list.setCurrentIndex(now)
        self.list.scrollTo(now)

    def _go(self, row: int) -> None:
        if row != self.model.position:
            self.goto.emit(row)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Go to the chosen place with Return."""
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        pressed = watched is self.list and event.type() == QEvent.Type.KeyPress
        if pressed and isinstance(event, QKeyEvent) and event.key() in keys:
            self._go(self.list.currentIndex().row())
            return True
        return super().eventFilter(watched, event)
