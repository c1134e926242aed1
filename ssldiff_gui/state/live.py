"""Rendering while one paints: what is shown of the grid is what the picture follows.

There is at most one such job. Edits that come while it runs are taken together by the next one, so
that the picture is never more than one render behind and nothing piles up. A grid that was rendered
while its last stroke was being made is not rendered again when the stroke ends.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ssldiff_gui.core.edits import dump_edits
from ssldiff_gui.core.errors import BadRequest, UserError
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.project import ResultEntry, new_id
from ssldiff_gui.core.requests import GenerateRequest
from ssldiff_gui.state.background import Deliver, deliver_at_once, in_background
from ssldiff_gui.storage.grids import save_grid

if TYPE_CHECKING:
    from ssldiff_gui.state.bench import Bench, OpenGrid
    from ssldiff_gui.state.job_list import Job
    from ssldiff_gui.state.rendering import Rendering, Settings


class Live:
    """Keeps the result in view true to the grid, while "live" is on.

    Parameters
    ----------
    bench
        What is worked on.
    rendering
        Whose settings say whether, and how.
    deliver
        Runs a call in the thread where state may change.
    """

    def __init__(self, bench: Bench, rendering: Rendering, deliver: Deliver | None = None) -> None:
        self._bench, self._rendering = bench, rendering
        self._deliver = deliver or deliver_at_once
        self._followed: OpenGrid | None = None
        self._job = ""
        self._busy = False
        self._stale = False
        self._rendered: tuple[str, EmbeddingGrid] | None = None
        bench.grid_changed.connect(self._on_grid)
        rendering.settings_changed.connect(self._on_settings)
        bench.queue.finished.connect(self._on_ended)
        bench.queue.failed.connect(self._on_broken)
        bench.queue.cancelled.connect(self._on_broken)

    def close(self) -> None:
        """Stop following."""
        self._on_grid(None)
        self._bench.grid_changed.disconnect(self._on_grid, missing_ok=True)
        self._rendering.settings_changed.disconnect(self._on_settings, missing_ok=True)
        queue = self._bench.queue
        queue.finished.disconnect(self._on_ended, missing_ok=True)
        queue.failed.disconnect(self._on_broken, missing_ok=True)
        queue.cancelled.disconnect(self._on_broken, missing_ok=True)

    def _on_grid(self, opened: OpenGrid | None) -> None:
        if self._followed is not None:
            self._followed.editor.changed.disconnect(self._on_edit, missing_ok=True)
        self._followed, self._rendered = opened, None
        if opened is not None:
            opened.editor.changed.connect(self._on_edit)

    def _on_settings(self, settings: Settings) -> None:
        if settings.live:
            self._on_edit()

    def _on_edit(self, _: object = None) -> None:
        if self._rendering.settings.live:
            self._stale = True
            self._next()

    def _on_ended(self, job: Job, _: object = None) -> None:
        if job.entry.id == self._job:
            self._job, self._busy = "", False
            self._next()

    def _on_broken(self, job: Job, _: object = None) -> None:
        if job.entry.id == self._job:
            self._rendered = None
        self._on_ended(job)

    def _next(self) -> None:
        opened = self._followed
        if not self._stale or self._busy or opened is None:
            return
        self._stale = False
        result = self._bench.result
        if result is None or result.grid != opened.id or result.status == "rendering":
            return  # there is no picture to follow yet; Generate makes one
        self._busy = True
        try:
            self._begin(opened, result)
        except UserError as error:
            self._busy = False
            self._rendering.set(live=False)
            self._bench.failed.emit(error)

    def _begin(self, opened: OpenGrid, result: ResultEntry) -> None:
        bench = self._bench
        before = GenerateRequest.model_validate(result.request)
        if before.region is not None:
            raise BadRequest(
                f"Only a part of {result.name} was rendered: it cannot follow edits.",
                "Render the whole grid, then switch live on again.",
            )
        editor = opened.editor
        grid, edits = editor.shown, tuple(editor.edits)
        path = bench.path(f"grids/{result.id}.{new_id()[:8]}.asked.safetensors")
        request = before.model_copy(
            update={"grid": str(path), "canvas": str(bench.path(result.canvas)), "resume": True}
        )
        record = bench.record_now(grid, edits)
        known = self._rendered

        def write() -> None:
            if known is not None and known[0] == result.id and _same(known[1], grid):
                self._deliver(self._needless)
                return
            try:
                save_grid(path, grid, edits=record.edits, notes=record.notes)
            except UserError as error:
                problem = error
                self._deliver(lambda: self._unwritten(problem))
            else:
                self._deliver(lambda: self._submit(result.id, request, path, grid))

        in_background(write, "follow an edit")
        entry = bench.project.get(result.id)
        if isinstance(entry, ResultEntry):
            bench.project.put(entry.model_copy(update={"edits": tuple(dump_edits(edits))}))

    def _submit(
        self, result: str, request: GenerateRequest, path: Path, grid: EmbeddingGrid
    ) -> None:
        if not isinstance(self._bench.project.get(result), ResultEntry):
            path.unlink(missing_ok=True)
            self._busy = False
            return
        queue = self._bench.queue
        self._rendered = result, grid
        self._job = queue.add(request, "Follow the edit", owner=result, front=True)
        running = queue.running
        if running is not None and running.kind == "check" and running.owner == result:
            queue.cancel(running.id)  # the picture is about to be another, and is checked then

    def _needless(self) -> None:
        self._busy = False
        self._next()

    def _unwritten(self, problem: UserError) -> None:
        self._busy = False
        self._rendering.set(live=False)
        self._bench.failed.emit(problem)


def _same(a: EmbeddingGrid, b: EmbeddingGrid) -> bool:
    """Return whether two states of one grid render to the same picture."""
    return np.array_equal(a.vectors, b.vectors) and np.array_equal(a.mask, b.mask)
