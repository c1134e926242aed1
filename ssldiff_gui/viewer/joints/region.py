"""The region at hand: what is selected on the slide, what embedding it takes, and Embed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssldiff_gui.core.annotations import Annotation
from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.inventory import InstalledModel
from ssldiff_gui.state.embedding import EmbedCost
from ssldiff_gui.viewer.joints.host import Host, Ties
from ssldiff_gui.viewer.joints.words import (
    bytes_text,
    duration_text,
    ground_text,
    pixels_text,
    work_of,
)
from ssldiff_gui.widgets.shown import Choice, RegionShown

if TYPE_CHECKING:
    from ssldiff_gui.state.bench import OpenGrid
    from ssldiff_gui.state.document import Document
    from ssldiff_gui.state.job_list import Job
    from ssldiff_gui.state.workplace import Workplace

LEAST_SIDE = 8
"""Pixels: what is smaller was a click that slipped."""


class RegionJoint:
    """Joins the inspector's first page to what is selected and to the embedding.

    Parameters
    ----------
    host
        Where the pages and views are.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._page = host.parts.region
        self._ties = Ties()
        self.place: Workplace | None = None
        self._job: Job | None = None
        self._fresh = ""
        """Id of a grid that was made here and has not been seen yet."""
        page = self._page
        page.embed_requested.connect(self.embed)
        page.draw_requested.connect(lambda: host.choose_tool("rectangle"))
        page.encoder_chosen.connect(self._choose_encoder)
        page.skip_background_changed.connect(self._skip)
        page.scale_requested.connect(host.parts.original.scale_requested)
        page.work.cancel_requested.connect(self._cancel)
        page.work.pause_requested.connect(lambda: self._pause(wanted=True))
        page.work.resume_requested.connect(lambda: self._pause(wanted=False))

    def enter(self, place: Workplace) -> None:
        """Follow a project."""
        self.place = place
        tie = self._ties.tie
        tie(place.queue.changed, self._host.on_change)
        tie(place.queue.progressed, self._on_progress)
        tie(place.queue.failed, self._on_failed)
        tie(place.models.changed, self._host.on_change)
        tie(place.embedding.done, self._on_done)
        tie(place.bench.grid_changed, self._on_grid)

    def leave(self) -> None:
        """Follow none any more."""
        self._ties.loose()
        self.place, self._job = None, None

    # -- what is at hand ---------------------------------------------------------------------------

    @property
    def at_hand(self) -> tuple[Document, Annotation, Box] | None:
        """The document, the annotation that marks the region, and the region."""
        document = self._host.session.current
        if document is None or not document.slide.has_file:
            return None
        drawn = [a for a in document.editor.selected if _box(a) is not None]
        if not drawn:
            return None
        box = _box(drawn[-1])
        assert box is not None  # noqa: S101 - only such were taken
        inside = box.intersect(document.scene.box)
        return None if inside.empty else (document, drawn[-1], inside)

    def refresh(self) -> None:
        """Show the region and what it takes."""
        place, found = self.place, self.at_hand
        document = self._host.session.current
        able = document is not None and document.slide.has_file
        self._job = None if place is None else _embedding(place)
        self._page.show_work(None if self._job is None else work_of(self._job))
        if place is None or found is None:
            self._page.show_region(None, can_draw=able)
            return
        document, annotation, box = found
        cost = place.embedding.cost(document, box)
        encoders = [_choice(entry) for entry in place.models.inventory.encoders]
        suited = place.embedding.suited(document)
        self._page.show_encoders(encoders, "" if suited is None else suited.name)
        self._page.show_skip_background(place.embedding.skip_background)
        problem = "" if cost.problem is None else str(cost.problem)
        if not place.models.known:
            problem = "Looking for encoders…"
        size = ground_text(box.width, box.height, document.scale)
        shown = RegionShown(annotation.title, size, pixels_text(box.width, box.height), problem)
        self._page.show_region(shown)
        self._page.show_cost("" if problem else _cost_words(cost))

    # -- acts --------------------------------------------------------------------------------------

    def embed(self) -> None:
        """Embed the region at hand."""
        place, found = self.place, self.at_hand
        if place is None or found is None:
            self._host.choose_tool("rectangle")
            self._host.turn_to("Region")
            return
        document, annotation, box = found
        self._page.show_problem(None)
        try:
            place.embedding.embed(document, box, annotation.title)
        except UserError as error:
            self._page.show_problem(error)
            self._host.turn_to("Region")
        self._host.on_change()

    def _choose_encoder(self, name: str) -> None:
        if self.place is not None:
            self.place.embedding.encoder = name
            self._host.on_change()

    def _skip(self, skip: bool) -> None:
        if self.place is not None:
            self.place.embedding.skip_background = skip

    def _cancel(self) -> None:
        if self.place is not None and self._job is not None:
            self.place.queue.cancel(self._job.id)

    def _pause(self, *, wanted: bool) -> None:
        if self.place is not None:
            (self.place.queue.pause if wanted else self.place.queue.resume)()

    # -- what the worker says ----------------------------------------------------------------------

    def _on_progress(self, job: Job) -> None:
        if self._job is not None and job.id == self._job.id:
            self._page.show_work(work_of(job))

    def _on_failed(self, job: Job, problem: UserError) -> None:
        if job.kind == "embed":
            self._page.show_problem(problem)

    def _on_done(self, grid: str) -> None:
        self._fresh = grid
        self._host.choose_tool("hand")
        self._host.turn_to("Grid")
        self._host.on_change()

    def _on_grid(self, opened: OpenGrid | None) -> None:
        """Come near to a grid that was just made: its cells are to be seen one by one."""
        view = self._host.parts.original.view
        if opened is None or view is None or opened.id != self._fresh:
            return
        self._fresh = ""
        region = opened.editor.original.region
        if region is not None and view.document is opened.document:
            view.zoom_to(region.box)


def _embedding(place: Workplace) -> Job | None:
    """Return the embedding that runs or waits."""
    return next((job for job in place.queue.jobs if job.kind == "embed"), None)


def _box(annotation: Annotation) -> Box | None:
    left, top, right, bottom = annotation.bounds
    box = Box.covering(left, top, right, bottom)
    return box if min(box.width, box.height) >= LEAST_SIDE else None


def _choice(entry: InstalledModel) -> Choice:
    assert entry.model is not None  # noqa: S101 - an encoder was read
    return Choice(entry.name, entry.title, entry.model.licence.name)


def _cost_words(cost: EmbedCost) -> str:
    parts = [f"{cost.rows * cost.columns:,} cells"]
    if cost.seconds is not None:
        parts.append(duration_text(cost.seconds))
    parts.append(bytes_text(cost.bytes))
    words = " · ".join(parts)
    return f"{words}\n{cost.large}" if cost.large else words
