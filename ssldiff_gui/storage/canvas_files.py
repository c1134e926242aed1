"""The files of a canvas besides its pixels: made at once or not at all, and read with suspicion."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssldiff_gui.core.errors import BrokenFile, MissingFile, UnsupportedFile
from ssldiff_gui.slides.problems import naming
from ssldiff_gui.storage.atomic import sync, write_bytes
from ssldiff_gui.storage.canvas_layout import Key
from ssldiff_gui.storage.canvas_metadata import array_metadata, root_metadata
from ssldiff_gui.storage.canvas_records import FORMAT, CanvasState
from ssldiff_gui.storage.ledger import Found, read_ledger

if TYPE_CHECKING:
    pass

METADATA = "zarr.json"
OWN = "ssldiff"
"""A folder beside the levels, to Zarr an empty group, for all that is not pixels."""

LEDGER, RECIPE = f"{OWN}/ledger", f"{OWN}/recipe.json"
GRID, NEXT_GRID = f"{OWN}/grid.safetensors", f"{OWN}/grid.next.safetensors"
AREAS, NEXT_AREAS = f"{OWN}/layout.json", f"{OWN}/layout.next.json"
ASIDE = f"{OWN}/unfinished"

LARGEST_METADATA = 16 << 20


def shard_path(folder: Path, key: Key) -> Path:
    """Return where a shard lies."""
    level, row, column = key
    return folder / str(level) / "c" / "0" / str(row) / str(column)


def read_state(folder: Path) -> tuple[CanvasState, Found]:
    """Read what a canvas is and what is done of it.

    Raises
    ------
    FileProblem
        It is missing, no canvas, damaged, or of a newer version.
    """
    refuse_others(folder)
    with naming(folder):
        found = read_ledger(folder / LEDGER)
    _refuse_newer(folder, found)
    try:
        state = CanvasState.replayed(found.records)
        for level in range(len(state.layout.levels)):
            known = array_metadata(state.layout, level)
            if read_metadata(folder / str(level) / METADATA) != known:
                raise ValueError(f"level {level} is not as it was made")  # noqa: TRY301
    except (ValueError, RecursionError) as error:
        raise damaged(folder, "its ledger and its metadata make no sense") from error
    return state, found


def refuse_others(folder: Path) -> None:
    """Raise `MissingFile` or `UnsupportedFile` when there is no canvas."""
    if not folder.is_dir():
        raise MissingFile(folder, f"{folder.name} does not exist.", "Check the name of the canvas.")
    if not (folder / LEDGER).is_file():
        raise UnsupportedFile(
            folder,
            f"{folder.name} is not a canvas: it has no ledger.",
            "Name a canvas that `ssldiff generate` made.",
        )


def read_metadata(path: Path) -> Any:
    """Return a small JSON file's content; None when it is missing or not JSON."""
    try:
        if path.stat().st_size > LARGEST_METADATA:
            return None
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def to_json(content: Any) -> bytes:
    """Return a small JSON file's content."""
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False).encode()


def write_facts(folder: Path, state: CanvasState) -> None:
    """Write the recipe where other programs look for it, unless it stands there already."""
    wanted: dict[str, Any] = {
        RECIPE: state.recipe.model_dump(mode="json"),
        METADATA: root_metadata(state.created, state.recipe, state.layout),
    }
    for name, content in wanted.items():
        text = to_json(content)
        if read_metadata(folder / name) != json.loads(text):
            write_bytes(folder / name, text)


def sweep_aside(folder: Path) -> None:
    """Remove what an interrupted program had begun to write, and make room for ours."""
    aside = folder / ASIDE
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(exist_ok=True)


def put_shard(folder: Path, key: Key, content: bytes) -> None:
    """Write a shard's file; when this returns, the disk has it."""
    path = shard_path(folder, key)
    if not path.parent.is_dir():
        _make_folders(path.parent)
    fresh = folder / ASIDE / "-".join(map(str, key))
    try:
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)  # noqa: PTH105
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
    sync(path.parent)


def lost(folder: Path, state: CanvasState) -> list[Key]:
    """Return the shards whose files are not there, or not of the length they had."""
    return [
        key for key, shard in state.shards.items() if _size(shard_path(folder, key)) != shard.size
    ]


def hash_of(folder: Path, key: Key) -> str:
    """Return the SHA-256 of a shard's file; nothing when there is none."""
    try:
        with shard_path(folder, key).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def refuse_links(folder: Path) -> None:
    """Refuse a canvas of which a part would be written elsewhere."""
    for pattern in ("*", f"{OWN}/*", "*/c", "*/c/*", "*/c/*/*"):
        for inner in folder.glob(pattern):
            if inner.is_symlink():
                raise damaged(folder, f"{inner.relative_to(folder)} leads elsewhere")


def damaged(folder: Path, why: str) -> BrokenFile:
    """Return the error for a canvas that cannot be used."""
    return BrokenFile(
        folder,
        f"The canvas {folder.name} is damaged: {why}.",
        "Render it again under another name.",
    )


def _size(path: Path) -> int:
    """Return a file's length; a drive that does not answer is no reason to give up its tiles."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1


def _make_folders(rows: Path) -> None:
    """Make a row's folder, and wait until the disk knows of it and of those above."""
    missing = [rows]
    while not missing[-1].parent.is_dir():
        missing.append(missing[-1].parent)
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        sync(path.parent)


def _refuse_newer(folder: Path, found: Found) -> None:
    try:
        first = json.loads((found.records or (b"",))[0] or b"")
        version = first["format"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    if isinstance(version, int) and version > FORMAT:
        raise UnsupportedFile(
            folder,
            f"{folder.name} was made by a newer version of the studio.",
            "Update the studio to open it.",
        )
