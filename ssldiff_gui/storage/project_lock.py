"""Who works on a project: one program at a time, and the others are told which."""

from __future__ import annotations

import errno
import getpass
import json
import os
import socket
import sys
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from ssldiff_gui.storage.file_lock import FileLock

LOCK, HOLDER = ".lock", ".holder.json"

PATIENCE = 0.5
"""Seconds to wait for the holder's name: it is written right after the lock is taken."""

CANNOT_WRITE = "the folder cannot be written to"


class ProjectLock:
    """Makes its maker the one program that may change a project, if nobody else is.

    Parameters
    ----------
    folder
        The project's.
    """

    def __init__(self, folder: Path) -> None:
        self._holder = folder / HOLDER
        self._lock: FileLock | None = None
        self._signature = b""
        self.reason: str | None = None
        """Why the project may only be read; None when it is ours."""
        try:
            self._lock = FileLock(folder / LOCK)
        except OSError as error:
            if error.errno not in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC}:
                raise
            self.reason = CANNOT_WRITE
            return
        if self._lock.held:
            self._sign()
        else:
            self.reason = f"it is open in {_who(self._holder)}"

    @property
    def held(self) -> bool:
        """Whether the project is ours."""
        return self._lock is not None and self._lock.held

    def release(self) -> None:
        """Let go; a second time does nothing."""
        if self._lock is not None and self._lock.held:
            with suppress(OSError):  # the folder may be another one by now, and another's
                if self._holder.read_bytes() == self._signature:
                    self._holder.unlink()
            self._lock.release()

    def _sign(self) -> None:
        facts = {
            "program": Path(sys.argv[0]).stem or "python",
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "user": _user(),
            "since": datetime.now().astimezone().isoformat(timespec="seconds"),
            "mark": uuid4().hex,
        }
        self._signature = json.dumps(facts).encode()
        with suppress(OSError):  # a courtesy: the lock holds without it
            self._holder.unlink(missing_ok=True)
            with self._holder.open("xb") as file:
                file.write(self._signature)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a number without a name, as in many containers
        return "somebody"


def _who(holder: Path) -> str:
    """Say in words who holds the project."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            facts = json.loads(holder.read_bytes()[:4096])
            since = datetime.fromisoformat(facts["since"]).strftime("%Y-%m-%d %H:%M")
            program, user, host = (f"{facts[key]!s:.80}" for key in ("program", "user", "host"))
            return f"{program} (process {int(facts['pid'])}) by {user} on {host}, since {since}"
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            if time.monotonic() > end:
                return "another program"
            time.sleep(0.02)
