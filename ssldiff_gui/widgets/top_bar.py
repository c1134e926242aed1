"""The bar at the top: menus, what is open and whether it is saved, a way to every command."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QFrame, QHBoxLayout, QMenuBar, QPushButton, QSizePolicy, QWidget

from ssldiff_gui.widgets.controls import ElidedLabel, label, tool_button
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

    def __init__(self, menus: QMenuBar, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("topbar")
        self.setFixedHeight(6 * GRID + 1)
        menus.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.title = ElidedLabel("heading", Qt.TextElideMode.ElideMiddle)
        self.title.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.state = label("", "muted")
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
        left.addStretch(1)
        middle = QHBoxLayout()
        middle.setSpacing(GRID)
        middle.addWidget(self.project)
        middle.addWidget(self.title, 1)
        middle.addWidget(self.state, 1)
        right = QHBoxLayout()
        right.setSpacing(GRID)
        right.addStretch(1)
        right.addWidget(self.search)
        right.addWidget(self.theme)
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID, 0, GRID, 1)
        row.setSpacing(2 * GRID)
        row.addLayout(left, 3)
        row.addLayout(middle, 4)
        row.addLayout(right, 3)

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
