"""The slides of a project, found again where they lie now."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from ssldiff_gui.core.errors import ChangedFile, MissingFile
from ssldiff_gui.core.project import SlideEntry

Fingerprint = Callable[[Path], str]
Ask = Callable[[SlideEntry], Path | None]
"""Where a slide lies that was not found: from what is open, from a catalogue, from a person."""

FAR = 4
"""Folders up from the project to where a slide lies "beside" it, at most."""


def slide_entry(path: Path, folder: Path, fingerprint: str = "") -> SlideEntry:
    """Return what a project keeps of a slide.

    Parameters
    ----------
    path
        The slide; absolute.
    folder
        The project's.
    fingerprint
        Of its content, when it is known.
    """
    return SlideEntry(
        path=str(path), beside=_beside(path, folder), name=path.name, fingerprint=fingerprint
    )


def find_slide(
    entry: SlideEntry,
    folder: Path,
    *,
    ask: Ask | None = None,
    fingerprint: Fingerprint | None = None,
) -> Path:
    """Find a slide where it was, then beside the project, then by asking; reads files.

    Parameters
    ----------
    entry
        What the project keeps of it.
    folder
        The project's.
    ask
        Asked when it is in neither place.
    fingerprint
        Reads the content's hash; `slides.fingerprint` when None.

    Raises
    ------
    ChangedFile
        There is a file, with another content.
    MissingFile
        There is none.
    """
    read = fingerprint or _fingerprint
    other: Path | None = None
    for path in _places(entry, folder, ask):
        if not path.exists():
            continue
        if not entry.fingerprint or read(path) == entry.fingerprint:
            return path
        other = path
    if other is not None:
        raise ChangedFile(
            other,
            f"{entry.name or other.name} is not the file that this project was made from.",
            "Look for the right one, or work on this one in a new project.",
        )
    raise MissingFile(
        entry.path,
        f"{entry.name or entry.path} is not where it was.",
        "Say where it is now; grids and results of it are still here.",
    )


def _places(entry: SlideEntry, folder: Path, ask: Ask | None) -> Iterator[Path]:
    if not _remote(entry.path):
        yield Path(entry.path)
    if entry.beside and not _remote(entry.beside) and not Path(entry.beside).is_absolute():
        yield Path(os.path.normpath(folder / entry.beside))
    answer = ask(entry) if ask is not None else None
    if answer is not None:
        yield answer


def _remote(path: str) -> bool:
    """Whether to look for a path would call another machine; only a person's word may do that."""
    return (
        "://" in path
        or "\0" in path
        or path.startswith(("\\\\", "//", "/vsi"))
        or not (PurePosixPath(path).parts or PureWindowsPath(path).parts)
    )


def _beside(path: Path, folder: Path) -> str:
    """Return the way from a project to a slide, or nothing when they do not lie near each other."""
    try:
        way = Path(os.path.relpath(path, folder))
    except ValueError:  # another drive
        return ""
    up = way.parts.count("..")
    near = up <= FAR and up < len(folder.parts) - 1
    return way.as_posix() if near else ""


def _fingerprint(path: Path) -> str:
    from ssldiff_gui.slides.fingerprint import fingerprint

    return fingerprint(path)
