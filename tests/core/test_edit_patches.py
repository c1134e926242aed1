"""Patches, selections by runs, edits kept within a selection, painting with variety."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.edit_grids import Grids
from ssldiff_gui.core.edit_patch import CellPatch
from ssldiff_gui.core.edit_trace import Trace, nearest
from ssldiff_gui.core.edit_vary import cell_draws
from ssldiff_gui.core.edits import (
    Cells,
    Clear,
    Edit,
    Paint,
    Rectangle,
    Runs,
    Sample,
    Script,
    Stroke,
    Whole,
    apply,
    changed_cells,
    dump_edits,
    parse_edits,
)
from ssldiff_gui.core.errors import BadEdits, BadGrid
from ssldiff_gui.core.grid import EmbeddingGrid
from tests.core.edit_cases import COLUMNS, EDITS, ROWS, SOURCES, bits, edits, made, masks, points

GRID = made()
ONE = Sample(cells=((5, 6),))


@settings(max_examples=80, deadline=None)
@given(edit=edits)
def test_a_patch_holds_what_changes_and_nothing_else(edit: Edit) -> None:
    try:
        patch = edit.changes(Grids(GRID, SOURCES))
    except BadEdits:
        return
    after = apply(GRID, [edit], SOURCES)
    assert bits(patch.applied(GRID)) == bits(after)
    told = np.stack([patch.rows, patch.columns], axis=1)
    assert {tuple(cell) for cell in changed_cells(GRID, after).tolist()} <= {
        tuple(cell) for cell in told.tolist()
    }
    assert len(np.unique(told, axis=0)) == len(patch)
    undone = CellPatch.of(GRID, patch.rows, patch.columns)
    assert bits(undone.applied(after)) == bits(GRID)
    made_anew = EmbeddingGrid(after.vectors, after.encoder, after.cell, valid=after.mask)
    assert bits(made_anew) == bits(after), "what is trusted is what the constructor makes"


@pytest.mark.parametrize("kind", [kind for kind, one in EDITS.items()])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_pointwise_edits_make_the_same_of_a_part_of_their_cells(
    kind: str, data: st.DataObject
) -> None:
    edit = data.draw(EDITS[kind])
    if not edit.pointwise:
        return
    grids = Grids(GRID, SOURCES)
    try:
        strength = edit.strength(grids)
        whole = edit.changes(grids, strength).applied(GRID)
        part = np.array(data.draw(masks)).reshape(ROWS, COLUMNS)
        some = edit.changes(grids, np.where(part, strength, 0.0)).applied(GRID)
    except BadEdits:
        return
    assert some.vectors[part].tobytes() == whole.vectors[part].tobytes()
    assert some.mask[part].tobytes() == whole.mask[part].tobytes()
    assert some.vectors[~part].tobytes() == GRID.vectors[~part].tobytes()


@settings(max_examples=60, deadline=None)
@given(
    path=st.lists(points, min_size=1, max_size=12).map(tuple),
    reach=st.floats(0, 4, width=32),
    cuts=st.lists(st.integers(1, 12), max_size=4),
)
def test_a_line_that_grows_is_measured_to_the_same_bits(
    path: tuple[tuple[float, float], ...], reach: float, cuts: list[int]
) -> None:
    trace = Trace()
    for cut in cuts:
        found = trace.nearest(path[:cut], reach, (ROWS, COLUMNS))
        expected = nearest(path[:cut], reach, (ROWS, COLUMNS))
        assert found[0].tobytes() == expected[0].tobytes()
        assert found[1].tobytes() == expected[1].tobytes()
    wider = trace.nearest(path, reach + 1, (ROWS, COLUMNS + 1))
    assert wider[0].tobytes() == nearest(path, reach + 1, (ROWS, COLUMNS + 1))[0].tobytes()


@settings(max_examples=60, deadline=None)
@given(chosen=masks)
def test_runs_choose_the_cells_of_their_mask(chosen: list[bool]) -> None:
    mask = np.array(chosen).reshape(ROWS, COLUMNS)
    runs = Runs.of(mask)
    np.testing.assert_array_equal(runs.weights(Grids(GRID)) > 0, mask)
    assert Runs.model_validate_json(runs.model_dump_json()) == runs
    assert runs.weights(Grids(GRID)).tobytes() == (
        Cells(cells=tuple(map(tuple, np.argwhere(mask).tolist()))).weights(Grids(GRID)).tobytes()
    )


@pytest.mark.parametrize("run", [(6, 0, 1), (0, 6, 2), (-1, 0, 1), (0, -1, 3)])
def test_runs_beyond_the_grid_are_refused(run: tuple[int, int, int]) -> None:
    with pytest.raises(BadEdits, match="There is no cell"):
        apply(GRID, [Clear(where=Runs(runs=(run,)))])


def test_within_confines_an_edit_and_thins_it() -> None:
    within = Rectangle(row=1, column=1, rows=3, columns=3, feather=1)
    edit = Paint(where=Whole(), within=within, embedding=ONE)
    after = apply(GRID, [edit])
    changed = changed_cells(GRID, after)
    assert changed.min(0).tolist() == [1, 1]
    assert changed.max(0).tolist() == [3, 3]
    half = apply(GRID, [Paint(where=within, embedding=ONE)])
    assert bits(after) == bits(half)
    outside = Rectangle(row=5, column=0, rows=1, columns=2)
    brush = Stroke(points=((1, 1),), radius=1)
    assert apply(GRID, [Paint(where=brush, within=outside, embedding=ONE)]) is GRID


def test_files_of_before_read_the_same_and_are_written_the_same() -> None:
    old = [
        {"opacity": 0.5, "where": {"kind": "whole"}, "kind": "paint",
         "embedding": {"cells": [[5, 6]], "where": None, "grid": None}},
        {"opacity": 1.0, "where": {"kind": "whole"}, "kind": "vary", "amount": 1.0, "seed": 0,
         "reach": 1},
    ]  # fmt: skip
    assert dump_edits(parse_edits(json.loads(json.dumps(old)))) == old


def test_the_schema_tells_of_what_is_new() -> None:
    schema = json.dumps(Script.model_json_schema())
    for word in ("within", "spread", "runs"):
        assert f'"{word}"' in schema


def test_variety_draws_among_the_cells_most_like_the_embedding() -> None:
    edit = Paint(where=Whole(), embedding=ONE, spread=4, seed=7)
    after = apply(GRID, [edit])
    used = {vector.tobytes() for vector in after.vectors.reshape(-1, GRID.dim)}
    units = GRID.vectors / np.maximum(np.linalg.norm(GRID.vectors, axis=2, keepdims=True), 1e-9)
    cosines = np.where(GRID.mask, units @ units[5, 6], -2).ravel()
    nearest_four = np.argsort(-cosines, kind="stable")[:4]
    flat = GRID.vectors.reshape(-1, GRID.dim)
    assert used == {flat[place].tobytes() for place in nearest_four}
    again = apply(GRID, [edit])
    assert bits(again) == bits(after)
    other = apply(GRID, [edit.model_copy(update={"seed": 8})])
    assert bits(other) != bits(after)
    part = apply(GRID, [edit.model_copy(update={"where": Cells(cells=((2, 2), (4, 1)))})])
    np.testing.assert_array_equal(part.vectors[4, 1], after.vectors[4, 1])
    alone = apply(GRID, [edit.model_copy(update={"spread": 0})])
    assert len({vector.tobytes() for vector in alone.vectors.reshape(-1, GRID.dim)}) == 1


def test_the_mean_of_a_sample_is_among_what_is_drawn() -> None:
    sample = Sample(cells=((0, 0), (0, 1)))
    edit = Paint(where=Whole(), embedding=sample, spread=2, seed=1)
    after = apply(GRID, [edit]).vectors.reshape(-1, GRID.dim)
    mean = sample.vector(Grids(GRID))
    assert any(np.array_equal(vector, mean) for vector in after)
    assert len(np.unique(after, axis=0)) == 2


def test_what_is_no_number_is_refused_and_named() -> None:
    huge = GRID.with_vectors(np.full_like(GRID.vectors, 3e38))
    vectors = np.full((1, 1, GRID.dim), 1e30, np.float32)
    vectors[0, 0] = np.inf
    broken = huge.trusted(vectors, np.ones((1, 1), np.bool_))
    edit = Paint(where=Cells(cells=((2, 3),)), embedding=Sample(cells=((0, 0),), grid="broken"))
    with pytest.raises(BadGrid, match="row 2, column 3"):
        apply(huge, [edit], {"broken": broken})


def test_a_trusted_grid_cannot_be_written() -> None:
    vectors, valid = GRID.vectors.copy(), GRID.mask.copy()
    grid = GRID.trusted(vectors, valid)
    assert (grid.encoder, grid.cell, grid.region) == (GRID.encoder, GRID.cell, GRID.region)
    with pytest.raises(ValueError, match="read-only"):
        grid.vectors[0, 0, 0] = 1
    vectors[0, 0, 0] = 5
    assert grid.vectors[0, 0, 0] == 5, "it is no copy"


def test_draws_are_even_and_never_change() -> None:
    rows, columns = np.indices((64, 64)).reshape(2, -1)
    drawn = cell_draws(7, rows, columns, 5)
    counts = np.bincount(drawn, minlength=5)
    assert len(counts) == 5
    assert abs(counts - 4096 / 5).max() < 120
    assert drawn[:12].tolist() == [1, 4, 2, 0, 0, 4, 1, 2, 4, 0, 0, 2]
    neighbours = (drawn.reshape(64, 64)[:, 1:] == drawn.reshape(64, 64)[:, :-1]).mean()
    assert abs(neighbours - 0.2) < 0.03
    assert (cell_draws(8, rows, columns, 5) != drawn).mean() > 0.75
    assert not cell_draws(8, rows, columns, 1).any()
