"""The jobs of a project in their order, each as it is shown and as the project keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.project import JobEntry
from ssldiff_gui.state import job_paths
from ssldiff_gui.state.project import Project

NARROWEST = 1e-6
"""Orders that lie closer to each other are given anew."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is shown.

    Parameters
    ----------
    entry
        What the project keeps of it.
    done, total
        How far it is, in units that mean nothing by themselves; a total of 0 is not known yet.
    words
        The step it is at.
    left
        Seconds that it will still take, when that is known.
    ending
        Whether it was asked to end, and has not yet.
    """

    entry: JobEntry
    done: float = 0.0
    total: float = 0.0
    words: str = ""
    left: float | None = None
    ending: bool = False

    @property
    def id(self) -> str:
        """Names it at the worker too."""
        return self.entry.id

    @property
    def title(self) -> str:
        """For people."""
        return self.entry.title

    @property
    def owner(self) -> str:
        """Id of the grid or result it works for."""
        return self.entry.owner

    @property
    def kind(self) -> str:
        """Of its request."""
        return str(self.entry.request.get("kind", ""))

    @property
    def status(self) -> Literal["waiting", "running", "paused"]:
        """Whether it waits for its turn, is being done, or is held up."""
        return self.entry.status


class JobList:
    """Jobs, the one that is being done first; every change is kept in the project.

    Parameters
    ----------
    project
        Where entries are kept.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._jobs: list[Job] = []
        self.running: str | None = None
        """Id of the one that the worker has."""

    def __iter__(self) -> Iterator[Job]:
        return iter(tuple(self._jobs))

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def waiting(self) -> tuple[Job, ...]:
        """Those that have not begun, in their order."""
        return tuple([job for job in self._jobs if job.id != self.running])

    def get(self, identity: str) -> Job | None:
        """Return one job, or None."""
        return next((job for job in self._jobs if job.id == identity), None)

    def add(self, entry: JobEntry, *, front: bool) -> None:
        """Take a job up, behind all others or before all that wait."""
        waiting = self.waiting
        order = max((job.entry.order for job in self._jobs), default=0.0) + 1
        if front and waiting:
            order = waiting[0].entry.order - 1
        self.keep(Job(entry), order=order)

    def keep(self, job: Job, **changes: object) -> None:
        """Change what the project keeps of a job."""
        entry = job.entry.model_copy(update=changes)
        self.show(replace(job, entry=entry))
        self._project.put(entry)

    def show(self, job: Job) -> None:
        """Change a job, in memory only; a new one is added."""
        self._jobs = [*(other for other in self._jobs if other.id != job.id), job]
        self._jobs.sort(key=lambda job: (job.id != self.running, job.entry.order))

    def remove(self, job: Job) -> None:
        """Show a job no more; the project still keeps it."""
        self._jobs = [other for other in self._jobs if other.id != job.id]

    def move(self, job: Job, place: int) -> bool:
        """Give a waiting job another place among those that wait; returns whether there is one."""
        others = [other for other in self.waiting if other.id != job.id]
        orders = [other.entry.order for other in others]
        if not others:
            return False
        place = min(max(0, place), len(others))
        low = orders[place - 1] if place else orders[0] - 2
        high = orders[place] if place < len(others) else orders[-1] + 2
        self.keep(job, order=(low + high) / 2)
        if high - low < NARROWEST:
            for number, other in enumerate(self):
                self.keep(other, order=float(number))
        return True

    def bring_back(self) -> UserError | None:
        """Take up the jobs of an earlier run as waiting; returns what to tell the person."""
        if self._project.read_only is not None:  # they are the other program's
            return None
        lost = 0
        for entry in self._project.entries(JobEntry):
            if not job_paths.may_come_back(entry.request):
                self._project.drop(entry.id)
                lost += 1
            elif entry.status == "waiting":
                self.show(Job(entry))
            else:
                self.keep(Job(entry), status="waiting")
        return _left_over(len(self), lost)


def _left_over(came_back: int, lost: int) -> UserError | None:
    """Say in words what became of the jobs of an earlier run."""
    if not came_back and not lost:
        return None
    count = "One job was" if came_back == 1 else f"{came_back} jobs were"
    words = f"{count} not finished when the studio ended: the queue is paused." if came_back else ""
    if lost:
        other = "Another one" if lost == 1 and came_back else "One job" if lost == 1 else f"{lost}"
        words = f"{words} {other} wrote outside the project and did not come back.".strip()
    return UserError(words, "Press resume to go on." if came_back else "Ask for it again.")
