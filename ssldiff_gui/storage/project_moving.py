"""Saving an open project elsewhere: a copy, or the same folder under another name."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ssldiff_gui.core.errors import FileProblem
from ssldiff_gui.core.project import Header, ProjectState
from ssldiff_gui.storage.project import ProjectFolder
from ssldiff_gui.storage.project_copy import copy_files, making, move, refuse_full
from ssldiff_gui.storage.project_files import SUFFIX
from ssldiff_gui.storage.project_snapshot import write_snapshot

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where a project lies now.

    Parameters
    ----------
    folder
        Its folder, opened.
    leave
        Brings what came to the old folder meanwhile, and lets go of it; for the background.
    """

    folder: ProjectFolder
    leave: Callable[[], None]


def elsewhere(old: ProjectFolder, state: ProjectState, target: Path, *, leave: bool) -> Elsewhere:
    """Save a project elsewhere and open it there; may take as long as copying its files does.

    Parameters
    ----------
    old
        The project as it is open; it stays open unless its folder is renamed.
    state
        All that it holds.
    target
        The new folder; its suffix is added when it is missing.
    leave
        Whether to leave nothing where it was.

    Raises
    ------
    AlreadyThere, NoSpace, FileProblem
        The project is where it was; when it was closed, `ProjectFolder.rescue` goes on with it.
    """
    if target.suffix != SUFFIX:
        target = target.with_name(target.name + SUFFIX)
    if leave and old.read_only is None and not old.failed:
        renamed = _renamed(old, state, target)
        if renamed is not None:
            return Elsewhere(renamed, lambda: None)
    refuse_full(old.path, target)
    header = Header(name=target.name.removesuffix(SUFFIX), created=old.header.created)
    with making(target) as fresh:
        copy_files(old.path, fresh)
        write_snapshot(fresh, header, state)
    new = ProjectFolder.open(target)

    def end() -> None:
        try:
            copy_files(old.path, new.path)
        except OSError as error:
            log.warning("some files stay behind: %s", error)
            old.close()
            return
        old.close()
        if leave and old.read_only is None:
            shutil.rmtree(old.path, ignore_errors=True)

    return Elsewhere(new, end)


def _renamed(old: ProjectFolder, state: ProjectState, target: Path) -> ProjectFolder | None:
    """Give a project's folder another name; None when it would have to be copied."""
    old.close(state)
    if not move(old.path, target):
        return None
    try:
        return ProjectFolder.open(target)
    except FileProblem:
        move(target, old.path)
        raise
