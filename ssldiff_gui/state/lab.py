"""The lab: experiments of a project, begun, followed, gone on with, compared, put away."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from psygnal import Signal
from pydantic import JsonValue

from ssldiff_gui.core.errors import BadRequest, UserError
from ssldiff_gui.core.project import ExperimentEntry
from ssldiff_gui.core.requests import AnyRequest
from ssldiff_gui.state import job_paths, lab_places
from ssldiff_gui.state.background import Deliver, deliver_at_once, in_background
from ssldiff_gui.state.history import History, Step
from ssldiff_gui.state.job_list import Job
from ssldiff_gui.state.lab_findings import Findings, Watch
from ssldiff_gui.state.lab_reports import RESULT
from ssldiff_gui.state.project import Change, Dropped, Project, Put
from ssldiff_gui.state.queue import Queue

log = logging.getLogger(__name__)

UNFINISHED = frozenset({"waiting", "running"})


class Lab:
    """Acts on the experiments of a project.

    Parameters
    ----------
    project
        Keeps them.
    queue
        Has them done.
    deliver
        Runs a call in the thread where state may change.
    """

    changed = Signal()
    """Some experiment is not what it was, or came or went."""
    progressed = Signal(str)
    """(id): it has come further."""
    found = Signal(str, object)
    """(id, Findings): its folder was looked into."""

    def __init__(self, project: Project, queue: Queue, deliver: Deliver | None = None) -> None:
        self._project, self._queue = project, queue
        self._deliver = deliver or deliver_at_once
        self.history = History()
        self._watches: dict[str, Watch] = {}
        self._looking: set[str] = set()
        self._again: set[str] = set()
        self._began: dict[str, float] = {}
        self._closed = False
        queue.changed.connect(self._follow)
        queue.progressed.connect(self._on_progress)
        queue.finished.connect(self._on_finished)
        queue.failed.connect(self._on_failed)
        queue.cancelled.connect(self._on_cancelled)
        project.changed.connect(self._see)
        self._take_up()

    def close(self) -> None:
        """Follow no more."""
        self._closed = True
        self._queue.changed.disconnect(self._follow, missing_ok=True)
        self._queue.progressed.disconnect(self._on_progress, missing_ok=True)
        self._queue.finished.disconnect(self._on_finished, missing_ok=True)
        self._queue.failed.disconnect(self._on_failed, missing_ok=True)
        self._queue.cancelled.disconnect(self._on_cancelled, missing_ok=True)
        self._project.changed.disconnect(self._see, missing_ok=True)

    # -- what there is -----------------------------------------------------------------------------

    @property
    def all(self) -> tuple[ExperimentEntry, ...]:
        """All experiments, the latest first."""
        return self._project.entries(ExperimentEntry)[::-1]

    def get(self, identity: str) -> ExperimentEntry | None:
        """Return one, or None."""
        entry = self._project.get(identity)
        return entry if isinstance(entry, ExperimentEntry) else None

    def job_of(self, identity: str) -> Job | None:
        """Return the job that does it, while it waits or runs."""
        return next(iter(self._queue.of(identity)), None)

    def folder(self, identity: str) -> Path:
        """Return where all of it lies."""
        return self._project.path(lab_places.folder_name(identity))

    def request_of(self, identity: str) -> AnyRequest:
        """Return what is done, with the paths that hold now.

        Raises
        ------
        BadRequest
            Another version wrote it.
        UnsafeFile
            It names a file outside as if it were the project's.
        """
        entry = self.get(identity)
        if entry is None:
            raise BadRequest("That experiment is gone.", "Choose another one.")
        return job_paths.told(entry.request, self._project)

    def choices_of(self, identity: str) -> dict[str, JsonValue]:
        """Return what was chosen to make it, with the paths that hold now."""
        entry = self.get(identity)
        chosen = {} if entry is None else entry.choices
        return {key: job_paths.found_again(v, self._project) for key, v in chosen.items()}

    # -- beginning and ending ----------------------------------------------------------------------

    def begin(
        self,
        request: AnyRequest,
        name: str,
        method: str = "",
        choices: Mapping[str, JsonValue] | None = None,
    ) -> ExperimentEntry:
        """Have something tried; its output goes into a folder of its own in the project.

        Parameters
        ----------
        request
            What.
        name, method
            For people; and the key of what was chosen.
        choices
            What was chosen to make it, to be changed and tried again.

        Raises
        ------
        UserError
            It is no experiment, or the project can only be looked at.
        """
        entry = ExperimentEntry(name=name.strip() or request.kind, method=method, request={})
        folder = self.folder(entry.id)
        request = lab_places.at_home(request, folder)
        kept = {k: job_paths.named_from_here(v, self._project) for k, v in (choices or {}).items()}
        entry = entry.model_copy(
            update={
                "request": job_paths.kept(request, self._project),
                "folder": lab_places.folder_name(entry.id),
                "choices": kept,
            }
        )
        self._add(entry, request)
        return self.get(entry.id) or entry

    def go_on(self, identity: str) -> None:
        """Take up again what was stopped, or try again what failed.

        Raises
        ------
        UserError
            It cannot be asked for.
        """
        entry = self.get(identity)
        if entry is None or entry.status in UNFINISHED:
            return
        request = self.request_of(identity)
        self._add(entry.model_copy(update={"status": "waiting", "problem": ""}), request)

    def _add(self, entry: ExperimentEntry, request: AnyRequest) -> None:
        before = self.get(entry.id)
        self._project.put(entry)
        try:
            if self._project.read_only is None:
                place = self.folder(entry.id) / lab_places.REQUEST
                lab_places.write_request(place, request.model_dump(mode="json"))
            self._queue.add(request, entry.name, entry.id)
        except (UserError, OSError) as error:
            if before is None:
                self._project.drop(entry.id)
            else:
                self._project.put(before)
            if isinstance(error, UserError):
                raise
            raise UserError(
                f"The project's folder cannot be written to: {error.strerror or error}.",
                "Reconnect its drive, or save the project elsewhere.",
            ) from error

    def cancel(self, identity: str) -> None:
        """End it; what it has finished stays."""
        job = self.job_of(identity)
        if job is not None:
            self._queue.cancel(job.id)

    # -- sorting -----------------------------------------------------------------------------------

    def star(self, identity: str, *, on: bool) -> None:
        """Set or take its star."""
        self._change(identity, "Star experiment" if on else "Unstar experiment", "starred", on)

    def rename(self, identity: str, name: str) -> None:
        """Give it another name; an empty one changes nothing."""
        if name.strip():
            self._change(identity, "Rename experiment", "name", name.strip())

    def delete(self, *ids: str) -> None:
        """Take experiments out of the project; their files stay as long as this can be undone."""
        for identity in ids:
            self.cancel(identity)
        gone = tuple([entry for i in ids if (entry := self.get(i)) is not None])
        if not gone:
            return
        text = "Delete experiment" if len(gone) == 1 else f"Delete {len(gone)} experiments"
        kept = list(gone)

        def do() -> None:
            now = [entry for old in gone if (entry := self.get(old.id)) is not None]
            kept[:] = [self._at_rest(entry) for entry in now] or kept
            self._project.drop(*(entry.id for entry in now))

        self.history.push(Step(text, do, lambda: self._project.put(*kept)))

    def export_request(self, identity: str, path: Path) -> None:
        """Write what reproduces it, beside wherever `ssldiff run` is given it.

        Raises
        ------
        UserError
            It cannot be written, or nothing can be made of it any more.
        """
        entry = self.get(identity)
        data = lab_places.to_go(self.request_of(identity), entry.name if entry else "")
        lab_places.write_request(path, data)

    def _change(self, identity: str, text: str, field: str, value: object) -> None:
        entry = self.get(identity)
        if entry is None or getattr(entry, field) == value:
            return
        before = getattr(entry, field)
        self.history.push(
            Step(
                text,
                lambda: self._keep(identity, **{field: value}),
                lambda: self._keep(identity, **{field: before}),
            )
        )

    def _keep(self, identity: str, **changes: object) -> None:
        """Change some fields and leave the others as they have become meanwhile."""
        entry = self.get(identity)
        if entry is not None and any(getattr(entry, key) != changes[key] for key in changes):
            self._project.put(entry.model_copy(update=changes))

    # -- looking -----------------------------------------------------------------------------------

    def look(self, identity: str) -> None:
        """Look into its folder in the background; `found` tells what is there."""
        if self.get(identity) is None:
            return
        if identity in self._looking:
            self._again.add(identity)
            return
        self._looking.add(identity)
        try:
            watch = self._watches.setdefault(identity, Watch(self.folder(identity)))
        except UserError:
            self._looking.discard(identity)
            return
        if watch.folder != self.folder(identity):  # the project was saved elsewhere
            watch = self._watches[identity] = Watch(self.folder(identity))

        def look() -> None:
            try:
                findings = watch.look()
            except OSError:
                findings = Findings()
            self._deliver(lambda: self._looked(identity, findings))

        in_background(look, f"experiment {identity}")

    def _looked(self, identity: str, findings: Findings) -> None:
        self._looking.discard(identity)
        entry = self.get(identity)
        if self._closed or entry is None:
            return
        report = findings.report
        ended = entry.status in ("done", "stopped")
        if report is not None and ended and report.words != entry.headline:
            self._keep(identity, headline=report.words)
        self.found.emit(identity, findings)
        if identity in self._again:
            self._again.discard(identity)
            self.look(identity)

    # -- following ---------------------------------------------------------------------------------

    def _take_up(self) -> None:
        """Say of what an earlier run left unfinished what holds now."""
        if self._project.read_only is not None:
            return
        for entry in self.all:
            if entry.status in UNFINISHED:
                rests = "waiting" if self.job_of(entry.id) is not None else "stopped"
                self._keep(entry.id, status=rests)

    def _follow(self) -> None:
        for job in self._queue.jobs:
            if job.status == "running" and self.get(job.owner) is not None:
                self._began.setdefault(job.owner, time.monotonic())
                self._keep(job.owner, status="running")
        self.changed.emit()

    def _on_progress(self, job: Job) -> None:
        if self.get(job.owner) is not None:
            self.progressed.emit(job.owner)

    def _on_finished(self, job: Job, result: Mapping[str, JsonValue]) -> None:
        entry = self.get(job.owner)
        if entry is None:
            return
        models = result.get("models")
        cut = isinstance(models, list) and any(
            isinstance(model, dict) and model.get("finished") is False for model in models
        )
        self._end(entry, "stopped" if cut else "done")
        folder = self.folder(entry.id)

        def keep() -> None:
            with suppress(UserError, OSError):  # the report that the job wrote says the same
                lab_places.write_request(folder / RESULT, dict(result))
            self._deliver(lambda: self.look(entry.id))

        in_background(keep, f"result of {entry.name}")

    def _on_failed(self, job: Job, problem: UserError) -> None:
        entry = self.get(job.owner)
        if entry is not None:
            self._end(entry, "failed", str(problem))
            self.look(entry.id)

    def _on_cancelled(self, job: Job) -> None:
        entry = self.get(job.owner)
        if entry is not None:
            self._end(entry, "stopped")
            self.look(entry.id)

    def _end(self, entry: ExperimentEntry, status: str, problem: str = "") -> None:
        spent = time.monotonic() - self._began.pop(entry.id, time.monotonic())
        self._keep(entry.id, status=status, problem=problem, seconds=entry.seconds + spent)

    def _at_rest(self, entry: ExperimentEntry) -> ExperimentEntry:
        unfinished = entry.status in UNFINISHED
        return entry.model_copy(update={"status": "stopped"}) if unfinished else entry

    def _see(self, change: Change) -> None:
        if isinstance(change, (Put, Dropped)) and any(
            isinstance(entry, ExperimentEntry) for entry in change.entries
        ):
            self.changed.emit()
