"""The bar at the top: menus, what is open and whether it is saved, a way to every command."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QFrame, QHBoxLayout, QMenuBar, QPushButton, QSizePolicy, QWidget

from ssldiff_gui.widgets.controls import ElidedLabel, Segments, label, tool_button
from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.project_panel import ProjectButton, ProjectShown
from ssldiff_gui.widgets.tokens import GRID


class TopBar(QFrame):
    """Menus on the left, the document in the middle, commands and theme on the right.

    Parameters
    ----------
    menus
        The menu bar; where the system has its own place for menus, it takes no room here.
    """

    search_requested = Signal()
    theme_requested = Signal()
    project_requested = Signal()
    lab_requested = Signal(bool)
    """Whether the lab is to be in view, and not the views."""

    def __init__(self, menus: QMenuBar, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("topbar")
        self.setFixedHeight(6 * GRID + 1)
        menus.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.title = ElidedLabel("heading", Qt.TextElideMode.ElideMiddle)
        self.title.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.state = label("", "muted")
        self.rooms = Segments(("Studio", "Lab"))
        self.rooms.setAccessibleName("What is in view")
        for place, tip in enumerate(("Look at pictures and edit them", "Try things, and compare")):
            self.rooms.button(place).setToolTip(f"{tip}  (Ctrl+Alt+L)")
        self.rooms.chosen.connect(lambda place: self.lab_requested.emit(place == 1))
        self.project = ProjectButton()
        self.project.clicked.connect(self.project_requested)
        self.project.hide()
        self._saved = ("", "")
        self.search = QPushButton("Search commands")
        self.search.setObjectName("search")
        self.search.setIcon(icon("magnify"))
        self.search.setAccessibleName("Search commands")
        self.search.setToolTip("Search commands  (Ctrl+K)")
        self.search.setFixedWidth(28 * GRID)
        keys = label("Ctrl+K", "keys")
        inner = QHBoxLayout(self.search)
        inner.setContentsMargins(0, 0, GRID, 0)
        inner.addStretch(1)
        inner.addWidget(keys, 0, Qt.AlignmentFlag.AlignVCenter)
        keys.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.search.clicked.connect(self.search_requested)
        self.theme = tool_button(
            "circle-half-full",
            "Change between dark and light",
            "Change between dark and light  (Ctrl+Shift+L)",
        )
        self.theme.clicked.connect(self.theme_requested)
        self._lay_out(menus)

    def _lay_out(self, menus: QMenuBar) -> None:
        left = QHBoxLayout()
        left.setContentsMargins(0, 0, 0, 0)
        left.addWidget(menus)
        left.addSpacing(2 * GRID)
        left.addWidget(self.rooms, 0, Qt.AlignmentFlag.AlignVCenter)
        middle = QHBoxLayout()
        middle.setSpacing(GRID)
        middle.addWidget(self.project)
        middle.addWidget(self.title, 1)
        middle.addWidget(self.state, 1)
        right = QHBoxLayout()
        right.setSpacing(GRID)
        right.addWidget(self.search)
        right.addWidget(self.theme)
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID, 0, GRID, 1)
        row.setSpacing(2 * GRID)
        row.addLayout(left)
        row.addLayout(middle, 1)
        row.addLayout(right)

    def show_lab(self, shown: bool) -> None:
        """Show whether the lab is in view."""
        self.rooms.choose(1 if shown else 0)
        for place in (0, 1):  # once one has the focus, Qt takes the other out of Tab's way
            self.rooms.button(place).setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def show_document(self, title: str, state: str) -> None:
        """Show what is open and whether it is saved."""
        self.title.setText(title)
        self._say_saved(state, self._saved[1])

    def show_project(self, project: ProjectShown | None) -> None:
        """Show which project is open, and whether it is saved; None hides it."""
        self.project.setVisible(project is not None)
        if project is not None:
            self.project.show_project(project)
        trouble = project is not None and (project.held_by or project.problem)
        said = "not kept" if trouble else "" if project is None else project.saved
        self._say_saved(self._saved[0], said)

    def _say_saved(self, document: str, project: str) -> None:
        """Say when something was saved last: shapes or the project; trouble comes before both."""
        self._saved = (document, project)
        self.state.setText(project if project == "not kept" else max(document, project))
