"""Decoded strips and tiles that the next read will want again, within a bound of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
import numpy.typing as npt

Segment = npt.NDArray[Any]

LIMIT_BYTES = 128 << 20


class SegmentCache:
    """Keeps decoded segments, least recently used out first; decodes each only once at a time.

    Parameters
    ----------
    limit_bytes
        Most bytes kept; the latest segment stays even when it alone is larger, or a file in one
        strip would be decoded for every tile.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit = limit_bytes
        self._kept: OrderedDict[Hashable, Segment] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, threading.Event] = {}

    def find(self, key: Hashable) -> Segment | None:
        """Return a kept segment, or None."""
        with self._lock:
            segment = self._kept.get(key)
            if segment is not None:
                self._kept.move_to_end(key)
            return segment

    def get(self, key: Hashable, decode: Callable[[], Segment]) -> Segment:
        """Return the kept segment, or decode it while others that want it wait."""
        while True:
            with self._lock:
                segment = self._kept.get(key)
                if segment is not None:
                    self._kept.move_to_end(key)
                    return segment
                done = self._under_way.get(key)
                if done is None:
                    mine = self._under_way[key] = threading.Event()
                    break
            done.wait()
        try:
            segment = decode()
            self._keep(key, segment)
            return segment
        finally:
            with self._lock:
                del self._under_way[key]
            mine.set()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0

    def _keep(self, key: Hashable, segment: Segment) -> None:
        if segment.base is not None:  # a view would keep more alive than is counted
            segment = np.ascontiguousarray(segment)
        with self._lock:
            self._kept[key] = segment
            self._bytes += segment.nbytes
            while self._bytes > self._limit and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= dropped.nbytes
