"""Work that waits, runs and ends: one job at the worker at a time, the others in the project."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from psygnal import Signal

from ssldiff_gui.core.errors import Cancelled as CancelledError
from ssldiff_gui.core.errors import InUse, NoSpace, UserError
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.project import JobEntry
from ssldiff_gui.core.requests import AnyRequest
from ssldiff_gui.jobs.client import Client
from ssldiff_gui.jobs.messages import (
    RGB,
    Cancelled,
    Failed,
    Finished,
    Gone,
    Preview,
    Progressed,
    Ready,
    TileWritten,
)
from ssldiff_gui.state import job_paths
from ssldiff_gui.state.job_list import Job, JobList
from ssldiff_gui.state.project import Project

log = logging.getLogger(__name__)

DEATHS = 2
"""So many workers lost one after the other pause the queue."""


class Queue:
    """The jobs of a project.

    What was left unfinished comes back as waiting, and the queue paused; `notice` says so.

    Parameters
    ----------
    project
        Keeps the jobs, so that they outlive the program.
    client
        Does them.
    """

    changed = Signal()
    """Other jobs, another order, or another status."""
    progressed = Signal(Job)
    preview = Signal(str, Box, object)
    """(id of a job, what is shown in pixels of the canvas, RGB)"""
    tile_written = Signal(str, Box)
    finished = Signal(Job, dict)
    """Comes before the job leaves the project: what is put there now is never lost."""
    failed = Signal(Job, UserError)
    cancelled = Signal(Job)
    """Also for a waiting job that another one has replaced."""
    halted = Signal(UserError)
    """The queue has paused by itself; this is why."""
    ready = Signal(object)
    gone = Signal(str)

    def __init__(self, project: Project, client: Client) -> None:
        self._project = project
        self._client = client
        self._jobs = JobList(project)
        self._deaths = 0
        self._starting = False
        self.notice = self._jobs.bring_back()
        """What to tell the person about jobs of an earlier run."""
        self._paused = len(self._jobs) > 0
        client.events.connect(self._hear)
        project.at_rest.connect(self._next)

    # -- what there is ---------------------------------------------------------------------------

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All of them: the running one, then the others in their order."""
        return tuple(self._jobs)

    @property
    def running(self) -> Job | None:
        """The one that the worker has, at work or held up."""
        return None if self._jobs.running is None else self.get(self._jobs.running)

    @property
    def waiting(self) -> tuple[Job, ...]:
        """Those that have not begun, in their order."""
        return self._jobs.waiting

    @property
    def paused(self) -> bool:
        """Whether no job begins and the running one is held up."""
        return self._paused

    def get(self, identity: str) -> Job | None:
        """Return one job, or None."""
        return self._jobs.get(identity)

    def of(self, owner: str) -> tuple[Job, ...]:
        """Return the jobs that work for a grid or a result."""
        return tuple([job for job in self._jobs if job.owner == owner])

    # -- acts ------------------------------------------------------------------------------------

    def add(
        self,
        request: AnyRequest,
        title: str,
        owner: str = "",
        front: bool = False,
        replaces: str = "",
    ) -> str:
        """Have something done.

        Parameters
        ----------
        request
            What; somebody has seen what it costs.
        title
            For people.
        owner
            Id of the grid or result it works for.
        front
            Whether it comes before all others that wait.
        replaces
            Waiting jobs of the same kind with this owner are dropped: live rendering.

        Returns
        -------
        str
            Id of the job.

        Raises
        ------
        InUse
            It would write into a project that another program holds.
        """
        data = job_paths.kept(request, self._project)
        if self._project.read_only is not None and job_paths.writes_here(data):
            raise InUse(
                self._project.folder,
                f"{self._project.name} can only be looked at: {self._project.read_only}.",
                "Save it as another project to work in it.",
            )
        if replaces:
            for job in self.waiting:
                if job.owner == replaces and job.kind == request.kind:
                    self._leave(job, self.cancelled.emit, job)
        entry = JobEntry(title=title, request=data, owner=owner)
        self._jobs.add(entry, front=front)
        self.changed.emit()
        self._next()
        return entry.id

    def cancel(self, identity: str) -> None:
        """End a job: a waiting one at once, the running one as soon as the worker can."""
        job = self.get(identity)
        if job is None or job.ending:
            return
        if identity != self._jobs.running:
            self._leave(job, self.cancelled.emit, job)
            self.changed.emit()
            return
        self._jobs.show(replace(job, ending=True, words="Cancelling", left=None))
        self.changed.emit()
        self._client.cancel(identity)

    def cancel_all(self) -> None:
        """End all jobs."""
        self.cancel_waiting()
        if self._jobs.running is not None:
            self.cancel(self._jobs.running)

    def cancel_waiting(self) -> None:
        """End all jobs but the running one."""
        for job in self.waiting:
            self.cancel(job.id)

    def move(self, identity: str, place: int) -> None:
        """Give a waiting job another place among those that wait, from 0."""
        job = self.get(identity)
        if job is not None and identity != self._jobs.running and self._jobs.move(job, place):
            self.changed.emit()

    def pause(self) -> None:
        """Begin no job, and hold the running one up."""
        if self._paused:
            return
        self._paused = True
        job = self.running
        if job is not None and not job.ending:
            self._jobs.keep(job, status="paused")
            self._client.pause(job.id)
        self.changed.emit()

    def resume(self) -> None:
        """Go on."""
        if not self._paused:
            return
        self._paused = False
        self._deaths = 0
        job = self.running
        if job is not None and not job.ending:
            self._jobs.keep(job, status="running")
            self._client.resume(job.id)
        self.changed.emit()
        self._next()

    def close(self) -> None:
        """Listen no more; a running job is waiting again when the project is opened next."""
        self._client.events.disconnect(self._hear)
        self._project.at_rest.disconnect(self._next)
        if (job := self.running) is not None:
            self._jobs.keep(job, status="waiting")
        self._jobs.running = None

    # -- beginning -------------------------------------------------------------------------------

    def _next(self) -> None:
        """Begin with the first job that waits, if none is being done."""
        if self._starting:
            return  # a client that answers at once: the loop below goes on
        self._starting = True
        try:
            while self._jobs.running is None and not self._paused and not self._project.moving:
                waiting = self.waiting
                if not waiting:
                    return
                self._begin(waiting[0])
        finally:
            self._starting = False

    def _begin(self, job: Job) -> None:
        try:
            request = job_paths.told(job.entry.request, self._project)
            self._jobs.running = job.id
            self._jobs.keep(job, status="running")
            self.changed.emit()
            self._client.submit(job.id, request)
        except UserError as error:
            self._fail(job.id, error)
        except OSError as error:
            log.exception("the worker cannot be asked")
            words = f"The worker cannot be started: {error.strerror or error}."
            self._fail(job.id, UserError(words, "Close other programs and try again."))

    # -- what the worker says --------------------------------------------------------------------

    def _hear(self, message: object) -> None:
        if isinstance(message, Ready):
            self.ready.emit(message)
        elif isinstance(message, Gone):
            self._worker_gone(message.words)
        elif getattr(message, "job", None) == self._jobs.running and self._jobs.running is not None:
            self._hear_of_job(self._jobs.running, message)

    def _hear_of_job(self, identity: str, message: object) -> None:
        if isinstance(message, Progressed):
            self._progress(message)
        elif isinstance(message, Preview):
            self._show(identity, message.box, message.picture)
        elif isinstance(message, TileWritten):
            self.tile_written.emit(identity, message.box)
        elif isinstance(message, Finished):
            self._deaths = 0
            self._end(identity, self.finished.emit, dict(message.result))
        elif isinstance(message, Failed):
            problem = message.problem()
            if message.trace:
                log.error("job %s failed: %s\n%s", identity, problem, message.trace)
            self._fail(identity, problem)
        elif isinstance(message, Cancelled):
            self._end(identity, self.cancelled.emit)

    def _progress(self, message: Progressed) -> None:
        job = self.get(message.job)
        if job is None or job.ending:
            return
        job = replace(
            job,
            done=message.done,
            total=message.total,
            words=message.words,
            left=message.left,
        )
        self._jobs.show(job)
        self.progressed.emit(job)

    def _show(self, identity: str, box: Box, picture: RGB) -> None:
        self.preview.emit(identity, box, picture)

    def _worker_gone(self, words: str) -> None:
        job = self.running
        if job is not None and job.ending:
            self._end(job.id, self.cancelled.emit)
        elif job is not None:
            self._deaths += 1
            if self._deaths >= DEATHS:
                self._halt(
                    UserError(
                        "The worker has stopped twice in a row: the queue is paused.",
                        "Try a smaller region, another model or another device, then go on.",
                    )
                )
            self._fail(job.id, _stopped(job, words))
        self.gone.emit(words)

    # -- ending ----------------------------------------------------------------------------------

    def _fail(self, identity: str, problem: UserError) -> None:
        job = self.get(identity)
        if job is None:
            return
        if isinstance(problem, CancelledError):
            self._end(identity, self.cancelled.emit)
        elif isinstance(problem, NoSpace) and not job.ending:
            self._put_back(job, problem)
        else:
            self._end(identity, self.failed.emit, problem)

    def _put_back(self, job: Job, problem: UserError) -> None:
        """Have a job wait for room on the disk: what it has finished stays, and it goes on."""
        self._jobs.running = None
        self._jobs.keep(replace(job, done=0, total=0, words="", left=None), status="waiting")
        self._halt(problem)

    def _halt(self, problem: UserError) -> None:
        self._paused = True
        self.changed.emit()
        self.halted.emit(problem)

    def _end(self, identity: str, say: Callable[..., object], *more: object) -> None:
        job = self.get(identity)
        self._jobs.running = None
        try:
            if job is not None:
                self._leave(job, say, job, *more)
        finally:  # whatever a listener does, the queue goes on
            self.changed.emit()
            self._next()

    def _leave(self, job: Job, say: Callable[..., object], *arguments: object) -> None:
        """Let a job go: it leaves the project only when all who listen have heard of it."""
        self._jobs.remove(job)
        try:
            say(*arguments)
        finally:
            self._project.drop(job.id)


def _stopped(job: Job, words: str) -> UserError:
    last = f" It said last: {words}" if words else ""
    return UserError(
        f"The worker stopped during “{job.title}”.{last}",
        "What was finished is kept. Try again, or with a smaller region or another device.",
    )
