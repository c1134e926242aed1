"""Projects of earlier versions: never changed, but copied and brought up to date."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ssldiff_gui.core.errors import AlreadyThere, FileProblem
from ssldiff_gui.core.project import VERSION
from ssldiff_gui.storage.project_copy import copy_files, making, refuse_full
from ssldiff_gui.storage.project_files import SUFFIX
from ssldiff_gui.storage.project_reading import Loaded, load
from ssldiff_gui.storage.project_snapshot import write_snapshot


def updated_copy(folder: Path, found: Loaded) -> tuple[Path, FileProblem]:
    """Copy a project beside itself in this version's format; an earlier copy is taken again.

    Returns
    -------
    path, notice
        Where the copy lies, and what to tell the person.

    Raises
    ------
    AlreadyThere, NoSpace, FileProblem
        There is no copy and none can be made.
    """
    copy = folder.with_name(f"{folder.name.removesuffix(SUFFIX)} (updated to {VERSION}){SUFFIX}")
    if not _is_copy(copy, found):
        refuse_full(folder, copy)
        try:
            with making(copy) as fresh:
                copy_files(folder, fresh)
                write_snapshot(fresh, found.header, found.state)
        except AlreadyThere:
            if not _is_copy(copy, found):  # somebody else may just have made it
                raise
    notice = FileProblem(
        folder,
        f"{folder.name} was saved by an earlier version of the studio: this is a copy of it.",
        f"The copy is {copy.name}; the original is unchanged.",
    )
    return copy, notice


def _is_copy(copy: Path, found: Loaded) -> bool:
    with suppress(FileProblem):
        return load(copy).header.id == found.header.id
    return False
