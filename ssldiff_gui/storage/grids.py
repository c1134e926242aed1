"""Grids as files: safetensors, which run no code, with the facts of the grid in their header.

``vectors`` is (rows, columns, dim) float32, ``valid`` is (rows, columns) uint8, 0 or 1; the
header's metadata hold `GridFacts` as JSON under ``ssldiff_grid``.
"""

from __future__ import annotations

import json
import pickletools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import JsonValue, ValidationError

from ssldiff_gui.core.errors import BadGrid, BrokenFile, UnsafeFile
from ssldiff_gui.core.grid import EmbeddingGrid, Mask, Vectors
from ssldiff_gui.slides.problems import naming, unsupported
from ssldiff_gui.storage.atomic import replacing
from ssldiff_gui.storage.grid_facts import FORMAT, GridFacts

FACTS = "ssldiff_grid"
LONGEST_HEADER = 64 * 2**20
"""Bytes; a history of very many edits fits."""

_PICKLED_CALLS = {"GLOBAL", "STACK_GLOBAL", "INST", "OBJ", "REDUCE", "NEWOBJ", "BUILD"}
_EMBED_AGAIN = "Embed the region again, or take another file."
_COPY_AGAIN = "Copy the file again from where it came, or embed the region again."


@dataclass(frozen=True, slots=True, eq=False)
class GridRecord:
    """A grid and its past.

    Parameters
    ----------
    grid
        As it is now.
    edits
        What led to it, as `core.edits.dump_edits` gives them.
    notes
        Whatever else its file tells.
    """

    grid: EmbeddingGrid
    edits: list[JsonValue] = field(default_factory=list)
    notes: dict[str, JsonValue] = field(default_factory=dict)


def save_grid(
    path: Path,
    grid: EmbeddingGrid,
    *,
    edits: Sequence[JsonValue] = (),
    notes: Mapping[str, JsonValue] | None = None,
) -> None:
    """Write a grid's file, whole or not at all; the same grid gives the same bytes.

    Parameters
    ----------
    path
        Its folder exists.
    grid
        What to write.
    edits
        What led to the grid, as `core.edits.dump_edits` gives them.
    notes
        Whatever else to tell.

    Raises
    ------
    FileProblem
        When it cannot be written.
    """
    facts = GridFacts.of(grid, list(edits), dict(notes or {})).model_dump_json()
    vectors = grid.vectors.astype("<f4", copy=False)
    valid = grid.mask.astype(np.uint8)
    header = {
        "__metadata__": {FACTS: facts},
        "vectors": place_in_file("F32", vectors, 0),
        "valid": place_in_file("U8", valid, vectors.nbytes),
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with replacing(Path(path)) as fresh, fresh.open("wb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        file.write(vectors.data)
        file.write(valid.data)


def load_grid(path: Path) -> EmbeddingGrid:
    """Read a grid; see `load_grid_record`."""
    return load_grid_record(path).grid


def load_grid_record(path: Path) -> GridRecord:
    """Read a grid and its past.

    Raises
    ------
    MissingFile, BrokenFile, UnsupportedFile
        When the file is not there, damaged, or of a later version.
    UnsafeFile
        When it is a pickle under another name.
    BadGrid
        When it is whole and holds something else than a grid, or values that no grid has.
    """
    path = Path(path)
    with naming(path):
        if path.is_dir():
            raise unsupported(path, "it is a folder", "Choose the file of a grid.")
        metadata, vectors, valid = _read(path)
        facts = _facts(path, metadata)
        try:
            grid = facts.grid(vectors, valid)
        except BadGrid as error:
            raise BadGrid(f"{path.name}: {error.message}", error.hint or _EMBED_AGAIN) from error
        if facts.digest not in {None, grid.digest()}:
            raise _broken(path, "its values are not those that were written")
        return GridRecord(grid, facts.edits, facts.notes)


def place_in_file(dtype: str, array: np.ndarray[Any, Any], start: int) -> dict[str, Any]:
    """Return what a safetensors header says of an array that begins so many bytes in."""
    offsets = [start, start + array.nbytes]
    return {"dtype": dtype, "shape": list(array.shape), "data_offsets": offsets}


def _read(path: Path) -> tuple[dict[str, str], Vectors, Mask]:
    """Return the metadata and both arrays, after a look at what the file claims."""
    from safetensors import SafetensorError, safe_open

    check_header(path)
    try:
        with safe_open(path, framework="numpy") as file:
            names = sorted(file.keys())
            if names != ["valid", "vectors"]:
                raise _no_grid(path, f"its arrays are called {', '.join(names)[:80] or 'nothing'}")
            kinds = {name: file.get_slice(name).get_dtype() for name in names}
            shapes = {name: file.get_slice(name).get_shape() for name in names}
            if kinds != {"valid": "U8", "vectors": "F32"}:
                raise _no_grid(path, "its arrays are not float32 values and a uint8 mask")
            if len(shapes["vectors"]) != 3 or shapes["vectors"][:2] != shapes["valid"]:
                raise _no_grid(path, f"its arrays have the shapes {shapes}")
            vectors, valid = file.get_tensor("vectors"), file.get_tensor("valid")
            metadata = file.metadata() or {}
    except SafetensorError as error:
        raise pickle_or(path, _broken(path, f"it is no safetensors file ({error})")) from error
    if (valid > 1).any():
        raise _broken(path, "its mask holds other numbers than 0 and 1")
    return metadata, vectors, valid.astype(np.bool_)


def check_header(path: Path) -> None:
    """Refuse a header that claims more than the file has, before anybody believes it."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
    if size < 10:
        raise _broken(path, "it ends too early")
    if length > min(size - 8, LONGEST_HEADER):
        why = "it ends too early" if length <= LONGEST_HEADER else "its header is absurd"
        raise pickle_or(path, _broken(path, why))


def pickle_or(path: Path, otherwise: Exception) -> Exception:
    """Return the error for a pickle when a file is one, else the other error."""
    with path.open("rb") as file:
        head = file.read(2**16)
    if head.startswith(b"PK\x03\x04") or _is_pickle(head):
        return UnsafeFile(
            path,
            f"{path.name} is a pickle or an archive of one: reading it could run code.",
            "Take the grid's own safetensors file; this one was not read.",
        )
    return otherwise


def _is_pickle(head: bytes) -> bool:
    """Whether bytes are a pickle's; its operations are listed, none is carried out."""
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= LONGEST_HEADER:
        return False  # the length of a header can begin like a pickle does
    if head[:1] == b"\x80" and head[1:2] in {b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"}:
        return True
    try:
        names = {operation.name for operation, _, _ in pickletools.genops(head)}  # to its very end
        return bool(names & _PICKLED_CALLS)
    except (ValueError, UnicodeError, OverflowError):
        return False


def _facts(path: Path, metadata: Mapping[str, str]) -> GridFacts:
    text = metadata.get(FACTS)
    if text is None:
        raise _no_grid(path, "nothing says what encoder it is of")
    try:
        return GridFacts.model_validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        if first["loc"] == ("format",):
            raise unsupported(
                path, f"it is not of version {FORMAT}", "Update SSLDiff Studio."
            ) from error
        where = ".".join(str(part) for part in first["loc"])[:80]
        raise _broken(path, f"its facts do not hold together ({where}: {first['msg']})") from error


def _broken(path: Path, why: str) -> BrokenFile:
    return BrokenFile(path, f"{path.name} is damaged: {why}.", _COPY_AGAIN)


def _no_grid(path: Path, why: str) -> BadGrid:
    return BadGrid(f"{path.name} holds no grid: {why}.", _EMBED_AGAIN)
