"""Writing what a project holds into one file, and keeping the one before."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from pydantic_core import to_json

import ssldiff_gui
from ssldiff_gui.core.project import Header, ProjectState, now
from ssldiff_gui.storage.atomic import cannot_write, write_bytes
from ssldiff_gui.storage.project_files import BEFORE, SNAPSHOT
from ssldiff_gui.storage.project_journal import journals

log = logging.getLogger(__name__)


def made_by() -> str:
    """Return the name of this program, as files keep it."""
    return f"ssldiff {ssldiff_gui.__version__}"


def write_snapshot(folder: Path, header: Header, state: ProjectState) -> Header:
    """Put a state in the place of the snapshot, whole or not at all; return what it says of itself.

    Raises
    ------
    FileProblem
        It cannot be written.
    """
    header = header.model_copy(update={"saved": now(), "made_by": made_by()})
    data: dict[str, Any] = header.model_dump(mode="json")
    data["entries"] = [entry.model_dump(mode="json") for entry in state.entries.values()]
    data["edits"] = dict(state.edits)
    write_bytes(folder / SNAPSHOT, to_json(data, indent=1) + b"\n")
    return header


def keep_before(folder: Path) -> None:
    """Keep the last snapshot in case the next one gets lost.

    Raises
    ------
    FileProblem
        It cannot be written.
    """
    try:
        content = (folder / SNAPSHOT).read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise cannot_write(folder / SNAPSHOT, error) from error
    write_bytes(folder / BEFORE, content)


def drop_journals(folder: Path, oldest: int) -> None:
    """Remove the journals that no snapshot needs; any that stay do no harm."""
    try:
        for number, path in journals(folder).items():
            if number < oldest:
                path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("old journals stay: %s", error)
