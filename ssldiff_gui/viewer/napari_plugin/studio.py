"""The project, the queue and the worker of this process, shared by all docks in it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from psygnal import Signal
from qtpy.QtCore import QCoreApplication, QTimer

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.jobs.client import Client, WorkerClient
from ssldiff_gui.state.models import Models
from ssldiff_gui.state.project import Project
from ssldiff_gui.state.projects import Projects
from ssldiff_gui.state.session import Session
from ssldiff_gui.state.settings import Settings
from ssldiff_gui.state.workplace import Workplace
from ssldiff_gui.viewer.gui_thread import on_gui_thread

log = logging.getLogger(__name__)

WAIT_SECONDS = 10.0
"""The longest that closing the last dock waits for the disk."""

CHECK_MS = 5000
"""How often the project's folder is looked at, whether it is still there."""


def deliver(call: Callable[[], None]) -> None:
    """Let state change in the window's thread only."""
    on_gui_thread(call)


class Studio:
    """What is open, and who works at it; made when the first dock opens, gone with the last.

    Parameters
    ----------
    client
        Does the work; a worker process, started when it is first needed, when None.
    """

    entered = Signal(object)
    """(Workplace): a project is open."""
    leaving = Signal()
    """It is about to be closed."""
    failed = Signal(object)
    """(UserError)."""

    def __init__(self, client: Client | None = None) -> None:
        self.settings = Settings.load()
        self.session = Session(self.settings, deliver=deliver)
        self.client = client if client is not None else WorkerClient(deliver)
        self.models = Models(deliver)
        self.projects = Projects(self.settings, deliver=deliver)
        self.place: Workplace | None = None
        self._timer = QTimer()
        self._timer.timeout.connect(self._check)
        self._connect()

    def start(self) -> None:
        """Open the project of the last time and take stock of the models, in the background."""
        self.projects.start()
        self.models.refresh()
        self._timer.start(CHECK_MS)

    def close(self) -> None:
        """Leave the project and end the worker; nothing stays behind."""
        self._timer.stop()
        self.projects.close()
        self.client.close()
        for document in self.session.documents:
            self.session.let_go(document)
        self.session.shut_down()
        self.projects.wait(WAIT_SECONDS)
        self._keep_recent()

    def _connect(self) -> None:
        self.projects.opened.connect(self._enter)
        self.projects.closing.connect(self._leave)
        for signal in (self.projects.failed, self.models.failed, self.session.failed):
            signal.connect(self._fail)

    def _enter(self, project: Project) -> None:
        self.place = Workplace(self.session, project, self.client, self.models, deliver)
        self.entered.emit(self.place)
        for notice in project.notices:
            self.failed.emit(notice)
        self.place.bench.look_again()

    def _leave(self, _: Project) -> None:
        place, self.place = self.place, None
        if place is not None:
            self.leaving.emit()
            place.close()

    def _check(self) -> None:
        self.session.check()
        if self.projects.current is not None:
            self.projects.current.check()

    def _fail(self, problem: UserError) -> None:
        self.failed.emit(problem)

    def _keep_recent(self) -> None:
        """Note the project for the next time, and touch nothing else the studio's window keeps."""
        kept = Settings.load()
        kept.recent_projects = self.settings.recent_projects
        try:
            kept.save()
        except UserError as error:
            log.warning("settings not saved: %s", error)


class Shared:
    """Hands the one studio to docks, and closes it when none uses it any more."""

    def __init__(self) -> None:
        self._studio: Studio | None = None
        self._users: set[int] = set()
        self.make: Callable[[], Studio] = Studio
        """How the studio is made; tests put in one whose client does what they say."""

    @property
    def studio(self) -> Studio | None:
        """The studio, while a dock is open."""
        return self._studio

    def take(self, user: object) -> Studio:
        """Return the studio, for as long as `user` does not give it back."""
        if self._studio is None:
            self._studio = self.make()
            self._studio.start()
            application = QCoreApplication.instance()
            if application is not None:
                application.aboutToQuit.connect(self.end)
        self._users.add(id(user))
        return self._studio

    def give_back(self, user: object) -> None:
        """Need it no longer."""
        self._users.discard(id(user))
        if not self._users:
            self.end()

    def end(self) -> None:
        """Close the studio, whoever uses it still."""
        studio, self._studio = self._studio, None
        self._users.clear()
        if studio is not None:
            application = QCoreApplication.instance()
            if application is not None:
                application.aboutToQuit.disconnect(self.end)
            studio.close()


SHARED = Shared()
"""napari makes docks apart from each other: this is where they meet."""
