"""One program at a time in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ssldiff_gui.core.errors import InUse
from ssldiff_gui.storage.file_lock import FileLock

LOCK = ".lock"


@contextmanager
def alone(out: Path, what: str, option: str) -> Iterator[None]:
    """Make a folder, and let nobody else work in it meanwhile.

    Parameters
    ----------
    out
        The folder.
    what
        What is done in it: "trains in".
    option
        What to choose instead: "--out".

    Raises
    ------
    InUse
        Another program does so already.
    """
    from ssldiff_gui.training.checkpoints import writing

    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out / LOCK)
    if not lock.held:
        raise InUse(
            out,
            f"Another program {what} {out} already.",
            f"Wait until it has finished, end it, or take another {option}.",
        )
    try:
        yield
    finally:
        lock.release()
