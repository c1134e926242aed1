"""A project somewhere else: all of it is there in the end, or nothing."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ssldiff_gui.core.errors import AlreadyThere, NoSpace
from ssldiff_gui.storage.atomic import cannot_write, sync
from ssldiff_gui.storage.leftovers import sweep, unfinished_prefix
from ssldiff_gui.storage.project_files import FOLDERS, make_folders


@contextmanager
def making(folder: Path) -> Iterator[Path]:
    """Offer an empty project folder; it becomes `folder` when all went well.

    Raises
    ------
    AlreadyThere
        Something is there already, and more than an empty folder.
    NoSpace, FileProblem
        It cannot be written; nothing is left behind.
    """
    _refuse_taken(folder)
    fresh: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        sweep(folder)
        fresh = Path(tempfile.mkdtemp(prefix=unfinished_prefix(folder), dir=folder.parent))
        make_folders(fresh)
        yield fresh
        fresh.chmod(0o777 & ~_mask())
        sync(fresh)
        _refuse_taken(folder)
        _rename(fresh, folder)
        sync(folder.parent)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise _no_space(folder) from error
        raise cannot_write(folder, error) from error
    finally:
        if fresh is not None:
            shutil.rmtree(fresh, ignore_errors=True)


def copy_files(source: Path, target: Path) -> None:
    """Copy the files of a project that are not there yet, and wait until the disk has them.

    Links are copied as links: they lead to no place outside, see `refuse_links`.
    """
    for part in FOLDERS:
        if (source / part).is_dir() and not (source / part).is_symlink():
            _copy_tree(source / part, target / part)


def refuse_full(source: Path, target: Path) -> None:
    """Say before it starts that a copy does not fit.

    Raises
    ------
    NoSpace
        So it is.
    """
    place = target.parent
    while not place.exists() and place != place.parent:
        place = place.parent
    needed = sum(path.lstat().st_size for part in FOLDERS for path in (source / part).rglob("*"))
    with suppress(OSError):
        if needed > shutil.disk_usage(place).free:
            raise _no_space(target)


def move(source: Path, target: Path) -> bool:
    """Rename a project's folder.

    Returns
    -------
    bool
        False when the two places are on different disks: copy it then.

    Raises
    ------
    AlreadyThere, FileProblem
        It stays where it is.
    """
    _refuse_taken(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _rename(source, target)
        sync(target.parent)
        sync(source.parent)
    except OSError as error:
        if error.errno == errno.EXDEV:
            return False
        raise cannot_write(target, error) from error
    return True


def _rename(source: Path, target: Path) -> None:
    if os.name == "nt" and target.is_dir():
        target.rmdir()  # an empty one, which is in the way there
    source.rename(target)


def _copy_tree(source: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for entry in sorted(os.scandir(source), key=lambda entry: entry.name):
        there = target / entry.name
        if entry.is_symlink():
            if not there.is_symlink():
                there.symlink_to(Path(entry.path).readlink())
        elif entry.is_dir():
            _copy_tree(Path(entry.path), there)
        elif not there.exists():
            shutil.copy2(entry.path, there)
            sync(there)
    sync(target)


def _refuse_taken(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not _is_empty(folder)):
        raise AlreadyThere(folder, f"{folder.name} exists already.", "Choose another name.")


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and next(folder.iterdir(), None) is None


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _no_space(folder: Path) -> NoSpace:
    return NoSpace(
        f"There is no room for {folder.name} on that disk.",
        "Free some space there, or choose another disk.",
    )
