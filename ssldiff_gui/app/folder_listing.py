"""What a folder holds that is worth showing."""

from __future__ import annotations

import os
from pathlib import Path

from ssldiff_gui.core.errors import MissingFile
from ssldiff_gui.slides.formats import is_candidate
from ssldiff_gui.widgets.slide_list import Entry

MOST = 5000
"""Entries of one folder; more would help nobody."""


def list_folder(folder: Path) -> list[Entry]:
    """Return the folders and slides in a folder, by name; may wait for a slow drive.

    Parameters
    ----------
    folder
        Where to look.

    Raises
    ------
    MissingFile
        It is gone, or may not be read.
    """
    folders, slides = [], []
    try:
        with os.scandir(folder) as found:
            for item in found:
                path = Path(item.path)
                if is_candidate(path):
                    slides.append(Entry(path, caption=caption_of(path)))
                elif item.is_dir() and not item.name.startswith("."):
                    folders.append(Entry(path, folder=True))
                if len(folders) + len(slides) >= MOST:
                    break
    except OSError as error:
        raise MissingFile(
            folder,
            f"The folder {folder.name or folder} cannot be read.",
            "Check that it exists and that you may read it, or choose another.",
        ) from error

    def by_name(entry: Entry) -> str:
        return entry.path.name.lower()

    return sorted(folders, key=by_name) + sorted(slides, key=by_name)


def caption_of(path: Path) -> str:
    """Return a slide's second line: its kind and size."""
    kind = path.suffix.lstrip(".").upper()
    try:
        size = path.stat().st_size if path.is_file() else 0
    except OSError:
        return kind
    return f"{kind} · {size_text(size)}" if size else kind


def size_text(size: float) -> str:
    """Return a number of bytes as people read it."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
