"""Edits of grids: data, applied by one pure function, and the scripts that hold them.

>>> paint = Paint(where=Cells(cells=((2, 3),)), embedding=Sample(cells=((5, 6),)))
>>> edited = apply(grid, [paint])  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, JsonValue, ValidationError
from pydantic_core import from_json, to_json

from ssldiff_gui.core.edit_base import Sample
from ssldiff_gui.core.edit_grids import GridName, Grids, Indices
from ssldiff_gui.core.edit_interpolate import Corners, Interpolate
from ssldiff_gui.core.edit_move import Stamp, Transplant
from ssldiff_gui.core.edit_paint import Clear, Erase, Paint
from ssldiff_gui.core.edit_selection import (
    Cells,
    Cluster,
    Rectangle,
    Runs,
    Selection,
    Similar,
    Whole,
)
from ssldiff_gui.core.edit_steer import Replace, Steer
from ssldiff_gui.core.edit_stroke import Stroke
from ssldiff_gui.core.edit_vary import Vary
from ssldiff_gui.core.errors import BadEdits, IncompatibleGrid
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.specs import Frozen

Edit = Annotated[
    Paint | Stamp | Transplant | Interpolate | Corners | Vary | Replace | Steer | Erase | Clear,
    Field(discriminator="kind"),
]


class Script(Frozen):
    """Edits as a file.

    Parameters
    ----------
    format
        Version of this layout.
    sources
        Paths of the grids that the edits name; relative ones start at the script's folder.
    edits
        In their order.
    """

    format: Literal[1] = 1
    sources: dict[GridName, str] = Field(default={})
    edits: tuple[Edit, ...] = ()

    @classmethod
    def parse(cls, text: str | bytes) -> Script:
        """Read a script.

        Raises
        ------
        BadEdits
            Names the edit, by its number from 1, and the key that is wrong.
        """
        try:
            return cls.model_validate_json(text, strict=True)
        except ValidationError as error:
            raise _told(error, text) from error

    def dump(self) -> str:
        """Return the script as JSON; `parse` gives the same script again."""
        return self.model_dump_json(indent=2) + "\n"


def apply(
    grid: EmbeddingGrid,
    edits: Iterable[Edit],
    sources: Mapping[str, EmbeddingGrid] | None = None,
) -> EmbeddingGrid:
    """Return the edited grid; nothing else changes, and the same comes out every time.

    ``apply(apply(grid, a), b)`` is ``apply(grid, a + b)``, to the bit.

    Parameters
    ----------
    grid
        What the first edit sees; each later one sees what the one before it made.
    edits
        In their order.
    sources
        Other grids, by the names that edits call them. "original" is what `Erase` brings back
        when it names no other.

    Raises
    ------
    BadEdits
        When an edit does not fit the grid; its number, from 1, is named.
    IncompatibleGrid
        When a source holds embeddings of another encoder.
    """
    for number, edit in enumerate(edits, 1):
        try:
            grid = edit.apply(Grids(grid, sources or {}))
        except (BadEdits, IncompatibleGrid) as error:
            words = f"Edit {number} ({edit.kind}): {error.message}"
            raise type(error)(words, error.hint) from error
    return grid


def dump_edits(edits: Iterable[Edit]) -> list[JsonValue]:
    """Return edits as JSON data, the way a grid's file and a recipe keep them."""
    return [edit.model_dump(mode="json") for edit in edits]


def parse_edits(data: Sequence[JsonValue]) -> tuple[Edit, ...]:
    """Return the edits that `dump_edits` wrote.

    Raises
    ------
    BadEdits
        Names the edit, by its number from 1, and the key that is wrong.
    """
    return Script.parse(to_json({"edits": list(data)})).edits


def sources_of(edits: Iterable[JsonValue]) -> frozenset[str]:
    """Return the names of the grids that edits, as JSON data, refer to."""
    names: set[str] = set()
    _walk(list(edits), names, {})
    return frozenset(names)


def with_sources(edits: Iterable[JsonValue], names: Mapping[str, str]) -> list[JsonValue]:
    """Return edits, as JSON data, that call grids by other names."""
    found = _walk(list(edits), set(), names)
    assert isinstance(found, list)  # noqa: S101 - a list in, a list out
    return found


def changed_cells(before: EmbeddingGrid, after: EmbeddingGrid) -> Indices:
    """Return (n, 2) rows and columns of the cells that differ in any bit, row by row."""
    bits = before.vectors.view(np.uint32) != after.vectors.view(np.uint32)
    return np.argwhere(bits.any(axis=2) | (before.mask != after.mask))


def _walk(data: JsonValue, seen: set[str], names: Mapping[str, str]) -> JsonValue:
    """Collect and change what stands under the key "grid", wherever it is."""
    if isinstance(data, list):
        return [_walk(part, seen, names) for part in data]
    if not isinstance(data, dict):
        return data
    found = {key: _walk(part, seen, names) for key, part in data.items()}
    name = data.get("grid")
    if isinstance(name, str):
        seen.add(name)
        found["grid"] = names.get(name, name)
    return found


def _told(error: ValidationError, text: str | bytes) -> BadEdits:
    """Say in words what is wrong with a script: the first thing."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    words = first["msg"].removeprefix("Value error, ")
    if first["type"] == "json_invalid":
        return BadEdits(f"The script is not JSON: {words}.", "Mend it, or save it again.")
    where = _keys(first["loc"], from_json(text))
    place = "The script"
    if where[:1] == ["edits"] and len(where) > 1:
        place = f"Edit {int(where[1]) + 1}"
        where = where[2:]
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where)
    return BadEdits(
        ", ".join(part for part in (place, key.lstrip(".")) if part) + f": {words}.",
        "Correct that key of the script.",
    )


def _keys(location: tuple[int | str, ...], data: Any) -> list[int | str]:
    """Return the keys that lead to a place in a script, without pydantic's names of kinds."""
    keys: list[int | str] = []
    told = False
    for part in location:
        if isinstance(data, dict) and data.get("kind") == part and not told:
            told = True
            continue
        told = False
        keys.append(part)
        inside = isinstance(part, int) and isinstance(data, list) and part < len(data)
        data = data[part] if inside or (isinstance(data, dict) and part in data) else None
    return keys


__all__ = [
    "Cells",
    "Clear",
    "Cluster",
    "Corners",
    "Edit",
    "Erase",
    "Interpolate",
    "Paint",
    "Rectangle",
    "Replace",
    "Runs",
    "Sample",
    "Script",
    "Selection",
    "Similar",
    "Stamp",
    "Steer",
    "Stroke",
    "Transplant",
    "Vary",
    "Whole",
    "apply",
    "changed_cells",
    "dump_edits",
    "parse_edits",
    "sources_of",
    "with_sources",
]
