"""The few questions that need the system's own dialogs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol

from qtpy.QtWidgets import QFileDialog, QWidget

from ssldiff_gui.slides.formats import SUFFIXES
from ssldiff_gui.storage.project_files import SUFFIX

ALL = "All files (*)"
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

    def open_file(self, title: str, filters: str) -> Path | None:
        """Ask for a file of another kind; `filters` as Qt writes them."""
        ...

    def save_annotations(self, suggested: Path, geographic: bool) -> Path | None:
        """Ask where to export to."""
        ...

    def save_file(self, suggested: Path, filters: str) -> Path | None:
        """Ask where a file of another kind goes; `filters` as Qt writes them."""
        ...

    def open_project(self, folder: Path | None) -> Path | None:
        """Ask for a project's folder."""
        ...

    def save_project(self, suggested: Path) -> Path | None:
        """Ask where a project goes."""
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

    def open_file(self, title: str, filters: str) -> Path | None:
        """Ask for a file of another kind."""
        chosen, _ = QFileDialog.getOpenFileName(
            self._window, title, str(Path.home()), f"{filters};;{ALL}" if filters else ALL
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

    def save_file(self, suggested: Path, filters: str) -> Path | None:
        """Ask where a file goes; a missing suffix is added, and its name asked about again."""
        chosen, kind = QFileDialog.getSaveFileName(
            self._window, "Export", str(suggested), filters or ALL
        )
        if not chosen:
            return None
        path, suffixes = Path(chosen), suffixes_of(kind)
        if not suffixes or path.name.lower().endswith(suffixes):
            return path
        path = path.with_name(path.name + suffixes[0])
        return self.save_file(path, filters) if path.exists() else path

    def open_project(self, folder: Path | None) -> Path | None:
        """Ask for a project's folder."""
        chosen = QFileDialog.getExistingDirectory(
            self._window, f"Open a project: a folder ending in {SUFFIX}", str(folder or Path.home())
        )
        return Path(chosen) if chosen else None

    def save_project(self, suggested: Path) -> Path | None:
        """Ask where a project goes; a missing suffix is added."""
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, "Save the project as", str(suggested), f"Projects (*{SUFFIX})"
        )
        if not chosen:
            return None
        path = Path(chosen)
        return path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)


def suffixes_of(kind: str) -> tuple[str, ...]:
    """Return the suffixes that a filter of Qt's lets through: "PNG (*.png)" → (".png",)."""
    found = re.findall(r"\*(\.[\w.]+)", kind)
    return tuple([suffix.lower() for suffix in found])
