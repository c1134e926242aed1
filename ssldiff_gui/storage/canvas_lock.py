"""Who may write to a canvas: one program at a time, and the others are told which."""

from __future__ import annotations

import json
import os
import socket
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from ssldiff_gui.core.errors import InUse
from ssldiff_gui.storage.file_lock import FileLock

LOCK, HOLDER = "writer.lock", "writer.json"


class WriterLock:
    """Makes the holder the only writer of a canvas until it lets go or dies.

    Parameters
    ----------
    folder
        In the canvas.

    Raises
    ------
    InUse
        Somebody else holds it.
    """

    def __init__(self, folder: Path) -> None:
        self._lock = FileLock(folder / LOCK)
        self._holder = folder / HOLDER
        if not self._lock.held:
            raise InUse(
                folder.parent,
                f"{folder.parent.name} is being written by {_who(self._holder)}.",
                "Wait until that has finished, or end it; opening it to look at it works.",
            )
        facts = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now().astimezone().isoformat(timespec="seconds"),
        }
        with suppress(OSError):  # a courtesy: the lock holds without it
            self._holder.unlink(missing_ok=True)
            with self._holder.open("x", encoding="utf-8") as file:
                json.dump(facts, file)

    def release(self) -> None:
        """Let go."""
        if self._lock.held:
            with suppress(OSError):
                self._holder.unlink()
            self._lock.release()


def _who(holder: Path) -> str:
    try:
        facts = json.loads(holder.read_text(encoding="utf-8"))
        since = datetime.fromisoformat(facts["since"]).strftime("%Y-%m-%d %H:%M:%S")
        return f"process {int(facts['pid'])} on {facts['host']!s:.80}, since {since}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another program"
