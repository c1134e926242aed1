"""Models: what is installed, what can be had, where they compute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qtpy.QtCore import QAbstractListModel, QObject, QRect, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QFont, QKeyEvent, QPainter, QPalette, QPen, QShowEvent
from qtpy.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QListView,
    QProgressBar,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ssldiff_gui.widgets.controls import ElidedLabel, Segments, label, push_button, tool_button
from ssldiff_gui.widgets.empty_hint import EmptyHint
from ssldiff_gui.widgets.icons import Glyph, icon
from ssldiff_gui.widgets.model_details import ModelDetails
from ssldiff_gui.widgets.model_entries import DeviceShown, ModelEntry, ModelWork, in_size
from ssldiff_gui.widgets.result_card import Index, percent
from ssldiff_gui.widgets.tokens import GRID, SMALL
from ssldiff_gui.widgets.tones import tone

INSTALLED, OFFERED = 0, 1
ROW = 7 * GRID

_Role = QPalette.ColorRole


class ModelList(QAbstractListModel):
    """The entries of one page."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: list[ModelEntry] = []
        self.works: Mapping[str, ModelWork] = {}

    def show(self, entries: Sequence[ModelEntry], works: Mapping[str, ModelWork]) -> None:
        """Show these; only what is different is drawn again."""
        same = [e.name for e in entries] == [e.name for e in self.entries]
        if not same:
            self.beginResetModel()
        self.entries, self.works = list(entries), works
        if not same:
            self.endResetModel()
        elif self.entries:
            self.dataChanged.emit(self.index(0), self.index(len(self.entries) - 1))

    def rowCount(self, parent: Index | None = None) -> int:
        """Return how many entries there are."""
        return len(self.entries)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """Return what Qt asks of an entry."""
        if not 0 <= index.row() < len(self.entries):
            return None
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{entry.title}\n{self.note(entry)}"
        return entry if role == Qt.ItemDataRole.UserRole else None

    def note(self, entry: ModelEntry) -> str:
        """Return the second line: what it is, how large, whether it is gated."""
        work = self.works.get(entry.name)
        if work is not None:
            return work.words if work.part is None else f"{percent(work.part)} · {work.words}"
        if entry.problem:
            return entry.problem
        size = in_size(entry.size) if entry.size else ""
        how = "gated" if entry.gate else "to be converted" if entry.convert else ""
        parts = (entry.kind, size, how if not entry.installed else entry.scale)
        return " · ".join(part for part in parts if part)


class _Row(QStyledItemDelegate):
    """Draws a model in two lines with a mark of its state."""

    def __init__(self, model: ModelList, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(20 * GRID, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: ModelEntry | None = index.data(Qt.ItemDataRole.UserRole)
        if entry is None:
            return
        palette, box = option.palette, option.rect
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if selected or hovered:
            focused = selected and bool(option.state & QStyle.StateFlag.State_HasFocus)
            pen = QPen(palette.color(_Role.Highlight), 2) if focused else Qt.PenStyle.NoPen
            painter.setPen(pen)
            painter.setBrush(palette.color(_Role.Midlight if selected else _Role.Light))
            painter.drawRoundedRect(QRectF(box).adjusted(1, 1, -1, -1), 6, 6)
        glyph, role = self._mark(entry)
        place = QRect(box.x() + 12, box.y() + (ROW - 20) // 2, 20, 20)
        icon(glyph, role).paint(painter, place)
        words = box.adjusted(44, 8, -GRID, 0)
        font = QFont(option.font)
        font.setWeight(QFont.Weight.Medium)
        painter.setFont(font)
        painter.setPen(palette.color(_Role.WindowText))
        _line(painter, QRect(words.x(), words.y(), words.width(), 20), entry.title)
        font = QFont(option.font)
        font.setPixelSize(SMALL)
        painter.setFont(font)
        painter.setPen(tone(palette, "danger" if entry.problem else "muted"))
        second = QRect(words.x(), words.y() + 20, words.width(), 18)
        _line(painter, second, self._model.note(entry))
        painter.restore()

    def _mark(self, entry: ModelEntry) -> tuple[str, QPalette.ColorRole]:
        if entry.problem:
            return "alert-circle-outline", _Role.BrightText
        if entry.installed:
            return "check-circle-outline", _Role.Link
        if entry.gate:
            return "lock-outline", _Role.PlaceholderText
        return "download", _Role.PlaceholderText


def _line(painter: QPainter, box: QRect, text: str) -> None:
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), shown)


class _Offline(QWidget):
    """Says plainly that nothing can be downloaded."""

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(Glyph("cloud-off-outline", 18, QPalette.ColorRole.PlaceholderText))
        row.addWidget(label("Offline", "muted"))

    def say(self, why: str) -> None:
        self.setVisible(bool(why))
        self.setToolTip(why)
        self.setAccessibleName(f"Offline. {why}")


class ModelWindow(QDialog):
    """A window beside the work; stays open while models come."""

    download_requested = Signal(str, bool)
    """Name, and whether its terms were accepted."""
    cancel_requested = Signal(str)
    verify_requested = Signal(str)
    remove_requested = Signal(str)
    folder_requested = Signal(str)
    """Name of the model whose folder is to be shown; empty for the folder of all of them."""
    link_requested = Signal(str)
    free_requested = Signal()
    """Let go of the models that are held in memory."""
    refresh_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Models")
        self.setAccessibleName("Models")
        self._entries: tuple[ModelEntry, ...] = ()
        self._works: dict[str, ModelWork] = {}
        self._verified: dict[str, tuple[bool, str]] = {}
        self._device = DeviceShown("")
        self._build()
        self.show_models(())
        self.show_device(self._device)
        self.resize(112 * GRID, 80 * GRID)

    def _build(self) -> None:
        self.segments = Segments(("Installed", "To download"))
        self.segments.chosen.connect(lambda _: self._refresh())
        self.model = ModelList(self)
        self.list = QListView()
        self.list.setObjectName("models")
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Row(self.model, self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.setAccessibleName("Models")
        self.list.selectionModel().currentChanged.connect(lambda *_: self._show_details())
        self.details = ModelDetails()
        self.empty = EmptyHint("package-variant-closed", "No models here", "")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.details)
        self._stack.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        body = QHBoxLayout()
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addWidget(self._side(), 5)
        body.addWidget(self._page(), 7)
        column.addLayout(body, 1)
        column.addWidget(self._foot())
        self._connect()

    def _connect(self) -> None:
        details = self.details
        details.download_requested.connect(self.download_requested)
        details.cancel_requested.connect(self.cancel_requested)
        details.verify_requested.connect(self.verify_requested)
        details.remove_requested.connect(self.remove_requested)
        details.folder_requested.connect(self.folder_requested)
        details.link_requested.connect(self.link_requested)

    def _side(self) -> QFrame:
        side = QFrame()
        side.setObjectName("browser")
        self.folder_button = tool_button("folder-open-outline", "Show the folder of models")
        self.refresh_button = tool_button("refresh", "Look again")
        self.folder_button.clicked.connect(lambda: self.folder_requested.emit(""))
        self.refresh_button.clicked.connect(self.refresh_requested)
        head = QHBoxLayout()
        head.setSpacing(0)
        head.addWidget(label("Models", "title"), 1)
        head.addWidget(self.refresh_button)
        head.addWidget(self.folder_button)
        column = QVBoxLayout(side)
        column.setContentsMargins(2 * GRID, 2 * GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addLayout(head)
        column.addWidget(self.segments)
        column.addWidget(self.list, 1)
        return side

    def _page(self) -> QWidget:
        page = QFrame()
        page.setObjectName("modelpage")
        column = QVBoxLayout(page)
        column.setContentsMargins(3 * GRID, 3 * GRID, 2 * GRID, 2 * GRID)
        column.addWidget(self._stack)
        return page

    def _foot(self) -> QFrame:
        foot = QFrame()
        foot.setObjectName("modelfoot")
        self.device = ElidedLabel("heading")
        self.loaded = ElidedLabel("small")
        self.memory = label("", "muted")
        self.memory_bar = QProgressBar()
        self.memory_bar.setTextVisible(False)
        self.memory_bar.setRange(0, 1000)
        self.memory_bar.setFixedWidth(16 * GRID)
        self.memory_bar.setAccessibleName("Memory in use")
        self.offline = _Offline()
        self.free_button = push_button("Free memory", "normal", "broom")
        self.free_button.setToolTip("Let go of the models that are held in memory")
        self.free_button.clicked.connect(self.free_requested)
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(self.device)
        names.addWidget(self.loaded)
        used = QVBoxLayout()
        used.setSpacing(4)
        used.addWidget(self.memory)
        used.addWidget(self.memory_bar)
        row = QHBoxLayout(foot)
        row.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        row.setSpacing(2 * GRID)
        row.addLayout(names, 1)
        row.addWidget(self.offline)
        row.addLayout(used)
        row.addWidget(self.free_button)
        return foot

    # -- what is shown ---------------------------------------------------------------------------

    def show_models(self, entries: Sequence[ModelEntry]) -> None:
        """Show these models, installed ones and others."""
        self._entries = tuple(entries)
        known = {entry.name for entry in entries}
        self._verified = {n: v for n, v in self._verified.items() if n in known}
        self._refresh()

    def show_work(self, name: str, work: ModelWork | None) -> None:
        """Show what is being done to a model; None when it is over."""
        if work is None:
            self._works.pop(name, None)
        else:
            self._works[name] = work
            self._verified.pop(name, None)
        self._refresh()

    def show_verified(self, name: str, whole: bool, words: str = "") -> None:
        """Show what came of hashing a model's files."""
        self._works.pop(name, None)
        self._verified[name] = (whole, words)
        self._refresh()

    def show_device(self, device: DeviceShown) -> None:
        """Show where models compute, and how full its memory is."""
        self._device = device
        self.device.setText(device.name or "Nothing is loaded yet")
        held = ", ".join(device.loaded)
        self.loaded.setText(f"Holds {held}" if held else "Holds no model")
        known = device.total > 0
        words = f"{in_size(device.used)} of {in_size(device.total)}" if known else ""
        self.memory.setText(words)
        self.memory.setVisible(known)
        self.memory_bar.setVisible(known)
        self.memory_bar.setValue(round(1000 * min(1.0, device.used / device.total)) if known else 0)
        self.free_button.setEnabled(bool(device.loaded))
        self.offline.say(device.offline)
        self._show_details()

    def choose(self, name: str) -> None:
        """Show one model."""
        found = next((entry for entry in self._entries if entry.name == name), None)
        if found is None:
            return
        self.segments.choose(INSTALLED if found.installed else OFFERED)
        self._refresh()
        for row, entry in enumerate(self.model.entries):
            if entry.name == name:
                self.list.setCurrentIndex(self.model.index(row))

    @property
    def chosen(self) -> ModelEntry | None:
        """The model whose details are shown."""
        row = self.list.currentIndex().row()
        return self.model.entries[row] if 0 <= row < len(self.model.entries) else None

    def _refresh(self) -> None:
        chosen = self.chosen
        here = self.segments.button(INSTALLED).isChecked()
        self.model.show([e for e in self._entries if e.installed == here], dict(self._works))
        for place, title in ((INSTALLED, "Installed"), (OFFERED, "To download")):
            count = sum(entry.installed == (place == INSTALLED) for entry in self._entries)
            self.segments.button(place).setText(f"{title}  {count}" if count else title)
        names = [entry.name for entry in self.model.entries]
        row = names.index(chosen.name) if chosen is not None and chosen.name in names else 0
        if names and self.list.currentIndex().row() != row:
            self.list.setCurrentIndex(self.model.index(row))
        self.empty.say(
            "No model is installed" if here else "Nothing to download",
            "Look under “To download”." if here else "All models that are known are installed.",
        )
        self._show_details()

    def _show_details(self) -> None:
        entry = self.chosen
        self._stack.setCurrentIndex(0 if entry is not None else 1)
        name = "" if entry is None else entry.name
        self.details.show_entry(
            entry, self._works.get(name), self._verified.get(name), self._device.offline
        )

    def showEvent(self, event: QShowEvent) -> None:
        """Let the arrow keys go through the list."""
        super().showEvent(event)
        self.list.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close on Esc; Return presses nothing by itself."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
