"""Memory for pictures that come and go many times a second.

A fresh array of tens of megabytes costs more in page faults than the copying of the tiles into
it; one that was used before costs nothing.
"""

from __future__ import annotations

import sys
import threading

import numpy as np

from ssldiff_gui.slides.scene import RGB

PREPARED = 20 << 20
"""As much as one view in a large window takes."""

_STEP = 4 << 20
_KEPT = 2


class PictureBuffers:
    """Lends arrays and takes them back by itself when nobody refers to them any more."""

    def __init__(self) -> None:
        self._buffers: list[RGB] = []
        self._lock = threading.Lock()

    def prepare(self) -> bool:
        """Have two arrays ready and in memory; a chore, for a thread that nobody waits for."""
        made = [np.full(PREPARED, 255, dtype=np.uint8) for _ in range(2)]
        with self._lock:
            self._buffers = [*self._buffers, *made][-_KEPT:]
        return False

    def picture(self, height: int, width: int) -> RGB:
        """Return an array of (height, width, 3), of no particular content."""
        size = height * width * 3
        with self._lock:
            flat = self._free(size)
            if flat is None:
                flat = np.empty(-(-size // _STEP) * _STEP, dtype=np.uint8)
                self._buffers = [*self._buffers[-(_KEPT - 1) :], flat]
        return flat[:size].reshape(height, width, 3)

    def _free(self, size: int) -> RGB | None:
        for index in range(len(self._buffers)):
            # Views refer to the buffer itself, so that one in use has more than these two.
            if self._buffers[index].nbytes >= size and sys.getrefcount(self._buffers[index]) <= 2:
                return self._buffers[index]
        return None
