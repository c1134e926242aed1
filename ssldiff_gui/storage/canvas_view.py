"""A canvas as those see it who only look: what it is, what is done of it, its pixels."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ssldiff_gui.core.geometry import Box, Georeference, Scale
from ssldiff_gui.core.recipe import Recipe
from ssldiff_gui.storage.canvas_asked import take_grid, take_layout
from ssldiff_gui.storage.canvas_layout import Layout, Tile
from ssldiff_gui.storage.canvas_pixels import digest_of, read_pixels
from ssldiff_gui.storage.canvas_records import CanvasState
from ssldiff_gui.storage.canvas_shards import RGB
from ssldiff_gui.storage.preflight import still_needed

if TYPE_CHECKING:
    from ssldiff_gui.core.grid import EmbeddingGrid
    from ssldiff_gui.core.layout import Layout as Areas


class CanvasView:
    """The half of a canvas that changes nothing.

    Parameters
    ----------
    path
        Its folder.
    state
        What the ledger says.
    """

    def __init__(self, path: Path, state: CanvasState) -> None:
        self.path = path
        self._state = state
        self._guard = threading.RLock()
        self._done: frozenset[Tile] | None = None
        self._grid: EmbeddingGrid | None = None
        self._areas: Areas | None = None

    @property
    def state(self) -> CanvasState:
        """What the ledger says; not to be changed."""
        return self._state

    @property
    def width(self) -> int:
        """Of level 0, in pixels."""
        return self._state.layout.width

    @property
    def height(self) -> int:
        """Of level 0, in pixels."""
        return self._state.layout.height

    @property
    def name(self) -> str:
        """What it is called, for people."""
        return self._state.created.name

    @property
    def recipe(self) -> Recipe:
        """How its pixels are made, the grid apart."""
        return self._state.recipe

    @property
    def grid(self) -> EmbeddingGrid:
        """What its pixels are made from; read when it is first asked for."""
        if self._grid is None:
            self._grid = take_grid(self.path, self._state.grid)
        return self._grid

    @property
    def areas(self) -> Areas:
        """What is to stand where; read when it is first asked for."""
        if self._areas is None:
            self._areas = take_layout(self.path, self._state.recipe.layout)
        return self._areas

    @property
    def scale(self) -> Scale | None:
        """Size of a pixel of level 0."""
        return self._state.created.scale

    @property
    def georeference(self) -> Georeference | None:
        """Where level 0 lies on a planet."""
        return self._state.created.georeference

    @property
    def levels(self) -> tuple[tuple[int, int], ...]:
        """Width and height of each level, each half the one before."""
        return self._state.layout.levels

    @property
    def layout(self) -> Layout:
        """How it is cut into tiles."""
        return self._state.layout

    @property
    def tile(self) -> int:
        """Side of a tile in pixels."""
        return self._state.layout.tile

    @property
    def tiles(self) -> tuple[int, int]:
        """Rows and columns of tiles."""
        return self._state.layout.tiles()

    @property
    def done(self) -> frozenset[Tile]:
        """Rows and columns of the tiles that the ledger vouches for."""
        with self._guard:
            if self._done is None:
                self._done = frozenset(key[1:] for key in self._state.shards if key[0] == 0)
            return self._done

    @property
    def failed(self) -> dict[Tile, str]:
        """Tiles that could not be made, and why; they read as white."""
        with self._guard:
            return dict(self._state.failed)

    @property
    def edition(self) -> int:
        """How often another recipe took the place of the one before."""
        return self._state.edition

    @property
    def finished(self) -> bool:
        """Whether `finish` was the last thing that happened."""
        return self._state.finished

    @property
    def still_needed(self) -> int:
        """Bytes that it will grow by until it is whole, judged by what it holds."""
        with self._guard:
            return still_needed(self._state)

    def read(self, box: Box, level: int = 0) -> RGB:
        """Return a part of a level; white where nothing is written.

        Parameters
        ----------
        box
            In pixels of that level; may reach beyond it.
        level
            Which one.

        Returns
        -------
        (height, width, 3) uint8 RGB.
        """
        return read_pixels(self.path, self.layout, box, level)

    def digest(self) -> str:
        """Return the SHA-256 of the pixels of level 0: RGB, row by row."""
        return digest_of(self.path, self.layout)
