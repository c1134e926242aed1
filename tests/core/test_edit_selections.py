"""Where edits act: strokes, rectangles, what is alike, clusters."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.edit_clusters import clusters
from ssldiff_gui.core.edit_grids import Grids
from ssldiff_gui.core.edit_stroke import nearest
from ssldiff_gui.core.edits import Cells, Cluster, Rectangle, Similar, Stroke, Whole
from ssldiff_gui.core.errors import BadEdits
from tests.core.edit_cases import made, points

GRID = made()
SHAPE = GRID.mask.shape


def weights(selection, sources=None):
    return selection.weights(Grids(GRID, sources or {}))


@settings(max_examples=80, deadline=None)
@given(line=st.lists(points, min_size=1, max_size=4), radius=st.floats(0, 4, width=32))
def test_a_stroke_is_every_cell_within_its_radius(
    line: list[tuple[float, float]], radius: float
) -> None:
    found = weights(Stroke(points=tuple(line), radius=radius))
    steps = np.linspace(0, 1, 201)[:, None]
    corners = np.array(line + line[-1:])
    dense = np.concatenate([a + (b - a) * steps for a, b in pairwise(corners)])
    for row, column in np.ndindex(*SHAPE):
        distance = np.hypot(*(dense - (row, column)).T).min()
        if abs(distance - radius) > 0.06:  # the dense line is only that dense
            assert found[row, column] == (distance < radius), (row, column)


def test_a_soft_brush_falls_from_1_to_0() -> None:
    hard = weights(Stroke(points=((3, 3),), radius=3))
    soft = weights(Stroke(points=((3, 3),), radius=3, softness=0.5))
    assert soft[3, 3] == soft[3, 4] == 1
    assert soft[3, 5] == pytest.approx(20 / 27)  # a third of the way out of the soft rim
    assert soft[3, 6] == 0 < hard[3, 6]
    assert (soft <= hard).all()


def test_the_share_of_a_stroke_rises_along_it() -> None:
    distance, share = nearest(((0, 0), (0, 4), (4, 4)), 0.5, SHAPE)
    assert share[0, :5].tolist() == [0, 0.125, 0.25, 0.375, 0.5]
    assert share[1:5, 4].tolist() == [0.625, 0.75, 0.875, 1]
    assert np.isinf(distance[3, 0])
    assert nearest(((2, 2), (2, 2)), 1, SHAPE)[1].max() == 0


def test_far_away_strokes_touch_nothing() -> None:
    assert not weights(Stroke(points=((-1e6, 1e6), (-9, -9)), radius=3)).any()


def test_rectangles_are_cut_off_and_fade_inwards_but_not_at_the_grid_s_edge() -> None:
    found = weights(Rectangle(row=-2, column=2, rows=6, columns=99, feather=1))
    assert found[:3, 3:].min() == 1
    assert set(found[3, 2:]) == set(found[:4, 2]) == {0.5}
    assert not found[4:].any()
    assert not found[:, :2].any()
    assert not weights(Rectangle(row=-9, column=0, rows=3, columns=3)).any()


def test_cells_are_those_named() -> None:
    found = weights(Cells(cells=((0, 0), (5, 6))))
    assert np.argwhere(found).tolist() == [[0, 0], [5, 6]]
    assert weights(Whole()).all()


def test_similar_is_a_threshold_on_the_cosine_and_never_glass() -> None:
    units = GRID.vectors / np.maximum(np.linalg.norm(GRID.vectors, axis=2, keepdims=True), 1e-9)
    cosines = units @ units[1, 1]
    for threshold in (-1.0, 0.0, 0.4, 1.0):
        found = weights(Similar(cells=((1, 1),), threshold=threshold)) > 0
        clear = GRID.mask & (np.abs(cosines - threshold) > 1e-5)
        np.testing.assert_array_equal(found[clear], cosines[clear] > threshold)
        assert not found[~GRID.mask].any()
        assert found[1, 1]
    other = made(2, 4, 9)
    theirs = weights(Similar(cells=((0, 8),), threshold=0.5, grid="o"), {"o": other}) > 0
    model = other.vectors[0, 8] / np.linalg.norm(other.vectors[0, 8])
    np.testing.assert_array_equal(theirs, (units @ model >= 0.5) & GRID.mask)


def blobs(count: int, each: int, seed: int) -> np.ndarray:
    chance = np.random.default_rng(seed)
    centres = np.eye(count, 12)
    spread = chance.normal(size=(count, each, 12)) * 0.05
    lengths = chance.uniform(0.1, 50, size=(count, each, 1))
    return ((centres[:, None] + spread) * lengths).reshape(-1, 12).astype(np.float32)


@pytest.mark.parametrize("seed", range(5))
def test_k_means_finds_kinds_whatever_their_lengths_and_order(seed: int) -> None:
    vectors = blobs(4, 50, seed)
    order = np.random.default_rng(seed).permutation(len(vectors))
    labels = np.empty(len(vectors), int)
    labels[order] = clusters(vectors[order], 4, seed)
    for kind in labels.reshape(4, 50):
        assert len(set(kind)) == 1
    assert len(set(labels)) == 4
    np.testing.assert_array_equal(clusters(vectors, 4, seed), clusters(vectors, 4, seed))


def test_k_means_learns_from_some_of_very_many() -> None:
    labels = clusters(blobs(3, 3000, 1), 3, 0)
    assert [len(set(kind)) for kind in labels.reshape(3, 3000)] == [1, 1, 1]
    assert len(set(labels)) == 3


def test_k_means_of_too_few() -> None:
    same = np.ones((5, 3), np.float32)
    assert set(clusters(same, 4, 0)) == {0}
    assert len(set(clusters(np.eye(3, dtype=np.float32), 8, 0))) == 3
    assert set(clusters(np.zeros((4, 3), np.float32), 2, 0)) <= {0, 1}


def test_a_cluster_holds_its_cell_and_no_glass() -> None:
    found = weights(Cluster(cell=(2, 2), clusters=3)) > 0
    assert found[2, 2]
    assert 1 < found.sum() < GRID.mask.sum()
    assert not found[~GRID.mask].any()
    parts = [weights(Cluster(cell=(r, c), clusters=3)) for r, c in np.argwhere(GRID.mask).tolist()]
    assert len({part.tobytes() for part in parts}) == 3
    with pytest.raises(BadEdits, match="holds no embedding"):
        weights(Cluster(cell=(3, 3)))
