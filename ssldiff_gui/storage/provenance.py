"""The record that goes with every picture made here: recipe and grid, enough to make it again.

As text it is JSON, so that it fits wherever a format takes words. The grid goes into it exactly:
float32 values whose bytes are sorted by significance and packed, then written as base64.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NoReturn

from pydantic import Field, JsonValue, ValidationError

from ssldiff_gui.core.errors import BadRecord, OversizedRequest, UserError
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.layout import Layout
from ssldiff_gui.core.recipe import COMPOSITE, SYNTHETIC, Recipe
from ssldiff_gui.core.requests import Corner
from ssldiff_gui.core.specs import Frozen
from ssldiff_gui.storage.grid_text import PackedGrid, largest_text, pack_grid, unpack_grid

FORMAT = "ssldiff record"
VERSION = 1

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """How a picture was made, and which part of it a file shows.

    Parameters
    ----------
    recipe
        All that its pixels depend on, but for the grid.
    grid
        What was rendered; its digest is the recipe's.
    layout
        What was to stand where; its digest is the recipe's, too.
    title
        What the picture is called.
    created_by
        The program that wrote the record, and its version.
    sha256
        Of the level-0 pixels of the whole canvas, row by row in RGB; None when it was not whole.
    box
        x, y, width, height of the part that the file shows, in level-0 pixels of the canvas;
        None for all of it.
    level
        Resolution of what the file shows; each halves the one before.
    """

    recipe: Recipe
    grid: EmbeddingGrid
    title: str = ""
    created_by: str = ""
    sha256: str | None = None
    box: Corner | None = None
    level: int = 0
    layout: Layout = field(default_factory=Layout)


class _Text(Frozen):
    """The layout of a record as JSON."""

    format: Literal["ssldiff record"] = "ssldiff record"
    version: Literal[1] = 1
    synthetic: Literal[True]
    digital_source_type: str
    title: str = Field(default="", max_length=4096)
    created_by: str = Field(default="", max_length=256)
    sha256: Sha256 | None = None
    box: Corner | None = None
    level: int = Field(default=0, ge=0, le=64)
    file: dict[str, JsonValue] = Field(default={})
    recipe: Recipe
    grid: PackedGrid
    layout: dict[str, JsonValue] | None = None


def source_type(recipe: Recipe) -> str:
    """Return IPTC's word for what a picture is; of the two that can be meant, never a third."""
    return COMPOSITE if recipe.source_type == COMPOSITE else SYNTHETIC


def pack(record: Record, file: dict[str, JsonValue] | None = None) -> str:
    """Write a record as JSON.

    Parameters
    ----------
    record
        Its grid is the one that its recipe names.
    file
        What a sidecar says of the file that it lies beside.

    Raises
    ------
    OversizedRequest
        When the grid is larger than a record may be.
    """
    if record.grid.digest() != record.recipe.grid:
        raise BadRecord("The recipe belongs to another grid.", "Render the grid again.")
    if record.layout.digest() != record.recipe.layout:
        raise BadRecord("The recipe belongs to another layout.", "Render the grid again.")
    text = _Text(
        synthetic=True,
        digital_source_type=source_type(record.recipe),
        title=record.title[:4096],
        created_by=record.created_by[:256],
        sha256=record.sha256,
        box=record.box,
        level=record.level,
        file=file or {},
        recipe=record.recipe,
        grid=pack_grid(record.grid),
        layout=record.layout.facts() if record.layout else None,
    ).model_dump_json()
    if len(text) > largest_text():
        raise OversizedRequest(
            "The recipe of this picture is larger than a record may be.",
            "Render from a smaller grid.",
        )
    return text


def unpack(text: str | bytes) -> Record:
    """Read a record; nothing in it is trusted.

    Parameters
    ----------
    text
        JSON as `pack` writes it.

    Raises
    ------
    BadRecord
        When it is damaged, too new, too large, or its grid is not the one the recipe names.
    """
    if len(text) > largest_text():
        raise BadRecord("The recipe is larger than any that this program writes.")
    content = _parsed(text)
    try:
        found = _Text.model_validate(content)
        grid = unpack_grid(found.grid)
        layout = Layout() if found.layout is None else Layout.of_facts(found.layout)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:100]
        raise BadRecord(f"The recipe is damaged at “{place}”: {first['msg'][:200]}.") from error
    except UserError as error:
        raise BadRecord(f"The recipe is damaged. {error.message}") from error
    if grid.digest() != found.recipe.grid:
        raise BadRecord("The recipe is damaged: its grid is not the one it names.")
    if layout.digest() != found.recipe.layout:
        raise BadRecord("The recipe is damaged: its layout is not the one it names.")
    return Record(
        recipe=found.recipe,
        grid=grid,
        title=found.title,
        created_by=found.created_by,
        sha256=found.sha256,
        box=found.box,
        level=found.level,
        layout=layout,
    )


def _parsed(text: str | bytes) -> dict[str, Any]:
    try:
        content = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise BadRecord("The recipe is damaged: it is no JSON.") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise BadRecord("This is no recipe of this program.")
    version = content.get("version")
    if isinstance(version, int) and version > VERSION:
        raise BadRecord(
            f"The recipe was written by a newer version of this program (format {version}).",
            "Update SSLDiff Studio.",
        )
    return content


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
