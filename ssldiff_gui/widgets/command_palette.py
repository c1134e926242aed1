"""Ctrl+K: type a few letters of what you want to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qtpy.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from qtpy.QtGui import QFont, QKeyEvent, QMouseEvent, QPainter, QPalette
from qtpy.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ssldiff_gui.widgets.controls import hairline, label
from ssldiff_gui.widgets.fuzzy import ranked
from ssldiff_gui.widgets.icons import Glyph, icon
from ssldiff_gui.widgets.overlay import Overlay
from ssldiff_gui.widgets.tokens import GRID, SMALL
from ssldiff_gui.widgets.tones import tone

WIDTH, ROW, ROWS = 600, 40, 9

_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Command:
    """One line of the palette.

    Parameters
    ----------
    key
        What is said back when it is chosen.
    text, icon, shortcut
        What is shown.
    search
        More words it is found by.
    recent
        Whether it is marked as used before.
    """

    key: str
    text: str
    icon: str
    shortcut: str = ""
    search: str = ""
    recent: bool = False


class _Commands(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.shown: list[Command] = []

    def show(self, commands: list[Command]) -> None:
        self.beginResetModel()
        self.shown = commands
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        return len(self.shown)

    def data(self, index: _Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        command = self.shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return command.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{command.text} {command.shortcut}".strip()
        return command if role == Qt.ItemDataRole.UserRole else None


class _Row(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(WIDTH - 2 * GRID, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        command: Command = index.data(Qt.ItemDataRole.UserRole)
        palette, box = option.palette, option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setBrush(palette.color(QPalette.ColorRole.Midlight))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRoundedRect(box.adjusted(0, 1, 0, -1), 6, 6)
        icon(command.icon, QPalette.ColorRole.PlaceholderText).paint(
            painter, QRect(box.x() + 12, box.y() + (ROW - 18) // 2, 18, 18)
        )
        painter.setPen(palette.color(QPalette.ColorRole.WindowText))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box.adjusted(44, 0, -120, 0), int(middle), command.text)
        font = QFont(painter.font())
        font.setPixelSize(SMALL)
        painter.setFont(font)
        painter.setPen(tone(palette, "muted"))
        note = command.shortcut or ("recent" if command.recent else "")
        right = int(middle | Qt.AlignmentFlag.AlignRight)
        painter.drawText(box.adjusted(0, 0, -12, 0), right, note)
        painter.restore()


class CommandPalette(Overlay):
    """Covers the window thinly; a field and the commands that answer it.

    Parameters
    ----------
    parent
        The window it lies over.
    """

    chosen = Signal(str)
    """The key of the command to run."""
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._commands: list[Command] = []
        self._model = _Commands(self)
        self._build()
        self.setAccessibleName("Search commands")

    def _build(self) -> None:
        self._frame = frame = QFrame(self)
        frame.setObjectName("palette")
        self.field = QLineEdit()
        self.field.setPlaceholderText("Type what you want to do")
        self.field.setAccessibleName("Search commands")
        self.field.textChanged.connect(self._narrow)
        self.field.installEventFilter(self)
        self.list = QListView()
        self.list.setModel(self._model)
        self.list.setItemDelegate(_Row(self.list))
        self.list.setObjectName("commands")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName("Commands")
        self.list.clicked.connect(self._run)
        self._none = label("No command answers that.", "muted")
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._none.setFixedHeight(ROW)
        top = QHBoxLayout()
        top.setContentsMargins(12, 0, 12, 0)
        top.setSpacing(GRID)
        top.addWidget(Glyph("magnify", 20, QPalette.ColorRole.PlaceholderText))
        top.addWidget(self.field, 1)
        column = QVBoxLayout(frame)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addLayout(top)
        column.addWidget(hairline())
        column.addWidget(self.list)
        column.addWidget(self._none)

    def open(self, commands: Sequence[Command]) -> None:
        """Show the palette.

        Parameters
        ----------
        commands
            What can be done now, the most recently used first.
        """
        self._commands = list(commands)
        self.field.clear()
        self._narrow("")
        self.cover()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def dismiss(self) -> None:
        """Hide it and give the focus back to the window."""
        if self.isVisible():
            self.hide()
            self.closed.emit()

    def _narrow(self, query: str) -> None:
        texts = [f"{command.text} {command.search}" for command in self._commands]
        self._model.show([self._commands[place] for place in ranked(query, texts)])
        found = len(self._model.shown)
        self.list.setVisible(found > 0)
        self._none.setVisible(found == 0)
        if found:
            self.list.setCurrentIndex(self._model.index(0))
        self.place()

    def place(self) -> None:
        """Put the palette near the top, where the eye looks for it."""
        rows = min(max(1, len(self._model.shown)), ROWS)
        self.list.setFixedHeight(rows * ROW + 4)
        width = min(WIDTH, self.width() - 4 * GRID)
        height = 40 + 1 + rows * ROW + 4 + 5 * GRID
        self._frame.setGeometry((self.width() - width) // 2, 7 * GRID, width, height)

    def _run(self, index: _Index) -> None:
        command: Command = index.data(Qt.ItemDataRole.UserRole)
        self.dismiss()
        self.chosen.emit(command.key)

    def _move(self, step: int) -> None:
        count = len(self._model.shown)
        if count:
            row = (self.list.currentIndex().row() + step) % count
            self.list.setCurrentIndex(self._model.index(row))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Move through the list from the field."""
        if watched is self.field and isinstance(event, QKeyEvent):
            return event.type() == QEvent.Type.KeyPress and self._pressed(event.key())
        return super().eventFilter(watched, event)

    def _pressed(self, key: int) -> bool:
        steps = {
            int(Qt.Key.Key_Down): 1,
            int(Qt.Key.Key_Up): -1,
            int(Qt.Key.Key_PageDown): ROWS,
            int(Qt.Key.Key_PageUp): -ROWS,
        }
        if key in steps:
            self._move(steps[key])
        elif key == Qt.Key.Key_Escape:
            self.dismiss()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.list.isVisible():
                self._run(self.list.currentIndex())
        else:
            return key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
        return True

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Close when the press is beside the palette."""
        if not self._frame.geometry().contains(event.position().toPoint()):
            self.dismiss()
