"""The row at the bottom of the window: results as cards, and the work that runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QMouseEvent, QPalette, QResizeEvent
from qtpy.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ssldiff_gui.widgets.controls import ElidedLabel, label, push_button, tool_button
from ssldiff_gui.widgets.icons import Glyph, icon
from ssldiff_gui.widgets.popover import Popover
from ssldiff_gui.widgets.queue_list import QueueItem, QueueList, progress_words
from ssldiff_gui.widgets.result_card import ResultCard, ResultModel
from ssldiff_gui.widgets.result_list import ResultList
from ssldiff_gui.widgets.running_work import RunningWork
from ssldiff_gui.widgets.tokens import GRID

HEIGHT, LEAST, MOST = 16 * GRID, 15 * GRID, 30 * GRID
BAR = 5 * GRID
"""Height of the strip when it is collapsed."""
GRIP = 5


class ResultsStrip(QFrame):
    """Shows results and the queue; every act is a signal with the id it concerns.

    Parameters
    ----------
    parent
        Qt parent.
    """

    show_requested = Signal(str)
    """Show a result in the view."""
    fit_requested = Signal(str)
    """Show a result as a whole."""
    compare_requested = Signal(str, str)
    """Compare the result in view with another."""
    star_requested = Signal(str, bool)
    rename_requested = Signal(str, str)
    delete_requested = Signal(str)
    redo_requested = Signal(str)
    """Render it again with another seed."""
    continue_requested = Signal(str)
    """Go on with one that is not finished."""
    restore_requested = Signal(str)
    """Take its grid and its settings back into the editor."""
    export_requested = Signal(str)
    stop_requested = Signal(str)
    """Stop the rendering of a result (its id, not the job's)."""
    thumbnails_wanted = Signal(object)
    """Ids of cards in view whose pictures are missing."""
    collapsed_changed = Signal(bool)
    height_changed = Signal(int)
    """The height that was chosen, to be remembered."""
    pause_requested = Signal()
    resume_requested = Signal()
    cancel_requested = Signal(str)
    """Id of a job."""
    cancel_all_requested = Signal()
    cancel_waiting_requested = Signal()
    move_requested = Signal(str, int)
    """Id of a job, and the place it is to have among all that are listed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("strip")
        self.setAccessibleName("Results")
        self._chosen_height = HEIGHT
        self._collapsed = False
        self._queue_items: tuple[QueueItem, ...] = ()
        self.model = ResultModel(self)
        self.list = ResultList(self.model)
        self.work = RunningWork()
        self.queue = QueueList(self)
        self.queue.hide()  # until its popover takes it
        self.popover: Popover | None = None
        self._build()
        self._connect()
        self.show_results(())
        self._resize()

    def _build(self) -> None:
        self.grip = _Grip(self)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._full())
        self._stack.addWidget(self._thin())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._stack)

    def _full(self) -> QWidget:
        full = QWidget()
        row = QHBoxLayout(full)
        row.setContentsMargins(2 * GRID, 0, 2 * GRID, 0)
        row.setSpacing(2 * GRID)
        row.addLayout(self._side())
        self._cards = QStackedWidget()
        self._cards.setContentsMargins(0, GRID // 2, 0, 0)
        self._cards.addWidget(self.list)
        self._cards.addWidget(self._hint())
        row.addWidget(self._cards, 1)
        line = QFrame()
        line.setObjectName("separator")
        line.setFixedWidth(1)
        row.addWidget(line)
        self.work.setFixedWidth(30 * GRID)
        row.addWidget(self.work)
        return full

    def _side(self) -> QVBoxLayout:
        self.count = label("", "small")
        self.starred = tool_button("star-outline", "Show only starred results")
        self.starred.setCheckable(True)
        self.collapse = tool_button("chevron-down", "Make the results a thin bar")
        buttons = QHBoxLayout()
        buttons.setSpacing(0)
        buttons.addWidget(self.starred)
        buttons.addWidget(self.collapse)
        buttons.addStretch(1)
        side = QVBoxLayout()
        side.setContentsMargins(0, GRID, 0, GRID)
        side.setSpacing(2)
        side.addWidget(label("Results", "heading"))
        side.addWidget(self.count)
        side.addStretch(1)
        side.addLayout(buttons)
        return side

    def _hint(self) -> QWidget:
        hint = QWidget()
        self.hint_title = label("", "heading")
        self.hint_text = label("", "muted", wrap=True)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addStretch(1)
        words.addWidget(self.hint_title)
        words.addWidget(self.hint_text)
        words.addStretch(1)
        row = QHBoxLayout(hint)
        row.setContentsMargins(2 * GRID, GRID, 0, GRID)
        row.setSpacing(2 * GRID)
        row.addWidget(Glyph("image-multiple-outline", 32, QPalette.ColorRole.PlaceholderText))
        row.addLayout(words, 1)
        return hint

    def _thin(self) -> QWidget:
        thin = QWidget()
        self.expand = tool_button("chevron-up", "Show the results")
        self.thin_words = ElidedLabel("muted")
        self.thin_queue = push_button("Queue", "quiet", "tray-full")
        row = QHBoxLayout(thin)
        row.setContentsMargins(2 * GRID, 4, 2 * GRID, 4)
        row.setSpacing(GRID)
        row.addWidget(self.expand)
        row.addWidget(label("Results", "heading"))
        row.addWidget(self.thin_words, 1)
        row.addWidget(self.thin_queue)
        return thin

    def _connect(self) -> None:
        cards = self.list
        for name in ("show", "fit", "compare", "star", "rename", "delete", "redo", "continue",
                     "restore", "export"):  # fmt: skip
            getattr(cards, f"{name}_requested").connect(getattr(self, f"{name}_requested"))
        cards.cancel_requested.connect(self.stop_requested)
        cards.thumbnails_wanted.connect(self.thumbnails_wanted)
        for part in (self.work, self.queue):
            part.pause_requested.connect(self.pause_requested)
            part.resume_requested.connect(self.resume_requested)
            part.cancel_requested.connect(self.cancel_requested)
        self.queue.cancel_all_requested.connect(self.cancel_all_requested)
        self.queue.cancel_waiting_requested.connect(self.cancel_waiting_requested)
        self.queue.move_requested.connect(self.move_requested)
        self.work.queue_requested.connect(lambda: self.open_queue(self.work.queue))
        self.thin_queue.clicked.connect(lambda: self.open_queue(self.thin_queue))
        self.starred.toggled.connect(self._filter)
        self.collapse.clicked.connect(lambda: self.set_collapsed(True))
        self.expand.clicked.connect(lambda: self.set_collapsed(False))

    # -- what is shown ---------------------------------------------------------------------------

    def show_results(self, cards: Sequence[ResultCard]) -> None:
        """Show results.

        Parameters
        ----------
        cards
            All of them, in the order in which they are shown: the newest first.
        """
        chosen = self.list.chosen
        self.model.show(cards)
        if chosen is not None and self.list.chosen != chosen:
            self.list.choose(chosen.id)
        self._refresh()

    def show_queue(self, items: Sequence[QueueItem], *, paused: bool) -> None:
        """Show what runs and what waits.

        Parameters
        ----------
        items
            Jobs in the order in which they run.
        paused
            Whether the queue as a whole rests.
        """
        self._queue_items = tuple(items)
        self.work.show_queue(items, paused=paused)
        self.queue.show_queue(items, paused=paused)
        self.thin_queue.setText(self.work.queue.text())
        if self.popover is not None and self.popover.isVisible():
            self.popover.place()
        self._refresh()

    def set_thumbnail(self, identity: str, rgb: npt.NDArray[np.uint8]) -> None:
        """Show the picture of a result: (height, width, 3) uint8."""
        self.model.set_thumbnail(identity, rgb)

    def mark(self, current: str = "", compared: str = "") -> None:
        """Mark the result that the view shows, and the one it is compared with."""
        moved = current != self.model.current
        self.model.mark(current, compared)
        if moved and not self.list.hasFocus():
            self.list.choose(current)

    def rename(self, identity: str) -> None:
        """Put the cursor into a result's name."""
        self.set_collapsed(False)
        self.list.rename(identity)

    def _refresh(self) -> None:
        count, shown = len(self.model.cards), len(self.model.shown)
        only = self.model.only_starred
        self.count.setText(f"{shown:,} of {count:,}" if only and count else f"{count:,}")
        self.count.setVisible(count > 0)
        self.starred.setVisible(count > 0)
        nothing = "Nothing starred yet" if count else "No results yet"
        how = (
            "Press S on a result, or the star on its card."
            if count
            else "Draw a region, embed it, and press Generate: what is made is kept here."
        )
        self.hint_title.setText(nothing)
        self.hint_text.setText(how)
        self._cards.setCurrentIndex(0 if shown else 1)
        self.thin_words.setText(self._thin_line(count))

    def _thin_line(self, count: int) -> str:
        begun = [item for item in self._queue_items if item.status != "waiting"]
        running = f"{begun[0].title}: {progress_words(begun[0])}" if begun else ""
        return " · ".join(part for part in (f"{count:,}" if count else "", running) if part)

    def _filter(self, only: bool) -> None:
        self.starred.setIcon(icon("star" if only else "star-outline"))
        words = "Show all results" if only else "Show only starred results"
        self.starred.setToolTip(words)
        self.starred.setAccessibleName(words)
        chosen = self.list.chosen
        self.model.filter_starred(only)
        if chosen is not None:
            self.list.choose(chosen.id)
        self._refresh()

    # -- the queue -------------------------------------------------------------------------------

    def open_queue(self, anchor: QWidget | None = None) -> None:
        """Open the queue above a button, or close it."""
        if self.popover is None:
            self.popover = Popover(self.window(), self.queue, "above")
        thin = self.thin_queue if self._collapsed else self.work.queue
        self.popover.open_at(anchor or thin)

    # -- its height ------------------------------------------------------------------------------

    @property
    def collapsed(self) -> bool:
        """Whether it is a thin bar."""
        return self._collapsed

    @property
    def chosen_height(self) -> int:
        """Its height while it is not collapsed."""
        return self._chosen_height

    def set_collapsed(self, collapsed: bool) -> None:
        """Make it a thin bar, or show the cards again."""
        if collapsed == self._collapsed:
            return
        had_focus = self.isAncestorOf(self.focusWidget() or self)
        self._collapsed = collapsed
        self._stack.setCurrentIndex(1 if collapsed else 0)
        self._resize()
        if had_focus:
            (self.expand if collapsed else self.collapse).setFocus()
        self.collapsed_changed.emit(collapsed)

    def set_chosen_height(self, height: int) -> None:
        """Take a height that was remembered."""
        self._chosen_height = min(max(height, LEAST), MOST)
        self._resize()

    def grow(self, height: int) -> None:
        """Take the height that a drag asks for."""
        before = self._chosen_height
        self.set_chosen_height(height)
        if self._chosen_height != before:
            self.height_changed.emit(self._chosen_height)

    def _resize(self) -> None:
        self.setFixedHeight(BAR if self._collapsed else self._chosen_height)
        self.grip.setVisible(not self._collapsed)
        self.grip.setGeometry(0, 0, self.width(), GRIP)
        self.grip.raise_()

    def sizeHint(self) -> QSize:
        """Return the height it has."""
        return QSize(100 * GRID, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the grip along the upper edge."""
        super().resizeEvent(event)
        self.grip.setGeometry(0, 0, self.width(), GRIP)


class _Grip(QWidget):
    """The upper edge of the strip, which is dragged to make it higher."""

    def __init__(self, strip: ResultsStrip) -> None:
        super().__init__(strip)
        self._strip = strip
        self._start = 0.0
        self._height = 0
        self.setCursor(Qt.CursorShape.SizeVerCursor)
        self.setToolTip("Drag to make the cards larger")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._start, self._height = event.globalPosition().y(), self._strip.height()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._strip.grow(self._height + round(self._start - event.globalPosition().y()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._strip.grow(HEIGHT)
