"""Where a project's files lie, that none leads out of its folder, and which nobody needs."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pydantic_core import to_json

from ssldiff_gui.core.errors import MissingFile, UnsafeFile
from ssldiff_gui.core.inside import inside
from ssldiff_gui.core.project import ProjectState
from ssldiff_gui.storage.leftovers import sweep

SNAPSHOT, BEFORE = "project.json", "project.before.json"
SUFFIX = ".ssldiff"

GRIDS, CANVASES, CHECKS = "grids", "canvases", "checks"
PALETTE, THUMBNAILS, ANNOTATIONS, LAB = "palette", "thumbnails", "annotations", "lab"
FOLDERS = (GRIDS, CANVASES, CHECKS, PALETTE, THUMBNAILS, ANNOTATIONS, LAB)
SWEPT = (GRIDS, CANVASES, CHECKS, PALETTE, THUMBNAILS, LAB)
"""Those of which what nothing refers to is removed."""

TELLING = 8
"""Names of so many characters also speak of what begins with them: parts, sidecars."""

_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
"""A text in JSON; every one has to be matched, or names would be sought between them."""


def file_inside(folder: Path, name: str) -> Path:
    """Return where a file of a project lies, whether it exists or not.

    Raises
    ------
    UnsafeFile
        The name, or a link on the way, leads out of the folder.
    """
    try:
        inside(name)
    except ValueError as error:
        raise _leads_out(folder, name) from error
    path = folder.joinpath(*name.split("/"))
    root = Path(os.path.realpath(folder))
    if not Path(os.path.realpath(path)).is_relative_to(root):
        raise _leads_out(folder, name)
    return path


def name_inside(folder: Path, path: Path | str) -> str | None:
    """Return a file's name from its project's folder on; None when it lies outside."""
    try:
        name = Path(os.path.abspath(path)).relative_to(folder).as_posix()  # noqa: PTH100 - no drive
        return inside(name)
    except ValueError:
        return None


def refuse_links(folder: Path) -> None:
    """Look through a whole project for links that lead out of its folder.

    Raises
    ------
    UnsafeFile
        There is one: writing the project would write where it points.
    MissingFile
        There is no such folder.
    """
    if not folder.is_dir():
        raise MissingFile(folder, f"{folder.name} is not there.", "Look for it in another folder.")
    root = Path(os.path.realpath(folder))
    for path in _links(folder):
        if not Path(os.path.realpath(path)).is_relative_to(root):
            raise _leads_out(folder, path.relative_to(folder).as_posix())


def _links(folder: Path) -> Iterator[Path]:
    """Return all links in a folder, without following any."""
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    if entry.is_symlink() or _is_junction(entry):
                        yield Path(entry.path)
                    elif entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
        except PermissionError:
            continue  # what cannot be listed cannot be written through either


def _is_junction(entry: os.DirEntry[str]) -> bool:
    """Whether a folder is one of Windows' own links, which do not count as links there."""
    if os.name != "nt":
        return False
    return bool(getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0))


def make_folders(folder: Path) -> None:
    """Make the folders of a project that are missing."""
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)


def sweep_files(folder: Path, state: ProjectState) -> tuple[str, ...]:
    """Remove the files that nothing in the project refers to; only what is its own to begin with.

    Returns
    -------
    tuple of str
        What was removed.
    """
    sweep(folder / SNAPSHOT)
    known = _mentioned(state)
    beginnings = tuple(name for name in known if len(name) >= TELLING)
    removed = []
    for part in SWEPT:
        place = folder / part
        if place.is_symlink() or not place.is_dir():
            continue
        for path in sorted(place.iterdir()):
            name = path.name.lstrip(".")  # what is being made has its target's name
            if name not in known and not name.startswith(beginnings):
                _remove(path)
                removed.append(f"{part}/{path.name}")
    return tuple(removed)


def _mentioned(state: ProjectState) -> set[str]:
    """Return all ids, digests and file names that a state speaks of: to be on the safe side."""
    text = to_json([list(state.entries.values()), state.edits]).decode()
    texts = {part.rstrip("/").rpartition("/")[2] for part in _TEXT.findall(text)}
    return texts - {""}


def _remove(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _leads_out(folder: Path, name: str) -> UnsafeFile:
    return UnsafeFile(
        folder,
        f"{folder.name} has a file that leads out of its folder: {name!r:.80}.",
        "Open it only if you trust where it comes from, and remove that link first.",
    )
