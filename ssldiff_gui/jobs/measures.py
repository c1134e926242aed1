"""What work costs here: memory at its peak, and how fast a model was the last time."""

from __future__ import annotations

import json
import sys
from contextlib import suppress

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.folders import cache_folder
from ssldiff_gui.storage.atomic import write_bytes


def peak_memory() -> int | None:
    """Return the most bytes of main memory this process ever held; None where nobody counts."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def peak_device_memory() -> int | None:
    """Return the most bytes that one GPU gave; None without one."""
    import torch

    count = torch.cuda.device_count()
    return max(torch.cuda.max_memory_allocated(k) for k in range(count)) if count else None


class Speeds:
    """Pixels a second, by model and device, kept for the next estimate.

    Parameters
    ----------
    model, device
        As a recipe names them.
    """

    def __init__(self, model: str, device: str) -> None:
        self._path = cache_folder() / "speeds.json"
        self._key = f"{model} on {device}"

    def seconds(self, pixels: int) -> float | None:
        """Return about how long so many pixels will take; None when it was never tried."""
        speed = self._all().get(self._key)
        return pixels / speed if speed else None

    def note(self, pixels: int, seconds: float) -> None:
        """Remember how long it took."""
        if seconds <= 0 or not pixels:
            return
        with suppress(OSError, UserError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            found = {**self._all(), self._key: pixels / seconds}
            write_bytes(self._path, json.dumps(found).encode())

    def _all(self) -> dict[str, float]:
        with suppress(OSError, ValueError):
            found = json.loads(self._path.read_bytes())
            if isinstance(found, dict):
                return {str(key): float(value) for key, value in found.items()}
        return {}
