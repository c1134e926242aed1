"""Grids and editors for tests of tools."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ssldiff_gui.core.edits import Edit
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.state.grid_editor import GridEditor
from ssldiff_gui.state.history import History


def kinds(
    rows: int = 12, columns: int = 16, dim: int = 8, seed: int = 0, glass: bool = True
) -> EmbeddingGrid:
    """Return a grid of four kinds of cells, in quarters, with some glass in a corner."""
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(4, dim)) * 4
    down, across = np.indices((rows, columns))
    which = (down >= rows // 2) * 2 + (across >= columns // 2)
    vectors = centres[which] + chance.normal(size=(rows, columns, dim)) * 0.4
    valid = np.ones((rows, columns), np.bool_)
    if glass:
        valid[:2, -2:] = False
    return EmbeddingGrid(vectors.astype(np.float32), "tiny-1", 16, valid=valid)


def editor_of(grid: EmbeddingGrid | None = None, edits: Iterable[Edit] = ()) -> GridEditor:
    return GridEditor("g1", kinds() if grid is None else grid, None, History(), edits)
