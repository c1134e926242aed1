"""The few questions that need the system's own dialogs."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from qtpy.QtWidgets import QFileDialog, QWidget

from ssldiff_gui.slides.formats import SUFFIXES

ANNOTATIONS = "Annotations (*.geojson *.json *.gpkg);;All files (*)"
GEOJSON, GEOPACKAGE = "GeoJSON for QuPath (*.geojson)", "GeoPackage for GIS (*.gpkg)"


class AsksForFiles(Protocol):
    """Whoever asks for files and folders: the system's dialogs, or a test."""

    def open_files(self, folder: Path | None) -> list[Path]:
        """Ask for slides or scenes."""
        ...

    def folder(self, folder: Path | None) -> Path | None:
        """Ask for a folder."""
        ...

    def open_annotations(self, folder: Path) -> Path | None:
        """Ask for a file to import."""
        ...

    def save_annotations(self, suggested: Path, geographic: bool) -> Path | None:
        """Ask where to export to."""
        ...


class Dialogs:
    """Asks for files and folders.

    Parameters
    ----------
    window
        What the dialogs belong to.
    """

    def __init__(self, window: QWidget) -> None:
        self._window = window

    def open_files(self, folder: Path | None) -> list[Path]:
        """Ask for slides or scenes."""
        patterns = " ".join(f"*{suffix}" for suffix in sorted(SUFFIXES))
        chosen, _ = QFileDialog.getOpenFileNames(
            self._window,
            "Open slides or scenes",
            str(folder or Path.home()),
            f"Slides and scenes ({patterns});;All files (*)",
        )
        return [Path(name) for name in chosen]

    def folder(self, folder: Path | None) -> Path | None:
        """Ask for a folder."""
        chosen = QFileDialog.getExistingDirectory(
            self._window, "Choose a folder to browse", str(folder or Path.home())
        )
        return Path(chosen) if chosen else None

    def open_annotations(self, folder: Path) -> Path | None:
        """Ask for a file of annotations."""
        chosen, _ = QFileDialog.getOpenFileName(
            self._window, "Import annotations", str(folder), ANNOTATIONS
        )
        return Path(chosen) if chosen else None

    def save_annotations(self, suggested: Path, geographic: bool) -> Path | None:
        """Ask where annotations go; a missing suffix is added."""
        filters = f"{GEOJSON};;{GEOPACKAGE}" if geographic else GEOJSON
        chosen, kind = QFileDialog.getSaveFileName(
            self._window, "Export annotations", str(suggested), filters
        )
        if not chosen:
            return None
        path = Path(chosen)
        if path.suffix.lower() not in (".geojson", ".json", ".gpkg"):
            path = path.with_name(path.name + (".gpkg" if kind == GEOPACKAGE else ".geojson"))
        return path
