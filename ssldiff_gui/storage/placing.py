"""Putting an export where it was asked for: whole or not at all, and a full disk said as such."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ssldiff_gui.core.errors import FileProblem, NoSpace
from ssldiff_gui.storage.atomic import cannot_write, replacing, sync
from ssldiff_gui.storage.leftovers import sweep, unfinished_prefix

FULL = {errno.ENOSPC, errno.EDQUOT}
SPARE = 16 << 20
"""A disk with less than this, when a library failed to write to it, is full."""


@contextmanager
def placing(path: Path) -> Iterator[Path]:
    """Offer a file to write to, which takes the place of `path` when all went well.

    Raises
    ------
    NoSpace
        When the disk ran full; `path` is then as it was.
    FileProblem
        When the folder cannot be written to.
    """
    try:
        with replacing(path) as fresh:
            yield fresh
    except FileProblem as error:
        raise _or_full(path, error, error.__cause__) from error


@contextmanager
def placing_folder(path: Path) -> Iterator[Path]:
    """Offer an empty folder, which takes the place of `path` when all went well.

    A folder that is replaced is moved aside first: when the program is killed between the two
    moves, it is still there under a hidden name, and put back by the next that writes `path`.
    """
    sweep(path)
    try:
        fresh = Path(tempfile.mkdtemp(prefix=unfinished_prefix(path), dir=path.parent or "."))
    except OSError as error:
        raise _or_full(path, cannot_write(path, error), error) from error
    try:
        yield fresh
        _sync_all(fresh)
        _put_in_place(fresh, path)
    except OSError as error:
        raise _or_full(path, cannot_write(path, error), error) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


@contextmanager
def scratch_beside(path: Path) -> Iterator[Path]:
    """Offer a folder on the same disk as `path`, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=unfinished_prefix(path), dir=path.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def said_as_full(path: Path) -> OSError | None:
    """Return the error of a full disk when that is why a library could not write."""
    full = shutil.disk_usage(path.parent).free < SPARE
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) if full else None


def _or_full(path: Path, error: FileProblem, cause: BaseException | None) -> FileProblem | NoSpace:
    if isinstance(cause, OSError) and cause.errno in FULL:
        return NoSpace(
            f"The disk ran full while {path.name} was written.",
            "Free some space on that disk, or choose another one, and export again.",
        )
    return error


def _put_in_place(fresh: Path, path: Path) -> None:
    fresh.chmod(0o777 & ~_umask())
    if path.is_dir():
        with scratch_beside(path) as aside:
            old = path.rename(aside / path.name)
            try:
                fresh.rename(path)
            except OSError:
                old.rename(path)
                raise
            sync(path.parent)
    else:
        fresh.rename(path)
        sync(path.parent)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_all(folder: Path) -> None:
    for inner, _, names in os.walk(folder):
        for name in names:
            sync(Path(inner, name))
        sync(Path(inner))
