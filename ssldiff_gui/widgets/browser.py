"""The pane on the left: a folder's slides, the recent ones, a filter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QEvent, QModelIndex, QObject, QSize, Qt, QTimer, Signal
from qtpy.QtGui import QKeyEvent, QResizeEvent
from qtpy.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ssldiff_gui.widgets.controls import Segments, label, tool_button
from ssldiff_gui.widgets.empty_hint import EmptyHint
from ssldiff_gui.widgets.slide_list import Entry, SlideDelegate, SlideModel
from ssldiff_gui.widgets.tokens import GRID

FOLDER, RECENT = 0, 1


class Browser(QFrame):
    """Shows entries it is given and says what is asked for; reads nothing itself."""

    open_requested = Signal(object)
    """Path of a slide to open."""
    folder_requested = Signal(object)
    """Path of a folder to show."""
    choose_requested = Signal()
    """A folder is to be chosen in a dialog."""
    wanted = Signal(object)
    """Paths whose thumbnails are in view and missing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("browser")
        self._folder: Path | None = None
        self._entries: dict[int, list[Entry]] = {FOLDER: [], RECENT: []}
        self._opened: tuple[Path, ...] = ()
        self._problems: Mapping[Path, str] = {}
        self.model = SlideModel(self)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(60)
        self._settle.timeout.connect(self._ask_for_thumbnails)
        self._build()
        self._refresh()

    def _build(self) -> None:
        self.segments = Segments(("Folder", "Recent"))
        self.segments.chosen.connect(self._refresh)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter by name")
        self.filter.setAccessibleName("Filter slides by name")
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._refresh)
        self.filter.installEventFilter(self)
        self.list = self._list()
        self.empty = EmptyHint("folder-open-outline", "No slides here", "")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.list)
        self._stack.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        for part in (self._header(), self.segments, self._place_row(), self.filter):
            part.setContentsMargins(0, 0, 0, 0)
            column.addWidget(part)
        column.addWidget(self._stack, 1)

    def _header(self) -> QWidget:
        header = QWidget()
        row = QHBoxLayout(header)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(label("Slides and scenes", "heading"))
        row.addStretch(1)
        self.choose = tool_button("folder-search-outline", "Choose a folder")
        self.choose.clicked.connect(self.choose_requested)
        row.addWidget(self.choose)
        return header

    def _place_row(self) -> QWidget:
        self.place = QWidget()
        row = QHBoxLayout(self.place)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.up = tool_button("arrow-up", "Folder above", "Folder above  (Backspace)", 16)
        self.up.clicked.connect(self._go_up)
        row.addWidget(self.up)
        self._crumbs = QHBoxLayout()
        self._crumbs.setSpacing(0)
        row.addLayout(self._crumbs)
        row.addStretch(1)
        return self.place

    def _list(self) -> QListView:
        view = QListView()
        view.setObjectName("slides")
        view.setModel(self.model)
        view.setItemDelegate(SlideDelegate(view))
        view.setMouseTracking(True)
        view.setResizeMode(QListView.ResizeMode.Adjust)
        view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setAccessibleName("Slides")
        view.clicked.connect(self._clicked)
        view.installEventFilter(self)
        view.verticalScrollBar().valueChanged.connect(lambda _: self._settle.start())
        return view

    def show_folder(self, folder: Path, entries: Sequence[Entry]) -> None:
        """Show what a folder holds."""
        if folder != self._folder:
            self.filter.clear()
        self._folder = folder
        self._entries[FOLDER] = list(entries)
        self._fill_crumbs(folder)
        self.segments.choose(FOLDER)
        self._refresh()

    def show_recent(self, entries: Sequence[Entry]) -> None:
        """Set what the page of recent slides holds."""
        self._entries[RECENT] = list(entries)
        if self.page == RECENT:
            self._refresh()

    def set_thumbnail(self, path: Path, rgb: npt.NDArray[np.uint8]) -> None:
        """Show a thumbnail that came."""
        self.model.set_thumbnail(path, rgb)

    def mark(
        self, opened: Iterable[Path], current: Path | None, problems: Mapping[Path, str]
    ) -> None:
        """Mark what is open, what is in view, and what could not be opened."""
        self._opened, self._problems = tuple(opened), dict(problems)
        self.model.mark(self._opened, self._problems)
        row = None if current is None else self.model.row_of(current)
        if row is not None and not self.list.hasFocus():
            self.list.setCurrentIndex(self.model.index(row))

    @property
    def page(self) -> int:
        """FOLDER or RECENT."""
        return RECENT if self.segments.button(RECENT).isChecked() else FOLDER

    @property
    def folder(self) -> Path | None:
        """The folder that is shown."""
        return self._folder

    def _refresh(self) -> None:
        word = self.filter.text().strip().lower()
        entries = [e for e in self._entries[self.page] if word in e.path.name.lower()]
        self.model.show(entries)
        self.model.mark(self._opened, self._problems)
        self.place.setVisible(self.page == FOLDER and self._folder is not None)
        self._stack.setCurrentWidget(self.list if entries else self.empty)
        self._explain(word)
        self._settle.start()

    def _explain(self, word: str) -> None:
        if word:
            self.empty.say("Nothing by that name", "Clear the filter to see everything.")
        elif self.page == RECENT:
            self.empty.say("Nothing opened yet", "Files you open are remembered here.")
        elif self._folder is None:
            self.empty.say("No folder chosen", "Choose a folder, or drop one on the window.")
        else:
            self.empty.say("No slides here", "Choose another folder, or drop one on the window.")

    def _fill_crumbs(self, folder: Path) -> None:
        while (item := self._crumbs.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for part in (folder.parent, folder):
            if not part.name:
                continue
            if self._crumbs.count():
                self._crumbs.addWidget(label("/", "muted"))
            self._crumbs.addWidget(self._crumb(part))
        self.up.setEnabled(folder.parent != folder)
        self.place.setToolTip(str(folder))

    def _crumb(self, folder: Path) -> QToolButton:
        button = QToolButton()
        metrics = self.fontMetrics()
        button.setText(metrics.elidedText(folder.name, Qt.TextElideMode.ElideMiddle, 11 * GRID))
        button.setAccessibleName(f"Folder {folder.name}")
        button.setToolTip(str(folder))
        button.clicked.connect(lambda: self.folder_requested.emit(folder))
        return button

    def _go_up(self) -> None:
        if self._folder is not None and self._folder.parent != self._folder:
            self.folder_requested.emit(self._folder.parent)

    def _clicked(self, index: QModelIndex) -> None:
        entry: Entry = index.data(Qt.ItemDataRole.UserRole)
        if entry.folder:
            self.folder_requested.emit(entry.path)
        else:
            self.open_requested.emit(entry.path)

    def _ask_for_thumbnails(self) -> None:
        if not self.list.isVisible() or not self.model.entries:
            return
        view = self.list.viewport().rect()
        first = self.list.indexAt(view.topLeft() + self.list.viewport().rect().topLeft())
        top = max(0, first.row())
        rows = range(top, min(top + 2 + view.height() // 120, len(self.model.entries)))
        missing = self.model.without_thumbnail(rows)
        if missing:
            self.wanted.emit(missing)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter opens, Backspace goes up, Down leaves the filter for the list."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = event.key()
            if watched is self.filter and key in (Qt.Key.Key_Down, Qt.Key.Key_Return):
                self.list.setFocus()
                self.list.setCurrentIndex(self.model.index(0))
                return True
            if watched is self.list and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if self.list.currentIndex().isValid():
                    self._clicked(self.list.currentIndex())
                return True
            if watched is self.list and key == Qt.Key.Key_Backspace:
                self._go_up()
                return True
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay cards out anew for the new width."""
        super().resizeEvent(event)
        self.list.scheduleDelayedItemsLayout()
        self._settle.start()

    def sizeHint(self) -> QSize:
        """Return a width at which thumbnails can be judged."""
        return QSize(33 * GRID, 80 * GRID)
