"""Writing a file so that there is the old one or the new one, never half of either."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ssldiff_gui.core.errors import FileProblem
from ssldiff_gui.storage.leftovers import sweep, unfinished_prefix

_HINTS = {
    errno.ENOSPC: "Free some space on that disk, or choose another folder.",
    errno.EDQUOT: "Free some space in your quota, or choose another folder.",
    errno.EACCES: "Choose a folder that you may write to.",
    errno.EPERM: "Choose a folder that you may write to.",
    errno.EROFS: "The disk is read-only: choose another folder.",
    errno.ENOENT: "The folder is gone: reconnect its drive, or choose another one.",
}


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Offer a file beside `path` to write to; it takes the place of `path` when all went well.

    Parameters
    ----------
    path
        What is to be written; its folder exists.

    Yields
    ------
    Path
        An empty file in the same folder, with the same suffix.

    Raises
    ------
    FileProblem
        When the folder cannot be written to; `path` is then as it was.
    """
    sweep(path)
    try:
        handle, name = tempfile.mkstemp(
            prefix=unfinished_prefix(path), suffix=path.suffix, dir=path.parent or "."
        )
        os.close(handle)
    except OSError as error:
        raise cannot_write(path, error) from error
    fresh = Path(name)
    try:
        yield fresh
        _allow_as_usual(fresh, path)
        sync(fresh)
        os.replace(fresh, path)  # noqa: PTH105
        sync(path.parent)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Put `content` in the place of what `path` holds, whole or not at all."""
    with replacing(path) as fresh:
        fresh.write_bytes(content)


def sync(path: Path) -> None:
    """Wait until a file, or a folder's list of names, is on the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows keeps folders consistent by itself and cannot open them
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file that is only ever replaced a second name, or copy it where that cannot be."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
        sync(target)


def cannot_write(path: Path, error: OSError) -> FileProblem:
    """Say in words that `path` could not be written, and what to do."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    hint = _HINTS.get(error.errno or 0, "Choose another folder, or try again.")
    return FileProblem(path, f"{path.name} cannot be written: {reason.lower()}.", hint)


def _allow_as_usual(fresh: Path, path: Path) -> None:
    """Give a new file the rights of the one it replaces, or those that new files have."""
    try:
        mode = path.stat().st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        mode = 0o666 & ~mask
    fresh.chmod(mode)
