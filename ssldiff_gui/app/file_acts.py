"""What can be done with files: open, browse, close, turn to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from ssldiff_gui.app.dialogs import AsksForFiles
from ssldiff_gui.core.errors import UserError
from ssldiff_gui.resources import resource_path
from ssldiff_gui.state.document import Document
from ssldiff_gui.state.folder import FolderWatch, Listing
from ssldiff_gui.state.session import Session
from ssldiff_gui.widgets.browser import Browser
from ssldiff_gui.widgets.slide_list import Entry

ANNOTATION_SUFFIXES = (".geojson", ".json", ".gpkg")
SAMPLE_SLIDE, SAMPLE_SCENE = "sample-slide.tif", "sample-scene.tif"


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
    watch
        Lists folders in the background.
    on_problem
        Told of what a person can mend.
    """

    def __init__(
        self,
        session: Session,
        dialogs: AsksForFiles,
        browser: Browser,
        watch: FolderWatch,
        on_problem: Callable[[UserError], None],
    ) -> None:
        self._session = session
        self._dialogs = dialogs
        self._watch = watch
        watch.listed.connect(lambda listing: browser.show_folder(*entries_of(listing)))
        watch.failed.connect(on_problem)
        session.opened.connect(self._on_opened)

    def open(self) -> None:
        """Ask for files and open them."""
        for path in self._dialogs.open_files(self._session.folder):
            self._session.open(path)
            if self._session.folder != path.parent:
                self.browse(path.parent)

    def choose_folder(self) -> None:
        """Ask for a folder and browse it."""
        folder = self._dialogs.folder(self._session.folder)
        if folder is not None:
            self.browse(folder)

    def browse(self, folder: Path) -> None:
        """Show a folder in the browser, as soon as its drive answers."""
        self._session.folder = folder
        self._watch.show(folder)

    def _on_opened(self, document: Document) -> None:
        """Browse the neighbours of the first file, while nobody chose another folder."""
        if self._session.folder is None and document.slide.has_file:
            self.browse(document.path.parent)

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
        self._session.open(resource_path("samples", name))

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


def entries_of(listing: Listing) -> tuple[Path, list[Entry]]:
    """Return a folder and what the browser shows of it."""
    folders = [Entry(path, folder=True) for path in listing.folders]
    files = [Entry(path, caption=path.suffix.lstrip(".").upper()) for path in listing.files]
    return listing.folder, folders + files
