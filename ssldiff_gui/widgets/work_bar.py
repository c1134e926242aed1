"""Work in progress: how far it is, how long it takes, a picture that sharpens, pause, cancel."""

from __future__ import annotations

from qtpy.QtCore import QSize, Signal
from qtpy.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ssldiff_gui.widgets.controls import ElidedLabel, label, tool_button
from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.picture import Preview
from ssldiff_gui.widgets.progress_bar import ProgressBar
from ssldiff_gui.widgets.shown import Work
from ssldiff_gui.widgets.tokens import GRID

SMALL_PICTURE = QSize(7 * GRID, 7 * GRID)


class WorkBar(QFrame):
    """Shows a `Work`; hidden while there is none.

    Parameters
    ----------
    large
        Whether the picture stands above the words, as wide as there is room.
    """

    pause_requested = Signal()
    resume_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, *, large: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._work: Work | None = None
        self._large = large
        self.picture = Preview(None if large else SMALL_PICTURE)
        self.picture.setAccessibleName("Preview")
        self.title = ElidedLabel("heading")
        self.percent = label("", "small")
        self.bar = ProgressBar()
        self.words = ElidedLabel("small")
        self.left = label("", "small")
        self.pause = tool_button("pause", "Pause", "Pause", 16)
        self.cancel = tool_button("close", "Cancel", "Cancel: what is finished stays  (Ctrl+.)", 16)
        for button in (self.pause, self.cancel):
            button.setObjectName("dismiss")
        self.pause.clicked.connect(self._pause_or_resume)
        self.cancel.clicked.connect(self.cancel_requested)
        self._lay_out()
        self.show_work(None)

    def _lay_out(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(0)
        first.addWidget(self.title, 1)
        first.addWidget(self.pause)
        first.addWidget(self.cancel)
        last = QHBoxLayout()
        last.setSpacing(GRID)
        last.addWidget(self.percent)
        last.addWidget(self.words, 1)
        last.addWidget(self.left)
        text = QVBoxLayout()
        text.setSpacing(4)
        text.addLayout(first)
        text.addWidget(self.bar)
        text.addLayout(last)
        whole = QVBoxLayout(self) if self._large else QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(GRID)
        whole.addWidget(self.picture)
        whole.addLayout(text, 1)

    @property
    def work(self) -> Work | None:
        """What is shown."""
        return self._work

    def show_work(self, work: Work | None) -> None:
        """Show how far work is; None hides everything."""
        before, self._work = self._work, work
        self.setVisible(work is not None)
        if work is None:
            return
        self.title.setText(work.title)
        known = work.done is not None
        part = min(1.0, max(0.0, work.done or 0.0))
        self.percent.setText(f"{int(100 * part)} %" if known else "")
        self.bar.setRange(0, 1000 if known or work.paused else 0)
        self.bar.setValue(round(1000 * part))
        self.words.setText("Paused" if work.paused else work.words)
        self.left.setText("" if work.paused else work.left)
        if before is None or before.picture is not work.picture:
            self.picture.show_picture(work.picture)
        self.picture.setVisible(work.picture is not None)
        if before is None or before.paused != work.paused:
            name = "Resume" if work.paused else "Pause"
            self.pause.setIcon(icon("play" if work.paused else "pause"))
            self.pause.setAccessibleName(name)
            self.pause.setToolTip(f"{name}  (Ctrl+Shift+Space)")
        self.setAccessibleName(f"{work.title}, {self.percent.text()} {self.left.text()}".strip())

    def _pause_or_resume(self) -> None:
        if self._work is not None:
            (self.resume_requested if self._work.paused else self.pause_requested).emit()
