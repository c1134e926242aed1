"""A new canvas: made aside and put in its place in one step, so that nobody sees half of it."""

from __future__ import annotations

import glob
import os
import secrets
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ssldiff_gui.core.errors import AlreadyThere, InUse
from ssldiff_gui.storage.atomic import sync, write_bytes
from ssldiff_gui.storage.canvas_asked import put_asked
from ssldiff_gui.storage.canvas_files import LEDGER, METADATA, OWN, to_json, write_facts
from ssldiff_gui.storage.canvas_lock import LOCK, WriterLock
from ssldiff_gui.storage.canvas_metadata import EMPTY_GROUP, array_metadata
from ssldiff_gui.storage.canvas_records import CanvasState, Created, Record, to_line
from ssldiff_gui.storage.ledger import line_of

if TYPE_CHECKING:
    from ssldiff_gui.core.grid import EmbeddingGrid
    from ssldiff_gui.core.layout import Layout

_MAKING = ".making"


def make_folder(
    path: Path,
    created: Created,
    grid: EmbeddingGrid,
    layout: Layout | None = None,
    more: Callable[[Path], Sequence[Record]] = lambda _: (),
) -> None:
    """Make a canvas; a death on the way leaves nothing under its name.

    Parameters
    ----------
    path
        Where.
    created, grid, layout
        What it is.
    more
        Puts pixels into the folder, and returns their records.

    Raises
    ------
    AlreadyThere
        Nothing that exists is written over.
    """
    refuse_existing(path)
    _sweep(path)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}{_MAKING}")
    lock: WriterLock | None = None
    try:
        aside.mkdir()
        (aside / OWN).mkdir()
        lock = WriterLock(aside / OWN)
        put_asked(aside, grid, layout, created.recipe)
        _fill(aside, created, more)
        if os.name == "nt":
            lock.release()  # Windows moves no folder in which a file is open
        try:
            aside.rename(path)
        except OSError:
            refuse_existing(path)  # somebody was quicker
            raise
        sync(path.parent)
    finally:
        if lock is not None:
            lock.release()
        _remove(aside)


def refuse_existing(path: Path) -> None:
    """Raise `AlreadyThere` when there is something at `path`."""
    if (path / LEDGER).is_file():
        raise AlreadyThere(
            path,
            f"{path.name} is a canvas already.",
            "Go on with it with --resume, or choose another name.",
        )
    if os.path.lexists(path):
        raise AlreadyThere(
            path, f"{path.name} exists and is no canvas.", "Choose another name for the canvas."
        )


def _fill(folder: Path, created: Created, more: Callable[[Path], Sequence[Record]]) -> None:
    state = CanvasState(created)
    write_bytes(folder / OWN / METADATA, to_json(EMPTY_GROUP))
    for level in range(len(state.layout.levels)):
        (folder / str(level)).mkdir()
        write_bytes(folder / str(level) / METADATA, to_json(array_metadata(state.layout, level)))
    write_facts(folder, state)
    records = (created, *more(folder))
    write_bytes(folder / LEDGER, b"".join(line_of(to_line(record)) for record in records))


def _sweep(path: Path) -> None:
    """Remove what programs that died while they made this canvas have left."""
    for old in path.parent.glob(f".{glob.escape(path.name)}.*{_MAKING}"):
        with suppress(InUse, OSError):
            lock = WriterLock(old / OWN) if (old / OWN / LOCK).is_file() else None
            if lock is not None:
                lock.release()
            _remove(old)


def _remove(making: Path) -> None:
    """Remove a canvas that nobody has seen, its lock last: without one only empty folders are."""
    with suppress(OSError):
        for inner in (*making.iterdir(), *(making / OWN).iterdir()):
            if inner.is_dir() and inner.name != OWN:
                shutil.rmtree(inner)
            elif inner.name not in {OWN, LOCK}:
                inner.unlink()
        (making / OWN / LOCK).unlink(missing_ok=True)
    with suppress(OSError):
        (making / OWN).rmdir()
    with suppress(OSError):
        making.rmdir()
