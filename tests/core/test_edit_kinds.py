"""What each kind of edit does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.edit_vary import cell_noise, local_spread, usual_spread
from ssldiff_gui.core.edits import (
    Cells,
    Clear,
    Corners,
    Erase,
    Interpolate,
    Paint,
    Rectangle,
    Replace,
    Sample,
    Similar,
    Stamp,
    Steer,
    Stroke,
    Transplant,
    Vary,
    Whole,
    apply,
    changed_cells,
)
from ssldiff_gui.core.errors import BadEdits
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.slerp import slerp
from tests.core.edit_cases import GLASS, SOURCES, bits, made

GRID = made()
OTHER = SOURCES["other"]


def cell(row: int, column: int, grid: str | None = None) -> Sample:
    return Sample(cells=((row, column),), grid=grid)


def at(*cells: tuple[int, int]) -> Cells:
    return Cells(cells=cells)


def test_paint_gives_the_very_embedding_and_makes_glass_tissue() -> None:
    after = apply(GRID, [Paint(where=at((2, 3), (3, 3)), embedding=cell(5, 6))])
    np.testing.assert_array_equal(after.vectors[2, 3], GRID.vectors[5, 6])
    np.testing.assert_array_equal(after.vectors[3, 3], GRID.vectors[5, 6])
    assert after.mask[3, 3]
    assert changed_cells(GRID, after).tolist() == [[2, 3], [3, 3]]
    other = apply(GRID, [Paint(where=at((2, 3)), embedding=cell(1, 8, "other"))], SOURCES)
    np.testing.assert_array_equal(other.vectors[2, 3], OTHER.vectors[1, 8])


def test_a_mean_keeps_the_length_that_its_cells_have() -> None:
    mean = Sample(cells=((0, 0), (0, 1), (1, 0), (3, 3)))
    found = apply(GRID, [Paint(where=at((2, 2)), embedding=mean)]).vectors[2, 2]
    members = GRID.vectors[[0, 0, 1], [0, 1, 0]]
    lengths = np.linalg.norm(members, axis=1)
    direction = (members / lengths[:, None]).mean(0)
    expected = direction / np.linalg.norm(direction) * lengths.mean()
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_mean_of_opposites_is_refused() -> None:
    grid = EmbeddingGrid(np.array([[[1, 0], [-1, 0]]], np.float32), "tiny-1", 8)
    with pytest.raises(BadEdits, match="no common direction"):
        apply(grid, [Paint(where=Whole(), embedding=Sample(where=Whole()))])


def test_a_soft_brush_blends_along_the_arc() -> None:
    stroke = Stroke(points=((2, 1), (2, 5)), radius=2, softness=1)
    edit = Paint(where=stroke, embedding=cell(5, 6), opacity=0.5)
    after = apply(GRID, [edit])
    np.testing.assert_array_equal(
        after.vectors[2, 3], slerp(0.5, GRID.vectors[2, 3], GRID.vectors[5, 6])
    )
    np.testing.assert_array_equal(
        after.vectors[1, 2], slerp(0.25, GRID.vectors[1, 2], GRID.vectors[5, 6])
    )
    assert not after.mask[3, 3]  # a quarter is too little for glass to become tissue
    np.testing.assert_array_equal(after.vectors[0], GRID.vectors[0])


def test_stamp_clones_what_was_there_before() -> None:
    edit = Stamp(where=Rectangle(row=0, column=0, rows=6, columns=6), offset=(0, 1))
    after = apply(GRID, [edit])
    for row, column in np.ndindex(6, 6):
        source = (row, column) if (row, column + 1) in GLASS else (row, column + 1)
        np.testing.assert_array_equal(after.vectors[row, column], GRID.vectors[source])


@settings(max_examples=60, deadline=None)
@given(
    row=st.integers(-3, 6),
    column=st.integers(-3, 10),
    to=st.tuples(st.integers(-4, 8), st.integers(-4, 8)),
    size=st.tuples(st.integers(1, 6), st.integers(1, 6)),
)
def test_transplant_is_a_copy_cut_off_at_both_edges(
    row: int, column: int, to: tuple[int, int], size: tuple[int, int]
) -> None:
    edit = Transplant(row=row, column=column, rows=size[0], columns=size[1], to=to, grid="other")
    vectors, mask = GRID.vectors.copy(), GRID.mask.copy()
    for down, across in np.ndindex(*size):
        r, c, here, there = row + down, column + across, to[0] + down, to[1] + across
        taken = 0 <= r < OTHER.rows and 0 <= c < OTHER.columns and OTHER.mask[r, c]
        if taken and 0 <= here < GRID.rows and 0 <= there < GRID.columns:
            vectors[here, there], mask[here, there] = OTHER.vectors[r, c], True
    after = apply(GRID, [edit], SOURCES)
    np.testing.assert_array_equal(after.vectors, vectors)
    np.testing.assert_array_equal(after.mask, mask)


def test_interpolate_goes_by_the_length_of_the_stroke() -> None:
    stroke = Stroke(points=((1, 0), (1, 3), (5, 3)), radius=0.5)
    after = apply(GRID, [Interpolate(along=stroke)])
    ends = GRID.vectors[1, 0], GRID.vectors[5, 3]
    for walked, place in enumerate([(1, 0), (1, 1), (1, 2), (1, 3), (2, 3), (3, 3), (4, 3)]):
        np.testing.assert_array_equal(after.vectors[place], slerp(walked / 7, *ends))
    assert after.mask[3, 3]
    ends = OTHER.vectors[0, 8], GRID.vectors[0, 0]
    given_ends = (cell(0, 8, "other"), cell(0, 0))
    after = apply(GRID, [Interpolate(along=stroke, ends=given_ends)], SOURCES)
    np.testing.assert_array_equal(after.vectors[1, 0], ends[0])
    np.testing.assert_array_equal(after.vectors[5, 3], ends[1])


def test_interpolate_from_glass_says_so() -> None:
    with pytest.raises(BadEdits, match=r"Edit 1 .interpolate.: .*row 3, column 3"):
        apply(GRID, [Interpolate(along=Stroke(points=((3, 3), (4, 4))))])


def test_corners_fill_a_rectangle_between_its_own_corners() -> None:
    over = Rectangle(row=1, column=1, rows=5, columns=4)
    after = apply(GRID, [Corners(over=over)])
    for corner in ((1, 1), (1, 4), (5, 1), (5, 4)):
        np.testing.assert_array_equal(after.vectors[corner], GRID.vectors[corner])
    upper = slerp(1 / 3, GRID.vectors[1, 1], GRID.vectors[1, 4])
    lower = slerp(1 / 3, GRID.vectors[5, 1], GRID.vectors[5, 4])
    np.testing.assert_array_equal(after.vectors[2, 2], slerp(0.25, upper, lower))
    assert after.mask[3, 3]


def test_one_row_between_two_corners() -> None:
    over = Rectangle(row=2, column=0, rows=1, columns=99)
    after = apply(GRID, [Corners(over=over)])
    np.testing.assert_array_equal(
        after.vectors[2, 3], slerp(0.5, GRID.vectors[2, 0], GRID.vectors[2, 6])
    )


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**63 - 1),
    cells=st.sets(st.tuples(st.integers(0, 5), st.integers(0, 6)), min_size=1, max_size=9),
)
def test_a_cell_varies_in_the_same_way_whatever_else_does(
    seed: int, cells: set[tuple[int, int]]
) -> None:
    everywhere = apply(GRID, [Vary(where=Whole(), amount=0.7, seed=seed)])
    some = apply(GRID, [Vary(where=at(*cells), amount=0.7, seed=seed)])
    rows, columns = np.array(sorted(cells)).T
    assert some.vectors[rows, columns].tobytes() == everywhere.vectors[rows, columns].tobytes()
    np.testing.assert_array_equal(some.mask, GRID.mask)


def test_noise_is_normal_and_always_the_same() -> None:
    rows, columns = np.divmod(np.arange(400), 20)
    noise = cell_noise(7, rows, columns, 101)
    assert noise.shape == (400, 101)
    assert abs(noise.mean()) < 0.02
    assert noise.std() == pytest.approx(1, abs=0.02)
    assert np.abs(np.corrcoef(noise[:40]) - np.eye(40)).max() < 0.45
    np.testing.assert_allclose(
        cell_noise(7, np.array([3]), np.array([5]), 3)[0], NOISE_7_3_5, rtol=1e-12
    )
    assert np.abs(cell_noise(8, rows, columns, 101) - noise).min() > 0


NOISE_7_3_5 = [1.4160323507178267, -0.40530146782887266, 0.29935856014975015]


def test_varying_keeps_lengths_and_is_as_strong_as_the_neighbourhood_is_rough() -> None:
    chance = np.random.default_rng(5)
    vectors = np.ones((24, 24, 64)) + chance.normal(size=(24, 24, 64)) * 0.1
    vectors[:, 12:] += chance.normal(size=(24, 12, 64)) * 0.5
    grid = EmbeddingGrid(vectors.astype(np.float32), "tiny-1", 8)
    after = apply(grid, [Vary(where=Whole(), amount=0.5, seed=1)])
    np.testing.assert_allclose(
        np.linalg.norm(after.vectors, axis=2), np.linalg.norm(grid.vectors, axis=2), rtol=1e-5
    )
    moved = np.linalg.norm(after.vectors - grid.vectors, axis=2)
    rows, columns = np.indices((24, 24)).reshape(2, -1)
    share = moved / local_spread(grid, rows, columns, 1).reshape(24, 24)
    assert share[:, :11].mean() == pytest.approx(0.5, rel=0.1)
    assert share[:, 13:].mean() == pytest.approx(0.5, rel=0.15)
    assert moved[:, 13:].mean() > 3 * moved[:, :11].mean()


def test_a_flat_part_varies_by_what_is_usual_in_its_grid() -> None:
    flat = apply(
        GRID, [Paint(where=Rectangle(row=0, column=0, rows=3, columns=3), embedding=cell(0, 0))]
    )
    assert local_spread(flat, np.array([1]), np.array([1]), 1)[0] == 0
    assert usual_spread(flat) > 0
    assert [1, 1] in changed_cells(flat, apply(flat, [Vary(where=at((1, 1)), amount=1)])).tolist()
    alone = EmbeddingGrid(np.ones((1, 1, 4), np.float32), "tiny-1", 8)
    assert bits(apply(alone, [Vary(where=Whole(), amount=1)])) == bits(alone)


def test_steering_all_the_way_leads_from_the_one_to_the_other() -> None:
    unit = GRID.vectors / np.maximum(np.linalg.norm(GRID.vectors, axis=2, keepdims=True), 1e-9)
    grid = GRID.with_vectors(4 * unit)
    edit = Steer(where=at((0, 0), (2, 2)), away=cell(0, 0), towards=cell(4, 4), amount=1)
    after = apply(grid, [edit])
    np.testing.assert_allclose(after.vectors[0, 0], grid.vectors[4, 4], rtol=1e-5)
    assert np.linalg.norm(after.vectors[2, 2]) == pytest.approx(4, rel=1e-5)
    closer = after.vectors[2, 2] - grid.vectors[2, 2]
    assert closer @ (grid.vectors[4, 4] - grid.vectors[0, 0]) > 0
    away = apply(grid, [edit.model_copy(update={"amount": -0.5})]).vectors[2, 2]
    assert (away - grid.vectors[2, 2]) @ (grid.vectors[4, 4] - grid.vectors[0, 0]) < 0


def two_kinds() -> EmbeddingGrid:
    """Return a grid whose left half is of one kind and whose right half is of another."""
    chance = np.random.default_rng(3)
    vectors = chance.normal(size=(8, 10, 16)) * 0.2
    vectors[:, :5, 0] += 3
    vectors[:, 5:, 1] += 5
    return EmbeddingGrid(vectors.astype(np.float32), "tiny-1", 8)


def test_a_kind_is_replaced_by_embeddings_of_the_other_kind() -> None:
    grid = two_kinds()
    left = Similar(cells=((0, 0),), threshold=0.7)
    assert (left.weights(_seen(grid)) > 0).sum() == 40
    right = Sample(where=Similar(cells=((0, 9),), threshold=0.7))
    after = apply(grid, [Replace(where=left, by=right)])
    members = {vector.tobytes() for vector in grid.vectors[:, 5:].reshape(-1, 16)}
    assert all(vector.tobytes() in members for vector in after.vectors.reshape(-1, 16))
    assert len({vector.tobytes() for vector in after.vectors[:, :5].reshape(-1, 16)}) > 8
    np.testing.assert_array_equal(after.vectors[:, 5:], grid.vectors[:, 5:])


def test_a_kind_is_shifted_and_keeps_how_its_cells_differ() -> None:
    grid = two_kinds()
    left = Rectangle(row=0, column=0, rows=8, columns=5)
    right = Sample(where=Rectangle(row=0, column=5, rows=8, columns=5))
    after = apply(grid, [Replace(where=left, by=right, manner="shift")])
    before, now = grid.vectors[:, :5].reshape(-1, 16), after.vectors[:, :5].reshape(-1, 16)
    np.testing.assert_allclose(now - now.mean(0), before - before.mean(0), atol=1e-5)
    assert now.mean(0)[1] == pytest.approx(5, abs=0.2)


def test_erase_brings_back_cells_and_glass() -> None:
    edited = apply(
        GRID,
        [Paint(where=Whole(), embedding=cell(0, 0)), Clear(where=at((4, 4)))],
    )
    assert edited.mask.sum() == edited.mask.size - 1
    again = apply(edited, [Erase(where=Whole())], {"original": GRID})
    assert bits(again) == bits(GRID)
    part = apply(edited, [Erase(where=at((4, 4), (3, 3)))], {"original": GRID})
    assert changed_cells(edited, part).tolist() == [[3, 3], [4, 4]]


def _seen(grid: EmbeddingGrid):
    from ssldiff_gui.core.edit_grids import Grids

    return Grids(grid)
