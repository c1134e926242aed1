"""Small canvases, and pixels to fill them with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.recipe import Recipe
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.canvas_shards import RGB

TILE, CHUNK = 64, 16


@contextmanager
def in_memory(otherwise: Path) -> Iterator[Path]:
    """A folder in memory where there is such a place: for tests of programs, not of disks."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own in it
    with TemporaryDirectory(dir=memory if memory.is_dir() else otherwise) as name:
        yield Path(name)


def a_grid(seed: int = 0) -> EmbeddingGrid:
    vectors = np.random.default_rng(seed).standard_normal((3, 4, 8)).astype(np.float32)
    return EmbeddingGrid(vectors, encoder="tiny-0123", cell=16)


def a_recipe(grid: EmbeddingGrid, width: int, height: int, **others: Any) -> Recipe:
    facts: dict[str, Any] = {
        "model": "tiny",
        "seed": 0,
        "steps": 20,
        "guidance": 2.0,
        "batch": 8,
        "precision": "float32",
        "preset": {"name": "default"},
    }
    return Recipe(grid=grid.digest(), width=width, height=height, **{**facts, **others})


def a_canvas(path: Path, width: int = 300, height: int = 200, **others: Any) -> Canvas:
    grid = a_grid()
    facts: dict[str, Any] = {
        "recipe": a_recipe(grid, width, height),
        "grid": grid,
        "scale": None,
        "georeference": None,
        "tile": TILE,
        "chunk": CHUNK,
    }
    return Canvas.create(path, width=width, height=height, **{**facts, **others})


def a_picture(width: int = 300, height: int = 200, seed: int = 0) -> RGB:
    """Smooth colours with a little noise; no two tiles are alike."""
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    bands = [(x * 3 + y + 50 * seed) % 256, (y * 2 + seed) % 256, (x + y * y // 64) % 256]
    noise = chance.integers(0, 9, (height, width, 3))
    return ((np.stack(bands, axis=-1) + noise) % 256).astype(np.uint8)


def tile_of(canvas: Canvas, picture: RGB, row: int, column: int) -> RGB:
    box = canvas.layout.box((0, row, column))
    return picture[box.y : box.y2, box.x : box.x2]


def all_tiles(canvas: Canvas) -> list[tuple[int, int]]:
    rows, columns = canvas.tiles
    return [(row, column) for row in range(rows) for column in range(columns)]


def fill(canvas: Canvas, picture: RGB) -> None:
    """Write what is not done."""
    for at in all_tiles(canvas):
        if at not in canvas.done:
            canvas.write(*at, tile_of(canvas, picture, *at))


def whole(canvas: Canvas, level: int = 0) -> RGB:
    return canvas.read(Box(0, 0, *canvas.levels[level]), level)


def halved(picture: RGB) -> RGB:
    """Means of 2 × 2 pixels and, at the edge, of what there is; halves are rounded up."""
    height, width = picture.shape[:2]
    padded = np.full((height + height % 2, width + width % 2, 3), np.nan)
    padded[:height, :width] = picture
    blocks = [padded[y::2, x::2] for y in (0, 1) for x in (0, 1)]
    return np.floor(np.nanmean(blocks, axis=0) + 0.5).astype(np.uint8)
