"""Reading a project: its snapshot, the journals that follow it, and what is wrong with either."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import JsonValue, TypeAdapter
from pydantic_core import from_json

from ssldiff_gui.core.errors import (
    BrokenFile,
    FileProblem,
    MissingFile,
    NewerFile,
    UnsupportedFile,
)
from ssldiff_gui.core.project import (
    FORMAT,
    VERSION,
    Header,
    ProjectState,
    Record,
    entry_reader,
    fold,
)
from ssldiff_gui.storage.project_files import BEFORE, SNAPSHOT
from ssldiff_gui.storage.project_journal import journals, read_journal, read_plain
from ssldiff_gui.storage.project_migrations import migrate

log = logging.getLogger(__name__)

LARGEST = 512 << 20

_EDITS: TypeAdapter[tuple[JsonValue, ...]] = TypeAdapter(tuple[Any, ...])


@dataclass(slots=True)
class Loaded:
    """What a project's folder holds.

    Parameters
    ----------
    header
        Of the snapshot.
    state
        Of the snapshot and all journals.
    version
        In which the snapshot was written.
    last
        Number of the last journal there is, or that the snapshot speaks of.
    records
        How many the journals held.
    bad
        Parts that cannot be understood, as they stand in the files.
    recovered
        Whether the snapshot was lost and the one before it was taken.
    """

    header: Header
    state: ProjectState
    version: int = VERSION
    last: int = 1
    records: int = 0
    torn: bool = False
    bad: list[bytes] = field(default_factory=list)
    recovered: bool = False

    @property
    def damaged(self) -> bool:
        """Whether something was lost that had been saved."""
        return bool(self.bad) or self.recovered


def stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Return what changes whenever a project is written."""
    found = []
    with suppress(OSError):  # reading it will say so
        for path in (folder / SNAPSHOT, *journals(folder).values()):
            status = path.stat()
            found.append((path.name, status.st_size, status.st_mtime_ns))
    return tuple(found)


def load(folder: Path) -> Loaded:
    """Read a project.

    Raises
    ------
    FileProblem
        It is none, it cannot be read, or a newer version wrote it.
    """
    try:
        loaded = _snapshot(folder)
        _follow(folder, loaded)
    except OSError as error:
        raise _unreadable(folder, error) from error
    return loaded


def _snapshot(folder: Path) -> Loaded:
    """Read the last snapshot, or the one before when that is damaged."""
    try:
        return read_snapshot(folder / SNAPSHOT)
    except (BrokenFile, MissingFile) as error:
        broken = error
    try:
        loaded = read_snapshot(folder / BEFORE)
    except FileProblem:
        raise broken from None
    log.error("%s: %s; the snapshot before it is taken", folder, broken)
    loaded.recovered = True
    return loaded


def _follow(folder: Path, loaded: Loaded) -> None:
    """Add the journals that follow a snapshot."""
    loaded.last = loaded.header.journal
    for number, path in journals(folder).items():
        loaded.last = max(loaded.last, number)
        if number < loaded.header.journal:
            continue
        journal = read_journal(path)
        loaded.state = fold(journal.records, loaded.state)
        loaded.records += len(journal.records)
        loaded.torn |= journal.torn
        loaded.bad += journal.bad


def read_snapshot(path: Path) -> Loaded:
    """Read one snapshot, without what follows it.

    Raises
    ------
    MissingFile, BrokenFile, OversizedFile, UnsupportedFile, NewerFile
        There is no snapshot that this version understands.
    """
    data = _data(path)
    version = data.get("version")
    if data.get("format") != FORMAT:
        raise UnsupportedFile(path, f"{path.parent.name} is no project.", "Choose another folder.")
    if not isinstance(version, int) or isinstance(version, bool) or version < 0:
        raise _broken(path)
    if version > VERSION:
        raise NewerFile(
            path,
            f"{path.parent.name} was saved by a newer version of the studio.",
            "Update the studio to open it; this one would lose what it does not know.",
        )
    try:
        data = migrate(data)
        known = {key: data[key] for key in Header.model_fields if key in data}
        loaded = Loaded(Header.model_validate(known), ProjectState(), version)
        entries, edits = list(data.get("entries", [])), dict(data.get("edits", {}))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _broken(path) from error
    _add_entries(loaded, entries)
    _add_edits(loaded, edits)
    return loaded


def _add_entries(loaded: Loaded, entries: list[Any]) -> None:
    found = {}
    for data in entries:
        try:
            entry = entry_reader().validate_python(data)
        except (ValueError, RecursionError):
            loaded.bad.append(repr(data).encode("utf-8", "replace"))
        else:
            found[entry.id] = entry
    loaded.state = ProjectState(found, loaded.state.edits)


def _add_edits(loaded: Loaded, edits: dict[Any, Any]) -> None:
    found = {}
    for grid, data in edits.items():
        try:
            record = Record.model_validate({"edit": {"grid": grid, "keep": 0}})
            found[record.edit.grid if record.edit else ""] = _EDITS.validate_python(data)
        except (ValueError, RecursionError):
            loaded.bad.append(repr({grid: data}).encode("utf-8", "replace"))
    loaded.state = ProjectState(loaded.state.entries, found)


def _data(path: Path) -> dict[str, Any]:
    try:
        data = from_json(read_plain(path, LARGEST))
    except FileNotFoundError as error:
        raise MissingFile(
            path, f"There is no project in {path.parent.name}.", "Choose another folder."
        ) from error
    except (ValueError, RecursionError) as error:
        raise _broken(path) from error
    if not isinstance(data, dict):
        raise _broken(path)
    return data


def _broken(path: Path) -> BrokenFile:
    return BrokenFile(
        path,
        f"{path.parent.name} is damaged: its {path.name} cannot be understood.",
        "Restore that file from a copy; the other files of the project are untouched.",
    )


def _unreadable(folder: Path, error: OSError) -> FileProblem:
    with suppress(OSError):
        if not folder.is_dir():
            return MissingFile(
                folder, f"There is no project in {folder.name}.", "Choose another folder."
            )
    reason = (error.strerror or str(error)).lower()
    return MissingFile(folder, f"{folder.name} cannot be read: {reason}.", "Check the drive.")
