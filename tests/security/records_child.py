"""Reads the record of every file it is told of, in a process whose memory is bounded.

Run as ``python -m tests.security.records_child LIST DONE``, as `tests.security.child` is.
"""

from __future__ import annotations

import faulthandler
import json
import resource
import sys
import tempfile
import time
import warnings
from pathlib import Path

from tests.security.child import MEMORY_LIMIT, laid_out, named, peak_memory


def ending_of(path: Path) -> str:
    """Read a record and return how that ended; a record that contradicts itself is no good one."""
    from ssldiff_gui.core.errors import FileProblem
    from ssldiff_gui.storage.records import read_record

    try:
        record = read_record(path)
    except FileProblem as error:
        return named(error, str(path))
    return "read" if record.grid.digest() == record.recipe.grid else "UNTYPED false record"


def main() -> None:
    """Go through the list."""
    import ssldiff_gui.storage.canvas
    import ssldiff_gui.storage.records  # noqa: F401 - so that the first file's seconds are its own

    faulthandler.enable()
    warnings.simplefilter("error")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    tasks = Path(sys.argv[1]).read_text("utf-8").splitlines()
    with (
        open(sys.argv[2], "a", encoding="utf-8") as done,  # noqa: PTH123 - flushed line by line
        tempfile.TemporaryDirectory() as folder,
    ):
        for task in tasks:
            path = laid_out(task, Path(folder))
            print(task, file=done, flush=True)
            start = time.monotonic()
            try:
                end = ending_of(path)
            except BaseException as error:  # noqa: BLE001 - this is what the test looks for
                end = f"UNTYPED {type(error).__name__}: {error}"[:300]
            seconds = time.monotonic() - start
            result = {"end": end, "seconds": seconds, "memory": peak_memory()}
            print(json.dumps(result), file=done, flush=True)


if __name__ == "__main__":
    main()
