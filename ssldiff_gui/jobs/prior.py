"""`PriorRequest` → a grid: drawn from a class or a text, and written like any other."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

from ssldiff_gui.core.errors import BadRequest, MissingModel, OversizedRequest, UserError
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.core.recipe import SYNTHETIC
from ssldiff_gui.core.requests import PriorRequest
from ssldiff_gui.storage.grid_files import check_output, write_grid
from ssldiff_gui.storage.grids import GridRecord
from ssldiff_gui.storage.marking import program

if TYPE_CHECKING:
    from ssldiff_gui.jobs.kept import Kept
    from ssldiff_gui.models.priors import Prior
    from ssldiff_gui.sampling.presets import Preset

MOST_CELLS = 1 << 19
"""Rows times columns; beyond it the canvas would have more than 700² cells."""


@dataclass(frozen=True, slots=True)
class PriorResult:
    """What came of a request.

    Parameters
    ----------
    grid
        What was written.
    model
        Name of the prior.
    seconds
        From loading it to the file.
    device
        What computed it.
    reading
        How much of the text went to each class.
    notes
        What else is worth knowing.
    """

    grid: EmbeddingGrid
    model: str
    seconds: float
    device: str
    reading: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def draw(
    request: PriorRequest, progress: Progress | None = None, *, models: Kept | None = None
) -> PriorResult:
    """Draw a grid and write it.

    Parameters
    ----------
    request
        What is wanted.
    progress
        Who watches, and may ask for an end.
    models
        Those that are loaded already.

    Raises
    ------
    BadRequest
        Nothing is asked for, or something that the prior does not know; the hint says what it
        knows.
    """
    began = time.monotonic()
    check_output(Path(request.output))
    _check(request)
    from ssldiff_gui.models import devices

    prior, folder = _prior(request, models)
    reading, notes = _read(prior, request.text)
    grid = _drawn(prior, request, progress or Silent())
    told = _told(request, prior, folder, reading)
    write_grid(Path(request.output), GridRecord(grid, notes=told))
    seconds, device = time.monotonic() - began, devices.describe(prior.device)
    return PriorResult(grid, prior.spec.name, seconds, device, reading, notes)


def make_grid(request: PriorRequest, progress: Progress | None = None) -> EmbeddingGrid:
    """Draw a grid, and write nothing; see `draw`."""
    _check(request)
    prior, _ = _prior(request, None)
    _read(prior, request.text)
    return _drawn(prior, request, progress or Silent())


def _prior(request: PriorRequest, models: Kept | None) -> tuple[Prior, Path]:
    from ssldiff_gui.models.folders import find_model
    from ssldiff_gui.models.priors import load_prior

    load = load_prior if models is None else models.prior
    if request.model is not None:
        folder = find_model(request.model, "prior")
        return load(folder, request.device), folder
    return _one_that_knows(request, load)


def _check(request: PriorRequest) -> None:
    if request.label is None and request.text is None:
        raise BadRequest(
            "Nothing says what the grid shall show.", "Give a class, or a text, or both."
        )
    if request.text is not None and not request.text.strip():
        raise BadRequest("The text is empty.", "Say in words what the grid shall show.")
    if request.rows * request.columns > MOST_CELLS:
        raise OversizedRequest(
            f"{request.rows:,} × {request.columns:,} cells are more than the {MOST_CELLS:,} that "
            "a prior draws at once.",
            "Ask for fewer rows or columns.",
        )


def _one_that_knows(
    request: PriorRequest, load: Callable[[Path, str], Prior]
) -> tuple[Prior, Path]:
    """Return the one installed prior that knows what is asked for.

    What the person installed comes before what the package carries.
    """
    from ssldiff_gui.models.folders import Installed, installed_models, own_first

    there = [e for e in installed_models() if e.model is not None and e.model.prior is not None]
    if not there:
        raise MissingModel(
            "No prior is installed.",
            "Name a model folder with --model, or train one with `ssldiff train prior`.",
        )
    found: list[tuple[Prior, Installed]] = []
    problem: UserError | None = None
    for entry in there:
        prior = load(entry.folder, request.device)
        try:
            prior.told(request.label, request.text)
        except BadRequest as error:
            problem = error
        else:
            found.append((prior, entry))
    if not found and problem is not None and len(there) == 1:
        raise problem
    if not found:
        names = ", ".join(entry.name for entry in there)
        raise BadRequest(
            "No installed prior knows what is asked for.",
            f"Choose one of {names} with --model: it tells what it knows.",
        )
    knowing = own_first([entry for _, entry in found])
    if len(knowing) > 1:
        names = ", ".join(entry.name for entry in knowing)
        raise BadRequest(
            f"Several installed priors know what is asked for: {names}.", "Choose one with --model."
        )
    return next((prior, entry.folder) for prior, entry in found if entry is knowing[0])


def _read(prior: Prior, text: str | None) -> tuple[dict[str, float], tuple[str, ...]]:
    """Return how a text was understood, and what has to be said of that."""
    if text is None:
        return {}, ()
    notes = []
    unknown = prior.unknown_words(text)
    if unknown:
        notes.append(f"These words mean nothing to {prior.spec.name}: {', '.join(unknown)}.")
    reading = prior.reading(text)
    if len(reading) > 1 or not reading:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in reading.items())
        notes.append(f"The text was read as {shares or 'none of the classes in particular'}.")
    return reading, tuple(notes)


def _drawn(prior: Prior, request: PriorRequest, progress: Progress) -> EmbeddingGrid:
    from ssldiff_gui.sampling.prior_grid import GridDrawing

    spec = prior.spec
    drawing = GridDrawing(
        prior,
        prior.channels,
        spec.window,
        prior.told(request.label, request.text),
        request.rows,
        request.columns,
        seed=request.seed,
        preset=_preset(request),
        guidance=spec.guidance if request.guidance is None else request.guidance,
        progress=progress,
    )
    return EmbeddingGrid(
        prior.vectors_of(drawing.draw()),
        spec.encoder,
        spec.cell,
        scale=None if spec.pixel is None else spec.pixel.scale,
    )


def _preset(request: PriorRequest) -> Preset:
    from ssldiff_gui.sampling.prior_grid import PRIOR

    if request.steps is None:
        return PRIOR
    phases = max(k for k in range(1, PRIOR.phases + 1) if not request.steps % k)
    return PRIOR.model_copy(update={"steps": request.steps, "phases": phases})


def _told(
    request: PriorRequest, prior: Prior, folder: Path, reading: dict[str, float]
) -> dict[str, JsonValue]:
    """Return what the grid's file says: that it was drawn, by what, and how to draw it again."""
    from ssldiff_gui.models.folders import read_model

    asked = request.model_dump(mode="json", exclude={"output", "model"})
    return {
        "synthetic": True,
        "digital_source_type": SYNTHETIC,
        "created_by": program(),
        "request": {**asked, "model": folder.name},
        "model_files": dict(read_model(folder, verify=False).files),
        "guidance": prior.spec.guidance if request.guidance is None else request.guidance,
        "reading": dict(reading),
    }
