"""The folder of finished pyramids: under a size cap, those unused for longest go first."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
import uuid
from pathlib import Path

from ssldiff_gui.core.folders import cache_folder
from ssldiff_gui.slides.tile_file import DamagedTiles, TileFile

DEFAULT_CAP = 4 << 30
_ABANDONED_AFTER = 24 * 3600.0


class TileFolder:
    """Pyramids on disk, by what they are of.

    Parameters
    ----------
    path
        Made when something is first written; the user's cache folder when None.
    cap_bytes
        Most bytes that finished pyramids take together.
    """

    def __init__(self, path: Path | None = None, cap_bytes: int = DEFAULT_CAP) -> None:
        self.path = path if path is not None else cache_folder() / "pyramids"
        self.cap = cap_bytes

    def open(self, facts: dict[str, object]) -> TileFile | None:
        """Return the finished pyramid of something, or None; a damaged one is deleted."""
        path = self._path_of(facts)
        try:
            found = TileFile(path)
        except FileNotFoundError:
            return None
        except (DamagedTiles, OSError):
            self.discard(facts)
            return None
        if found.facts != facts:
            found.close()
            self.discard(facts)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return found

    def discard(self, facts: dict[str, object]) -> None:
        """Delete a pyramid that proved to be damaged."""
        with contextlib.suppress(OSError):
            self._path_of(facts).unlink(missing_ok=True)

    def begin(self, facts: dict[str, object]) -> TileFile:
        """Return a new file to fill; nobody finds it before it is published."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.sweep()
        name = f"{self._path_of(facts).stem}.{uuid.uuid4().hex}.part"
        return TileFile(self.path / name, facts)

    def publish(self, file: TileFile) -> TileFile:
        """Make a filled file findable, and room for it if need be."""
        finished = file.publish(self._path_of(file.facts))
        self.sweep(keep=finished.path)
        return finished

    def sweep(self, keep: Path | None = None) -> None:
        """Delete what a crash left behind, then pyramids until the rest is within the cap."""
        found = []
        for path in self.path.iterdir():
            with contextlib.suppress(OSError):
                status = path.stat()
                if path.suffix == ".tiles":
                    found.append((status.st_mtime, status.st_size, path))
                elif path.suffix == ".part" and status.st_mtime < time.time() - _ABANDONED_AFTER:
                    path.unlink()
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found, key=lambda entry: entry[0]):
            if total <= self.cap:
                return
            if path != keep or size > self.cap:
                with contextlib.suppress(OSError):
                    path.unlink()
                    total -= size

    def _path_of(self, facts: dict[str, object]) -> Path:
        key = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
        return self.path / f"{key[:40]}.tiles"
