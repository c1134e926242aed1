"""Selections of cells as masks: how they join, and what a line goes around."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.edit_grids import Grids
from ssldiff_gui.core.edits import Cells, Rectangle, Runs, Similar, Whole
from ssldiff_gui.core.grid import Mask
from ssldiff_gui.state.cell_selection import (
    bounds_of,
    centre_of,
    combined,
    connected,
    in_lasso,
    in_rectangle,
    likeness,
    selection_of,
)
from tests.state.grid_cases import kinds

SHAPE = (7, 9)
GRID = kinds(*SHAPE, glass=False)

masks = st.lists(st.booleans(), min_size=63, max_size=63).map(
    lambda one: np.array(one).reshape(7, 9)
)
places = st.tuples(
    st.floats(-2, 9).map(lambda at: round(at, 6)), st.floats(-2, 11).map(lambda at: round(at, 6))
)


@given(before=masks, mask=masks)
def test_adding_and_subtracting_are_each_other_s_mirror(before: Mask, mask: Mask) -> None:
    added = combined(before, mask, "add")
    gone = combined(before, mask, "subtract")
    np.testing.assert_array_equal(~combined(~before, mask, "add"), gone)
    np.testing.assert_array_equal(combined(added, mask, "subtract"), gone)
    np.testing.assert_array_equal(combined(gone, mask, "add"), added)
    np.testing.assert_array_equal(added, combined(mask, before, "add"))
    np.testing.assert_array_equal(combined(before, mask, "meet"), before & mask)
    np.testing.assert_array_equal(combined(before, mask, "new"), mask)
    np.testing.assert_array_equal(combined(None, mask, "add"), mask)
    assert not combined(None, mask, "subtract").any()
    assert not combined(None, mask, "meet").any()


@settings(max_examples=80, deadline=None)
@given(points=st.lists(places, min_size=3, max_size=8).map(tuple))
def test_a_lasso_takes_what_its_polygon_contains(points: tuple[tuple[float, float], ...]) -> None:
    polygon = shapely.Polygon(points)
    if not polygon.is_valid or polygon.area < 1e-6:
        return
    found = in_lasso(points, SHAPE)
    rows, columns = np.indices(SHAPE).reshape(2, -1)
    centres = shapely.points(rows, columns)
    near = shapely.distance(polygon.exterior, centres) < 1e-9
    inside = shapely.contains(polygon, centres)
    if inside.any():
        np.testing.assert_array_equal(found.ravel()[~near], inside[~near])
    else:
        assert found.sum() <= 1 + near.sum()


def test_a_lasso_around_nothing_takes_the_cell_it_began_in() -> None:
    assert np.argwhere(in_lasso(((2.2, 3.3),), SHAPE)).tolist() == [[2, 3]]
    assert np.argwhere(in_lasso(((2.2, 3.3), (2.3, 3.4), (2.4, 3.1)), SHAPE)).tolist() == [[2, 3]]
    assert not in_lasso(((-5, -5), (-4, -5), (-4, -4)), SHAPE).any()


@given(start=places, end=places)
def test_a_rectangle_is_the_same_from_any_corner(
    start: tuple[float, float], end: tuple[float, float]
) -> None:
    mask = in_rectangle(start, end, SHAPE)
    np.testing.assert_array_equal(mask, in_rectangle(end, start, SHAPE))
    np.testing.assert_array_equal(mask, in_rectangle((start[0], end[1]), (end[0], start[1]), SHAPE))


@given(mask=masks)
def test_a_mask_is_written_in_few_words_and_chooses_the_same_cells(mask: Mask) -> None:
    if not mask.any():
        return
    np.testing.assert_array_equal(selection_of(mask).weights(Grids(GRID)) > 0, mask)


def test_the_fewest_words() -> None:
    assert selection_of(None) == selection_of(np.ones(SHAPE, np.bool_)) == Whole()
    box = in_rectangle((1, 2), (3, 5), SHAPE)
    assert selection_of(box) == Rectangle(row=1, column=2, rows=3, columns=4)
    assert bounds_of(box) == (1, 2, 3, 4)
    box[2, 3] = False
    assert isinstance(selection_of(box), Runs)
    many = in_rectangle((0, 0), (6, 7), SHAPE)
    many[3, 3] = False
    cells = Cells(cells=tuple(map(tuple, np.argwhere(many).tolist())))
    assert len(selection_of(many).model_dump_json()) < len(cells.model_dump_json()) / 2


@pytest.mark.parametrize("threshold", [-0.5, 0.0, 0.6, 0.9])
def test_likeness_is_that_of_the_edit_seen_from_the_mean_of_all(threshold: float) -> None:
    cells = ((1, 1), (2, 2))
    centred = GRID.with_vectors(GRID.vectors - centre_of(GRID))
    exact = Similar(cells=cells, threshold=threshold).weights(Grids(centred)) > 0
    found = likeness(GRID, cells)
    clear = abs(found - threshold) > 1e-5
    np.testing.assert_array_equal((found >= threshold)[clear], exact[clear])
    glass = GRID.with_vectors(GRID.vectors, np.zeros(SHAPE, np.bool_))
    assert (likeness(glass, cells) == -2).all()


def test_connected_cells_hang_together_over_corners() -> None:
    mask = np.zeros(SHAPE, np.bool_)
    mask[0, 0] = mask[1, 1] = mask[2, 1] = mask[5, 5] = True
    assert np.argwhere(connected(mask, (2, 1))).tolist() == [[0, 0], [1, 1], [2, 1]]
    assert not connected(mask, (3, 3)).any()
