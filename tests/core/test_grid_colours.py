"""A grid as colours: alike cells alike, lightness first, the same every time."""

from __future__ import annotations

import numpy as np

from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.grid_colours import EMPTY, grid_colours


def grid(vectors: np.ndarray, valid: np.ndarray | None = None) -> EmbeddingGrid:
    return EmbeddingGrid(vectors.astype(np.float32), "tiny@0", 8, valid=valid)


def lightness(colours: np.ndarray) -> np.ndarray:
    return (colours / 255.0) ** 2.2 @ np.array([0.2126, 0.7152, 0.0722])


def test_the_main_direction_is_seen_without_a_sense_of_colour() -> None:
    vectors = np.zeros((4, 10, 6))
    vectors[..., 2] = np.arange(10)
    light = lightness(grid_colours(grid(vectors)))
    steps = np.diff(light[0])
    assert (steps >= 0).all() or (steps <= 0).all()
    assert abs(light[0, 0] - light[0, -1]) > 0.4
    assert np.allclose(light, light[0])


def test_alike_cells_have_alike_colours_whatever_the_rest() -> None:
    random = np.random.default_rng(0)
    vectors = random.standard_normal((12, 12, 16))
    vectors[3, 4] = vectors[8, 9]
    found = grid_colours(grid(vectors))
    assert found.dtype == np.uint8
    assert np.array_equal(found[3, 4], found[8, 9])
    assert len(np.unique(found.reshape(-1, 3), axis=0)) > 100
    assert np.array_equal(found, grid_colours(grid(vectors)))


def test_glass_is_grey_and_a_grid_of_one_kind_is_one_colour() -> None:
    valid = np.ones((3, 4), np.bool_)
    valid[1, 2] = False
    found = grid_colours(grid(np.ones((3, 4, 2)), valid))
    assert tuple(found[1, 2]) == EMPTY
    assert len(np.unique(found[valid], axis=0)) == 1
    assert grid_colours(grid(np.ones((1, 1, 1)))).shape == (1, 1, 3)
