"""The right view: the result that is shown, at its place beside the original, while it is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QTimer

from ssldiff_gui.app import parts as pages
from ssldiff_gui.app.joints.joint import Frame, Ties
from ssldiff_gui.core.errors import BadRequest, UserError
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.state.background import in_background
from ssldiff_gui.state.document import Document
from ssldiff_gui.storage.growing import GrowingCanvas
from ssldiff_gui.viewer.gui_thread import on_gui_thread
from ssldiff_gui.viewer.joints.made import Made, made_of

if TYPE_CHECKING:
    from ssldiff_gui.state.job_list import Job
    from ssldiff_gui.state.workplace import Workplace
    from ssldiff_gui.viewer.scene_view import SceneView

SETTLED_MS = 1500
"""After this long the views have the sizes they keep."""


class BesideJoint:
    """Shows one canvas while the document it belongs to is in view.

    Parameters
    ----------
    frame
        What all joints share.
    """

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._ties = Ties()
        self._place: Workplace | None = None
        self._original: SceneView | None = None
        self._synthetic: SceneView | None = None
        self._made: Made | None = None
        self._by_path: Made | None = None
        self._document: Document | None = None
        self._of: Document | None = None
        self._hint = ""
        self.followers: list[Callable[[Made | None], None]] = []
        """Called with (Made or None) when another canvas is shown."""

    @property
    def made(self) -> Made | None:
        """What is shown, while it is."""
        return self._made if self._document is not None else None

    # -- views and projects ------------------------------------------------------------------------

    def attach(self, original: SceneView, synthetic: SceneView) -> None:
        """Take the views, once they have been made."""
        self._original, self._synthetic = original, synthetic
        original.shown.connect(self._follow)
        self._follow()

    def detach(self) -> None:
        """Let go of them."""
        if self._original is not None:
            self._original.shown.disconnect(self._follow, missing_ok=True)
        self._original = self._synthetic = None
        self._put(None)

    def enter(self, place: Workplace) -> None:
        """Follow a project."""
        self._place = place
        tie, queue = self._ties.tie, place.queue
        tie(place.bench.result_changed, lambda _: self._follow())
        tie(place.bench.grid_changed, lambda _: self._follow())
        tie(queue.preview, self._on_preview)
        tie(queue.tile_written, self._on_tile)
        tie(queue.finished, self._on_end)
        tie(queue.cancelled, self._on_end)
        tie(queue.failed, self._on_end)
        self._follow()

    def leave(self) -> None:
        """Follow none any more."""
        self._ties.loose()
        self._place = None
        self._follow()

    def refresh(self) -> None:
        """Show what holds now."""
        self._follow()

    def show(self, path: Path) -> None:
        """Open a canvas of its own and show it as soon as its slide is there."""

        def fetch() -> None:
            try:
                made = opened(path)
            except UserError as error:
                on_gui_thread(self._frame.reporter.problem, error)
            else:
                on_gui_thread(self._take, made)

        in_background(fetch, f"open {path.name} beside")

    # -- what is shown -----------------------------------------------------------------------------

    def _take(self, made: Made) -> None:
        self._by_path = made
        self._follow()

    def _wanted(self) -> Made | None:
        """Return what belongs beside the document in view."""
        current, place = self._frame.session.current, self._place
        if current is None:
            return None
        opened_grid = None if place is None else place.bench.open
        entry = None if place is None else place.bench.result
        if (
            place is not None
            and opened_grid is not None
            and entry is not None
            and entry.grid == opened_grid.id
            and opened_grid.document is current
        ):
            if self._made is not None and self._made.id == entry.id:
                return self._made
            return made_of(place, opened_grid, entry)
        given = self._by_path
        return given if given is not None and current.path.name == given.source else None

    def _follow(self, _: object = None) -> None:
        """Show the canvas beside its own slide, and beside no other."""
        if self._original is None or self._synthetic is None:
            return
        current = self._frame.session.current
        if current is not None and not self._frame.parts.synthetic.isVisible():
            return  # the views are about to change their sizes
        self._say_next()
        if self._original.document is not current:
            return
        wanted = self._wanted()
        if wanted is not self._made or (wanted is not None and self._of is not current):
            self._put(wanted)
        elif wanted is not None and self._synthetic.document is None:
            self._synthetic.show(self._document)

    def _put(self, wanted: Made | None) -> None:
        """Show another canvas, or none."""
        before, by_path = self._made, self._by_path
        self._made, self._of = wanted, self._frame.session.current
        self._document = None
        if wanted is not None and self._of is not None:
            self._document = self._document_of(wanted, self._of)
        if self._synthetic is not None:
            if self._document is not None and self._original is not None:
                self._document.view = self._original.camera  # both look at the same place
            self._synthetic.show(self._document)
        if before is not None and before is not by_path and before is not wanted:
            in_background(before.canvas.slide.close, "close a canvas")
        for follower in self.followers:
            follower(self.made)
        if wanted is not None and wanted is by_path and self._original is not None:
            self._settle(self._original)

    def _document_of(self, made: Made, original: Document) -> Document:
        from ssldiff_gui.slides.placed import placed

        if made.region is None:
            return Document(made.canvas.slide)
        return Document(placed(made.canvas.slide, made.region, original.scene))

    def _settle(self, view: SceneView) -> None:
        """Go there now, and again while the views still come to their sizes."""
        size = view.model.canvas.events.size
        size.connect(self._go_there)
        QTimer.singleShot(SETTLED_MS, lambda: size.disconnect(self._go_there))
        self._go_there()

    def _go_there(self, _: object = None) -> None:
        """Bring the canvas' place into both views, which are linked."""
        view, made = self._original, self._made
        there = view is not None and view.document is self._of
        if there and view is not None and made is not None and made.region is not None:
            view.zoom_to(made.region.box)

    # -- what the worker says ----------------------------------------------------------------------

    def _canvas_of(self, job: str) -> GrowingCanvas | None:
        known = None if self._place is None else self._place.queue.get(job)
        if known is None or self._made is None or known.owner != self._made.id:
            return None
        return self._made.canvas if known.kind == "generate" else None

    def _on_preview(self, job: str, box: Box, picture: npt.NDArray[np.uint8]) -> None:
        canvas = self._canvas_of(job)
        if canvas is not None:
            canvas.set_preview(box, picture)

    def _on_tile(self, job: str, box: Box) -> None:
        canvas = self._canvas_of(job)
        if canvas is not None:
            canvas.tile_written(box)

    def _on_end(self, job: Job, _: object = None) -> None:
        if job.kind == "generate" and self._made is not None and job.owner == self._made.id:
            self._made.canvas.refresh()

    # -- the next step, in words -------------------------------------------------------------------

    def _say_next(self) -> None:
        """Say in the empty view what the next step of the path is."""
        place, parts = self._place, self._frame.parts
        opened_grid = None if place is None else place.bench.open
        region = bool(self._frame.session.current and self._frame.session.current.editor.selected)
        working = place is not None and any(job.kind == "embed" for job in place.queue.jobs)
        step = (
            "generate" if opened_grid is not None
            else "wait" if working else "embed" if region else "draw"
        )  # fmt: skip
        if step == self._hint:
            return
        self._hint = step
        title, text, act = _STEPS[step]
        wanted = {
            "draw": lambda: self._frame.choose_tool("rectangle"),
            "embed": lambda: self._frame.turn_to("Region"),
            "generate": lambda: self._frame.turn_to("Generate"),
        }
        button = (*act, wanted[step]) if act else None
        parts.synthetic.set_hint(pages.nothing_synthetic(title, text, button))


_STEPS: dict[str, tuple[str, str, tuple[str, str] | None]] = {
    "draw": (
        "Nothing here yet", "Draw a region on the left, then Embed.",
        ("Draw a rectangle", "rectangle-outline"),
    ),
    "embed": (
        "A region is marked", "Embed turns it into a grid of cells that you can edit.",
        ("Go to Embed", "grid"),
    ),
    "wait": ("Embedding…", "The grid appears over the slide as soon as it is there.", None),
    "generate": (
        "The grid is ready", "Edit its cells on the left, or generate an image of it as it is.",
        ("Go to Generate", "creation"),
    ),
}  # fmt: skip


def opened(path: Path) -> Made:
    """Open a canvas and read what it says of its origin; not in the window's thread."""
    from ssldiff_gui.storage.canvas import Canvas

    with Canvas.open(path) as canvas:
        grid = canvas.grid
    if grid.region is None or grid.source is None:
        raise BadRequest(
            f"{path.name} was not made from a place on a slide.", "Open it as a file of its own."
        )
    return Made("", GrowingCanvas.of(path), grid.region, grid.source.name)
