"""Requests done in this process, by the same handlers as the worker's."""

from __future__ import annotations

from ssldiff_gui.core.progress import Onlooker, Progress, Silent
from ssldiff_gui.core.requests import AnyRequest
from ssldiff_gui.jobs.handlers import Around, Result, perform
from ssldiff_gui.jobs.kept import Kept


def do(
    request: AnyRequest,
    progress: Progress | None = None,
    *,
    onlooker: Onlooker | None = None,
    models: Kept | None = None,
    yes: bool = False,
) -> Result:
    """Do a request here; see `jobs.handlers.perform`.

    Parameters
    ----------
    request
        What is wanted.
    progress
        Who watches, and may ask for an end.
    onlooker
        Who looks at a canvas while it grows.
    models
        Those that are loaded already, and stay so.
    yes
        Whether a high cost is agreed to.
    """
    return perform(request, Around(progress or Silent(), models or Kept(), onlooker, yes))
