"""Which project is open: made, opened and saved elsewhere in the background."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from psygnal import Signal

from ssldiff_gui.core.errors import BrokenFile, FileProblem, UserError
from ssldiff_gui.state.background import Deliver, deliver_at_once, in_background
from ssldiff_gui.state.openings import silent
from ssldiff_gui.state.project import Project, untitled_folder
from ssldiff_gui.state.settings import Settings
from ssldiff_gui.storage.project_files import SNAPSHOT, SUFFIX
from ssldiff_gui.storage.project_moving import Elsewhere

log = logging.getLogger(__name__)

OPEN_SECONDS = 30.0
"""After this long without an answer from the drive, the person is told."""

MOST_UNTITLED = 50


class Projects:
    """The project that is open, and those of late.

    Parameters
    ----------
    settings
        Recent projects are kept in it.
    deliver
        Runs a call in the thread where state may change; right where the work ended when None.
    open_seconds
        How long a drive may take to answer.
    """

    opening = Signal(Path)
    """Somebody waits for this project now."""
    closing = Signal(Project)
    """It is about to be left: whoever uses it lets go now."""
    opened = Signal(Project)
    """It is the current one from here on."""
    failed = Signal(UserError)
    saved = Signal(Path)
    """`save_as` went well."""
    recent_changed = Signal(tuple)

    def __init__(
        self,
        settings: Settings,
        *,
        deliver: Deliver | None = None,
        open_seconds: float = OPEN_SECONDS,
    ) -> None:
        self._settings = settings
        self._deliver = deliver or deliver_at_once
        self._open_seconds = open_seconds
        self._current: Project | None = None
        self._wish = 0
        self._timer: threading.Timer | None = None
        self._threads: list[threading.Thread] = []

    # -- what there is ---------------------------------------------------------------------------

    @property
    def current(self) -> Project | None:
        """The project that is open."""
        return self._current

    @property
    def pending(self) -> bool:
        """Whether a project is on its way."""
        return self._timer is not None

    @property
    def recent(self) -> tuple[Path, ...]:
        """Projects opened lately, the latest first; some may be gone by now."""
        return self._settings.recent_projects

    # -- acts ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Open the project that was open last, or an untitled one."""
        last = next(iter(self.recent), None)
        self._begin(last or untitled_folder(), lambda: self._last(last) or _untitled(self._deliver))

    def new(self, folder: Path | None = None) -> None:
        """Begin a new project, without a name when no folder is given."""
        if folder is None:
            self._begin(untitled_folder(), lambda: _fresh_untitled(self._deliver))
        else:
            path = folder if folder.suffix == SUFFIX else folder.with_name(folder.name + SUFFIX)
            self._begin(path, lambda: Project.create(path, deliver=self._deliver))

    def open(self, folder: Path) -> None:
        """Open a project; a file inside one stands for it."""
        path = folder.parent if folder.name == SNAPSHOT else folder
        if self._current is None or path != self._current.folder:
            self._begin(path, lambda: Project.open(path, deliver=self._deliver))

    def cancel_opening(self) -> None:
        """Stop waiting; what still arrives is closed again."""
        self._wish += 1
        self._stop_timer()

    def save_as(self, folder: Path) -> None:
        """Save the current project elsewhere and go on there; `saved` or `failed` answers."""
        project = self._current
        if project is None:
            return
        try:
            work = project.begin_move(folder)
        except UserError as error:
            self.failed.emit(error)
            return

        def move() -> None:
            try:
                place = work()
            except Exception as error:  # noqa: BLE001 - whatever it was, the project goes on
                problem = _known(error, folder)
                self._deliver(lambda: self._moved(project, None, problem))
            else:
                self._deliver(lambda: self._moved(project, place, None))

        self._run(move, "save project")

    def forget_missing(self) -> None:
        """Take projects that are gone out of the recent ones, in the background."""

        def look() -> None:
            gone = frozenset(path for path in self.recent if not (path / SNAPSHOT).is_file())
            if gone:
                self._deliver(lambda: self._forget(gone))

        in_background(look, "recent projects")

    def close(self) -> None:
        """Leave the current project; it is written in the background, see `wait`."""
        self.cancel_opening()
        self._leave()

    def wait(self, seconds: float) -> None:
        """Wait until everything is on the disk, but not for ever."""
        for thread in self._threads:
            thread.join(seconds)

    # -- inside ----------------------------------------------------------------------------------

    def _begin(self, path: Path, find: Callable[[], Project]) -> None:
        self.cancel_opening()
        wish = self._wish
        self._timer = threading.Timer(
            self._open_seconds, lambda: self._deliver(lambda: self._refuse(wish, silent(path)))
        )
        self._timer.daemon = True
        self._timer.start()
        self.opening.emit(path)

        def open_it() -> None:
            try:
                project = find()
            except Exception as error:  # noqa: BLE001 - nobody may be left waiting
                problem = _known(error, path)
                self._deliver(lambda: self._refuse(wish, problem))
            else:
                self._deliver(lambda: self._arrive(wish, project))

        self._run(open_it, "open project")

    def _last(self, path: Path | None) -> Project | None:
        """Open the project of the last run, unless it is gone, no good, or another one will do."""
        if path is None or not (path / SNAPSHOT).exists():
            return None
        try:
            project = Project.open(path, deliver=self._deliver)
        except FileProblem as error:
            problem = error
            self._deliver(lambda: self.failed.emit(problem))
            return None
        if project.untitled and project.read_only is not None:
            project.close()
            return None
        return project

    def _arrive(self, wish: int, project: Project) -> None:
        if wish != self._wish:
            self._run(project.close, "close project")
            return
        self.cancel_opening()
        self._leave()
        self._current = project
        self._remember(project)
        self.opened.emit(project)

    def _refuse(self, wish: int, problem: UserError) -> None:
        if wish == self._wish:
            self.cancel_opening()
            self.failed.emit(problem)

    def _leave(self) -> None:
        project, self._current = self._current, None
        if project is not None:
            self.closing.emit(project)
            self._run(project.close, "close project")

    def _moved(self, project: Project, place: Elsewhere | None, problem: UserError | None) -> None:
        project.end_move(place)
        if problem is not None:
            self.failed.emit(problem)
        elif project is self._current:
            self._remember(project)
            self.saved.emit(project.folder)

    def _remember(self, project: Project) -> None:
        self._settings.remember_project(project.folder)
        self.recent_changed.emit(self.recent)

    def _forget(self, gone: frozenset[Path]) -> None:
        self._settings.forget_projects(gone)
        self.recent_changed.emit(self.recent)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _run(self, call: Callable[[], None], name: str) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._threads.append(in_background(call, name))


def _untitled(deliver: Deliver) -> Project:
    """Open the untitled project that nobody else holds, or make one."""
    for path in sorted(untitled_folder().glob(f"*{SUFFIX}")):
        try:
            project = Project.open(path, deliver=deliver)
        except FileProblem:
            log.exception("an untitled project cannot be opened")
            continue
        if project.read_only is None:
            return project
        project.close()
    return _fresh_untitled(deliver)


def _fresh_untitled(deliver: Deliver) -> Project:
    for number in range(1, MOST_UNTITLED):
        path = untitled_folder() / f"untitled-{number}{SUFFIX}"
        if not path.exists():
            return Project.create(path, deliver=deliver)
    raise FileProblem(
        untitled_folder(),
        "There are too many projects without a name.",
        "Give the present one a name: save it somewhere.",
    )


def _known(error: Exception, path: Path) -> UserError:
    if isinstance(error, UserError):
        return error
    log.error("%s failed in an unforeseen way", path, exc_info=error)
    return BrokenFile(
        path,
        f"{path.name} cannot be used ({type(error).__name__}).",
        "The log says more: please report it.",
    )
