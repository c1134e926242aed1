"""What becomes of results: their state while they are rendered, their thumbnail, their check."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal
from pydantic import JsonValue

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.project import ResultEntry
from ssldiff_gui.core.requests import CheckRequest
from ssldiff_gui.state.background import Deliver, deliver_at_once, in_background
from ssldiff_gui.storage.canvas import Canvas

if TYPE_CHECKING:
    from ssldiff_gui.state.bench import Bench
    from ssldiff_gui.state.job_list import Job

THUMBNAIL = 256
"""Pixels of the longer side."""

DOUBT = 0.25
"""Share of low cells from which on the check map opens by itself."""


class ResultKeeping:
    """Follows the queue and writes down what came of each render and each check.

    Parameters
    ----------
    bench
        What is worked on.
    deliver
        Runs a call in the thread where state may change.
    """

    rendered = Signal(object)
    """(ResultEntry): it is whole."""
    checked = Signal(object)
    """(ResultEntry): its likeness is known."""
    pictured = Signal(str)
    """(id of a result): it has another thumbnail."""

    def __init__(self, bench: Bench, deliver: Deliver | None = None) -> None:
        self._bench = bench
        self._deliver = deliver or deliver_at_once
        self.checks_by_itself = True
        queue = bench.queue
        queue.finished.connect(self._on_finished)
        queue.failed.connect(self._on_failed)
        queue.cancelled.connect(self._on_ended)

    def close(self) -> None:
        """Stop following."""
        queue = self._bench.queue
        queue.finished.disconnect(self._on_finished, missing_ok=True)
        queue.failed.disconnect(self._on_failed, missing_ok=True)
        queue.cancelled.disconnect(self._on_ended, missing_ok=True)

    def check(self, result_id: str, *, front: bool = True) -> None:
        """Have a result embedded again and compared with its request."""
        entry = self._bench.project.get(result_id)
        if not isinstance(entry, ResultEntry):
            return
        output = self._bench.path(f"checks/{entry.id}.safetensors")
        output.parent.mkdir(parents=True, exist_ok=True)
        request = CheckRequest(canvas=str(self._bench.path(entry.canvas)), output=str(output))
        title = f"Check {entry.name}"
        self._bench.queue.add(request, title, entry.id, front=front, replaces=entry.id)

    def _result_of(self, job: Job, kind: str) -> ResultEntry | None:
        entry = self._bench.project.get(job.entry.owner)
        right = job.entry.request.get("kind") == kind
        return entry if right and isinstance(entry, ResultEntry) else None

    def _on_finished(self, job: Job, result: Mapping[str, JsonValue]) -> None:
        rendered = self._result_of(job, "generate")
        checked = self._result_of(job, "check")
        if rendered is not None:
            self._forget_asked(job)
            self._note_render(rendered, result)
        elif checked is not None:
            self._note_check(checked, result)

    def _note_render(self, entry: ResultEntry, result: Mapping[str, JsonValue]) -> None:
        whole = not result.get("missing") and not result.get("failed")
        seconds = result.get("seconds")
        changed = entry.model_copy(
            update={
                "status": "done" if whole else "partial",
                "seconds": seconds if isinstance(seconds, int | float) else None,
                "likeness": None,
                "low": None,
                "check": "",
            }
        )
        self._bench.project.put(changed)
        self._tell(changed)
        self.rendered.emit(changed)
        self._picture(changed)
        if whole and self.checks_by_itself:
            self.check(changed.id, front=False)

    def _note_check(self, entry: ResultEntry, result: Mapping[str, JsonValue]) -> None:
        likeness, low = result.get("mean"), result.get("low")
        changed = entry.model_copy(
            update={
                "likeness": likeness if isinstance(likeness, int | float) else None,
                "low": low if isinstance(low, int | float) else None,
                "check": f"checks/{entry.id}.safetensors",
            }
        )
        self._bench.project.put(changed)
        self._tell(changed)
        self.checked.emit(changed)

    def _on_failed(self, job: Job, _: UserError) -> None:
        entry = self._result_of(job, "generate")
        if entry is not None:
            self._stop(entry, "failed")
            self._forget_asked(job)

    def _on_ended(self, job: Job) -> None:
        entry = self._result_of(job, "generate")
        if entry is not None:
            self._stop(entry, "partial")
            self._forget_asked(job)

    def _stop(self, entry: ResultEntry, status: str) -> None:
        """Keep what was finished; a result of which nothing was made goes again."""
        canvas = self._bench.path(entry.canvas)
        if not canvas.exists() and status == "partial":
            self._bench.project.drop(entry.id)
            return
        changed = entry.model_copy(update={"status": status})
        self._bench.project.put(changed)
        self._tell(changed)
        self._picture(changed)

    def _tell(self, entry: ResultEntry) -> None:
        if self._bench.result is not None and self._bench.result.id == entry.id:
            self._bench.result_changed.emit(entry)

    def _forget_asked(self, job: Job) -> None:
        """Remove the grid that was written for the worker: the canvas holds a copy."""
        name = str(job.entry.request.get("grid", ""))
        if name.endswith(".asked.safetensors"):
            path = self._bench.path(f"grids/{Path(name).name}")
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _picture(self, entry: ResultEntry) -> None:
        canvas = self._bench.path(entry.canvas)
        name = f"thumbnails/{entry.id}.png"
        target = self._bench.path(name)

        def make() -> None:
            try:
                content = thumbnail(canvas)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            except (UserError, OSError):
                return  # a card without a picture says enough
            self._deliver(lambda: self._pictured(entry.id, name))

        in_background(make, f"thumbnail of {entry.name}")

    def _pictured(self, identity: str, name: str) -> None:
        entry = self._bench.project.get(identity)
        if isinstance(entry, ResultEntry):
            if entry.thumbnail != name:
                self._bench.project.put(entry.model_copy(update={"thumbnail": name}))
            self.pictured.emit(identity)


def thumbnail(path: Path) -> bytes:
    """Return a small PNG of a canvas."""
    from PIL import Image

    with Canvas.open(path) as canvas:
        level = next(
            (k for k, (w, h) in enumerate(canvas.levels) if max(w, h) <= 2 * THUMBNAIL),
            len(canvas.levels) - 1,
        )
        width, height = canvas.levels[level]
        pixels = canvas.read(Box(0, 0, width, height), level)
    picture = Image.fromarray(pixels)
    picture.thumbnail((THUMBNAIL, THUMBNAIL))
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()
