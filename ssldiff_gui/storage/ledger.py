"""A file that says what has happened, one record a line, each with a checksum of its own.

A record counts once `append` has returned: it is then on the disk itself. A line that was cut off
by the death of the program or of the machine is dropped when the file is opened again.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Found:
    """What a ledger holds.

    Parameters
    ----------
    records
        In order; None stands where one or more lines between good ones are damaged.
    length
        Bytes up to the end of the last good record.
    """

    records: tuple[bytes | None, ...]
    length: int


def line_of(record: bytes) -> bytes:
    """Return a record, which holds no line break, as a line."""
    return b"%08x %b\n" % (zlib.crc32(record), record)


def read_ledger(path: Path) -> Found:
    """Read a ledger as far as it is good; somebody may be writing to it meanwhile."""
    records: list[bytes | None] = []
    length = position = 0
    whole = True
    with path.open("rb") as file:
        for line in file:
            position += len(line)
            record = line[9:-1]
            if line != line_of(record):
                whole = False
                continue
            if not whole:
                records.append(None)
            records.append(record)
            length, whole = position, True
    return Found(tuple(records), length)


class Ledger:
    """A ledger that is being written; one program at a time may do so.

    Parameters
    ----------
    path
        An existing file.
    length
        Its good part, as `read_ledger` found it; what follows is cut off.
    """

    def __init__(self, path: Path, length: int) -> None:
        flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._file: int | None = os.open(path, flags)
        self._length = length
        try:
            if os.fstat(self._file).st_size != length:
                self._cut()
        except OSError:
            self.close()
            raise

    def append(self, records: Sequence[bytes]) -> None:
        """Add records and wait until the disk has them.

        Raises
        ------
        OSError
            None of them was added: the file is as it was, and one may try again.
        """
        if self._file is None:
            raise ValueError("the ledger is closed")
        lines = b"".join(map(line_of, records))
        try:
            if os.fstat(self._file).st_size != self._length:
                self._cut()  # what an earlier failure left
            view = memoryview(lines)
            while view:
                view = view[os.write(self._file, view) :]
            os.fsync(self._file)
        except OSError:
            with suppress(OSError):
                self._cut()
            raise
        self._length += len(lines)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _cut(self) -> None:
        assert self._file is not None  # noqa: S101 - callers have looked
        os.ftruncate(self._file, self._length)
        os.fsync(self._file)
