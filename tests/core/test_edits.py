"""What holds for every edit: locality, composition, the same bytes again, JSON and back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.edit_grids import Grids
from ssldiff_gui.core.edits import (
    Cells,
    Edit,
    Erase,
    Paint,
    Sample,
    Script,
    Steer,
    Transplant,
    Vary,
    Whole,
    apply,
    changed_cells,
    dump_edits,
    parse_edits,
    sources_of,
    with_sources,
)
from ssldiff_gui.core.errors import BadEdits, IncompatibleGrid
from ssldiff_gui.core.grid import EmbeddingGrid
from tests.core.edit_cases import EDITS, SOURCES, bits, edits, made

GRID = made()


def applied(grid: EmbeddingGrid, script: list[Edit]) -> EmbeddingGrid:
    """Apply edits, and leave out the cases in which samples cancel one another."""
    try:
        return apply(grid, script, SOURCES)
    except BadEdits as error:
        assert "common direction" in error.message or "holds no embedding" in error.message  # noqa: PT017
        assume(False)
        raise


@pytest.mark.parametrize("kind", EDITS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_only_cells_under_the_brush_change(kind: str, data: st.DataObject) -> None:
    edit = data.draw(EDITS[kind])
    before = bits(GRID)
    after = applied(GRID, [edit])
    outside = edit.weights(Grids(GRID, SOURCES)) * edit.opacity == 0
    assert after.vectors[outside].tobytes() == GRID.vectors[outside].tobytes()
    np.testing.assert_array_equal(after.mask[outside], GRID.mask[outside])
    assert bits(GRID) == before
    assert (after.encoder, after.cell, after.region) == (GRID.encoder, GRID.cell, GRID.region)


@pytest.mark.parametrize("kind", EDITS)
def test_every_kind_changes_something_and_opacity_0_nothing(kind: str) -> None:
    found: list[Edit] = []

    @settings(max_examples=40, deadline=None, database=None, derandomize=True)
    @given(edit=EDITS[kind])
    def look(edit: Edit) -> None:
        if edit.opacity == 1 and len(changed_cells(GRID, applied(GRID, [edit]))):
            found.append(edit)
        nothing = edit.model_copy(update={"opacity": 0.0})
        assert applied(GRID, [nothing]) is GRID

    look()
    assert found


@settings(max_examples=50, deadline=None)
@given(first=st.lists(edits, max_size=3), second=st.lists(edits, max_size=3))
def test_one_script_after_another_is_the_one_script_of_both(
    first: list[Edit], second: list[Edit]
) -> None:
    together = applied(GRID, first + second)
    apart = applied(applied(GRID, first), second)
    assert bits(together) == bits(apart)


@settings(max_examples=50, deadline=None)
@given(script=st.lists(edits, max_size=4))
def test_json_and_back_is_the_same_script_and_the_same_bytes(script: list[Edit]) -> None:
    kept = json.loads(json.dumps(dump_edits(script)))
    again = list(parse_edits(kept))
    assert again == script
    assert bits(applied(GRID, again)) == bits(applied(GRID, script))
    whole = Script(sources={"other": "b.safetensors"}, edits=tuple(script))
    assert Script.parse(whole.dump()) == whole


@settings(max_examples=30, deadline=None)
@given(edit=st.one_of(EDITS["vary"], EDITS["steer"]))
def test_amount_0_keeps_every_bit(edit: Vary | Steer) -> None:
    vectors = GRID.vectors.copy()
    vectors[::2, :, ::2] = -0.0
    grid = GRID.with_vectors(vectors)
    assert bits(applied(grid, [edit.model_copy(update={"amount": 0.0})])) == bits(grid)


@pytest.mark.parametrize("size", [1e-30, 1e30])
@settings(max_examples=25, deadline=None)
@given(edit=edits)
def test_tiny_and_huge_values_are_values_too(size: float, edit: Edit) -> None:
    grid = GRID.with_vectors(GRID.vectors * np.float32(size))
    sources = {
        name: source.with_vectors(source.vectors * np.float32(size))
        for name, source in SOURCES.items()
    }
    try:
        after = apply(grid, [edit], sources)
    except BadEdits:
        assume(False)
        return
    if edit.kind not in {"clear", "steer", "vary"}:
        lengths = np.linalg.norm(after.vectors[after.mask].astype(np.float64), axis=1)
        assert lengths.max() < 300 * size


def test_changed_cells_are_those_that_differ() -> None:
    after = apply(GRID, [Paint(where=Cells(cells=((4, 1), (3, 3))), embedding=cell(0, 0))])
    assert changed_cells(GRID, after).tolist() == [[3, 3], [4, 1]]
    assert changed_cells(GRID, GRID).tolist() == []


def cell(row: int, column: int, grid: str | None = None) -> Sample:
    return Sample(cells=((row, column),), grid=grid)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "The script: "),
        ('{"format": 2, "edits": []}', "format: "),
        ('{"edits": [], "more": 1}', "more: "),
        ('{"sources": {"a": 1}}', "sources.a: "),
        ('{"edits": {}}', "edits: "),
        ('{"edits": [1]}', "Edit 1: "),
        ('{"edits": [{"kind": "explode"}]}', "Edit 1: "),
        ('{"edits": [{"kind": "clear", "where": {"kind": "whole"}}, {}]}', "Edit 2: "),
        ('{"edits": [{"kind": "clear", "where": {"kind": "cells"}}]}', "Edit 1, where.cells: "),
        (
            '{"edits": [{"kind": "clear", "where": {"kind": "cells", "cells": [[1, 2, 3]]}}]}',
            "Edit 1, where.cells[0]: ",
        ),
        (
            '{"edits": [{"kind": "clear", "where": {"kind": "cells", "cells": [[1, true]]}}]}',
            "Edit 1, where.cells[0][1]: ",
        ),
        (
            '{"edits": [{"kind": "vary", "where": {"kind": "whole"}, "amount": NaN}]}',
            "Edit 1, amount: ",
        ),
        (
            '{"edits": [{"kind": "vary", "where": {"kind": "whole"}, "amount": "1"}]}',
            "Edit 1, amount: ",
        ),
        (
            '{"edits": [{"kind": "paint", "where": {"kind": "whole"}, "embedding": {}}]}',
            "Edit 1, embedding: give either cells or where",
        ),
    ],
)
def test_a_script_that_cannot_be_understood_says_where(script: str, words: str) -> None:
    with pytest.raises(BadEdits) as caught:
        Script.parse(script)
    assert words in caught.value.message
    assert caught.value.hint
    assert len(caught.value.message) < 400


def test_not_a_script_in_any_encoding() -> None:
    with pytest.raises(BadEdits, match="not JSON"):
        Script.parse(b"\xff\xfe{")


def fails(*script: Edit, **sources: EmbeddingGrid) -> Any:
    with pytest.raises((BadEdits, IncompatibleGrid)) as caught:
        apply(GRID, script, sources)
    assert caught.value.hint
    return caught.value


def test_what_does_not_fit_the_grid_is_named_with_the_edit_s_number() -> None:
    fine = Paint(where=Whole(), embedding=cell(0, 0))
    assert "Edit 2 (paint): There is no cell in row 6, column 0" in str(
        fails(fine, Paint(where=Cells(cells=((6, 0),)), embedding=cell(0, 0)))
    )
    assert "row -1" in str(fails(Paint(where=Cells(cells=((-1, 0),)), embedding=cell(0, 0))))
    assert "column 7" in str(fails(Paint(where=Whole(), embedding=cell(0, 7))))
    assert "holds no embedding" in str(fails(Paint(where=Whole(), embedding=cell(3, 3))))
    assert "No grid is called “original”" in str(fails(Erase(where=Whole())))
    smaller = fails(Erase(where=Whole()), original=made(0, 2, 2))
    assert "2 × 2 cells" in str(smaller)


def test_grids_of_another_encoder_are_refused() -> None:
    for other in (
        EmbeddingGrid(SOURCES["other"].vectors, "another-2", 224),
        made(0, 4, 4, 9),
    ):
        edit = Transplant(row=0, column=0, rows=2, columns=2, to=(0, 0), grid="other")
        error = fails(edit, other=other)
        assert type(error) is IncompatibleGrid
        assert "Edit 1 (transplant): The grid “other”" in error.message


def test_grids_are_found_and_renamed_wherever_edits_name_them() -> None:
    script = dump_edits(
        [
            Transplant(row=0, column=0, rows=2, columns=2, to=(0, 0), grid="a"),
            Steer(where=Whole(), away=cell(0, 0, "b"), towards=cell(0, 0), amount=1),
            Erase(where=Whole()),
        ]
    )
    assert sources_of(script) == {"a", "b", "original"}
    renamed = with_sources(script, {"a": "x", "original": "o"})
    assert sources_of(renamed) == {"x", "b", "o"}
    assert [edit.kind for edit in parse_edits(renamed)] == ["transplant", "steer", "erase"]
