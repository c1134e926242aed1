"""Embeddings on their way: batch after batch in one file, each with its checksum.

The file begins with what it is the beginning of. When the same work is asked for again, batches
are read back until the first that is not whole; a crash costs what was not yet on the disk.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.grid import Vectors
from ssldiff_gui.storage.atomic import cannot_write
from ssldiff_gui.storage.file_lock import FileLock

SYNC_SECONDS = 2.0
_MAGIC = b"SSLDIFF PARTIAL 1\n"
_LONGEST_KEY = 1 << 20


class PartialVectors:
    """The file beside an output that holds what is done of it.

    Parameters
    ----------
    output
        The file that is going to be written; its folder exists.
    key
        All that the vectors depend on; a file with another key is begun anew.
    dim
        Number of values of one vector.
    """

    def __init__(self, output: Path, key: Mapping[str, object], dim: int) -> None:
        self.path = output.with_name(f".{output.name}.partial")
        self._lock_path = output.with_name(f".{output.name}.lock")
        self._head = _MAGIC + json.dumps(key, sort_keys=True).encode() + b"\n"
        self._dim = dim
        self._lock: FileLock | None = None
        self._file: BinaryIO | None = None
        self._synced = monotonic()

    def __enter__(self) -> Self:
        try:
            self._lock = FileLock(self._lock_path)
        except OSError as error:
            raise cannot_write(self.path, error) from error
        if not self._lock.held:
            raise BadRequest(
                f"Another program is making {self.path.name[1:-8]}.",
                "Wait for it, or choose another output.",
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._sync()
            self._file.close()
        if self._lock is not None:
            self._lock.release()
        if not self.path.exists():
            with suppress(OSError):
                self._lock_path.unlink()

    def begin(self, sizes: list[int]) -> list[Vectors]:
        """Return the batches that are done, and get ready to take the next ones.

        Parameters
        ----------
        sizes
            How many vectors each batch has, in order.
        """
        try:
            done, end = self._read(sizes)
            self._file = file = self.path.open("r+b") if end else self.path.open("w+b")
            if end:
                file.truncate(end)
                file.seek(end)
            else:
                file.write(self._head)
        except OSError as error:
            raise cannot_write(self.path, error) from error
        return done

    def add(self, vectors: Vectors) -> None:
        """Keep a batch: at the latest two seconds later it is on the disk."""
        if self._file is None:
            raise RuntimeError("begin comes first")
        content = np.ascontiguousarray(vectors, "<f4").tobytes()
        try:
            self._file.write(content + zlib.crc32(content).to_bytes(4, "little"))
            if monotonic() - self._synced >= SYNC_SECONDS:
                self._sync()
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def remove(self) -> None:
        """Take the file away: the output is whole."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self.path.unlink(missing_ok=True)

    def _sync(self) -> None:
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._synced = monotonic()

    def _read(self, sizes: list[int]) -> tuple[list[Vectors], int]:
        """Return the whole batches at the beginning, and where they end; 0 for nothing of use."""
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return [], 0
        with file:
            if file.read(min(len(self._head), _LONGEST_KEY)) != self._head:
                return [], 0
            done: list[Vectors] = []
            end = len(self._head)
            for size in sizes:
                length = size * self._dim * 4
                content, check = file.read(length), file.read(4)
                whole = len(content) == length and len(check) == 4
                if not whole or zlib.crc32(content) != int.from_bytes(check, "little"):
                    break
                done.append(np.frombuffer(content, "<f4").reshape(size, self._dim).copy())
                end += length + 4
            return done, end
