"""Names for what is not finished yet, and the removal of what dead programs left under them.

A name says which process on which machine writes to it. It is removed when that process is dead
or, where this cannot be told, when nothing in it has changed for a day; the next program that
writes the same file does so.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
import time
from contextlib import suppress
from pathlib import Path

DAY = 86_400.0
LONGEST = 40
"""Characters of the target's name: a name has 255 bytes at most."""

_OURS = re.compile(r"\.(?P<stem>.+)\.ssldiff-(?P<host>[0-9a-f]{8})-(?P<pid>\d{1,10})-\w{8}(\.\w+)?")


def unfinished_prefix(path: Path) -> str:
    """Return how the names begin of what is to become `path`; eight characters by chance follow.

    Parameters
    ----------
    path
        What is being made, or a part of it that has such a name itself.
    """
    return f".{_stem(path)}.ssldiff-{_host()}-{os.getpid()}-"


def sweep(path: Path) -> None:
    """Remove what programs that died while they wrote `path` have left beside it.

    A folder that was moved aside to be replaced, and never was, is put back.
    """
    start = f".{_stem(path)}.ssldiff-"
    with suppress(OSError), os.scandir(path.parent) as entries:
        found = [Path(entry.path) for entry in entries if entry.name.startswith(start)]
        for old in found:
            ours = _OURS.fullmatch(old.name)
            if ours is None or not (_is_dead(ours["host"], int(ours["pid"])) or _is_old(old)):
                continue
            if (old / path.name).is_dir() and not path.exists():
                (old / path.name).rename(path)
            _remove(old)


def _stem(path: Path) -> str:
    ours = _OURS.fullmatch(path.name)
    return ours["stem"] if ours else path.stem[:LONGEST]


def _host() -> str:
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]


def _is_dead(host: str, process: int) -> bool:
    """Whether a process is known to have ended; of other machines nobody knows."""
    if host != _host() or os.name == "nt":  # to ask there is to end it
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _is_old(path: Path) -> bool:
    parts = [path]
    if path.is_dir() and not path.is_symlink():
        parts += path.rglob("*")
    return max(part.lstat().st_mtime for part in parts) < time.time() - DAY


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
