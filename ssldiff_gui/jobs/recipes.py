"""What a request comes to: the model, the way to render, and the record of both."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from ssldiff_gui.core.errors import BadRequest, IncompatibleGrid, MissingModel
from ssldiff_gui.core.geometry import Georeference
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.recipe import LedBy, Recipe
from ssldiff_gui.core.requests import Corner, GenerateRequest
from ssldiff_gui.core.spec_parts import drawn_with
from ssldiff_gui.core.specs import GeneratorSpec, ModelFile
from ssldiff_gui.models import devices
from ssldiff_gui.models.folders import find_model, installed_models, own_first, read_model
from ssldiff_gui.sampling.field import require_fit
from ssldiff_gui.sampling.presets import Preset, preset_named

if TYPE_CHECKING:
    from ssldiff_gui.jobs.wanted import Wanted

CPU_BATCH, GPU_BATCH = 8, 32
"""Windows the network sees at once: the last bits depend on it, so on a CPU it never changes."""

PACKAGES = ("ssldiff-gui", "torch", "diffusers", "numpy")


def model_for(grid: EmbeddingGrid, name: str | None) -> tuple[Path, ModelFile, GeneratorSpec]:
    """Return the folder and the facts of the generator that renders a grid.

    Parameters
    ----------
    grid
        What is to be rendered.
    name
        Of an installed generator, or a model folder; None takes the one that fits the grid.
    """
    if name is None:
        name = _only_one_that_fits(grid)
    folder = find_model(name, "generator")
    model = read_model(folder)
    if model.generator is None:
        raise MissingModel(
            f"{folder.name} is no generator.", "Name another model: ssldiff models list."
        )
    require_fit(grid, model.generator)
    return folder, model, model.generator


def _only_one_that_fits(grid: EmbeddingGrid) -> str:
    fits = []
    for entry in installed_models():
        if entry.model is None or entry.model.generator is None:
            continue
        try:
            require_fit(grid, entry.model.generator)
        except IncompatibleGrid:
            continue
        fits.append(entry)
    if not fits:
        raise MissingModel(
            f"No installed generator takes grids of {grid.encoder}.",
            "See what there is with `ssldiff models list`, or name a model folder with --model.",
        )
    names = [entry.name for entry in own_first(fits)]
    if len(names) > 1:
        raise BadRequest(
            f"Several models can render this grid: {', '.join(names)}.", "Choose one with --model."
        )
    return names[0]


def resolved(request: GenerateRequest, spec: GeneratorSpec) -> tuple[Preset, float]:
    """Return the preset and the guidance that a request comes to."""
    preset = preset_named(request.preset, steps=request.steps, guidance=request.guidance)
    if spec.encoder is None and spec.conditioner.type == "none":
        return preset, 1.0  # there is nothing to be guided to
    guidance = spec.guidance if preset.guidance is None else preset.guidance
    return preset, guidance


def recipe_of(request: GenerateRequest, wanted: Wanted, lead: LedBy | None = None) -> Recipe:
    """Return the record of what a request renders.

    Parameters
    ----------
    request
        As it came.
    wanted
        What it comes to.
    lead
        The classifier that leads the generator.
    """
    import torch

    grid, spec = wanted.grid, wanted.spec
    preset, guidance = resolved(request, spec)
    device = devices.choose(request.device)
    side = spec.cell * spec.factor
    precision = devices.precision(device, request.precision)
    return Recipe.model_validate(
        {
            "model": spec.name,
            "model_spec": spec.digest(),
            "model_files": drawn_with(wanted.model.files),
            "grid": grid.digest(),
            "edits": wanted.edits,
            "prior": wanted.prior,
            "text": wanted.text,
            "label": wanted.label,
            "layout": wanted.layout.digest(),
            "lead": lead,
            "seed": request.seed,
            "steps": preset.steps,
            "guidance": guidance,
            "batch": CPU_BATCH if device.type == "cpu" else request.batch or GPU_BATCH,
            "compiled": request.compiled and device.type == "cuda",
            "precision": str(precision).removeprefix("torch."),
            "preset": preset.model_dump(mode="json"),
            "width": grid.columns * side,
            "height": grid.rows * side,
            "region": request.region,
            "device": devices.describe(device),
            "versions": _versions() | {"torch": torch.__version__},
        }
    )


_SETTINGS = (
    *("model_spec", "model_files", "seed", "steps", "guidance", "precision", "compiled", "preset"),
    *("width", "height", "lead"),
)


_WORDS = {"lead": "classifier, or class, to lead it"}


def require_same_settings(asked: Recipe, found: Recipe) -> None:
    """Raise `BadRequest` when a canvas was begun with other settings than are asked for now."""
    for name in _SETTINGS:
        ours, theirs = getattr(asked, name), getattr(found, name)
        if name == "model_files":  # older canvases name the model's card as well
            ours, theirs = drawn_with(ours), drawn_with(theirs)
        if ours != theirs:
            what = "model" if name.startswith("model") else _WORDS.get(name, name)
            told = name not in {"model_spec", "model_files", "preset", "lead"}
            shown = f": {theirs}, not {ours}" if told else ""
            raise BadRequest(
                f"The canvas was begun with another {what}{shown}.",
                "Go on with the settings it was begun with, or choose another output.",
            )


def place_of(grid: EmbeddingGrid) -> Georeference | None:
    """Return where level 0 of a canvas lies, for grids that were taken from a scene on a map."""
    if grid.source is None or grid.source.georeference is None or grid.region is None:
        return None
    place, box, size = grid.source.georeference, grid.region.box, grid.region.downsample
    a, b, _, d, e, _ = place.affine
    left, top = place.to_crs(box.x, box.y)
    return Georeference(place.crs, (a * size, b * size, left, d * size, e * size, top))


def region_within(region: Corner | None, width: int, height: int) -> Corner:
    """Return the part of a canvas that is wanted, or say why there is no such part."""
    x, y, w, h = region or (0, 0, width, height)
    if w <= 0 or h <= 0 or x < 0 or y < 0 or x + w > width or y + h > height:
        raise BadRequest(
            f"The region {x},{y},{w},{h} does not lie within the canvas of {width} × {height} "
            "pixels.",
            "Give x, y, width and height in pixels of the canvas.",
        )
    return x, y, w, h


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
