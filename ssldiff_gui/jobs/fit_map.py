"""`MapRequest` → what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import JsonValue

from ssldiff_gui.core.lab.fit_map import MapRequest
from ssldiff_gui.core.progress import Progress

if TYPE_CHECKING:
    pass


def fit_map(request: MapRequest, progress: Progress | None = None) -> dict[str, JsonValue]:
    """To be written."""
    raise NotImplementedError
