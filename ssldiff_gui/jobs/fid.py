"""`FidRequest` → what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import JsonValue

from ssldiff_gui.core.lab.fid import FidRequest
from ssldiff_gui.core.progress import Progress

if TYPE_CHECKING:
    from ssldiff_gui.jobs.kept import Kept


def measure(
    request: FidRequest, progress: Progress | None = None, *, models: Kept | None = None
) -> dict[str, JsonValue]:
    """To be written."""
    raise NotImplementedError
