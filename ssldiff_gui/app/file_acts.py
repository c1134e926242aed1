"""What can be done with files: open, browse, close, turn to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from ssldiff_gui.app.folder_listing import list_folder
from ssldiff_gui.core.errors import UserError
from ssldiff_gui.resources import resource_path
from ssldiff_gui.state.background import in_background
from ssldiff_gui.state.session import Session
from ssldiff_gui.viewer.gui_thread import on_gui_thread
from ssldiff_gui.widgets.browser import Browser
from ssldiff_gui.widgets.slide_list import Entry

ANNOTATION_SUFFIXES = (".geojson", ".json", ".gpkg")
SAMPLE_SLIDE, SAMPLE_SCENE = "sample-slide.tif", "sample-scene.tif"


class AsksForFiles(Protocol):
    """Whoever asks for slides and folders: the system's dialogs, or a test."""

    def open_files(self, folder: Path | None) -> list[Path]:
        """Ask for slides or scenes."""
        ...

    def folder(self, folder: Path | None) -> Path | None:
        """Ask for a folder."""
        ...


class FileActs:
    """Opens and closes files and shows folders.

    Parameters
    ----------
    session
        What is open.
    dialogs
        Asks for files.
    browser
        Shows folders.
    on_problem
        Told of what a person can mend.
    """

    def __init__(
        self,
        session: Session,
        dialogs: AsksForFiles,
        browser: Browser,
        on_problem: Callable[[UserError], None],
    ) -> None:
        self._session = session
        self._dialogs = dialogs
        self._browser = browser
        self._on_problem = on_problem
        self._listings = 0

    def open(self) -> None:
        """Ask for files and open them."""
        for path in self._dialogs.open_files(self._session.folder):
            self._session.open(path)
            self._session.folder = path.parent

    def choose_folder(self) -> None:
        """Ask for a folder and browse it."""
        folder = self._dialogs.folder(self._session.folder)
        if folder is not None:
            self.browse(folder)

    def browse(self, folder: Path) -> None:
        """Show a folder in the browser, as soon as its drive answers."""
        self._session.folder = folder
        self._listings += 1
        listing = self._listings

        def look() -> None:
            try:
                entries = list_folder(folder)
            except UserError as error:
                on_gui_thread(self._on_problem, error)
            else:
                on_gui_thread(show, entries)

        def show(entries: list[Entry]) -> None:
            if listing == self._listings:  # a slow drive answers after another was chosen
                self._browser.show_folder(folder, entries)

        in_background(look, f"list {folder.name}")

    def take(self, dropped: Iterable[str | Path]) -> tuple[Path, ...]:
        """Open what was dropped: slides are opened, the last folder is browsed.

        Returns
        -------
        tuple of Path
            Files of annotations among them, for the picture in view.
        """
        annotations = []
        for item in dropped:
            path = Path(item)
            if isinstance(item, str):
                self._session.open(item)  # an address: refused, with the reason
            elif path.suffix.lower() in ANNOTATION_SUFFIXES:
                annotations.append(path)
            elif path.is_dir() and path.suffix.lower() not in (".zarr", ".mrxs"):
                self.browse(path)
            else:
                self._session.open(path)
        return tuple(annotations)

    def sample_slide(self) -> None:
        """Open the slide that comes with the studio."""
        self._sample(SAMPLE_SLIDE)

    def sample_scene(self) -> None:
        """Open the scene that comes with the studio."""
        self._sample(SAMPLE_SCENE)

    def _sample(self, name: str) -> None:
        path = resource_path("samples", name)
        self._session.open(path)
        if self._session.folder is None:
            self.browse(path.parent)

    def reload(self) -> None:
        """Close the file in view and open it again."""
        document = self._session.current
        if document is not None:
            scene, camera = document.scene_index, document.view
            self._session.close(document)
            self._session.open(document.path, scene=scene, camera=camera)

    def close(self) -> None:
        """Close the file in view."""
        if self._session.current is not None:
            self._session.close(self._session.current)

    def close_others(self) -> None:
        """Close all files but the one in view."""
        for document in self._session.documents:
            if document is not self._session.current:
                self._session.close(document)

    def next(self) -> None:
        """Turn to the next open file."""
        self._turn(1)

    def previous(self) -> None:
        """Turn to the open file before."""
        self._turn(-1)

    def _turn(self, step: int) -> None:
        documents, current = self._session.documents, self._session.current
        if current is not None:
            place = (documents.index(current) + step) % len(documents)
            self._session.activate(documents[place])
