"""Things that the system shows for us: folders in its file browser, addresses in its own."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QUrl
from qtpy.QtGui import QDesktopServices

SAFE = frozenset({"http", "https"})


def open_folder(path: Path) -> None:
    """Show a folder; of a file, the one that it lies in."""
    folder = path if path.is_dir() else path.parent
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def open_link(address: str) -> None:
    """Show a page of the web; nothing else is opened, whatever a catalogue says."""
    url = QUrl(address)
    if url.scheme() in SAFE:
        QDesktopServices.openUrl(url)
