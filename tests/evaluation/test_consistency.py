"""The check map: what is as requested, what is not, and what cannot be told."""

from __future__ import annotations

import numpy as np
import pytest

from ssldiff_gui.evaluation.consistency import OTHERS, check_map


def grids(rows: int = 6, columns: int = 9, dim: int = 12) -> np.ndarray:
    random = np.random.default_rng(0)
    return (random.standard_normal((rows, columns, dim)) + 4).astype(np.float32)


def test_what_is_as_requested_is_told_so_everywhere() -> None:
    asked = grids()
    found = check_map(asked, asked, np.ones((6, 9), np.bool_))
    for part in (found.raw, found.centred, found.apart):
        assert np.allclose(part, 1)
    assert found.histogram()[-1] == found.cells == 54
    assert found.summary()["centred"] == 1


def test_strangers_are_alike_until_the_mean_is_taken_away() -> None:
    asked = grids()
    found = check_map(asked, asked[::-1, ::-1], np.ones((6, 9), np.bool_)).summary()
    assert found["cosine"] > 0.85
    assert abs(found["centred"]) < 0.15
    assert found["told_apart"] == pytest.approx(0.5, abs=0.1)


def test_one_bad_cell_shows_where_it_is() -> None:
    asked = grids()
    seen = asked.copy()
    seen[2, 3] = 2 * asked.mean((0, 1)) - asked[2, 3]
    found = check_map(asked, seen, np.ones((6, 9), np.bool_))
    assert found.centred[2, 3] < -0.9
    assert found.apart[2, 3] < 0.1
    assert np.nanargmin(found.centred) == 2 * 9 + 3
    assert found.within(found.centred < 0).summary()["cells"] == 1


def test_cells_without_a_request_are_left_out() -> None:
    asked, mask = grids(), np.ones((6, 9), np.bool_)
    mask[0], mask[3, 4] = False, False
    found = check_map(asked, asked, mask)
    assert found.cells == mask.sum()
    assert np.isnan(found.raw[~mask]).all()
    nothing = check_map(asked, asked, np.zeros((6, 9), np.bool_))
    assert nothing.summary() == {}
    assert nothing.histogram() == [0] * 20


def test_a_mean_from_elsewhere_can_be_taken() -> None:
    asked = np.ones((2, 2, 5), np.float32)
    whole = np.ones((2, 2), np.bool_)
    assert check_map(asked, asked, whole).summary()["centred"] == 0
    elsewhere = np.zeros(5, np.float32)
    assert check_map(asked, asked, whole, elsewhere).summary()["centred"] == 1


def test_large_grids_are_compared_with_some_of_the_others() -> None:
    asked = grids(60, 60, 4)
    assert asked.shape[0] * asked.shape[1] > OTHERS
    assert check_map(asked, asked, np.ones((60, 60), np.bool_)).summary()["told_apart"] > 0.99


def test_grids_of_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="shapes"):
        check_map(grids(), grids(5), np.ones((6, 9), np.bool_))
