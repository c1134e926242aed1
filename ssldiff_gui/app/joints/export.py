"""Exporting what is on the bench: the dialog, the work, and where it went."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt

from ssldiff_gui.app.joints import export_offers as offers
from ssldiff_gui.app.joints.export_offers import CanvasFacts
from ssldiff_gui.app.joints.export_stock import Stock, facts_of
from ssldiff_gui.app.joints.joint import Frame, Ties
from ssldiff_gui.app.joints.opening import open_folder
from ssldiff_gui.core.errors import BadRequest, UserError
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.project import GridEntry, ResultEntry, SlideEntry
from ssldiff_gui.core.requests import AnyRequest, ExportRequest, FigureRequest
from ssldiff_gui.state.background import in_background
from ssldiff_gui.state.project_slides import find_slide
from ssldiff_gui.storage import annotation_files
from ssldiff_gui.storage.grid_files import write_grid
from ssldiff_gui.storage.marking import marked
from ssldiff_gui.viewer.gui_thread import on_gui_thread
from ssldiff_gui.viewer.joints.in_view import canvas_in_view
from ssldiff_gui.viewer.joints.words import bytes_text
from ssldiff_gui.widgets.export_dialog import (
    ExportChoice,
    ExportDialog,
    ExportFormat,
    ExportWhat,
)

if TYPE_CHECKING:
    from qtpy.QtWidgets import QMainWindow

    from ssldiff_gui.app.dialogs import AsksForFiles
    from ssldiff_gui.state.bench import OpenGrid
    from ssldiff_gui.state.job_list import Job
    from ssldiff_gui.state.workplace import Workplace

log = logging.getLogger(__name__)

PICTURE_JOBS = {"export": "Exported", "figure": "The figure is drawn"}


class ExportJoint:
    """Joins the export dialog to what there is, and its answer to the queue.

    Parameters
    ----------
    frame
        What all joints share.
    window
        What the dialog belongs to.
    dialogs
        Asks where files go.
    """

    def __init__(self, frame: Frame, window: QMainWindow, dialogs: AsksForFiles) -> None:
        self._frame, self._window, self._dialogs = frame, window, dialogs
        self._ties = Ties()
        self._place: Workplace | None = None
        self._stock = Stock()
        self._wish = 0
        self.dialog: ExportDialog | None = None
        self.show_folder: Callable[[Path], None] = open_folder

    def enter(self, place: Workplace) -> None:
        """Follow a project."""
        self._place = place
        self._ties.tie(place.queue.finished, self._on_finished)

    def leave(self) -> None:
        """Follow none any more."""
        self._ties.loose()
        self._place = None
        self._wish += 1
        if self.dialog is not None:
            self.dialog.reject()

    def refresh(self) -> None:
        """Leave the dialog alone: it offers what was there when it was opened."""

    # -- acts --------------------------------------------------------------------------------------

    def export(self) -> None:
        """Offer all that is on the bench."""
        self._offer(None if self._place is None else self._place.bench.result)

    def export_result(self, identity: str) -> None:
        """Offer a result, that of another grid too."""
        entry = None if self._place is None else self._place.project.get(identity)
        if isinstance(entry, ResultEntry):
            self._offer(entry, "canvas")

    def figure(self) -> None:
        """Ask where the comparison figure goes, and have it drawn."""
        entry = None if self._place is None else self._place.bench.result
        if entry is None or entry.status != "done":
            self._frame.reporter.problem(
                UserError("There is no whole result to draw.", "Render the grid first.")
            )
            return
        suggested = self._folder() / f"{self._stock_of(entry).name}-figure.png"
        path = self._ask(suggested, offers.FIGURE)
        if path is not None:
            self._draw(entry, path)

    # -- the dialog --------------------------------------------------------------------------------

    def _offer(self, entry: ResultEntry | None, chosen: ExportWhat | None = None) -> None:
        """Read what the canvas is, beside the window, then show the dialog."""
        if self.dialog is not None:
            self.dialog.raise_()
            return
        self._wish += 1
        wish, place = self._wish, self._place
        if place is None or entry is None:
            self._show(wish, self._stock_of(None), chosen)
            return
        path = place.bench.path(entry.canvas)

        def read() -> None:
            facts, problem = None, ""
            try:
                facts = facts_of(path)
            except UserError as error:
                problem = error.message
            on_gui_thread(lambda: self._show(wish, self._stock_of(entry, facts, problem), chosen))

        in_background(read, f"look at {path.name}")

    def _stock_of(
        self, entry: ResultEntry | None, facts: CanvasFacts | None = None, problem: str = ""
    ) -> Stock:
        opened, place = self._opened, self._place
        kept = None if place is None else place.bench.entry
        box = None if entry is None or facts is None else self._in_view(entry, facts)
        name = "" if kept is None else kept.name
        return Stock(self._frame.session.current, entry, facts, problem, box, opened, name)

    def _show(self, wish: int, stock: Stock, chosen: ExportWhat | None) -> None:
        if wish != self._wish or self.dialog is not None:
            return
        self._stock, found = stock, stock.offers
        if all(offer.missing for offer in found):
            self._frame.reporter.tell(
                "There is nothing to export yet.", "Draw a region, embed it, or render a grid."
            )
            return
        dialog = ExportDialog(self._ask, self._folder(), self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.changed.connect(self._estimate)
        dialog.decided.connect(self._decide)
        dialog.finished.connect(self._closed)
        self.dialog = dialog
        dialog.show_offers(found, chosen)
        dialog.open()

    def _closed(self) -> None:
        self.dialog = None

    def _estimate(self, choice: ExportChoice) -> None:
        """Say about how large the file becomes, where that can be told."""
        if self.dialog is not None:
            self.dialog.show_estimate(self._stock.size_words(choice))

    # -- doing it ----------------------------------------------------------------------------------

    def _ask(self, suggested: Path, kind: ExportFormat) -> Path | None:
        """Ask where to; what is synthetic gets its name here, so that nothing is overwritten."""
        path = self._dialogs.save_file(suggested, f"{kind.title} (*{kind.suffix})")
        if path is None:
            return None
        self._frame.settings.export_folder = path.parent
        if kind.key not in {*offers.PICTURES, offers.FIGURE.key}:
            return path
        named = marked(path)
        if named != path and named.exists():
            self._frame.reporter.problem(
                BadRequest(
                    f"{named.name} is there already.",
                    "“synthetic” belongs into the file's name: choose another one with it.",
                )
            )
            return None
        return named

    def _decide(self, choice: ExportChoice) -> None:
        entry, place = self._stock.entry, self._place
        if choice.path is None:
            return
        if choice.what == "grid":
            self._write_grid(choice.path, choice.format)
        elif choice.what == "annotations":
            self._write_shapes(choice.path)
        elif entry is not None and choice.what == "figure":
            self._draw(entry, choice.path)
        elif entry is not None and place is not None:
            box = self._stock.box if choice.what == "region" else None
            request = ExportRequest(
                canvas=str(place.bench.path(entry.canvas)),
                output=str(choice.path),
                region=None if box is None else offers.corner_of(box),
                level=choice.level,
            )
            self._add(request, f"Export {entry.name}")

    def _draw(self, entry: ResultEntry, path: Path) -> None:
        """Have the figure drawn; a slide that is not open is looked for beside the window."""
        place = self._place
        if place is None:
            return
        grid = place.project.get(entry.grid)
        document = place.bench.document_of(grid) if isinstance(grid, GridEntry) else None
        slide = place.project.get(grid.slide or "") if isinstance(grid, GridEntry) else None
        request = FigureRequest(
            canvas=str(place.bench.path(entry.canvas)),
            output=str(path),
            scene=grid.scene if isinstance(grid, GridEntry) else 0,
            check=str(place.bench.path(entry.check)) if entry.check else None,
        )
        title, folder = f"Draw the figure of {entry.name}", place.project.folder
        if document is not None and document.trouble is None and document.slide.has_file:
            self._add(request.model_copy(update={"slide": str(document.path)}), title)
        elif isinstance(slide, SlideEntry):
            in_background(lambda: self._look_for(slide, folder, request, title), "find slide")
        else:
            self._add(request, title)

    def _look_for(
        self, slide: SlideEntry, folder: Path, request: FigureRequest, title: str
    ) -> None:
        """Find a slide that may have been moved; without it, the figure shows the rest."""
        try:
            found = str(find_slide(slide, folder))
        except UserError as error:
            log.info("the figure goes without its slide: %s", error)
        else:
            request = request.model_copy(update={"slide": found})
        on_gui_thread(self._add, request, title)

    def _add(self, request: AnyRequest, title: str) -> None:
        if self._place is None:
            return
        try:
            self._place.queue.add(request, title)
        except UserError as error:
            self._frame.reporter.problem(error)

    def _write_grid(self, path: Path, form: str) -> None:
        opened, place = self._opened, self._place
        if opened is None or place is None:
            return
        editor = opened.editor
        record = place.bench.record_now(editor.grid, editor.edits)
        if form == "clam":
            self._write(path, lambda: write_grid(path, record, "clam"), "The grid is exported.")
        else:
            self._write(path, lambda: write_grid(path, record), "The grid is exported.")

    def _write_shapes(self, path: Path) -> None:
        document = self._frame.session.current
        if document is None:
            return
        content, georeference = document.editor.content, document.scene.georeference
        self._write(
            path,
            lambda: annotation_files.write_file(path, content, georeference),
            "The annotations are exported.",
        )

    def _write(self, path: Path, write: Callable[[], None], words: str) -> None:
        """Write a small file beside the window, and say how it went."""

        def work() -> None:
            try:
                write()
            except UserError as error:
                on_gui_thread(self._frame.reporter.problem, error)
            else:
                on_gui_thread(self._done, words, path)

        in_background(work, f"export {path.name}")

    # -- afterwards --------------------------------------------------------------------------------

    def _on_finished(self, job: Job, result: dict[str, object]) -> None:
        """Say where it is; what fails is said by the queue."""
        words = PICTURE_JOBS.get(job.kind)
        if words is None:
            return
        path = Path(str(result.get("output") or job.entry.request.get("output")))
        size = result.get("bytes")
        measured = f", {bytes_text(size)}" if isinstance(size, int) else ""
        self._done(f"{words}{measured}.", path)

    def _done(self, words: str, path: Path) -> None:
        act = ("Open folder", lambda: self.show_folder(path))
        self._frame.reporter.done(words, str(path), act)

    # -- what is known -----------------------------------------------------------------------------

    @property
    def _opened(self) -> OpenGrid | None:
        return None if self._place is None else self._place.bench.open

    def _in_view(self, entry: ResultEntry, facts: CanvasFacts) -> Box | None:
        """Return the part in view, when the result is the one that is shown, and not all is."""
        opened, place = self._opened, self._place
        shown = None if place is None else place.bench.result
        if opened is None or shown is None or shown.id != entry.id or opened.id != entry.grid:
            return None
        box = canvas_in_view(opened, self._frame.parts.original.view)
        return None if box is None or (box.width, box.height) == facts.levels[0] else box

    def _folder(self) -> Path:
        """Return where the last export went, else where the slide lies."""
        known = self._frame.settings.export_folder
        document = self._frame.session.current
        if known is not None:
            return known
        has_file = document is not None and document.slide.has_file
        return document.path.parent if document is not None and has_file else Path.home()
