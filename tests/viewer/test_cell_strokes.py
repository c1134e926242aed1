from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ssldiff_gui.state.grid_cursor import Ghost, Patch, Path, Ring, Way
from ssldiff_gui.viewer.cell_cursor import SMALLEST_RING, strokes_of
from ssldiff_gui.viewer.cell_strokes import NOTHING, boundary, cell_lines, line, rectangle, ring

masks = hnp.arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12)))


def lengths(strokes):
    return np.hypot(*(strokes.ends - strokes.starts).T)


def edges_of(strokes):
    """Unit edges, as a set of (x, y, x2, y2)."""
    found = set()
    for (x1, y1), (x2, y2) in zip(strokes.starts, strokes.ends, strict=True):
        steps = int(max(abs(x2 - x1), abs(y2 - y1)))
        dx, dy = (x2 - x1) / steps, (y2 - y1) / steps
        found |= {
            (x1 + i * dx, y1 + i * dy, x1 + (i + 1) * dx, y1 + (i + 1) * dy) for i in range(steps)
        }
    return found


def edges_by_hand(mask):
    rows, columns = mask.shape
    held = {(r, c) for r in range(rows) for c in range(columns) if mask[r, c]}
    across = {(c, r, c + 1, r) for r in range(rows + 1) for c in range(columns)
              if ((r, c) in held) != ((r - 1, c) in held)}  # fmt: skip
    down = {(c, r, c, r + 1) for r in range(rows) for c in range(columns + 1)
            if ((r, c) in held) != ((r, c - 1) in held)}  # fmt: skip
    return across | down


@given(masks)
def test_a_boundary_has_every_outer_edge_once_and_no_inner_one(mask):
    found = boundary(mask)
    assert edges_of(found) == edges_by_hand(mask)
    assert lengths(found).sum() == len(edges_by_hand(mask))


def test_a_boundary_is_made_of_long_strokes_whose_dashes_run_on():
    mask = np.zeros((40, 60), np.bool_)
    mask[5:30, 10:50] = True
    found = boundary(mask)
    assert len(found) == 4
    assert found.along.tolist() == found.starts.sum(axis=1).tolist()


def test_nothing_held_has_no_boundary():
    assert len(boundary(np.zeros((3, 3), np.bool_))) == 0


def test_the_boundary_of_a_large_noisy_mask_is_found_quickly():
    mask = np.random.default_rng(0).random((512, 512)) < 0.3
    start = time.perf_counter()
    boundary(mask)
    assert time.perf_counter() - start < 0.2


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 5), (4, 3)])
def test_lines_lie_between_cells_only(rows, columns):
    found = cell_lines(rows, columns)
    assert len(found) == rows + columns - 2
    assert set(lengths(found)) <= {rows, columns}
    assert not {0.0, float(rows)} & set(found.starts[: rows - 1, 1])


def test_a_line_knows_how_far_along_each_piece_begins():
    found = line([(0, 0), (3, 4), (3, 6)])
    assert found.along.tolist() == [0, 5]
    assert len(line([(1, 1)])) == 0
    assert len(rectangle(0, 0, 2, 1)) == 4


def test_a_ring_is_round_and_closed():
    found = ring(2, 3, 1.5)
    away = np.hypot(found.starts[:, 0] - 2, found.starts[:, 1] - 3)
    np.testing.assert_allclose(away, 1.5, rtol=1e-5)
    np.testing.assert_allclose(found.starts[0], found.ends[-1], atol=1e-5)


# -- cursors --------------------------------------------------------------------------------------


def middle(strokes):
    return strokes.starts.mean(axis=0)


def test_a_brush_is_drawn_around_the_middle_of_its_cell_with_its_soft_part():
    found = strokes_of((Ring((4.0, 7.0), 2.0, 0.5),))
    np.testing.assert_allclose(middle(found.firm), (7.5, 4.5), atol=0.05)
    assert np.ptp(found.firm.starts[:, 0]) == pytest.approx(4, abs=0.02)
    assert np.ptp(found.faint.starts[:, 0]) == pytest.approx(2, abs=0.02)


def test_the_smallest_and_the_hard_brush_have_one_ring():
    for shape in (Ring((0, 0), 0.0, 0.5), Ring((0, 0), 2.0, 0.0), Ring((0, 0), 2.0, 1.0)):
        assert strokes_of((shape,)).faint is NOTHING or not len(strokes_of((shape,)).faint)
    tiny = strokes_of((Ring((0, 0), 0.0),)).firm
    assert np.ptp(tiny.starts[:, 0]) == pytest.approx(2 * SMALLEST_RING, abs=0.01)


def test_a_source_is_dashed_and_joined_to_where_it_goes():
    found = strokes_of((Ghost((1, 1), 1.0, (5, 6)),))
    assert not len(found.firm)
    np.testing.assert_allclose(middle(found.dashed), (1.5, 1.5), atol=0.05)
    np.testing.assert_allclose(found.faint.ends[-1], (6.5, 5.5))


def test_a_patch_takes_whole_cells_from_either_corner():
    one = strokes_of((Patch((1.2, 2.4), (3.3, 0.6)),)).firm
    assert (one.starts.min(axis=0).tolist(), one.starts.max(axis=0).tolist()) == ([1, 1], [3, 4])
    other = strokes_of((Patch((3.3, 0.6), (1.2, 2.4)),)).firm
    np.testing.assert_array_equal(one.starts, other.starts)


def test_a_gradient_shows_its_reach_on_both_sides():
    found = strokes_of((Way((0, 0), (0, 4), 1.5),))
    assert sorted(set(found.faint.starts[:, 1].tolist())) == [-1.0, 2.0]
    assert not len(strokes_of((Way((1, 1), (1, 1), 1.5),)).faint)


def test_a_lasso_shows_its_way_back():
    found = strokes_of((Path(((0, 0), (0, 4), (4, 4))),))
    assert len(found.firm) == 2
    assert found.dashed.ends.tolist() == [[0.5, 0.5]]
    assert not len(strokes_of((Path(((0, 0),)),)).firm)
    assert not len(strokes_of((Path(()),)).firm)
