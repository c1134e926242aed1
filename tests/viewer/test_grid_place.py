from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.viewer.grid_place import GridPlace

places = st.builds(
    GridPlace,
    rows=st.integers(1, 600),
    columns=st.integers(1, 600),
    x=st.floats(-1e5, 1e5),
    y=st.floats(-1e5, 1e5),
    footprint=st.floats(0.5, 5000),
)


@given(places, st.floats(-10, 700), st.floats(-10, 700))
def test_there_and_back(place, row, column):
    back = place.among_cells(*place.on_picture(row, column))
    assert back == pytest.approx((row, column), abs=1e-4)


@given(places, st.data())
def test_whole_numbers_are_the_middles_of_cells(place, data):
    cell = data.draw(st.tuples(st.integers(0, place.rows - 1), st.integers(0, place.columns - 1)))
    left, top, right, bottom = place.bounds
    x, y = place.on_picture(*cell)
    assert left < x < right
    assert top < y < bottom
    assert (x - left) / place.footprint % 1 == pytest.approx(0.5, abs=1e-4)
    assert place.cell_at(*place.among_cells(x, y)) == cell


def test_there_is_no_cell_beside_the_grid():
    place = GridPlace(3, 4, 100, 50, 10.5)
    assert place.cell_at(*place.among_cells(100.1, 50.1)) == (0, 0)
    assert place.cell_at(*place.among_cells(141.9, 81.4)) == (2, 3)
    for x, y in ((99.9, 60), (110, 49.9), (142.1, 60), (110, 81.6)):
        assert place.cell_at(*place.among_cells(x, y)) is None


def test_a_region_says_where_it_begins():
    region = Region(Box(70, 30, 640, 320), downsample=1.3)
    assert GridPlace.of((5, 10, 4), region, 64 * 1.3) == GridPlace(5, 10, 70, 30, 64 * 1.3)
    assert GridPlace.of((5, 10), region.box, 64.0) == GridPlace(5, 10, 70, 30, 64.0)
    assert GridPlace.of((5, 10), None, 64.0) == GridPlace(5, 10, 0, 0, 64.0)


@pytest.mark.parametrize("footprint", [0.0, -1.0, math.nan, math.inf])
def test_cells_have_a_size(footprint):
    with pytest.raises(ValueError, match="finite size"):
        GridPlace(1, 1, footprint=footprint)
