"""`StudyRequest` → experiments that compare methods, as one report."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.lab.study import StudyRequest
from ssldiff_gui.core.progress import Progress, Silent

if TYPE_CHECKING:
    from ssldiff_gui.jobs.kept import Kept


def study(
    request: StudyRequest, progress: Progress | None = None, *, models: Kept | None = None
) -> dict[str, JsonValue]:
    """Compare ways to train on one set of pictures, and write a report.

    Parameters
    ----------
    request
        What is compared.
    progress
        Told of every training; asked for an end.
    models
        Those that are loaded already.

    Returns
    -------
    dict
        What `report.json` holds, and the files that were written.

    Raises
    ------
    UserError
        What a person can mend: one class, one picture, a split that leaks.
    """
    began = time.monotonic()
    watch = progress or Silent()
    if request.subject == "augmentation":
        from ssldiff_gui.jobs.study_augmentation import study_augmentation

        page = study_augmentation(request, watch)
    else:
        from ssldiff_gui.jobs.kept import Kept
        from ssldiff_gui.jobs.study_guidance import study_guidance

        if request.augmented:
            raise BadRequest(
                "A study of guidance takes no augmented folders.", "Leave out --augmented."
            )
        page = study_guidance(request, watch, models or Kept())
    files = page.write(Path(request.output).expanduser())
    result: dict[str, JsonValue] = page.as_json()
    return {**result, "files": [str(path) for path in files], "seconds": time.monotonic() - began}
