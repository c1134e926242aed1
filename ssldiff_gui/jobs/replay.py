"""Rendering a picture again from the record inside it, to the same pixels."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from ssldiff_gui.core.errors import BadRequest, DamagedModel, MissingModel
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.core.recipe import Recipe
from ssldiff_gui.core.requests import GenerateRequest
from ssldiff_gui.core.spec_parts import drawn_with
from ssldiff_gui.core.specs import ModelFile
from ssldiff_gui.jobs.leads import lead_of
from ssldiff_gui.models.folders import find_model, installed_models, read_model
from ssldiff_gui.sampling.presets import PRESETS, Preset, preset_named
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.canvas_asked import notes_of
from ssldiff_gui.storage.grids import save_grid
from ssldiff_gui.storage.layouts import write_layout
from ssldiff_gui.storage.provenance import Record

if TYPE_CHECKING:
    from ssldiff_gui.jobs.generate import GenerateResult

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._\- ]{0,99}")


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of rendering again.

    Parameters
    ----------
    result
        Of the render.
    expected
        SHA-256 that the record names; None when it was made from an unfinished canvas.
    differences
        What is not as it was: device, versions of packages; each in words.
    """

    result: GenerateResult
    expected: str | None
    differences: tuple[str, ...]

    @property
    def same(self) -> bool | None:
        """Whether every pixel is the same; None when there is nothing to compare with."""
        return None if self.expected is None else self.result.sha256 == self.expected


def replay(
    record: Record,
    canvas: Path,
    *,
    model: str | None = None,
    device: str = "auto",
    resume: bool = False,
    yes: bool = False,
    progress: Progress | None = None,
) -> Replayed:
    """Render a record again.

    Parameters
    ----------
    record
        From any export, see `storage.records.read_record`.
    canvas
        The OME-Zarr folder to make.
    model
        Where the model is now, when it is not installed under its name.
    device
        Where to compute.
    resume
        Go on with a replay that was interrupted.
    yes
        Whether the cost of a large canvas is agreed to.
    progress
        Who is told, and asked whether to go on.

    Raises
    ------
    MissingModel, DamagedModel
        When the model of the record is not here, or not the same to the byte.
    BadRequest
        When this version renders in another way.
    """
    from ssldiff_gui.jobs.generate import generate

    folder = model_of(record.recipe, model)
    with tempfile.TemporaryDirectory(prefix="ssldiff-") as beside:
        grid, layout = Path(beside) / "grid.safetensors", Path(beside) / "layout.json"
        save_grid(grid, record.grid, edits=record.recipe.edits, notes=notes_of(record.recipe))
        if record.layout:
            write_layout(layout, record.layout)
        request = request_of(
            record,
            grid=grid,
            layout=layout if record.layout else None,
            canvas=canvas,
            model=folder,
            device=device,
            resume=resume,
        )
        result = generate(request, progress or Silent(), yes=yes)
    with Canvas.open(canvas) as again:
        differences = differences_of(record.recipe, again.recipe)
    return Replayed(result, record.sha256, tuple(differences))


def request_of(
    record: Record,
    *,
    grid: Path,
    canvas: Path,
    model: Path | str,
    layout: Path | None = None,
    device: str = "auto",
    resume: bool = False,
) -> GenerateRequest:
    """Return the request that a record is the answer to.

    Parameters
    ----------
    record
        What is to be rendered again.
    grid
        Where its grid was written.
    layout
        Where its layout was, when it has one.
    canvas, model, device, resume
        See `GenerateRequest`.

    Raises
    ------
    MissingModel, DamagedModel
        A classifier led it that is not here.
    BadRequest
        When this version of the program would render in another way.
    """
    recipe = record.recipe
    preset = _same_preset(recipe)
    try:
        return GenerateRequest.model_validate(
            {
                "grid": str(grid),
                "text": recipe.text,
                "label": recipe.label,
                "layout": None if layout is None else str(layout),
                "lead": lead_of(recipe.lead),
                "canvas": str(canvas),
                "model": str(model),
                "seed": recipe.seed,
                "preset": preset.name,
                "steps": recipe.steps,
                "guidance": preset.guidance,
                "region": recipe.region,
                "resume": resume,
                "batch": recipe.batch,
                "compiled": recipe.compiled,
                "device": device,
                "precision": recipe.precision,
            }
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadRequest(
            f"The recipe cannot be rendered: {first['loc'][0]}: {first['msg']}.",
            "Take another copy of the file.",
        ) from error


def model_of(recipe: Recipe, given: str | None = None) -> Path:
    """Return the folder of the model that a recipe names, the same to the byte.

    Parameters
    ----------
    recipe
        Names the model and the hashes of its files.
    given
        A name or a folder to take instead of looking for one.
    """
    if given is None:
        for entry in installed_models():
            if entry.model is not None and _is_of(recipe, entry.model):
                read_model(entry.folder)
                return entry.folder
        _require_name(recipe.model)
    try:
        folder = find_model(given or recipe.model, "generator")
    except MissingModel as error:
        raise MissingModel(
            f"The picture was made with the model {recipe.model}, which is not here.",
            "Install it under that name, or name its folder with --model.",
        ) from error
    found = read_model(folder)
    if not _is_of(recipe, found):
        raise DamagedModel(
            f"{folder.name} is not the model {recipe.model} that made the picture: "
            f"{_difference(recipe, found)} differs.",
            "Name the folder of that model with --model.",
        )
    return folder


def _is_of(recipe: Recipe, model: ModelFile) -> bool:
    """Whether a model is the one of a recipe: the same weights, described in the same way."""
    spec = model.generator
    return (
        spec is not None
        and drawn_with(model.files) == drawn_with(recipe.model_files)
        and spec.digest() == recipe.model_spec
    )


def _difference(recipe: Recipe, model: ModelFile) -> str:
    files, ours = drawn_with(recipe.model_files), drawn_with(model.files)
    changed = [name for name in files if ours.get(name) != files[name]]
    if changed:
        return changed[0]
    return "what model.json says of it" if ours == files else "the number of its files"


def differences_of(before: Recipe, now: Recipe) -> list[str]:
    """Return what the last bits of a picture may depend on and is not as it was, in words."""
    found = []
    if before.device != now.device:
        found.append(f"the device: {before.device or 'unknown'} then, {now.device} now")
    for package in sorted({*before.versions, *now.versions}):
        then, here = (recipe.versions.get(package, "none") for recipe in (before, now))
        if then != here:
            found.append(f"{package}: {then} then, {here} now")
    return found


def _same_preset(recipe: Recipe) -> Preset:
    """Return the preset of a recipe, every parameter of which is here what it was there."""
    name, guidance = str(recipe.preset.get("name")), recipe.preset.get("guidance")
    if name not in PRESETS or not isinstance(guidance, float | int | None):
        raise _rendered_otherwise(name[:100])
    preset = preset_named(name, steps=recipe.steps, guidance=guidance)
    if preset.model_dump(mode="json") != dict(recipe.preset):
        raise _rendered_otherwise(preset.name)
    return preset


def _require_name(name: str) -> None:
    """Refuse what could be a path: a record opens no folder."""
    if not NAME.fullmatch(name):
        raise MissingModel(
            f"The picture was made with a model called “{name[:100]}”, which is no model's name.",
            "Name its folder with --model.",
        )


def _rendered_otherwise(name: str) -> BadRequest:
    return BadRequest(
        f"The picture was rendered in a way (“{name}”) that this version does not have, or has "
        "otherwise.",
        "Install the version that the recipe names.",
    )
