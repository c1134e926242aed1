"""`GenerateRequest` → a canvas: the grid is rendered tile by tile, and can be gone on with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ssldiff_gui.core.errors import BadRequest, NeedsConsent
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.progress import Onlooker, Progress, Silent
from ssldiff_gui.core.protocols import Generator
from ssldiff_gui.core.recipe import Recipe
from ssldiff_gui.core.requests import Corner, GenerateRequest
from ssldiff_gui.core.specs import GeneratorSpec
from ssldiff_gui.core.support import MANY
from ssldiff_gui.jobs.leads import led_by, led_generator
from ssldiff_gui.jobs.phase_cache import copy_windows
from ssldiff_gui.jobs.recipes import (
    place_of,
    recipe_of,
    region_within,
    require_same_settings,
    resolved,
)
from ssldiff_gui.jobs.render_canvas import GenerateResult, Render, Scene
from ssldiff_gui.jobs.speeds import Speeds
from ssldiff_gui.jobs.wanted import Wanted, wanted
from ssldiff_gui.models import devices
from ssldiff_gui.models.generators import load_generator
from ssldiff_gui.storage.canvas import TILE, Canvas
from ssldiff_gui.storage.canvas_copy import copy_canvas
from ssldiff_gui.storage.preflight import check_space, estimate, in_words
from ssldiff_gui.storage.support import read_support

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
    """Render a grid, or what is asked for otherwise, or go on with it.

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
    path = Path(request.canvas)
    _require_free(path, request)
    lead = led_by(request.lead)

    def agreed(spec: GeneratorSpec, width: int, height: int) -> None:
        area = region_within(request.region, width, height)
        if not yes:
            _ask_first(request, spec, (width, height), area)

    found = wanted(request, progress or Silent(), agreed, models)
    recipe = recipe_of(request, found, lead)
    _clone(path, request, recipe)
    _require_space(path, recipe)
    generators = _generators(found.folder, request, models)
    with _canvas(path, recipe, found, tile) as canvas:
        recipe = recipe.model_copy(update={"batch": canvas.recipe.batch})
        scene = Scene(recipe, found.grid, found.layout, found.folder)
        run = Render(canvas, generators, scene, onlooker, hashed=hashed)
        run.notes += [*found.notes, *reach_notes(found.folder, found.grid)]
        result = run.run(progress or Silent())
    if result.megapixels * 2e6 >= result.width * result.height:  # small parts are no measure
        speeds = Speeds(found.spec.name, recipe.device)
        speeds.note(round(result.megapixels * 1e6) * recipe.steps, result.seconds)
    return result


def reach_notes(folder: Path, grid: EmbeddingGrid) -> list[str]:
    """Return a warning when much of a grid is unlike all that its generator was trained on."""
    support = read_support(folder)
    if support is None or support.vectors.shape[1] != grid.dim:
        return []
    share = support.beyond(grid)
    if share <= MANY:
        return []
    what = f"{share:.0%} of the cells are unlike anything {folder.name} was trained on"
    return [f"{what}: it will draw something else in their place."]


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


def _ask_first(
    request: GenerateRequest, spec: GeneratorSpec, size: tuple[int, int], area: Corner
) -> None:
    _, _, width, height = area
    if width * height <= CONSENT:
        return
    preset, _ = resolved(request, spec)
    speeds = Speeds(spec.name, devices.describe(devices.choose(request.device)))
    disk = estimate(*size).disk
    seconds = speeds.seconds(width * height * preset.steps)
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
    return [
        led_generator(
            load(folder, name, request.precision, compiled=request.compiled), request.lead
        )
        for name in names
    ]


def _canvas(path: Path, recipe: Recipe, found: Wanted, tile: int) -> Canvas:
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
        grid=found.grid,
        layout=found.layout,
        scale=found.grid.scale,
        georeference=place_of(found.grid),
        tile=tile,
    )
