"""`StudyRequest` → what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import JsonValue

from ssldiff_gui.core.lab.study import StudyRequest
from ssldiff_gui.core.progress import Progress

if TYPE_CHECKING:
    pass


def study(request: StudyRequest, progress: Progress | None = None) -> dict[str, JsonValue]:
    """To be written."""
    raise NotImplementedError
