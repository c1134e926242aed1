"""How fast a model was here the last time. No torch is loaded."""

from __future__ import annotations

import json
from contextlib import suppress

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.folders import cache_folder
from ssldiff_gui.storage.atomic import write_bytes


class Speeds:
    """Units of work a second, by model and device, kept for the next estimate.

    Of a generator, pixels times steps; of an encoder, cells.

    Parameters
    ----------
    model, device
        As a recipe names them.
    """

    def __init__(self, model: str, device: str) -> None:
        self._path = cache_folder() / "speeds.json"
        self._same, self._key = f"{model} on ", f"{model} on {device}"

    def seconds(self, work: int) -> float | None:
        """Return about how long so much work will take; None when it was never tried.

        Before anybody knows the device, what was seen on another one is the best guess.
        """
        known = self._all()
        near = (speed for key, speed in known.items() if key.startswith(self._same))
        speed = known.get(self._key) or next(near, None)
        return work / speed if speed else None

    def note(self, work: int, seconds: float) -> None:
        """Remember how long it took."""
        if seconds <= 0 or not work:
            return
        with suppress(OSError, UserError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            found = {**self._all(), self._key: work / seconds}
            write_bytes(self._path, json.dumps(found).encode())

    def _all(self) -> dict[str, float]:
        with suppress(OSError, ValueError):
            found = json.loads(self._path.read_bytes())
            if isinstance(found, dict):
                return {str(key): float(value) for key, value in found.items()}
        return {}
