"""Decoded tiles in memory, under a bound in bytes that all open slides share."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable
from typing import NamedTuple

from ssldiff_gui.slides.scene import RGB

DEFAULT_LIMIT = 64 << 20
"""With napari, its textures and the frames of two views the process stays under 600 MB."""


class TileKey(NamedTuple):
    """Which tile, of whom.

    Parameters
    ----------
    owner
        Whoever's tiles are dropped together.
    level, column, row
        Place in the owner's pyramid.
    """

    owner: Hashable
    level: int
    column: int
    row: int


class TileCache:
    """The tiles used last, as many as fit; safe to use from many threads.

    Parameters
    ----------
    limit_bytes
        Most bytes of pixels held at any moment.
    """

    def __init__(self, limit_bytes: int = DEFAULT_LIMIT) -> None:
        self.limit = limit_bytes
        self._tiles: OrderedDict[TileKey, RGB] = OrderedDict()
        self._old: set[TileKey] = set()
        self._bytes = 0
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """Bytes of pixels held now."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._tiles)

    def __contains__(self, key: TileKey) -> bool:
        return key in self._tiles

    def get(self, key: TileKey) -> RGB | None:
        """Return a tile and count it as used, or None."""
        with self._lock:
            tile = self._tiles.get(key)
            if tile is not None:
                self._tiles.move_to_end(key)
            return tile

    def fresh(self, key: TileKey) -> bool:
        """Whether a tile is held that nobody called out of date."""
        return key in self._tiles and key not in self._old

    def outdate(self, keys: Iterable[TileKey]) -> None:
        """Keep tiles to be shown until newer ones come, but call them out of date."""
        with self._lock:
            self._old.update(key for key in keys if key in self._tiles)

    def held(self, owner: Hashable) -> list[TileKey]:
        """Return the tiles of an owner that are held."""
        with self._lock:
            return [key for key in self._tiles if key.owner == owner]

    def put(self, key: TileKey, tile: RGB) -> None:
        """Hold a tile; those unused for longest make room. One beyond the limit is not held."""
        with self._lock:
            self._remove(key)
            if tile.nbytes > self.limit:
                return
            while self._bytes + tile.nbytes > self.limit:
                self._remove(next(iter(self._tiles)))
            self._tiles[key] = tile
            self._bytes += tile.nbytes

    def drop(self, owner: Hashable) -> None:
        """Let go of every tile of an owner."""
        with self._lock:
            for key in [key for key in self._tiles if key.owner == owner]:
                self._remove(key)

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._tiles.clear()
            self._old.clear()
            self._bytes = 0

    def _remove(self, key: TileKey) -> None:
        self._old.discard(key)
        tile = self._tiles.pop(key, None)
        if tile is not None:
            self._bytes -= tile.nbytes
