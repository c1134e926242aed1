"""A lock on a file that the operating system lets go of when its holder dies."""

from __future__ import annotations

import os
import sys
from pathlib import Path


class FileLock:
    """Holds a lock for as long as it lives; ask `held` whether it was free.

    Parameters
    ----------
    path
        A file of its own, made when it is missing and left behind.
    """

    def __init__(self, path: Path) -> None:
        self._handle: int | None = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        self.held = _take(self._handle)
        if not self.held:
            self.release()

    def release(self) -> None:
        """Let go; a second time does nothing."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
            self.held = False


if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
