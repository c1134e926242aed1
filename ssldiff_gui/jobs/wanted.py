"""What a request asks for: the grid, given or drawn or blank, the layout, and who renders them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

from ssldiff_gui.core.errors import BadRequest, OversizedRequest, UserError
from ssldiff_gui.core.grid import EmbeddingGrid, blank_grid
from ssldiff_gui.core.layout import Layout
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.requests import GenerateRequest
from ssldiff_gui.core.specs import GeneratorSpec, ModelFile
from ssldiff_gui.jobs.choosing import Choice, choose, prior_request
from ssldiff_gui.jobs.fields import class_names, require_layout, takes_text
from ssldiff_gui.jobs.recipes import model_for
from ssldiff_gui.models.folders import read_model
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.grid_files import read_grid
from ssldiff_gui.storage.layouts import read_layout

if TYPE_CHECKING:
    from ssldiff_gui.jobs.kept import Kept
    from ssldiff_gui.jobs.prior_asked import Wish


MOST_CELLS = 1 << 26
"""Rows times columns of a canvas."""

_SAID_BY_GRIDS = {
    "prior": "a prior", "features": "features", "case": "a case", "rows": "a size",
    "columns": "a size",
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What is to be rendered, and by whom.

    Parameters
    ----------
    grid
        Under the canvas.
    folder, model, spec
        Of the generator.
    layout
        What the generator is told of areas.
    text, label
        What it is told of the whole.
    edits
        What led to the grid, when it was given.
    prior
        How the grid was drawn, when it was.
    notes
        What else is worth knowing.
    """

    grid: EmbeddingGrid
    folder: Path
    model: ModelFile
    spec: GeneratorSpec
    layout: Layout
    text: str | None = None
    label: str | None = None
    edits: list[JsonValue] = field(default_factory=list)
    prior: dict[str, JsonValue] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


Agreed = Callable[[GeneratorSpec, int, int], None]
"""Told of the generator, and of the width and height, before anything is drawn; may refuse."""


def wanted(
    request: GenerateRequest, progress: Progress, agreed: Agreed, models: Kept | None = None
) -> Wanted:
    """Return what a request asks for; the grid is drawn when a prior has to.

    Parameters
    ----------
    request
        With a grid or without.
    progress
        Watches the drawing, and may ask for an end.
    agreed
        Who has to agree.
    models
        Those that are loaded already.

    Raises
    ------
    UserError
        What is asked for does not go together, or nobody here knows it.
    """
    if request.grid is not None:
        found = _given(request, Path(request.grid))
        agreed(found.spec, found.grid.columns * found.grid.cell, found.grid.rows * found.grid.cell)
        return found
    choice = choose(request, models)
    if request.rows is None or request.columns is None:
        raise BadRequest("Nothing says how large the picture is to be.", "Say it: --size.")
    if request.rows * request.columns > MOST_CELLS:
        raise OversizedRequest(
            f"{request.rows:,} × {request.columns:,} cells are more than a canvas has.",
            "Ask for a smaller picture.",
        )
    agreed(choice.spec, request.columns * choice.side, request.rows * choice.side)
    if choice.prior is None:
        return _blank(request, choice, request.rows, request.columns)
    size = request.rows, request.columns
    return _drawn(request, choice, choice.prior, size, progress=progress, models=models)


def _given(request: GenerateRequest, path: Path) -> Wanted:
    for name, what in _SAID_BY_GRIDS.items():
        if getattr(request, name) is not None:
            raise BadRequest(
                f"A grid is given, and {what} as well.",
                "A grid says all of that itself: leave one of them out.",
            )
    record = read_grid(path).record
    folder, model, spec = model_for(record.grid, request.model)
    for what, word, takes in (
        ("text", request.text, takes_text(spec)),
        ("class", request.label, bool(class_names(spec))),
    ):
        if word is not None and not takes:
            raise BadRequest(
                f"A grid is given and a {what} as well, and {spec.title} takes no {what}.",
                f"Leave the grid out, and a prior draws one from the {what}; or leave the {what} "
                "out.",
            )
    layout = _layout(request)
    notes = require_layout(spec, layout) if layout else []
    edits: list[JsonValue] = list(record.edits)
    drawn = record.notes.get("prior")
    return Wanted(
        record.grid,
        folder,
        model,
        spec,
        layout,
        request.text,
        request.label,
        edits=edits,
        prior=drawn if isinstance(drawn, dict) else {},
        notes=notes,
    )


def _blank(request: GenerateRequest, choice: Choice, rows: int, columns: int) -> Wanted:
    """Return a picture of a generator that takes no embeddings."""
    spec = choice.spec
    layout = _layout(request)
    notes = require_layout(spec, layout) if layout else []
    scale = None if spec.pixel is None else spec.pixel.scale
    grid = blank_grid(rows, columns, choice.side, scale)
    return Wanted(
        grid, choice.folder, choice.model, spec, layout, request.text, request.label, notes=notes
    )


def _drawn(
    request: GenerateRequest,
    choice: Choice,
    prior: Path,
    size: tuple[int, int],
    *,
    progress: Progress,
    models: Kept | None,
) -> Wanted:
    """Have a prior draw the grid; areas are for it where the generator takes none."""
    from ssldiff_gui.jobs.prior import make_grid
    from ssldiff_gui.jobs.prior_asked import Wish
    from ssldiff_gui.models.priors import load_prior

    own = _layout(request) if choice.spec.layout else Layout()
    notes = require_layout(choice.spec, own) if own else []
    asked = prior_request(request, prior, *size, areas=not own)
    wish = Wish.of(asked)
    told = _told(wish, prior)
    grid = _before(request, told)
    if grid is None:
        found = wish.understood(
            (load_prior if models is None else models.prior)(prior, asked.device)
        )
        notes = [f"The grid was drawn by {prior.name}.", *found.notes, *notes]
        grid = make_grid(asked, progress)
    spec = choice.spec
    text = request.text if takes_text(spec) else None
    label = request.label if class_names(spec) else None
    return Wanted(
        grid, choice.folder, choice.model, spec, own, text, label, prior=told, notes=notes
    )


def _told(wish: Wish, prior: Path) -> dict[str, JsonValue]:
    """Return how a grid is drawn: all that it depends on, but for the machine."""
    left_out = {"output", "model", "features", "case", "layout", "device"}
    return {
        "model": prior.name,
        "model_files": dict(read_model(prior, verify=False).files),
        "request": wish.request.model_dump(mode="json", exclude=left_out),
        **wish.facts(),
    }


def _before(request: GenerateRequest, told: dict[str, JsonValue]) -> EmbeddingGrid | None:
    """Return the grid of the canvas that is gone on with, when it was drawn in this very way.

    Drawn again by another machine it might differ in its last bits, and all would be made anew.
    """
    for name in (request.canvas if request.resume else None, request.start_from):
        if name is not None and Path(name).exists():
            with suppress(UserError), Canvas.open(Path(name)) as canvas:
                if canvas.recipe.prior == told:
                    return canvas.grid
    return None


def _layout(request: GenerateRequest) -> Layout:
    return Layout() if request.layout is None else read_layout(Path(request.layout))
