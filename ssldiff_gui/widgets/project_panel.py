"""The project: its name, where it is, who holds it, and the way to others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qtpy.QtCore import QEvent, QObject, Qt, Signal
from qtpy.QtGui import QKeyEvent, QPalette
from qtpy.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ssldiff_gui.widgets.controls import ElidedLabel, hairline, label, push_button, tool_button
from ssldiff_gui.widgets.icons import Glyph, icon
from ssldiff_gui.widgets.tokens import GRID

WIDTH = 44 * GRID
MOST_RECENT = 6


@dataclass(frozen=True, slots=True)
class RecentProject:
    """A project that was open before.

    Parameters
    ----------
    path
        What signals carry: its folder, as text.
    name
        What people call it.
    note
        When it was open, and where it is: "yesterday · ~/cases".
    missing
        Whether its folder is gone.
    """

    path: str
    name: str
    note: str = ""
    missing: bool = False


@dataclass(frozen=True, slots=True)
class ProjectShown:
    """The project that is open.

    Parameters
    ----------
    name
        What people call it.
    where
        Its folder, as text.
    saved
        "saved 10:42"; empty when nothing was changed yet.
    held_by
        Who has it open elsewhere, as "SSLDiff Studio by anna on pc, since 10:42": it is read
        only here. Empty when it is ours.
    untitled
        Whether it is the one that began by itself, and has no place of its own yet.
    problem
        Why changes cannot be kept, e.g. a full disk; empty when they can.
    """

    name: str
    where: str = ""
    saved: str = ""
    held_by: str = ""
    untitled: bool = False
    problem: str = ""


class ProjectButton(QPushButton):
    """The name of the project in the top bar; opens the panel."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("projectbutton")
        self._name = ""
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setMaximumWidth(34 * GRID)
        self.show_project(ProjectShown(""))

    def show_project(self, project: ProjectShown) -> None:
        """Show its name, and a lock when it is read only."""
        self._name = project.name or "Untitled"
        shown = self.fontMetrics().elidedText(
            self._name, Qt.TextElideMode.ElideMiddle, self.maximumWidth() - 7 * GRID
        )
        self.setText(shown)
        held = bool(project.held_by)
        trouble = held or bool(project.problem)
        glyph = "alert-circle-outline" if trouble else "folder-outline"
        self.setIcon(icon("lock-outline" if held else glyph))
        state = "read only" if held else project.problem
        self.setAccessibleName(f"Project {self._name}{', ' + state if state else ''}")
        self.setToolTip(f"{self._name}\n{state or project.where}".strip())


class ProjectPanel(QWidget):
    """What a project menu says; changes nothing itself."""

    rename_requested = Signal(str)
    new_requested = Signal()
    open_requested = Signal()
    save_as_requested = Signal()
    copy_requested = Signal()
    """Save a copy that is ours, of a project that somebody else holds."""
    recent_requested = Signal(str)
    forget_requested = Signal(str)
    """Take a project off the list of recent ones."""
    reveal_requested = Signal()
    """Show the folder in the system's file browser."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Project")
        self._project = ProjectShown("")
        self.recent: list[QWidget] = []
        self._build()
        self.show_project(self._project, ())

    def _build(self) -> None:
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the project")
        self.name.setPlaceholderText("Name this project")
        self.name.editingFinished.connect(self._rename)
        self.name.installEventFilter(self)
        self.state = label("", "small")
        self.where = ElidedLabel("small", Qt.TextElideMode.ElideMiddle)
        self.reveal = tool_button("folder-open-outline", "Show the folder", size=16)
        self.reveal.setObjectName("dismiss")
        self.reveal.clicked.connect(self.reveal_requested)
        place = QHBoxLayout()
        place.setSpacing(4)
        place.addWidget(self.where, 1)
        place.addWidget(self.reveal)
        self.held = self._held()
        self._recent_title = label("Recent projects", "heading")
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        head = QHBoxLayout()
        head.addWidget(label("Project", "heading"), 1)
        head.addWidget(self.state)
        column.addLayout(head)
        column.addWidget(self.name)
        column.addLayout(place)
        column.addWidget(self.held)
        column.addLayout(self._acts())
        self._recent_line = hairline()
        column.addWidget(self._recent_line)
        column.addWidget(self._recent_title)
        column.addLayout(self._recent)
        self.setFixedWidth(WIDTH)

    def _held(self) -> QFrame:
        """Say that changes are not kept, and how to keep them."""
        card = QFrame()
        card.setObjectName("notice")
        self.held_title = label("", "heading", wrap=True)
        self.held_text = label("", "muted", wrap=True)
        self.copy_button = push_button("Save a copy…", "primary")
        self.copy_button.clicked.connect(self.copy_requested)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self.held_title)
        words.addWidget(self.held_text)
        words.addSpacing(4)
        words.addWidget(self.copy_button, 0, Qt.AlignmentFlag.AlignLeft)
        row = QHBoxLayout(card)
        row.setContentsMargins(GRID + 4, GRID + 4, GRID + 4, GRID + 4)
        row.setSpacing(GRID)
        glyph = Glyph("lock-outline", 20, QPalette.ColorRole.BrightText)
        row.addWidget(glyph, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        return card

    def _acts(self) -> QHBoxLayout:
        self.new_button = push_button("New")
        self.open_button = push_button("Open…")
        self.save_button = push_button("Save as…")
        self.new_button.clicked.connect(self.new_requested)
        self.open_button.clicked.connect(self.open_requested)
        self.save_button.clicked.connect(self.save_as_requested)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        for button in (self.new_button, self.open_button, self.save_button):
            row.addWidget(button, 1)
        return row

    def show_project(self, project: ProjectShown, recent: Sequence[RecentProject]) -> None:
        """Show the project that is open, and those that were."""
        self._project = project
        if not self.name.hasFocus():
            self.name.setText("" if project.untitled else project.name)
        self.state.setText("Not kept" if project.held_by or project.problem else project.saved)
        self.where.setText(project.where)
        self.where.setVisible(bool(project.where))
        self.reveal.setVisible(bool(project.where))
        self.name.setReadOnly(bool(project.held_by))
        self._show_trouble(project)
        self._show_recent(recent[:MOST_RECENT])

    def _show_trouble(self, project: ProjectShown) -> None:
        if project.held_by:
            self.held_title.setText("It is open elsewhere")
            self.held_text.setText(f"In {project.held_by}. Changes are not kept here.")
        else:
            self.held_title.setText("Changes are not kept")
            self.held_text.setText(project.problem)
        self.held.setVisible(bool(project.held_by or project.problem))

    def _show_recent(self, recent: Sequence[RecentProject]) -> None:
        for row in self.recent:
            self._recent.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.recent = [self._row(entry) for entry in recent]
        for row in self.recent:
            self._recent.addWidget(row)
        self._recent_line.setVisible(bool(recent))
        self._recent_title.setVisible(bool(recent))

    def _row(self, entry: RecentProject) -> QWidget:
        row = QWidget()
        button = _RecentButton(entry)
        button.clicked.connect(lambda: self.recent_requested.emit(entry.path))
        forget = tool_button("close", f"Take {entry.name} off this list", size=14)
        forget.setObjectName("dismiss")
        forget.clicked.connect(lambda: self.forget_requested.emit(entry.path))
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        line.addWidget(button, 1)
        line.addWidget(forget)
        return row

    def _rename(self) -> None:
        name = self.name.text().strip()
        before = "" if self._project.untitled else self._project.name
        if name and name != before and not self._project.held_by:
            self.rename_requested.emit(name)
        elif not name:
            self.name.setText(before)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the old name back with Esc."""
        if watched is self.name and isinstance(event, QKeyEvent):
            pressed = event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape
            before = "" if self._project.untitled else self._project.name
            if pressed and self.name.text() != before:
                self.name.setText(before)
                return True
        return super().eventFilter(watched, event)


class _RecentButton(QPushButton):
    """A project's name and a small line below it."""

    def __init__(self, entry: RecentProject) -> None:
        super().__init__()
        self.setObjectName("recentproject")
        self.setEnabled(not entry.missing)
        self.setAccessibleName(f"Open {entry.name}")
        self.setToolTip(entry.path)
        name = ElidedLabel("body", Qt.TextElideMode.ElideMiddle)
        name.setText(entry.name)
        note = ElidedLabel("small", Qt.TextElideMode.ElideMiddle)
        note.setText("Its folder is gone" if entry.missing else entry.note)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, 4, GRID, 4)
        column.setSpacing(2)
        for line in (name, note):
            line.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            column.addWidget(line)
