"""Check maps as files: safetensors with one value a cell, and what the next check can go on with.

``centred``, ``raw`` and ``apart`` are (rows, columns) float32, NaN where nothing was asked for;
``found`` is (rows, columns, dim) float32, the embeddings of the picture; ``marks`` is
(rows, columns) uint32, a checksum of each cell's pixels, so that a later check embeds only the
cells that changed. The header's metadata hold `CheckFacts` as JSON under ``ssldiff_check``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, ValidationError

from ssldiff_gui.core.errors import BrokenFile
from ssldiff_gui.core.grid import Vectors
from ssldiff_gui.core.specs import Frozen
from ssldiff_gui.slides.problems import naming
from ssldiff_gui.storage.atomic import replacing
from ssldiff_gui.storage.grids import check_header, pickle_or, place_in_file

FACTS = "ssldiff_check"

Map = npt.NDArray[np.float32]
Marks = npt.NDArray[np.uint32]

_KINDS = {"centred": "F32", "raw": "F32", "apart": "F32", "found": "F32", "marks": "U32"}


class CheckFacts(Frozen):
    """What a check says besides its maps.

    Parameters
    ----------
    format
        Version of this file.
    encoder, grid
        Id of what judged, and digest of what was asked for.
    cells
        How many were compared.
    mean
        Likeness, the centred cosine, over all cells; None without any.
    low
        Share of the cells whose likeness is below `low_below`.
    low_below
        See `low`.
    told_apart
        See `evaluation.consistency.CheckMap.apart`, over all cells.
    """

    format: Literal[1] = 1
    encoder: str
    grid: str
    cells: int = Field(ge=0)
    mean: float | None = None
    low: float | None = None
    low_below: float
    told_apart: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CheckFile:
    """A check on disk.

    Parameters
    ----------
    facts
        In numbers.
    centred, raw, apart
        (rows, columns) float32, NaN where nothing was asked for.
    found
        (rows, columns, dim) float32 embeddings of the picture.
    marks
        (rows, columns) uint32 checksums of the cells' pixels.
    """

    facts: CheckFacts
    centred: Map
    raw: Map
    apart: Map
    found: Vectors
    marks: Marks


def save_check(path: Path, check: CheckFile) -> None:
    """Write a check's file, whole or not at all.

    Raises
    ------
    FileProblem
        When it cannot be written.
    """
    arrays = {name: np.ascontiguousarray(getattr(check, name)) for name in _KINDS}
    header: dict[str, Any] = {"__metadata__": {FACTS: check.facts.model_dump_json()}}
    start = 0
    for name, array in arrays.items():
        header[name] = place_in_file(_KINDS[name], array, start)
        start += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with replacing(Path(path)) as fresh, fresh.open("wb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for array in arrays.values():
            file.write(array.data)


def load_check(path: Path) -> CheckFile:
    """Read a check's file.

    Raises
    ------
    MissingFile, BrokenFile, UnsafeFile
        When it is not there, damaged or something else, or a pickle under another name.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    with naming(path):
        check_header(path)
        try:
            with safe_open(path, framework="numpy") as file:
                facts = CheckFacts.model_validate_json((file.metadata() or {}).get(FACTS, ""))
                slices = {name: file.get_slice(name) for name in _KINDS}
                kinds = {name: part.get_dtype() for name, part in slices.items()}
                shapes = {tuple(part.get_shape()[:2]) for part in slices.values()}
                deep = {name: len(part.get_shape()) for name, part in slices.items()}
                if kinds != _KINDS or len(shapes) != 1 or deep.pop("found") != 3:
                    raise _broken(path)
                if set(deep.values()) != {2}:
                    raise _broken(path)
                return CheckFile(facts, **{name: file.get_tensor(name) for name in _KINDS})
        except (SafetensorError, ValidationError) as error:
            raise pickle_or(path, _broken(path)) from error


def _broken(path: Path) -> BrokenFile:
    return BrokenFile(path, f"{path.name} is damaged, or holds no check.", "Check the canvas anew.")
