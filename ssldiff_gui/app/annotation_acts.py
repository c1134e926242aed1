"""What can be done with annotations, from menus, shortcuts and the palette."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from ssldiff_gui.app.dialogs import AsksForFiles
from ssldiff_gui.app.reporter import Reporter
from ssldiff_gui.app.view_pane import ViewPane
from ssldiff_gui.core.annotations import AnnotationSet
from ssldiff_gui.core.errors import UserError
from ssldiff_gui.state.background import in_background
from ssldiff_gui.state.document import Document
from ssldiff_gui.state.session import Session
from ssldiff_gui.storage import annotation_files
from ssldiff_gui.viewer.gui_thread import on_gui_thread
from ssldiff_gui.widgets.annotation_panel import AnnotationPanel


class AnnotationActs:
    """Acts on the annotations of the scene in view.

    Parameters
    ----------
    session
        What is open.
    dialogs
        Asks for files.
    panel
        The list.
    pane
        The view they are drawn in.
    reporter
        Says how it went.
    """

    def __init__(
        self,
        session: Session,
        dialogs: AsksForFiles,
        panel: AnnotationPanel,
        pane: ViewPane,
        reporter: Reporter,
    ) -> None:
        self._session = session
        self._dialogs = dialogs
        self._panel = panel
        self._pane = pane
        self._reporter = reporter
        panel.import_requested.connect(self.read_file)
        panel.export_requested.connect(self.write_file)
        panel.zoom_requested.connect(self.zoom_to)
        panel.failed.connect(reporter.problem)

    def rename(self) -> None:
        """Put the cursor into the name of what is selected."""
        self._panel.rename_selected()

    def delete(self) -> None:
        """Delete what is selected."""
        self._panel.delete_selected()

    def lock(self) -> None:
        """Lock or unlock what is selected."""
        self._panel.toggle_lock()

    def zoom(self) -> None:
        """Look at what is selected."""
        self._panel.zoom_to_selected()

    def zoom_to(self, identity: UUID) -> None:
        """Look at one annotation."""
        document = self._session.current
        annotation = document.editor.get(identity) if document is not None else None
        if annotation is not None and self._pane.view is not None:
            self._pane.view.zoom_to(annotation.bounds)

    def select_all(self) -> None:
        """Select all annotations."""
        if self._session.current is not None:
            editor = self._session.current.editor
            editor.select(annotation.id for annotation in editor.annotations)

    def select_none(self) -> None:
        """Select nothing."""
        if self._session.current is not None:
            self._session.current.editor.select(())

    def read_file(self) -> None:
        """Ask for a file of annotations and import it."""
        document = self._session.current
        if document is not None:
            path = self._dialogs.open_annotations(document.path.parent)
            if path is not None:
                self.read_from(path)

    def read_from(self, path: Path) -> None:
        """Import a file into the scene in view, in the background; one step to undo."""
        document = self._session.current
        if document is None:
            self._reporter.problem(
                UserError(f"{path.name} needs a picture.", "Open its slide first, then import.")
            )
            return
        scene = document.scene_index
        georeference = document.scene.georeference

        def read() -> None:
            try:
                content = annotation_files.read_file(path, georeference)
            except UserError as error:
                on_gui_thread(self._panel.failed.emit, error)
            else:
                on_gui_thread(self._arrived, document, scene, path, content)

        in_background(read, f"import {path.name}")

    def _arrived(self, document: Document, scene: int, path: Path, content: AnnotationSet) -> None:
        if document in self._session.documents:
            added = document.editors[scene].load(content, f"Import {path.name}")
            self._reporter.done(f"{_count(added)} imported.", path.name)

    def write_file(self) -> None:
        """Ask where to, and export."""
        document = self._session.current
        if document is None:
            return
        geographic = document.scene.georeference is not None
        suggested = document.path.with_name(f"{document.path.stem}.geojson")
        path = self._dialogs.save_annotations(suggested, geographic)
        if path is not None:
            self.write_to(path)

    def write_to(self, path: Path) -> None:
        """Export the annotations of the scene in view, in the background."""
        document = self._session.current
        if document is None:
            return
        content, georeference = document.editor.content, document.scene.georeference

        def write() -> None:
            try:
                annotation_files.write_file(path, content, georeference)
            except UserError as error:
                on_gui_thread(self._panel.failed.emit, error)
            else:
                text = f"{_count(len(content.annotations))} exported."
                on_gui_thread(self._reporter.done, text, str(path))

        in_background(write, f"export {path.name}")


def _count(number: int) -> str:
    return f"{number:,} annotation" + ("" if number == 1 else "s")
