"""What a picture says of how it was made, without its grid: quick, and never a reason to fail."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ssldiff_gui.core.errors import FileProblem, UserError
from ssldiff_gui.core.recipe import Recipe
from ssldiff_gui.slides.zarr_metadata import read_json
from ssldiff_gui.storage.canvas_files import METADATA
from ssldiff_gui.storage.marking import for_xml
from ssldiff_gui.storage.provenance import source_type
from ssldiff_gui.storage.records import record_text

LONGEST = 200
"""Characters of a model's name."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What makes a picture a synthetic one.

    Parameters
    ----------
    model, seed
        It was made with; None when its record is damaged.
    source_type
        IPTC's word for what it is.
    edits
        How many changed its grid.
    """

    model: str | None
    seed: int | None
    source_type: str | None
    edits: int | None


DAMAGED = Summary(None, None, None, None)


def summary_of(path: Path) -> Summary | None:
    """Return what a picture says of itself; None when it does not say that it is synthetic.

    Parameters
    ----------
    path
        A file or a folder that could be opened; of one that was not made here, only the places
        are looked at where a record would be.
    """
    try:
        recipe = _of_folder(path) if path.is_dir() else _of_file(path)
    except (OSError, FileProblem):
        return None
    except (UserError, ValueError, RecursionError):
        return DAMAGED
    return None if recipe is None else _summary(recipe)


def _of_folder(path: Path) -> Any:
    """Return the recipe in an OME-Zarr's own metadata, of a canvas or an export; or None."""
    attributes = read_json(path / METADATA).get("attributes")
    own = attributes.get("ssldiff") if isinstance(attributes, dict) else None
    if not isinstance(own, dict) or own.get("synthetic") is not True:
        return None
    return own.get("recipe", {})


def _of_file(path: Path) -> Any:
    """Return the recipe in the record of an export; None when the file has no record."""
    text = record_text(path)
    if text is None:
        return None
    found = json.loads(text)
    return found.get("recipe", {}) if isinstance(found, dict) else {}


def _summary(recipe: Any) -> Summary:
    if not isinstance(recipe, dict):
        return DAMAGED
    edits = recipe.get("edits", 0)  # summaries have their number only
    count = len(edits) if isinstance(edits, list) else edits
    try:
        found = Recipe.model_validate({**recipe, "edits": []})
    except ValidationError:
        return DAMAGED
    name = for_xml(found.model)[:LONGEST]
    return Summary(name, found.seed, source_type(found), count if type(count) is int else None)
