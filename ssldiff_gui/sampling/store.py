"""Latents of finished windows: in memory up to a limit, beyond it on disk."""

from __future__ import annotations

import shutil
import time
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from ssldiff_gui.core.errors import NoSpace
from ssldiff_gui.sampling.noise import Latents

LIMIT = 96 << 20
"""Bytes in memory: three rows of windows of a large canvas would be too many."""

_CHECK, _WORD = 4, 8

Key = tuple[int, int, int]
"""Phase, row and column of a window."""


class WindowStore:
    """Keeps what windows ended with, least recently used on disk.

    Parameters
    ----------
    folder
        Where latents go that memory has no room for; None keeps all of them in memory.
    limit
        Bytes in memory.
    keep
        Whether what is dropped stays on disk, so that an edit finds it again.
    """

    def __init__(self, folder: Path | None, *, limit: int = LIMIT, keep: bool = False) -> None:
        self.folder = folder
        self.limit = limit
        self.keep = keep and folder is not None
        self.failed: set[Key] = set()
        self.bytes = 0
        self._held: OrderedDict[Key, Latents] = OrderedDict()
        self._on_disk: set[Key] = set()
        if folder is not None and folder.exists():
            self._on_disk = {key for path in folder.glob("*/*.latents") if (key := _key_of(path))}

    def __contains__(self, key: Key) -> bool:
        return key in self._held or key in self._on_disk or key in self.failed

    def put(self, key: Key, latents: Latents) -> None:
        """Keep what a window ended with."""
        self._held[key] = latents
        self.bytes += latents.nbytes
        while self.bytes > self.limit and self.folder is not None and len(self._held) > 1:
            self._spill(next(iter(self._held)))

    def get(self, key: Key) -> Latents:
        """Return what a window ended with; its file may have been damaged: then `KeyError`."""
        if key in self._held:
            self._held.move_to_end(key)
            return self._held[key]
        found = self._read(key)
        self.put(key, found)
        return found

    def drop(self, keys: Iterable[Key]) -> None:
        """Let go of windows that nobody needs any more."""
        for key in list(keys):
            if self.keep and key in self._held:
                self._spill(key)
            elif not self.keep:
                self.forget([key])

    def forget(self, keys: Iterable[Key]) -> None:
        """Remove windows whose content is not right any more."""
        for key in list(keys):
            self.failed.discard(key)
            held = self._held.pop(key, None)
            self.bytes -= 0 if held is None else held.nbytes
            if key in self._on_disk:
                self._on_disk.discard(key)
                with suppress(OSError):
                    self._path(key).unlink()

    def __iter__(self) -> Iterator[Key]:
        return iter(sorted({*self._held, *self._on_disk}))

    def flush(self, seconds: float | None = None) -> None:
        """Put all that is kept on disk; with a limit, as much as goes into it, last phases first.

        What is left out is only made again when it is wanted.
        """
        ends = None if seconds is None else time.monotonic() + seconds
        if self.keep:
            for key in sorted(self._held, reverse=True):
                if ends is not None and time.monotonic() > ends:
                    return
                self._spill(key)

    def clear(self) -> None:
        """Forget everything."""
        self._held.clear()
        self._on_disk.clear()
        self.failed.clear()
        self.bytes = 0
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _spill(self, key: Key) -> None:
        latents = self._held.pop(key)
        self.bytes -= latents.nbytes
        if key in self._on_disk:
            return
        path = self._path(key)
        fresh = path.with_suffix(".new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(_packed(latents))
            fresh.replace(path)
        except OSError as error:
            raise NoSpace(
                f"The latents of the render cannot be kept in {path.parents[1]}: {error.strerror}.",
                "Free some space on that disk, then go on with --resume.",
            ) from error
        self._on_disk.add(key)

    def _read(self, key: Key) -> Latents:
        if key not in self._on_disk:
            raise KeyError(key)
        try:
            found = _unpacked(self._path(key).read_bytes())
        except (OSError, ValueError):
            found = None
        if found is None:
            self.forget([key])
            raise KeyError(key)
        return found

    def _path(self, key: Key) -> Path:
        assert self.folder is not None  # noqa: S101 - only asked for when there is one
        return self.folder / str(key[0]) / f"{key[1]}_{key[2]}.latents"


def _packed(latents: Latents) -> bytes:
    """Return shape, numbers and a checksum: no pickle can hide in that."""
    shape = np.array([latents.ndim, *latents.shape], np.int64)
    content = shape.tobytes() + latents.astype(np.float32).tobytes()
    return content + zlib.crc32(content).to_bytes(_CHECK, "little")


def _unpacked(whole: bytes) -> Latents | None:
    content, check = whole[:-_CHECK], whole[-_CHECK:]
    if zlib.crc32(content).to_bytes(_CHECK, "little") != check:
        return None
    start = _WORD * (int(np.frombuffer(content[:_WORD], np.int64)[0]) + 1)
    shape = np.frombuffer(content[_WORD:start], np.int64)
    return np.frombuffer(content[start:], np.float32).reshape(shape)


def _key_of(path: Path) -> Key | None:
    with suppress(ValueError):
        row, column = path.stem.split("_")
        return int(path.parent.name), int(row), int(column)
    return None
