"""`PriorRequest` → a grid: drawn from what is asked for, and written like any other."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

from ssldiff_gui.core.errors import BadRequest, MissingModel, UserError
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.core.recipe import SYNTHETIC
from ssldiff_gui.core.requests import PriorRequest
from ssldiff_gui.jobs.prior_asked import MOST_CELLS, Told, Understood, Wish
from ssldiff_gui.storage.grid_files import check_output, write_grid
from ssldiff_gui.storage.grids import GridRecord
from ssldiff_gui.storage.marking import program

if TYPE_CHECKING:
    from ssldiff_gui.jobs.kept import Kept
    from ssldiff_gui.models.priors import Prior
    from ssldiff_gui.sampling.presets import Preset

__all__ = ["MOST_CELLS", "PriorResult", "draw", "make_grid"]


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
    wish = Wish.of(request)
    from ssldiff_gui.models import devices

    prior, folder, found = _prior(wish, models)
    grid = _drawn(prior, request, found.told, progress or Silent())
    told = _record(wish, prior, folder, found)
    write_grid(Path(request.output), GridRecord(grid, notes=told))
    seconds, device = time.monotonic() - began, devices.describe(prior.device)
    return PriorResult(grid, prior.spec.name, seconds, device, found.reading, found.notes)


def make_grid(request: PriorRequest, progress: Progress | None = None) -> EmbeddingGrid:
    """Draw a grid, and write nothing; see `draw`."""
    prior, _, found = _prior(Wish.of(request), None)
    return _drawn(prior, request, found.told, progress or Silent())


def _prior(wish: Wish, models: Kept | None) -> tuple[Prior, Path, Understood]:
    from ssldiff_gui.models.folders import find_model
    from ssldiff_gui.models.priors import load_prior

    load = load_prior if models is None else models.prior
    request = wish.request
    if request.model is not None:
        folder = find_model(request.model, "prior")
        prior = load(folder, request.device)
        return prior, folder, wish.understood(prior)
    return _one_that_knows(wish, load)


def _one_that_knows(
    wish: Wish, load: Callable[[Path, str], Prior]
) -> tuple[Prior, Path, Understood]:
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
    found: list[tuple[Prior, Installed, Understood]] = []
    problem: UserError | None = None
    for entry in there:
        prior = load(entry.folder, wish.request.device)
        try:
            understood = wish.understood(prior)
        except BadRequest as error:
            problem = error
        else:
            found.append((prior, entry, understood))
    if not found and problem is not None and len(there) == 1:
        raise problem
    if not found:
        names = ", ".join(entry.name for entry in there)
        raise BadRequest(
            "No installed prior knows what is asked for.",
            f"Choose one of {names} with --model: it tells what it knows.",
        )
    knowing = own_first([entry for _, entry, _ in found])
    if len(knowing) > 1:
        names = ", ".join(entry.name for entry in knowing)
        raise BadRequest(
            f"Several installed priors know what is asked for: {names}.", "Choose one with --model."
        )
    return next((prior, e.folder, understood) for prior, e, understood in found if e is knowing[0])


def _drawn(prior: Prior, request: PriorRequest, told: Told, progress: Progress) -> EmbeddingGrid:
    from ssldiff_gui.sampling.prior_grid import GridDrawing

    spec = prior.spec
    drawing = GridDrawing(
        prior,
        prior.channels,
        spec.window,
        told,
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


def _record(wish: Wish, prior: Prior, folder: Path, found: Understood) -> dict[str, JsonValue]:
    """Return what the grid's file says: that it was drawn, by what, and how to draw it again."""
    from ssldiff_gui.models.folders import read_model

    request = wish.request
    asked = request.model_dump(mode="json", exclude={"output", "model"})
    for name in ("features", "layout"):  # where they lie is nobody's business
        asked[name] = None if asked[name] is None else Path(asked[name]).name
    return {
        "synthetic": True,
        "digital_source_type": SYNTHETIC,
        "created_by": program(),
        "request": {**asked, "model": folder.name},
        "model_files": dict(read_model(folder, verify=False).files),
        "guidance": prior.spec.guidance if request.guidance is None else request.guidance,
        "reading": dict(found.reading),
        **wish.facts(),
    }
