"""A text file that only grows, line by line, and what must be waited for when it does."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from pathlib import Path

Line = Callable[[], bytes]
"""Makes a line, its end included; called where the line is written."""


class LineFile:
    """Appends lines; a line that was appended at once outlives the program's death.

    Parameters
    ----------
    path
        The file; made with the first line.
    header
        The first line of a new file.
    on_error
        Called, from any thread, when writing failed; nothing is written from then on.
    """

    def __init__(self, path: Path, header: bytes, on_error: Callable[[OSError], None]) -> None:
        self._path = path
        self._header = header
        self._on_error = on_error
        self._file: int | None = None
        self._guard = threading.Lock()
        self._work: queue.SimpleQueue[Line | threading.Event | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._waiting = 0
        self._asked_to_sync = False
        self._stopped = False
        self.failed = False

    def append(self, line: Line, *, at_once: bool = True) -> None:
        """Add a line, here and now or in the background; lines keep their order.

        Parameters
        ----------
        line
            Makes the line.
        at_once
            Whether it is short enough to be made and handed to the system here. It still
            queues when others do.
        """
        with self._guard:
            if at_once and self._waiting == 0:
                self._write(line())
                if self._asked_to_sync:
                    return
                self._asked_to_sync = True
                item: Line | None = None
            else:
                self._waiting += 1
                item = line
        self._later(item)

    def flush(self) -> None:
        """Wait until everything is on the disk."""
        if self._thread is not None:
            done = threading.Event()
            self._work.put(done)
            done.wait()

    def close(self) -> None:
        """Write what waits and close the file."""
        self.flush()
        with self._guard:
            self.failed = True
            if self._file is not None:
                os.close(self._file)
                self._file = None
        self._stopped = True
        self._work.put(None)

    def _later(self, item: Line | None) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
            self._thread.start()
        self._work.put(item)

    def _run(self) -> None:
        while True:
            item = self._work.get()
            if item is None or isinstance(item, threading.Event):
                self._sync()
                if item is not None:
                    item.set()
                elif self._stopped:
                    return
            else:
                content = item()  # outside the guard: whoever draws on must not wait for it
                with self._guard:
                    self._write(content)
                    self._waiting -= 1

    def _write(self, content: bytes) -> None:
        if self.failed:
            return
        try:
            if self._file is None:
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
                self._file = os.open(self._path, flags, 0o666)
                if os.fstat(self._file).st_size == 0:
                    _write_all(self._file, self._header)
            _write_all(self._file, content)
        except OSError as error:
            self.failed = True
            self._on_error(error)

    def _sync(self) -> None:
        with self._guard:
            self._asked_to_sync = False
            handle = None if self._file is None else os.dup(self._file)
        if handle is None:
            return
        try:
            os.fsync(handle)
        except OSError as error:
            self.failed = True
            self._on_error(error)
        finally:
            os.close(handle)


def _write_all(handle: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(handle, view) :]
