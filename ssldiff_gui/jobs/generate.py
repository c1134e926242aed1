"""`GenerateRequest` → a canvas: the grid is rendered tile by tile, and can be gone on with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ssldiff_gui.core.errors import BadRequest, NeedsConsent
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.progress import Onlooker, Progress, Silent
from ssldiff_gui.core.protocols import Generator
from ssldiff_gui.core.recipe import Recipe
from ssldiff_gui.core.requests import GenerateRequest
from ssldiff_gui.jobs.phase_cache import copy_windows
from ssldiff_gui.jobs.recipes import (
    model_for,
    place_of,
    recipe_of,
    region_within,
    require_same_settings,
)
from ssldiff_gui.jobs.render_canvas import GenerateResult, Render
from ssldiff_gui.jobs.speeds import Speeds
from ssldiff_gui.models import devices
from ssldiff_gui.models.generators import load_generator
from ssldiff_gui.storage.canvas import TILE, Canvas
from ssldiff_gui.storage.canvas_copy import copy_canvas
from ssldiff_gui.storage.grid_files import read_grid
from ssldiff_gui.storage.preflight import check_space, estimate, in_words

if TYPE_CHECKING:
    from ssldiff_gui.jobs.kept import Kept

__all__ = ["CONSENT", "GenerateResult", "generate"]

CONSENT = 1 << 26
"""Pixels beyond which somebody has to say yes: 8192²."""


def generate(
    request: GenerateRequest,
    progress: Progress | None = None,
    *,
    yes: bool = False,
    tile: int = TILE,
    models: Kept | None = None,
    onlooker: Onlooker | None = None,
    hashed: bool = True,
) -> GenerateResult:
    """Render a grid, or go on with it.

    Parameters
    ----------
    request
        What is wanted.
    progress
        Watches; may ask for an end: what is finished then stays, and `resume` goes on.
    yes
        Whether the cost of a large canvas is agreed to.
    tile
        Side of a tile, for tests.
    models
        Those that are loaded already.
    onlooker
        Who sees previews and hears of tiles; the pixels are the same without.
    hashed
        Whether a whole canvas is hashed at the end.
    """
    if request.grid is None:
        raise BadRequest("There is no grid to render.", "Name one.")
    record = read_grid(Path(request.grid)).record
    folder, model, spec = model_for(record.grid, request.model)
    recipe = recipe_of(request, record.grid, model, edits=list(record.edits))
    region_within(request.region, recipe.width, recipe.height)
    path = Path(request.canvas)
    speeds = Speeds(spec.name, recipe.device)
    if not yes:
        _ask_first(request, recipe, speeds)
    _require_free(path, request)
    _clone(path, request, recipe)
    _require_space(path, recipe)
    generators = _generators(folder, request, models)
    with _canvas(path, recipe, record.grid, tile) as canvas:
        recipe = recipe.model_copy(update={"batch": canvas.recipe.batch})
        run = Render(canvas, generators, recipe, record.grid, onlooker, hashed=hashed)
        result = run.run(progress or Silent())
    if result.megapixels * 2e6 >= result.width * result.height:  # small parts are no measure
        speeds.note(round(result.megapixels * 1e6) * recipe.steps, result.seconds)
    return result


def _clone(path: Path, request: GenerateRequest, recipe: Recipe) -> None:
    """Take over what is finished of the canvas that a request starts from."""
    if request.start_from is None or path.exists():
        return
    source = Path(request.start_from)
    with Canvas.open(source) as canvas:
        require_same_settings(recipe, canvas.recipe)
        path.parent.mkdir(parents=True, exist_ok=True)
        copy_canvas(canvas, path)
    copy_windows(source, path)


def _ask_first(request: GenerateRequest, recipe: Recipe, speeds: Speeds) -> None:
    _, _, width, height = region_within(request.region, recipe.width, recipe.height)
    if width * height <= CONSENT:
        return
    disk = estimate(recipe.width, recipe.height).disk
    seconds = speeds.seconds(width * height * recipe.steps)
    duration = "" if seconds is None else f" and about {seconds / 60:,.0f} minutes here"
    raise NeedsConsent(
        f"{width:,} × {height:,} pixels take {in_words(disk)} on disk{duration}.",
        "Agree with --yes, or ask for a smaller region.",
    )


def _require_free(path: Path, request: GenerateRequest) -> None:
    if path.exists() and not request.resume:
        raise BadRequest(
            f"{path.name} exists already.",
            "Go on with it with --resume, or choose another output.",
        )


def _require_space(path: Path, recipe: Recipe) -> None:
    """Raise `NoSpace` when the disk has no room for the canvas, or for what it still lacks."""
    if not path.exists():
        check_space(path.parent, estimate(recipe.width, recipe.height))
        return
    with Canvas.open(path) as canvas:
        left = canvas.still_needed
    if left:
        check_space(path, left)


def _generators(folder: Path, request: GenerateRequest, models: Kept | None) -> list[Generator]:
    """Load the model, on every GPU when nobody names a device."""
    names = [request.device]
    if request.device == "auto":
        found = [name for name in devices.available() if name.startswith("cuda")]
        names = found or ["auto"]
    load = load_generator if models is None else models.generator
    return [load(folder, name, request.precision, compiled=request.compiled) for name in names]


def _canvas(path: Path, recipe: Recipe, grid: EmbeddingGrid, tile: int) -> Canvas:
    if path.exists():
        canvas = Canvas.open(path, write=True)
        try:
            require_same_settings(recipe, canvas.recipe)
        except BadRequest:
            canvas.close()
            raise
        return canvas
    path.parent.mkdir(parents=True, exist_ok=True)
    return Canvas.create(
        path,
        width=recipe.width,
        height=recipe.height,
        recipe=recipe,
        grid=grid,
        scale=grid.scale,
        georeference=place_of(grid),
        tile=tile,
    )
