"""A project's journal: what came since its snapshot, a record a line, each with a checksum.

A project has one snapshot and the journals that follow it, by number. None is ever appended to
by two programs or after a restart: a torn end can only be the end of a file.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic_core import from_json, to_json

from ssldiff_gui.core.errors import BrokenFile, NewerFile, OversizedFile
from ssldiff_gui.core.project import Record
from ssldiff_gui.storage.ledger import line_of
from ssldiff_gui.storage.line_file import LineFile

FORMAT = "ssldiff journal"
VERSION = 1
LARGEST = 512 << 20
"""Bytes; a snapshot is written long before."""

_NAME = re.compile(r"journal-(\d{1,9})\.txt")


@dataclass(frozen=True, slots=True)
class Journal:
    """What a journal held.

    Parameters
    ----------
    records
        Those that are whole, in order.
    bad
        Lines that cannot be understood.
    torn
        Whether the last line was cut off.
    """

    records: tuple[Record, ...] = ()
    bad: tuple[bytes, ...] = ()
    torn: bool = False


def journal_path(folder: Path, number: int) -> Path:
    """Return where the journal of a number is kept."""
    return folder / f"journal-{number}.txt"


def journals(folder: Path) -> dict[int, Path]:
    """Return the journals of a project by number."""
    found = {}
    for path in folder.iterdir():
        if match := _NAME.fullmatch(path.name):
            found[int(match[1])] = path
    return dict(sorted(found.items()))


def start_journal(folder: Path, number: int, on_error: Callable[[OSError], None]) -> LineFile:
    """Begin a journal; its file is made with the first line."""
    header = to_json({"format": FORMAT, "version": VERSION, "number": number})
    return LineFile(journal_path(folder, number), line_of(header), on_error)


def read_journal(path: Path) -> Journal:
    """Read a journal as far as it is good; a missing one is empty.

    Raises
    ------
    NewerFile
        A later version of the studio wrote it.
    """
    try:
        content = read_plain(path, LARGEST)
    except FileNotFoundError:
        return Journal()
    *lines, rest = content.split(b"\n")
    records, bad = [], []
    for number, line in enumerate(lines):
        if number == 0 and _is_header(path, line):
            continue
        try:
            if line_of(line[9:]) != line + b"\n":
                raise ValueError("the checksum is another")  # noqa: TRY301
            records.append(Record.parse(line[9:]))
        except (ValueError, RecursionError):
            bad.append(line)
    return Journal(tuple(records), tuple(bad), bool(rest))


def read_plain(path: Path, largest: int) -> bytes:
    """Return what a file holds, if it is one: no pipe, no device, and not beyond all bounds.

    Raises
    ------
    OSError, BrokenFile, OversizedFile
        It cannot be read, or should not be.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise BrokenFile(path, f"{path.name} is no file.", "Look what it is, and remove it.")
    if status.st_size > largest:
        raise OversizedFile(path, f"{path.name} is far too large.", "Look what it is.")
    return path.read_bytes()


def _is_header(path: Path, line: bytes) -> bool:
    try:
        header = from_json(line[9:])
        version = header["version"] if header["format"] == FORMAT else None
    except (ValueError, KeyError, TypeError):
        return False
    if line_of(line[9:]) != line + b"\n" or not isinstance(version, int):
        return False
    if version > VERSION:
        raise NewerFile(
            path,
            f"{path.parent.name} was saved by a newer version of the studio.",
            "Update the studio to open it.",
        )
    return True
