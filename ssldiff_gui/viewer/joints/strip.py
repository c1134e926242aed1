"""The row of results and the queue at the bottom of the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.project import ResultEntry
from ssldiff_gui.state.background import in_background
from ssldiff_gui.state.results import Results
from ssldiff_gui.viewer.gui_thread import on_gui_thread
from ssldiff_gui.viewer.joints.host import Host, Ties
from ssldiff_gui.widgets.queue_list import QueueItem
from ssldiff_gui.widgets.result_card import ResultCard

if TYPE_CHECKING:
    from pathlib import Path

    from ssldiff_gui.state.job_list import Job
    from ssldiff_gui.state.queue import Queue
    from ssldiff_gui.state.workplace import Workplace


class StripJoint:
    """Joins the strip to results and queue.

    Parameters
    ----------
    host
        Where the pages and views are.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._strip = host.parts.strip
        self._ties = Ties()
        self._place: Workplace | None = None
        self._results: Results | None = None
        self._shown: tuple[ResultCard, ...] = ()
        self._reasons: dict[str, str] = {}
        strip = self._strip
        strip.show_requested.connect(self.show)
        strip.fit_requested.connect(self._fit)
        strip.star_requested.connect(lambda i, on: self._act(lambda r: r.star(i, on)))
        strip.rename_requested.connect(lambda i, name: self._act(lambda r: r.rename(i, name)))
        strip.delete_requested.connect(self.delete)
        strip.redo_requested.connect(self.redo)
        strip.continue_requested.connect(self._go_on)
        strip.restore_requested.connect(self.restore)
        strip.stop_requested.connect(self._stop)
        strip.thumbnails_wanted.connect(self._read_thumbnails)
        strip.pause_requested.connect(lambda: self._queue(lambda q: q.pause()))
        strip.resume_requested.connect(lambda: self._queue(lambda q: q.resume()))
        strip.cancel_requested.connect(lambda i: self._queue(lambda q: q.cancel(i)))
        strip.cancel_all_requested.connect(self.cancel_all)
        strip.cancel_waiting_requested.connect(lambda: self._queue(lambda q: q.cancel_waiting()))
        strip.move_requested.connect(lambda i, at: self._queue(lambda q: q.move(i, at)))

    def enter(self, place: Workplace) -> None:
        """Follow a project."""
        self._place = place
        self._results = place.results
        tie, queue = self._ties.tie, place.queue
        tie(queue.changed, self._host.on_change)
        tie(queue.progressed, lambda _: self._show_queue())
        tie(queue.failed, self._on_failed)
        tie(queue.halted, self._host.reporter.problem)
        tie(queue.gone, self._on_gone)
        tie(place.bench.result_changed, lambda _: self._host.on_change())
        tie(place.keeping.pictured, self._on_pictured)
        tie(place.project.changed, lambda _: self._host.on_change())
        if queue.notice is not None:
            self._host.reporter.problem(queue.notice, ("Go on", queue.resume))

    def leave(self) -> None:
        """Follow none any more."""
        self._ties.loose()
        self._place, self._results = None, None
        self._reasons.clear()
        self._shown = ()
        self._strip.show_results(())
        self._strip.show_queue((), paused=False)

    def refresh(self) -> None:
        """Show cards and queue as they are."""
        place = self._place
        if place is None:
            return
        document = self._host.session.current
        if document is not None:
            place.results.history = document.history
        cards = tuple(self._card(entry) for entry in reversed(place.bench.results))
        if cards != self._shown:
            self._shown = cards
            self._strip.show_results(cards)
        shown = place.bench.result
        self._strip.mark("" if shown is None else shown.id)
        self._show_queue()

    # -- acts --------------------------------------------------------------------------------------

    def show(self, identity: str) -> None:
        """Show a result beside the original."""
        if self._place is not None:
            self._place.bench.show_result(identity)

    def delete(self, identity: str) -> None:
        """Delete a result, and offer to take that back."""
        results = self._results
        if results is None or self._place is None:
            return
        for job in self._place.queue.of(identity):
            self._place.queue.cancel(job.id)
        entry = self._place.project.get(identity)
        results.delete(identity)
        if isinstance(entry, ResultEntry):
            self._host.reporter.done(f"{entry.name} deleted.", "", ("Undo", results.history.undo))

    def redo(self, identity: str) -> None:
        """Render it again with another seed."""
        self._try(identity, lambda place: place.rendering.redo(identity))

    def restore(self, identity: str) -> None:
        """Bring back its grid and its settings."""
        self._try(identity, lambda place: place.rendering.restore(identity))

    def cancel_all(self) -> None:
        """End all work."""
        self._queue(lambda queue: queue.cancel_all())

    def _queue(self, act: Callable[[Queue], None]) -> None:
        if self._place is not None:
            act(self._place.queue)

    def star(self) -> None:
        """Star the result in view, or take its star away."""
        entry = None if self._place is None else self._place.bench.result
        if entry is not None:
            self._act(lambda results: results.star(entry.id, not entry.starred))

    def redo_shown(self) -> None:
        """Render the result in view again with another seed."""
        self._with_shown(self.redo)

    def restore_shown(self) -> None:
        """Bring back the grid and the settings of the result in view."""
        self._with_shown(self.restore)

    def delete_shown(self) -> None:
        """Delete the result in view."""
        self._with_shown(self.delete)

    def _with_shown(self, act: Callable[[str], None]) -> None:
        entry = None if self._place is None else self._place.bench.result
        if entry is not None:
            act(entry.id)

    def _try(self, identity: str, act: Callable[[Workplace], object]) -> None:
        place = self._place
        if place is None:
            return
        place.bench.show_result(identity)
        try:
            act(place)
        except UserError as error:
            self._host.reporter.problem(error)
        self._host.on_change()

    def _go_on(self, identity: str) -> None:
        self._try(identity, lambda place: place.rendering.go_on(identity))

    def _stop(self, identity: str) -> None:
        if self._place is not None:
            for job in self._place.queue.of(identity):
                self._place.queue.cancel(job.id)

    def _fit(self, identity: str) -> None:
        self.show(identity)
        opened = None if self._place is None else self._place.bench.open
        view = self._host.parts.original.view
        if opened is not None and view is not None:
            region = opened.editor.original.region
            if region is None:
                view.fit()
            else:
                view.zoom_to(region.box)

    def _act(self, act: Callable[[Results], None]) -> None:
        if self._results is not None:
            act(self._results)
            self._host.on_change()

    # -- what is shown -----------------------------------------------------------------------------

    def _card(self, entry: ResultEntry) -> ResultCard:
        assert self._place is not None  # noqa: S101 - asked for while a project is open
        seed = entry.request.get("seed")
        job = next(iter(self._place.queue.of(entry.id)), None)
        rendering = entry.status == "rendering" and job is not None
        return ResultCard(
            entry.id,
            entry.name,
            seed if isinstance(seed, int) else None,
            entry.seconds,
            _made(entry.created),
            entry.likeness,
            entry.low,
            entry.starred,
            entry.status if rendering or entry.status != "rendering" else "partial",
            reason=self._reasons.get(entry.id, ""),
            settings=_settings(entry),
        )

    def _show_queue(self) -> None:
        place = self._place
        if place is not None:
            items = [_item(job) for job in place.queue.jobs]
            self._strip.show_queue(items, paused=place.queue.paused)

    # -- what comes --------------------------------------------------------------------------------

    def _on_failed(self, job: Job, problem: UserError) -> None:
        self._reasons[job.owner] = problem.message
        self._host.reporter.problem(problem)
        self._host.on_change()

    def _on_gone(self, words: str) -> None:
        del words  # they are in the log, and in the job's own error
        self._host.on_change()

    def _on_pictured(self, identity: str) -> None:
        self._read_thumbnails([identity])

    def _read_thumbnails(self, ids: Sequence[str]) -> None:
        place = self._place
        if place is None:
            return
        entries = [e for i in ids if isinstance(e := place.project.get(i), ResultEntry)]
        paths = {e.id: place.project.path(e.thumbnail) for e in entries if e.thumbnail}

        def read() -> None:
            for identity, path in paths.items():
                picture = _picture(path)
                if picture is not None:
                    on_gui_thread(self._strip.set_thumbnail, identity, picture)

        if paths:
            in_background(read, "thumbnails of results")


def _picture(path: Path) -> npt.NDArray[np.uint8] | None:
    from PIL import Image

    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError):
        return None


def _item(job: Job) -> QueueItem:
    return QueueItem(
        job.id,
        job.entry.title,
        job.status,
        round(1000 * job.done / job.total) if job.total > 0 else 0,
        1000 if job.total > 0 else 0,
        job.words,
        job.left,
    )


def _made(created: str) -> str:
    made = datetime.fromisoformat(created)
    today = datetime.now().astimezone().date()
    return f"{made:%H:%M}" if made.date() == today else f"{made:%d %b}"


def _settings(entry: ResultEntry) -> str:
    request = entry.request
    parts = [str(request.get("model") or ""), str(request.get("preset") or "")]
    steps = request.get("steps")
    if steps:
        parts.append(f"{steps} steps")
    parts.append(f"{len(entry.edits)} edits")
    return " · ".join(part for part in parts if part)
