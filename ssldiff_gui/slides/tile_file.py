"""Encoded tiles in one file: written once, published by a rename, refused when damaged.

Layout: a magic number, the tiles one after the other, an index (zlib'd JSON), a tail that says
where the index is. While it is written the index is in memory only, so a file that was cut short
has none and cannot be taken for a whole one.
"""

from __future__ import annotations

import json
import struct
import threading
import zlib
from pathlib import Path
from typing import Self

MAGIC = b"SSLDTIL1"
_TAIL = struct.Struct("<QQI8s")

Place = tuple[int, int, int]
"""(level, column, row)."""


class DamagedTiles(Exception):
    """The file is not whole, or not what was written."""


class TileFile:
    """Tiles by place; safe to use from many threads.

    Parameters
    ----------
    path
        Made anew when `facts` are given, otherwise opened for reading.
    facts
        What the tiles are of; whoever opens the file later can compare.
    """

    def __init__(self, path: Path, facts: dict[str, object] | None = None) -> None:
        self.path = path
        self.facts: dict[str, object] = {}
        self._places: dict[Place, tuple[int, int, int]] = {}
        self._lock = threading.Lock()
        self._file = path.open("rb" if facts is None else "x+b")
        self._end = len(MAGIC)
        try:
            if facts is None:
                self._read_index()
            else:
                self.facts = facts
                self._file.write(MAGIC)
        except BaseException:
            self._file.close()
            raise

    @property
    def closed(self) -> bool:
        """Whether the file was let go of."""
        return self._file.closed

    @property
    def size(self) -> int:
        """Bytes of the tiles."""
        return self._end

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, place: Place) -> bool:
        return place in self._places

    def put(self, place: Place, data: bytes) -> None:
        """Append a tile; one that is there already is kept."""
        with self._lock:
            if place in self._places:
                return
            self._file.seek(self._end)
            self._file.write(data)
            self._places[place] = self._end, len(data), zlib.crc32(data)
            self._end += len(data)

    def get(self, place: Place) -> bytes | None:
        """Return a tile, None when there is none; raises DamagedTiles."""
        with self._lock:
            found = self._places.get(place)
            if found is None:
                return None
            offset, size, check = found
            self._file.seek(offset)
            data = self._file.read(size)
        if len(data) != size or zlib.crc32(data) != check:
            raise DamagedTiles(self.path.name)
        return data

    def publish(self, path: Path) -> Self:
        """Finish the file, move it to where others look for it, and return it opened there."""
        with self._lock:
            entries = [[*place, *where] for place, where in self._places.items()]
            content = {"facts": self.facts, "tiles": entries}
            index = zlib.compress(json.dumps(content).encode(), 1)
            self._file.seek(self._end)
            self._file.write(index)
            self._file.write(_TAIL.pack(self._end, len(index), zlib.crc32(index), MAGIC))
            self._file.close()
            self.path.replace(path)
        return type(self)(path)

    def close(self) -> None:
        """Let go of the file; one that was not published is deleted."""
        with self._lock:
            unfinished = not self._file.closed and self._file.writable()
            self._file.close()
        if unfinished:
            self.path.unlink(missing_ok=True)

    def _read_index(self) -> None:
        try:
            self._file.seek(-_TAIL.size, 2)
            offset, size, check, magic = _TAIL.unpack(self._file.read(_TAIL.size))
            self._file.seek(offset)
            packed = self._file.read(size)
            if magic != MAGIC or len(packed) != size or zlib.crc32(packed) != check:
                raise DamagedTiles(self.path.name)
            index = json.loads(zlib.decompress(packed))
            self.facts = dict(index["facts"])
            for level, column, row, *where in index["tiles"]:
                start, length, crc = where
                self._places[level, column, row] = start, length, crc
        except (OSError, ValueError, KeyError, TypeError, OverflowError, zlib.error) as error:
            raise DamagedTiles(self.path.name) from error
