"""Layouts as files: our own JSON, or annotations in GeoJSON, drawn on the canvas's own pixels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ssldiff_gui.core.errors import BadAnnotations, BadRequest, BrokenFile, MissingFile
from ssldiff_gui.core.layout import Layout
from ssldiff_gui.storage import geojson
from ssldiff_gui.storage.atomic import write_bytes

LARGEST = 64 << 20
"""Most bytes of a layout of ours; GeoJSON has a limit of its own."""


def read_layout(path: Path) -> Layout:
    """Read a layout.

    Parameters
    ----------
    path
        JSON of `Layout.facts`, or GeoJSON: a shape's class is the area's class, its name the
        text.

    Raises
    ------
    FileProblem
        It is missing, broken, or holds no area.
    """
    data = _own(path)
    if data is None:
        return _of_annotations(path)
    try:
        return Layout.of_facts(data)
    except BadRequest as error:
        raise BrokenFile(
            path,
            f"{path.name} cannot be read as a layout. {error.message}",
            "Write it again, or give annotations as GeoJSON.",
        ) from error


def write_layout(path: Path, layout: Layout) -> None:
    """Write a layout as JSON, whole or not at all; equal layouts make equal files."""
    write_bytes(path, layout_text(layout).encode())


def layout_text(layout: Layout) -> str:
    """Return a layout as its file has it."""
    return json.dumps(layout.facts(), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _own(path: Path) -> Any:
    """Return the content of a file of ours; None when it is something else."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise MissingFile(path, f"There is no layout {path}.", "Check its name.") from error
    except OSError as error:
        raise BrokenFile(
            path, f"{path.name} cannot be read.", "Choose a file that you may read."
        ) from error
    if len(content) > LARGEST:
        return None
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return None  # packed GeoJSON, or nothing that can be read: the reader of it says what
    return data if isinstance(data, dict) and "areas" in data else None


def _of_annotations(path: Path) -> Layout:
    layout = Layout.of_annotations(geojson.read_set(path))
    if not layout:
        raise BadAnnotations(
            path,
            f"{path.name} holds no area.",
            "Draw polygons, rectangles or ellipses; points and lines are none.",
        )
    return layout
