"""A render without a network: a canvas is made, filled, changed twice and filled again.

Each step is told of once it is done, so that whoever stopped the work knows what must be there.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.recipe import Recipe
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.canvas_shards import RGB
from tests.grids import same_grid

WIDTH, HEIGHT, TILE, CHUNK = 150, 110, 32, 16
LAST = 2
"""Editions are counted from 0; the recipe's seed is the edition's number."""

Tell = Callable[[int, int, int], None]
"""Edition, row, column; row and column are 255 when the edition itself has begun."""


def grid_of(edition: int) -> EmbeddingGrid:
    vectors = np.random.default_rng(edition).standard_normal((2, 2, 4)).astype(np.float32)
    return EmbeddingGrid(vectors, encoder="tiny-0123", cell=16)


def recipe_of(edition: int) -> Recipe:
    return Recipe(
        model="tiny",
        grid=grid_of(edition).digest(),
        seed=edition,
        steps=20,
        guidance=2.0,
        batch=8,
        precision="float32",
        preset={},
        width=WIDTH,
        height=HEIGHT,
    )


def changes(row: int, column: int, edition: int) -> bool:
    """Whether a tile looks different from an edition on."""
    return edition == 0 or (7 * row + 3 * column + edition) % 3 == 0


def tile_of(canvas: Canvas, at: tuple[int, int], edition: int) -> RGB:
    """What a tile looks like in an edition."""
    since = max(number for number in range(edition + 1) if changes(*at, number))
    box = canvas.layout.box((0, *at))
    chance = np.random.default_rng([since, *at])
    return chance.integers(0, 256, (box.height, box.width, 3), dtype=np.uint8)


def every_tile(canvas: Canvas) -> list[tuple[int, int]]:
    rows, columns = canvas.tiles
    return [(row, column) for row in range(rows) for column in range(columns)]


def start(path: Path) -> Canvas:
    if path.exists():
        return Canvas.open(path, write=True)
    return Canvas.create(
        path,
        width=WIDTH,
        height=HEIGHT,
        recipe=recipe_of(0),
        grid=grid_of(0),
        tile=TILE,
        chunk=CHUNK,
    )


def carry_on(path: Path, tell: Tell, chance: random.Random) -> None:
    """Do what is left, in any order of tiles."""
    with start(path) as canvas:
        for edition in range(canvas.recipe.seed, LAST + 1):
            if canvas.recipe.seed != edition:
                tiles = [at for at in every_tile(canvas) if changes(*at, edition)]
                canvas.change(recipe_of(edition), grid_of(edition), tiles)
            tell(edition, 255, 255)
            left = sorted(set(every_tile(canvas)) - canvas.done)
            for at in chance.sample(left, len(left)):
                canvas.write(*at, tile_of(canvas, at, edition))
                tell(edition, *at)
            canvas.finish()


def missing(path: Path, heard: list[tuple[int, int, int]]) -> int:
    """Return how much that was told of is not there; what is there must be right."""
    if not path.exists():
        return len(heard)
    with Canvas.open(path, write=True) as canvas:
        edition = canvas.recipe.seed
        assert canvas.recipe == recipe_of(edition)
        assert same_grid(canvas.grid, grid_of(edition))
        for at in canvas.done:
            found = canvas.read(canvas.layout.box((0, *at)))
            assert np.array_equal(found, tile_of(canvas, at, edition)), "acknowledged and wrong"
        assert canvas.verify() == frozenset()
        return sum(
            told > edition or (told == edition and row != 255 and (row, column) not in canvas.done)
            for told, row, column in heard
        )


def finished_hash() -> str:
    """What a canvas's digest is in the end, by other means than the canvas."""
    picture = np.empty((HEIGHT, WIDTH, 3), dtype=np.uint8)
    for y in range(0, HEIGHT, TILE):
        for x in range(0, WIDTH, TILE):
            at = (y // TILE, x // TILE)
            box = Box(x, y, TILE, TILE).intersect(Box(0, 0, WIDTH, HEIGHT))
            since = max(number for number in range(LAST + 1) if changes(*at, number))
            chance = np.random.default_rng([since, *at])
            tile = chance.integers(0, 256, (box.height, box.width, 3), dtype=np.uint8)
            picture[box.y : box.y2, box.x : box.x2] = tile
    return hashlib.sha256(picture.tobytes()).hexdigest()
