"""A folder's slides as thumbnails, in a dock of napari."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import napari
import numpy as np
import numpy.typing as npt
from napari.utils.notifications import show_warning
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.state.folder import FolderWatch, Listing
from ssldiff_gui.state.thumbnails import Thumbnails
from ssldiff_gui.viewer.gui_thread import on_gui_thread
from ssldiff_gui.viewer.napari_plugin.choices import PLUGIN
from ssldiff_gui.viewer.napari_plugin.host_theme import HostTheme
from ssldiff_gui.viewer.napari_plugin.opened import OPENED
from ssldiff_gui.widgets.browser import Browser
from ssldiff_gui.widgets.slide_list import Entry


class BrowserDock(QWidget):
    """Browses folders; a click opens a slide in the viewer.

    Parameters
    ----------
    napari_viewer
        Where slides are opened.
    """

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self._watch = FolderWatch(on_gui_thread)
        self._thumbnails = Thumbnails(deliver=on_gui_thread)
        self.browser = Browser()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.browser)
        self._theme = HostTheme(self, napari_viewer)
        OPENED.follow(napari_viewer)
        self.browser.open_requested.connect(self.open)
        self.browser.folder_requested.connect(self.browse)
        self.browser.choose_requested.connect(self.choose)
        self.browser.wanted.connect(self._request)
        self._watch.listed.connect(self._show)
        self._watch.failed.connect(self._tell)
        self._thumbnails.ready.connect(self._on_thumbnail)
        self.destroyed.connect(self._thumbnails.close)

    def browse(self, folder: Path) -> None:
        """Show a folder, as soon as its drive answers."""
        self._thumbnails.forget_requests()
        self._watch.show(Path(folder))

    def choose(self) -> None:
        """Ask for a folder and show it."""
        folder = QFileDialog.getExistingDirectory(self, "Choose a folder of slides or scenes")
        if folder:
            self.browse(Path(folder))

    def open(self, path: Path) -> None:
        """Open a slide as layers of the viewer."""
        try:
            self._viewer.open(str(path), plugin=PLUGIN)
        except UserError as error:
            self._tell(error)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let the threads go."""
        self._thumbnails.close()
        self._theme.close()
        super().closeEvent(event)

    def _request(self, paths: Iterable[Path]) -> None:
        for path in reversed(list(paths)):
            self._thumbnails.request(path)

    def _show(self, listing: Listing) -> None:
        folders = [Entry(path, folder=True) for path in listing.folders]
        files = [Entry(path, caption=path.suffix.lstrip(".").upper()) for path in listing.files]
        self.browser.show_folder(listing.folder, folders + files)

    def _on_thumbnail(self, path: Path, rgb: npt.NDArray[np.uint8]) -> None:
        self.browser.set_thumbnail(path, rgb)

    def _tell(self, error: UserError) -> None:
        show_warning(str(error))
