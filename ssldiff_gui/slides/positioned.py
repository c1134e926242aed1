"""Reading bytes of one open file from many threads at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ssldiff_gui.slides.problems import Closed


class Gate:
    """Counts those inside, so that what they use is let go only when the last has left."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._open = True

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Stay inside for a while; raises Closed once the gate is shut."""
        with self._changed:
            if not self._open:
                raise Closed
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    def shut(self) -> bool:
        """Let nobody in any more and wait until all have left; False when it was shut before."""
        with self._changed:
            was_open, self._open = self._open, False
            while self._inside:
                self._changed.wait()
        return was_open


class PositionedFile:
    """A file whose bytes are asked for by position; safe from any thread.

    Where the system reads at a position (everywhere but on Windows) threads do not wait for
    each other at all; elsewhere they take turns for the reading, never for the decoding.
    """

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        self.size = os.fstat(self._fd).st_size
        self._gate = Gate()
        self._turn = threading.Lock()

    def read_at(self, offset: int, count: int) -> bytes:
        """Return `count` bytes from `offset`, or raise EOFError when the file holds fewer."""
        with self._gate.inside():
            if offset < 0 or count < 0 or offset + count > self.size:
                raise EOFError(f"{count} bytes at {offset} of {self.size}")
            parts = []
            while count:
                part = self._read_some(offset, count)
                if not part:
                    raise EOFError(f"the file ends at {offset}")
                parts.append(part)
                offset, count = offset + len(part), count - len(part)
            return parts[0] if len(parts) == 1 else b"".join(parts)

    def read_rows(self, offset: int, stride: int, rows: int, count: int) -> bytearray:
        """Return `count` bytes from each of `rows` places that lie `stride` bytes apart."""
        if stride == count:
            return bytearray(self.read_at(offset, rows * count))
        if not hasattr(os, "preadv"):
            parts = (self.read_at(offset + row * stride, count) for row in range(rows))
            return bytearray(b"".join(parts))
        found = bytearray(rows * count)
        with self._gate.inside(), memoryview(found) as view:
            for row in range(rows):
                part = view[row * count : (row + 1) * count]
                if os.preadv(self._fd, [part], offset + row * stride) != count:
                    raise EOFError(f"the file ends before {offset + row * stride + count}")
        return found

    def _read_some(self, offset: int, count: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._fd, count, offset)
        with self._turn:
            os.lseek(self._fd, offset, os.SEEK_SET)
            return os.read(self._fd, count)

    def close(self) -> None:
        """Let go of the file when nobody reads it any more."""
        if self._gate.shut():
            os.close(self._fd)
