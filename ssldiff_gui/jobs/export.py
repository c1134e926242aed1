"""Writing a canvas, or a part of it, as a file that other programs open."""

from __future__ import annotations

from pathlib import Path

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.core.requests import ExportRequest
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.export import Exported, export
from ssldiff_gui.storage.extract import extract_of


def export_canvas(
    request: ExportRequest,
    progress: Progress | None = None,
    *,
    partial: bool = False,
    yes: bool = False,
    quality: int | None = None,
) -> Exported:
    """Do what a request says; see `storage.export.export` for the rest.

    Parameters
    ----------
    request
        What to write, and where to.
    progress
        Who is told.
    partial, yes, quality
        See `storage.export.export`.
    """
    output = Path(request.output).expanduser().absolute()
    source = Path(request.canvas).expanduser().absolute()
    if output == source or output.is_relative_to(source) or source.is_relative_to(output):
        raise BadRequest(
            "An export cannot lie inside the canvas, or take its place.", "Choose another name."
        )
    with Canvas.open(source) as canvas:
        return export(
            extract_of(canvas, request.region, request.level),
            output,
            partial=partial,
            yes=yes,
            quality=quality,
            progress=progress or Silent(),
        )
