"""Cells are where the grid says they are, at any scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.slides.cells import STRIP, Layout, read_cells
from tests.slides.scenes import ArraySource, picture, scene_of


def layout_of(
    corner: tuple[int, int], size: tuple[int, int], cell: int, downsample: float
) -> Layout:
    (x, y), (rows, columns) = corner, size
    side = cell * downsample
    box = Box(x, y, round(columns * side), round(rows * side))
    return Layout(Region(box, downsample), rows, columns, cell)


def test_cells_without_a_resize_are_the_pixels_themselves() -> None:
    pixels = picture(300, 200)
    scene = scene_of(ArraySource([pixels]))
    found = read_cells(scene, layout_of((10, 20), (3, 4), 32, 1.0), Box(1, 2, 3, 1))
    assert found.shape == (3, 32, 32, 3)
    for number in range(3):
        left = 10 + (1 + number) * 32
        np.testing.assert_array_equal(found[number], pixels[84:116, left : left + 32])


def test_what_lies_beyond_the_edges_is_glass() -> None:
    scene = scene_of(ArraySource([picture(40, 40)]))
    found = read_cells(scene, layout_of((-32, 0), (1, 2), 32, 1.0), Box(0, 0, 2, 1))
    assert (found[0] == 255).all()
    np.testing.assert_array_equal(found[1], picture(40, 40)[:32, :32])


@settings(max_examples=25, deadline=None)
@given(
    cell=st.integers(4, 70), downsample=st.floats(0.26, 9), x=st.integers(-50, 300),
    y=st.integers(-50, 200), rows=st.integers(1, 4), columns=st.integers(1, 30),
)  # fmt: skip
def test_every_cell_has_its_place_and_its_size(  # noqa: PLR0917
    cell: int, downsample: float, x: int, y: int, rows: int, columns: int
) -> None:
    """A ramp tells where the pixels of a cell come from."""
    size = 4096
    ramp = np.zeros((600, size, 3), np.float32)
    ramp[..., 0] = np.arange(size) / size * 255
    scene = scene_of(ArraySource([ramp.astype(np.uint8)]))
    layout = layout_of((x, y), (rows, columns), cell, downsample)
    grid = EmbeddingGrid(
        np.zeros((rows, columns, 1), np.float32), "e@0", cell, region=layout.region
    )
    seen = []
    for strip in layout.strips():
        assert strip.height == 1
        assert strip.width == 1 or strip.width * cell <= STRIP
        seen += [(strip.y, strip.x + i) for i in range(strip.width)]
        found = read_cells(scene, layout, strip)
        assert found.shape == (strip.width, cell, cell, 3)
        for number in range(strip.width):
            box = grid.box_of(strip.y, strip.x + number)
            if box.x >= 9 and box.x2 <= size - 9 and box.y >= 9 and box.y2 <= 591:
                centre = (box.x + box.x2) / 2 / size * 255
                assert abs(found[number][..., 0].mean() - centre) < 1.5
                assert found[number][..., 1:].max() == 0
    assert seen == [(row, column) for row in range(rows) for column in range(columns)]


@pytest.mark.parametrize("downsample", [0.5, 1.0, 2.0, 2.003, 3.7])
def test_a_strip_is_the_same_whatever_else_is_read(downsample: float) -> None:
    scene = scene_of(ArraySource([picture(700, 300)]))
    layout = layout_of((5, 3), (2, 8), 16, downsample)
    strips = list(layout.strips())
    first = [read_cells(scene, layout, strip) for strip in strips]
    again = [read_cells(scene, layout, strip) for strip in reversed(strips)]
    for one, other in zip(first, reversed(again), strict=True):
        np.testing.assert_array_equal(one, other)
