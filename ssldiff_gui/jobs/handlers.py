"""Each kind of request and what does it: the same for the worker and for this process."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from ssldiff_gui.core.lab.augment import AugmentRequest
from ssldiff_gui.core.lab.evaluate import EvaluateRequest
from ssldiff_gui.core.lab.fid import FidRequest
from ssldiff_gui.core.lab.fit_map import MapRequest
from ssldiff_gui.core.lab.label import LabelRequest
from ssldiff_gui.core.lab.study import StudyRequest
from ssldiff_gui.core.lab.train import TrainRequest
from ssldiff_gui.core.progress import Onlooker, Progress
from ssldiff_gui.core.requests import (
    AnyRequest,
    CheckRequest,
    EmbedRequest,
    ExportRequest,
    FigureRequest,
    GenerateRequest,
    ModelRequest,
    PriorRequest,
)
from ssldiff_gui.jobs.kept import Kept

Result = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Around:
    """What a job stands in.

    Parameters
    ----------
    progress
        Who watches, and may ask for an end or a pause.
    models
        Those that are loaded already.
    onlooker
        Who looks at a canvas while it grows; None when nobody does.
    yes
        Whether a high cost is agreed to.
    """

    progress: Progress
    models: Kept
    onlooker: Onlooker | None = None
    yes: bool = False


def perform(request: AnyRequest, around: Around) -> Result:
    """Do a request.

    Returns
    -------
    dict
        What came of it, as JSON has it; paths are texts.

    Raises
    ------
    UserError
        One of its kinds; what was finished stays.
    """
    return _HANDLERS[request.kind](request, around)


def _embed(request: EmbedRequest, around: Around) -> Result:
    from ssldiff_gui.jobs.embed import embed

    done = embed(request, around.progress, yes=around.yes, models=around.models)
    grid = done.grid
    return {
        "grid": request.output,
        "rows": grid.rows,
        "columns": grid.columns,
        "cell": grid.cell,
        "encoder": grid.encoder,
        "digest": grid.digest(),
        "cells": done.cells,
        "skipped": done.skipped,
        "resumed": done.resumed,
        "seconds": done.seconds,
        "cells_per_second": done.tiles_per_second,
        "device": done.device,
        "notes": list(done.notes),
    }


def _generate(request: GenerateRequest, around: Around) -> Result:
    from ssldiff_gui.jobs.generate import generate

    done = generate(
        request,
        around.progress,
        yes=around.yes,
        models=around.models,
        onlooker=around.onlooker,
        hashed=False,
    )
    return {
        "canvas": str(done.canvas),
        "width": done.width,
        "height": done.height,
        "tiles": done.tiles,
        "failed": done.failed,
        "missing": done.missing,
        "evaluations": done.evaluations,
        "seconds": done.seconds,
        "megapixels": done.megapixels,
        "peak_memory": done.peak_memory,
        "peak_device_memory": done.peak_device_memory,
        "notes": list(done.notes),
    }


def _prior(request: PriorRequest, around: Around) -> Result:
    from ssldiff_gui.jobs.prior import draw

    done = draw(request, around.progress, models=around.models)
    return {
        "grid": request.output,
        "rows": done.grid.rows,
        "columns": done.grid.columns,
        "cell": done.grid.cell,
        "encoder": done.grid.encoder,
        "digest": done.grid.digest(),
        "model": done.model,
        "seconds": done.seconds,
        "device": done.device,
        "reading": dict(done.reading),
        "notes": list(done.notes),
    }


def _export(request: ExportRequest, around: Around) -> Result:
    from ssldiff_gui.jobs.export import export_canvas

    done = export_canvas(request, around.progress, yes=around.yes)
    return {
        "output": str(done.path),
        "sidecar": str(done.sidecar),
        "format": done.format,
        "width": done.width,
        "height": done.height,
        "sha256": done.sha256,
        "missing": done.missing,
        "bytes": done.bytes,
        "seconds": done.seconds,
    }


def _check(request: CheckRequest, around: Around) -> Result:
    from ssldiff_gui.jobs.check import check_to_file

    done, embedded, seconds = check_to_file(request, around.progress, models=around.models)
    facts: Result = done.facts.model_dump(mode="json", exclude={"format"})
    return {**facts, "check": request.output, "embedded": embedded, "seconds": seconds}


def _figure(request: FigureRequest, around: Around) -> Result:
    from ssldiff_gui.jobs.figure import draw_figure

    began = time.monotonic()
    path = draw_figure(request, around.progress)
    return {"output": str(path), "seconds": time.monotonic() - began}


def _model(request: ModelRequest, around: Around) -> Result:
    from ssldiff_gui.models.obtaining import check_consent, obtain, offer

    around.progress.report(0, 1, "Looking for the model")
    given = offer(request.name)
    check_consent(given.licence, given.licence.name if request.accept else None)
    around.progress.check()
    done = obtain(given, around.progress)
    return {
        "name": done.folder.name,
        "folder": str(done.folder),
        "id": done.encoder.id,
        "revision": done.revision,
        "sha256": done.sha256,
        "trust": done.trust,
        "licence": given.licence.model_dump(mode="json"),
    }


def _train(request: TrainRequest, around: Around) -> Result:
    from ssldiff_gui.jobs.train import became, train, train_family

    if request.what == "all":
        done = list(train_family(request, around.progress))
    else:
        done = [train(request, around.progress)]
    return {"models": [became(result) for result in done]}


def _evaluate(request: EvaluateRequest, around: Around) -> Result:
    from ssldiff_gui.jobs.evaluate import evaluate

    report = evaluate(request, around.progress)
    files = [] if request.output is None else report.write(Path(request.output))
    return {**report.facts(), "files": [str(path) for path in files]}


def _fid(request: FidRequest, around: Around) -> Result:
    from ssldiff_gui.jobs.fid import measure

    return measure(request, around.progress, models=around.models)


def _augment(request: AugmentRequest, around: Around) -> Result:
    from ssldiff_gui.jobs.augment import augment

    return augment(request, around.progress, models=around.models)


def _study(request: StudyRequest, around: Around) -> Result:
    from ssldiff_gui.jobs.study import study

    return study(request, around.progress, models=around.models)


def _label(request: LabelRequest, around: Around) -> Result:
    from ssldiff_gui.jobs.label import label

    return label(request, around.progress, models=around.models, yes=around.yes)


def _map(request: MapRequest, around: Around) -> Result:
    from ssldiff_gui.jobs.fit_map import fit_map

    return fit_map(request, around.progress)


_HANDLERS: dict[str, Callable[[Any, Around], Result]] = {
    "embed": _embed,
    "generate": _generate,
    "prior": _prior,
    "export": _export,
    "check": _check,
    "figure": _figure,
    "model": _model,
    "train": _train,
    "evaluate": _evaluate,
    "fid": _fid,
    "augment": _augment,
    "study": _study,
    "label": _label,
    "map": _map,
}
