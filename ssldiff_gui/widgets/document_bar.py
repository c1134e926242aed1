"""Tabs of the open files, and the scenes of the one in view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qtpy.QtCore import QSignalBlocker, QSize, Qt, Signal
from qtpy.QtWidgets import QComboBox, QFrame, QHBoxLayout, QTabBar, QWidget

from ssldiff_gui.widgets.controls import label, tool_button
from ssldiff_gui.widgets.tokens import GRID


@dataclass(frozen=True, slots=True)
class Tab:
    """An open file, or one that is being opened.

    Parameters
    ----------
    title
        Its name.
    tip
        Its whole path, and its trouble when there is one.
    trouble
        Whether something is wrong with it.
    """

    title: str
    tip: str
    trouble: bool = False


class DocumentBar(QFrame):
    """One tab for each open file."""

    chosen = Signal(int)
    close_requested = Signal(int)
    scene_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("documentbar")
        self.setFixedHeight(5 * GRID + 1)
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Open files")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.currentChanged.connect(self._on_current)
        self.waiting = label("", "small")
        self.scenes = QComboBox()
        self.scenes.setAccessibleName("Scene of this file")
        self.scenes.setToolTip("Scenes in this file")
        self.scenes.setProperty("quiet", True)
        self.scenes.activated.connect(self.scene_chosen)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, GRID, 0)
        row.setSpacing(GRID)
        row.addWidget(self.tabs, 0, Qt.AlignmentFlag.AlignBottom)
        row.addWidget(self.waiting)
        row.addStretch(1)
        row.addWidget(self.scenes)

    def show_documents(self, tabs: Sequence[Tab], current: int) -> None:
        """Show these tabs, and which of them is in view (−1 for none)."""
        with QSignalBlocker(self.tabs):
            while self.tabs.count() > len(tabs):
                self.tabs.removeTab(self.tabs.count() - 1)
            for place, tab in enumerate(tabs):
                if place >= self.tabs.count():
                    self.tabs.addTab("")
                    self._add_close(place)
                self.tabs.setTabText(place, ("⚠ " if tab.trouble else "") + tab.title)
                self.tabs.setTabToolTip(place, tab.tip)
                self._close_button(place).setAccessibleName(f"Close {tab.title}")
            if current >= 0:
                self.tabs.setCurrentIndex(current)

    def show_waiting(self, text: str) -> None:
        """Say what is being opened; nothing when empty."""
        self.waiting.setText(text)

    def show_scenes(self, names: Sequence[str], current: int) -> None:
        """Offer the scenes of the file in view; nothing to choose among fewer than two."""
        with QSignalBlocker(self.scenes):
            self.scenes.clear()
            self.scenes.addItems(list(names))
            self.scenes.setCurrentIndex(current)
        self.scenes.setVisible(len(names) > 1)

    def _on_current(self, place: int) -> None:
        if place >= 0:
            self.chosen.emit(place)

    def _add_close(self, place: int) -> None:
        button = tool_button("close", "Close", "Close this file  (Ctrl+W)", 14)
        button.setObjectName("dismiss")
        button.setFixedSize(QSize(24, 24))
        button.clicked.connect(lambda: self.close_requested.emit(self._place_of(button)))
        self.tabs.setTabButton(place, QTabBar.ButtonPosition.RightSide, button)

    def _close_button(self, place: int) -> QWidget:
        return self.tabs.tabButton(place, QTabBar.ButtonPosition.RightSide)

    def _place_of(self, button: QWidget) -> int:
        places = range(self.tabs.count())
        return next(place for place in places if self._close_button(place) is button)
