"""Takes a result out of the project, as a marked file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFileDialog, QWidget

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.project import ResultEntry
from ssldiff_gui.core.requests import ExportRequest
from ssldiff_gui.storage.marking import marked
from ssldiff_gui.viewer.joints.host import Reports, Ties

if TYPE_CHECKING:
    from ssldiff_gui.state.job_list import Job
    from ssldiff_gui.state.workplace import Workplace

FORMATS = "OME-TIFF (*.ome.tif);;PNG (*.png);;JPEG (*.jpg);;GeoTIFF (*.tif)"


class DockExport:
    """Asks for a file and has the worker write it; its name says that it is synthetic.

    Parameters
    ----------
    window
        What the dialog belongs to.
    reporter
        Says how it went.
    """

    def __init__(self, window: QWidget, reporter: Reports) -> None:
        self._window, self._reporter = window, reporter
        self._ties = Ties()
        self._place: Workplace | None = None
        self._jobs: set[str] = set()

    def enter(self, place: Workplace) -> None:
        """Follow a project."""
        self._place = place
        self._ties.tie(place.queue.finished, self._on_finished)

    def leave(self) -> None:
        """Follow none any more."""
        self._ties.loose()
        self._place = None
        self._jobs.clear()

    def refresh(self) -> None:
        """Nothing is shown here."""

    def ask(self, result: str = "") -> None:
        """Ask where a result is to go; the one in view when none is named."""
        entry = self._entry(result)
        if entry is None:
            return
        path, _ = QFileDialog.getSaveFileName(
            self._window, f"Export {entry.name}", f"{entry.name}.synthetic.ome.tif", FORMATS
        )
        if path:
            self.write(entry, Path(path))

    def write(self, entry: ResultEntry, path: Path) -> None:
        """Have a result written."""
        if self._place is None:
            return
        canvas = str(self._place.bench.path(entry.canvas))
        request = ExportRequest(canvas=canvas, output=str(marked(path)))
        try:
            self._jobs.add(self._place.queue.add(request, f"Export {entry.name}"))
        except UserError as error:
            self._reporter.problem(error)

    def _entry(self, result: str) -> ResultEntry | None:
        place = self._place
        found = None if place is None else place.project.get(result) if result else (
            place.bench.result)  # fmt: skip
        return found if isinstance(found, ResultEntry) else None

    def _on_finished(self, job: Job, result: dict[str, object]) -> None:
        if job.id in self._jobs:
            self._jobs.discard(job.id)
            path = result.get("output") or job.entry.request.get("output")
            self._reporter.done("The result is exported.", str(path))
