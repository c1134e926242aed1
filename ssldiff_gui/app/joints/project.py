"""The project: its name in the top bar, its menu, where it is saved, and what was done in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ssldiff_gui.app.joints.joint import Frame, Ties
from ssldiff_gui.app.joints.opening import open_folder
from ssldiff_gui.app.joints.recent import recent_projects
from ssldiff_gui.core.errors import UserError
from ssldiff_gui.state.background import in_background
from ssldiff_gui.storage.project_files import SUFFIX
from ssldiff_gui.storage.project_lock import CANNOT_WRITE
from ssldiff_gui.viewer.gui_thread import on_gui_thread
from ssldiff_gui.widgets.history_panel import HistoryPanel
from ssldiff_gui.widgets.popover import Popover
from ssldiff_gui.widgets.project_panel import ProjectPanel, ProjectShown, RecentProject

if TYPE_CHECKING:
    from qtpy.QtWidgets import QMainWindow

    from ssldiff_gui.app.dialogs import AsksForFiles
    from ssldiff_gui.state.history import History
    from ssldiff_gui.state.project import Project
    from ssldiff_gui.state.projects import Projects
    from ssldiff_gui.state.workplace import Workplace

HELD = "it is open in "
"""How `Project.read_only` begins when another program holds it."""


class ProjectJoint:
    """Joins the project's name, menu and history to the project that is open.

    Parameters
    ----------
    frame
        What all joints share.
    window
        What the popovers lie over.
    dialogs
        Asks for folders.
    """

    def __init__(self, frame: Frame, window: QMainWindow, dialogs: AsksForFiles) -> None:
        self._frame, self._dialogs = frame, dialogs
        self._ties = Ties()
        self._place: Workplace | None = None
        self._projects: Projects | None = None
        self._awaited = ""
        self._asking = False
        self._recent: tuple[RecentProject, ...] = ()
        self.show_folder: Callable[[Path], None] = open_folder
        self.panel, self.steps = ProjectPanel(), HistoryPanel()
        self.popover = Popover(window, self.panel)
        self.history_popover = Popover(window, self.steps)
        self._connect()

    def _connect(self) -> None:
        panel, steps = self.panel, self.steps
        self._frame.parts.top.project_requested.connect(self.menu)
        panel.rename_requested.connect(self._rename)
        panel.new_requested.connect(lambda: self._leave_menu(self.new))
        panel.open_requested.connect(lambda: self._leave_menu(self.open))
        panel.save_as_requested.connect(lambda: self._leave_menu(self.save_as))
        panel.copy_requested.connect(lambda: self._leave_menu(self.save_as))
        panel.recent_requested.connect(self._open_recent)
        panel.forget_requested.connect(self._forget)
        panel.reveal_requested.connect(self._reveal)
        steps.goto.connect(lambda position: self._with_history(lambda h: h.goto(position)))
        steps.undo_requested.connect(lambda: self._with_history(lambda h: h.undo()))
        steps.redo_requested.connect(lambda: self._with_history(lambda h: h.redo()))

    # -- the projects of the window ----------------------------------------------------------------

    @property
    def projects(self) -> Projects | None:
        """What opens and saves projects; set once, when it has been made."""
        return self._projects

    @projects.setter
    def projects(self, projects: Projects) -> None:
        self._projects = projects
        projects.opening.connect(self._on_opening)
        projects.opened.connect(self._on_arrived)
        projects.failed.connect(self._on_arrived)
        projects.saved.connect(self._on_saved)
        projects.recent_changed.connect(self._on_recent)

    def enter(self, place: Workplace) -> None:
        """Follow a project."""
        self._place = place
        project = place.project
        self._ties.tie(project.problem, self._on_problem)
        self._ties.tie(project.mended, self._on_mended)
        self._ties.tie(project.changed, lambda _: self._frame.on_change())
        self._ties.tie(project.moved, lambda _: self._frame.on_change())
        if project.trouble is not None:
            self._on_problem(project.trouble)

    def leave(self) -> None:
        """Follow none any more."""
        self._ties.loose()
        self._place = None
        self.history_popover.dismiss()

    def refresh(self) -> None:
        """Show the project's name and state, and the steps while their list is open."""
        shown = self._shown()
        self._frame.parts.top.show_project(shown)
        if self.popover.isVisible():
            self.panel.show_project(shown or ProjectShown(""), self._recent)
            self.popover.place()
        if self.history_popover.isVisible():
            self._show_steps()
            self.history_popover.place()

    # -- acts --------------------------------------------------------------------------------------

    def menu(self) -> None:
        """Show what the project is and the way to others, or hide it."""
        if self.popover.isVisible():
            self.popover.dismiss()
            return
        self.panel.show_project(self._shown() or ProjectShown(""), self._recent)
        self.popover.open_at(self._frame.parts.top.project)
        self._look_at_recent()

    def new(self) -> None:
        """Begin a new project, without a name at first."""
        if self._projects is not None:
            self._projects.new()

    def open(self) -> None:
        """Ask for a project and open it."""
        folder = self._dialogs.open_project(self._folder())
        if folder is not None and self._projects is not None:
            self._projects.open(folder)

    def save_as(self) -> None:
        """Ask where to, save the project there and go on there."""
        project = self._project
        name = "" if project is None or project.untitled else project.name
        self._save(name or "My project")

    def history(self) -> None:
        """Show what was done in the picture in view, or hide it."""
        if self.history_popover.isVisible():
            self.history_popover.dismiss()
            return
        self._show_steps()
        self.history_popover.open_at(self._frame.parts.top.title)

    @property
    def _project(self) -> Project | None:
        return None if self._place is None else self._place.project

    def _folder(self) -> Path | None:
        """Return the folder in which the last named project lies."""
        project = self._project
        if project is not None and not project.untitled:
            return project.folder.parent
        return self._frame.session.folder

    def _save(self, name: str) -> None:
        folder = self._folder() or Path.home()
        suggested = folder / f"{_file_name(name)}{SUFFIX}"
        self._asking = True  # a field that loses the focus to the dialog must not ask again
        try:
            path = self._dialogs.save_project(suggested)
        finally:
            self._asking = False
        if path is not None and self._projects is not None:
            self._projects.save_as(path)

    def _leave_menu(self, act: Callable[[], None]) -> None:
        self.popover.dismiss()
        act()

    def _rename(self, name: str) -> None:
        if not self._asking:
            self._leave_menu(lambda: self._save(name))

    def _open_recent(self, path: str) -> None:
        self.popover.dismiss()
        if self._projects is not None:
            self._projects.open(Path(path))

    def _forget(self, path: str) -> None:
        self._frame.settings.forget_projects(frozenset({Path(path)}))
        self._recent = tuple([entry for entry in self._recent if entry.path != path])
        self.refresh()

    def _reveal(self) -> None:
        if self._project is not None:
            self.show_folder(self._project.folder)

    def _with_history(self, act: Callable[[History], None]) -> None:
        document = self._frame.session.current
        if document is not None:
            act(document.history)
            self._show_steps()

    # -- what is shown -----------------------------------------------------------------------------

    def _shown(self) -> ProjectShown | None:
        if self._awaited:
            return ProjectShown(f"Opening {self._awaited}…")
        project = self._project
        if project is None:
            return None
        reason = project.read_only or ""
        trouble = "" if project.trouble is None else str(project.trouble)
        if reason == CANNOT_WRITE:
            trouble = f"{reason.capitalize()}."
        return ProjectShown(
            project.name,
            "" if project.untitled else _short(project.folder),
            f"saved {project.saved:%H:%M}" if project.saved is not None else "",
            reason.removeprefix(HELD) if reason != CANNOT_WRITE else "",
            untitled=project.untitled,
            problem=trouble,
        )

    def _show_steps(self) -> None:
        document = self._frame.session.current
        if document is None:
            self.steps.show_steps((), 0)
        else:
            self.steps.show_steps(document.history.texts, document.history.position)

    def _look_at_recent(self) -> None:
        """Tell when and where recent projects were open; asking a drive may take long."""
        project = self._project
        here = None if project is None else project.folder
        paths = tuple([p for p in self._frame.settings.recent_projects if p != here])

        def look() -> None:
            on_gui_thread(self._take_recent, recent_projects(paths))

        in_background(look, "recent projects")

    def _take_recent(self, found: tuple[RecentProject, ...]) -> None:
        known = {str(path) for path in self._frame.settings.recent_projects}
        self._recent = tuple([entry for entry in found if entry.path in known])
        self.refresh()

    # -- what happens to it ------------------------------------------------------------------------

    def _on_opening(self, path: Path) -> None:
        self._awaited = path.name.removesuffix(SUFFIX)
        self._frame.on_change()

    def _on_arrived(self, _: object) -> None:
        self._awaited = ""
        self._frame.on_change()

    def _on_saved(self, path: Path) -> None:
        name = path.name.removesuffix(SUFFIX)
        act = ("Open folder", lambda: self.show_folder(path))
        self._frame.reporter.done(f"The project is saved as {name}.", str(path), act)
        self._frame.on_change()

    def _on_recent(self, _: object) -> None:
        if self.popover.isVisible():
            self._look_at_recent()

    def _on_problem(self, problem: UserError) -> None:
        project = self._project
        act = None if project is None else ("Try again", project.retry)
        self._frame.reporter.problem(problem, act)
        self._frame.on_change()

    def _on_mended(self) -> None:
        self._frame.reporter.done("Changes are saved again.", "Nothing was lost meanwhile.")
        self._frame.on_change()


def _file_name(name: str) -> str:
    """Return a name without what no file's name may hold."""
    return "".join("-" if c in '<>:"/\\|?*' or ord(c) < 32 else c for c in name).strip(" .") or "p"


def _short(path: Path) -> str:
    """Return a path with "~" for the person's own folder."""
    home = Path.home()
    return f"~/{path.relative_to(home).as_posix()}" if path.is_relative_to(home) else str(path)
