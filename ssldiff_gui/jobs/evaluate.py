"""`EvaluateRequest` → `Report`: models measured on pictures that they were not trained on."""

from __future__ import annotations

import time
from collections.abc import Callable

from ssldiff_gui.core.lab.evaluate import EvaluateRequest
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.jobs.evaluate_report import Report


def evaluate(request: EvaluateRequest, progress: Progress | None = None) -> Report:
    """Measure a model.

    Parameters
    ----------
    request
        What is measured, and on what.
    progress
        Who watches, and may ask for an end.

    Raises
    ------
    UserError
        One of its kinds.
    """
    began = time.monotonic()
    report = _how(request)(request, progress or Silent())
    report.seconds = time.monotonic() - began
    return report


def _how(request: EvaluateRequest) -> Callable[[EvaluateRequest, Progress], Report]:
    if request.what == "encoder":
        from ssldiff_gui.jobs.evaluate_encoder import evaluate_encoder

        return evaluate_encoder
    if request.what == "autoencoder":
        from ssldiff_gui.jobs.evaluate_autoencoder import evaluate_autoencoder

        return evaluate_autoencoder
    if request.what == "generator":
        from ssldiff_gui.jobs.evaluate_generator import evaluate_generator

        return evaluate_generator
    if request.what == "canvas":
        from ssldiff_gui.jobs.evaluate_canvas import evaluate_canvas

        return evaluate_canvas
    from ssldiff_gui.jobs.evaluate_prior import evaluate_prior

    return evaluate_prior
