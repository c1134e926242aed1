"""Reads the record of every file it is told of, in a process whose memory is bounded.

Run as ``python -m tests.security.records_child LIST DONE``, as `tests.security.child` is.
"""

from __future__ import annotations

from pathlib import Path

from tests.security.child import MEMORY_LIMIT, main, named

READERS = ("ssldiff_gui.storage.canvas", "ssldiff_gui.storage.records")


def ending_of(path: Path) -> str:
    """Read a record and return how that ended; a record that contradicts itself is no good one."""
    from ssldiff_gui.core.errors import FileProblem
    from ssldiff_gui.storage.records import read_record

    try:
        record = read_record(path)
    except FileProblem as error:
        return named(error, str(path))
    return "read" if record.grid.digest() == record.recipe.grid else "UNTYPED false record"


if __name__ == "__main__":
    main(ending_of, READERS, MEMORY_LIMIT)
