"""What runs now, in two lines and a bar."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ssldiff_gui.widgets.controls import ElidedLabel, push_button, tool_button
from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.progress_bar import ProgressBar
from ssldiff_gui.widgets.queue_list import QueueItem, progress_words
from ssldiff_gui.widgets.tokens import GRID

STEPS = 1000


class RunningWork(QWidget):
    """The running job with pause and cancel, and a way to those that wait."""

    pause_requested = Signal()
    resume_requested = Signal()
    cancel_requested = Signal(str)
    queue_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._item: QueueItem | None = None
        self._paused = False
        self.title = ElidedLabel("heading")
        self.words = ElidedLabel("small")
        self.bar = ProgressBar()
        self.bar.setRange(0, STEPS)
        self.bar.setAccessibleName("Progress")
        self.pause = tool_button("pause", "Pause")
        self.cancel = tool_button("close", "Cancel this job")
        self.queue = push_button("Queue", "normal", "tray-full")
        self.pause.clicked.connect(self._on_pause)
        self.cancel.clicked.connect(self._on_cancel)
        self.queue.clicked.connect(self.queue_requested)
        self._build()
        self.show_queue((), paused=False)

    def _build(self) -> None:
        below = QHBoxLayout()
        below.setSpacing(0)
        below.addWidget(self.queue)
        below.addStretch(1)
        below.addWidget(self.pause)
        below.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID, 0, GRID)
        column.setSpacing(4)
        column.addWidget(self.title)
        column.addWidget(self.words)
        column.addWidget(self.bar)
        column.addStretch(1)
        column.addLayout(below)

    def show_queue(self, items: Sequence[QueueItem], *, paused: bool) -> None:
        """Show the first job, and how many wait."""
        self._paused = paused
        begun = [item for item in items if item.status != "waiting"]
        self._item = item = begun[0] if begun else None
        waiting = len(items) - len(begun)
        self.title.setText(self._heading(waiting))
        self.words.setText(progress_words(item) if item is not None else self._rest(waiting))
        part = 0.0 if item is None or item.part is None else item.part
        self.bar.setValue(round(part * STEPS))
        self.bar.setVisible(item is not None)
        self.cancel.setVisible(item is not None)
        self.pause.setVisible(bool(items) or paused)
        words = "Resume the queue" if paused else "Pause the queue"
        self.pause.setIcon(icon("play" if paused else "pause"))
        self.pause.setAccessibleName(words)
        self.pause.setToolTip(words)
        self.queue.setText(f"{waiting} waiting" if waiting else "Queue")

    def _heading(self, waiting: int) -> str:
        if self._item is not None:
            return self._item.title
        if self._paused:
            return "The queue is paused"
        return "Starting…" if waiting else "Nothing runs"

    def _rest(self, waiting: int) -> str:
        if self._paused and waiting:
            return "Resume to go on."
        return "" if waiting else "Results appear here when they are made."

    def _on_pause(self) -> None:
        (self.resume_requested if self._paused else self.pause_requested).emit()

    def _on_cancel(self) -> None:
        if self._item is not None:
            self.cancel_requested.emit(self._item.id)
