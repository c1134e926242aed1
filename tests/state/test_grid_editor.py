"""A grid edited: shown while it is made, undone, redone and restored to the bit."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.edits import (
    Clear,
    Edit,
    Erase,
    Interpolate,
    Paint,
    Rectangle,
    Replace,
    Sample,
    Stamp,
    Steer,
    Stroke,
    Transplant,
    Vary,
    Whole,
    apply,
)
from ssldiff_gui.core.errors import BadEdits, IncompatibleGrid
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.state.grid_editor import CellsChanged, GridEditor
from ssldiff_gui.state.grid_past import Past
from ssldiff_gui.state.history import History
from tests.core.edit_cases import SOURCES, bits, edits, made
from tests.state.grid_cases import editor_of, kinds

ONE = Sample(cells=((1, 1),))


def dab(row: float, column: float, radius: float = 1.5) -> Paint:
    stroke = Stroke(points=((row, column),), radius=radius, softness=0.5)
    return Paint(where=stroke, embedding=ONE)


def heard(editor: GridEditor) -> list[Any]:
    found: list[Any] = []
    editor.changed.connect(found.append)
    editor.edited.connect(lambda keep, edit: found.append((keep, edit)))
    return found


@settings(max_examples=60, deadline=None)
@given(script=st.lists(edits, max_size=5), shown=st.lists(st.booleans(), min_size=5, max_size=5))
def test_the_editor_makes_what_apply_makes(script: list[Edit], shown: list[bool]) -> None:
    original = made()
    editor = GridEditor("g", original, SOURCES | {"original": original})
    done: list[Edit] = []
    for edit, show in zip(script, shown, strict=False):
        before = bits(editor.grid)
        try:
            if show:
                editor.preview(edit)
            changed = editor.do(edit)
        except BadEdits:
            editor.preview(None)
            assert bits(editor.grid) == before
            continue
        if changed:
            done.append(edit)
        else:
            assert bits(editor.grid) == before
    expected = apply(original, done, SOURCES | {"original": original})
    assert bits(editor.grid) == bits(expected)
    assert list(editor.edits) == done
    while editor.history.can_undo:
        editor.history.undo()
    assert bits(editor.grid) == bits(original)
    assert editor.edits == ()


@settings(max_examples=40, deadline=None)
@given(
    path=st.lists(
        st.tuples(st.floats(-2, 13, width=32), st.floats(-2, 17, width=32)), min_size=1, max_size=9
    ),
    radius=st.floats(0, 4, width=32),
    softness=st.floats(0, 1, width=32),
    kind=st.sampled_from(["paint", "vary", "erase", "stamp", "steer", "clear", "interpolate"]),
    opacity=st.sampled_from([1.0, 0.6]),
)
def test_a_stroke_that_grows_shows_what_it_will_do(
    path: list[tuple[float, float]], radius: float, softness: float, kind: str, opacity: float
) -> None:
    editor = editor_of()
    editor.do(Vary(where=Whole(), amount=1, seed=3))
    shown = editor.grid.vectors.copy()
    shown[~editor.grid.mask] = 0
    rgb = shown.copy()

    def follow(change: CellsChanged) -> None:
        rgb[change.rows, change.columns] = editor.values(change.rows, change.columns)[0]

    editor.changed.connect(follow)
    for count in range(1, len(path) + 1):
        stroke = Stroke(points=tuple(path[:count]), radius=radius, softness=softness)
        edit: Edit
        if kind == "interpolate":
            ends = ONE, Sample(cells=((9, 9),))
            edit = Interpolate(along=stroke, ends=ends, opacity=opacity)
        elif kind == "paint":
            edit = Paint(where=stroke, embedding=ONE, spread=3, seed=1, opacity=opacity)
        elif kind == "vary":
            edit = Vary(where=stroke, amount=1, seed=1, opacity=opacity)
        elif kind == "erase":
            edit = Erase(where=stroke, opacity=opacity)
        elif kind == "stamp":
            edit = Stamp(where=stroke, offset=(2, -3), opacity=opacity)
        elif kind == "clear":
            edit = Clear(where=stroke, opacity=opacity)
        else:
            ends = ONE, Sample(cells=((9, 9),))
            edit = Steer(where=stroke, away=ends[0], towards=ends[1], amount=1, opacity=opacity)
        before = editor.grid
        editor.preview(edit)
        expected = apply(before, [edit], editor.sources)
        assert bits(editor.shown) == bits(expected)
        assert bits(editor.grid) == bits(before), "a preview is no act"
        assert rgb.tobytes() == expected.vectors.tobytes(), "views that follow show the same"
    editor.do(edit)
    assert bits(editor.grid) == bits(expected)
    assert rgb.tobytes() == expected.vectors.tobytes()


def random_edit(chance: np.random.Generator, number: int) -> Edit:
    at = tuple(chance.uniform(0, 32, (int(chance.integers(1, 4)), 2)).round(2).tolist())
    stroke = Stroke(points=tuple(map(tuple, at)), radius=float(chance.uniform(0.5, 3)))
    row, column = (int(n) for n in chance.integers(0, 28, 2))
    cells = [Sample(cells=(tuple(map(int, chance.integers(4, 28, 2))),)) for _ in range(2)]
    box = Rectangle(row=row, column=column, rows=4, columns=5, feather=1)
    made: list[Edit] = [
        Paint(where=stroke, embedding=cells[0], spread=4, seed=number),
        Vary(where=stroke, amount=1, seed=number),
        Erase(where=stroke),
        Stamp(where=stroke, offset=(3, -2), opacity=0.7),
        Transplant(row=row, column=column, rows=4, columns=4, to=(column, row), feather=1),
        Steer(where=box, away=cells[0], towards=cells[1], amount=0.5),
        Replace(where=box, by=Sample(where=Rectangle(row=4, column=4, rows=3, columns=3))),
        Interpolate(along=stroke, ends=(cells[0], cells[1])),
        Paint(where=Whole(), within=box, embedding=cells[1], opacity=0.4),
    ]
    return made[number % len(made)]


def test_a_thousand_edits_undone_and_redone_lead_to_the_same_hash() -> None:
    began = time.perf_counter()
    chance = np.random.default_rng(5)
    original = kinds(32, 32, 8, glass=False)
    editor = GridEditor("g", original)
    journal: list[Any] = []

    def write(keep: int, edit: Edit | None) -> None:
        journal[keep:] = [] if edit is None else [edit]

    editor.edited.connect(write)
    digests = [original.digest()]
    script = (random_edit(chance, number) for number in range(1000))
    digests += [editor.grid.digest() for edit in script if editor.do(edit)]
    made_of = editor.edits
    assert len(made_of) == len(digests) - 1 > 950
    for digest in reversed(digests[:-1]):
        editor.history.undo()
        assert editor.grid.digest() == digest
    assert not editor.history.can_undo
    assert journal == []
    for digest in digests[1:]:
        editor.history.redo()
        assert editor.grid.digest() == digest
    assert tuple(journal) == editor.edits == made_of
    assert apply(original, made_of, {"original": original}).digest() == digests[-1]
    print(f"1,000 edits, undone, redone, applied again: {time.perf_counter() - began:.1f} s")


def test_edits_of_another_session_can_be_undone_and_redone() -> None:
    first = editor_of()
    for number in range(5):
        first.do(dab(2 * number, 8))
    editor = GridEditor("g1", first.original, first.sources, History(), first.edits)
    assert bits(editor.grid) == bits(first.grid)
    assert editor.history.clean
    assert not editor.history.can_redo
    told = heard(editor)
    editor.do(dab(5, 5))
    for _ in range(6):
        editor.history.undo()
        first_edits = len(editor.edits)
        assert bits(editor.grid) == bits(apply(first.original, first.edits[:first_edits]))
    assert not editor.history.can_undo
    assert [one for one in told if isinstance(one, tuple)][-1] == (0, None)
    for _ in range(5):
        editor.history.redo()
    assert bits(editor.grid) == bits(first.grid)
    assert editor.history.undo_text == first.history.undo_text


def test_the_past_can_be_replayed_beforehand_and_forgets_what_is_too_much() -> None:
    first = editor_of()
    for number in range(6):
        first.do(Vary(where=Whole(), amount=1, seed=number))
    size = Past.replayed(first.original, first.edits).before[0].nbytes
    past = Past.replayed(first.original, first.edits, most=3 * size)
    assert len(past.before) == 3
    editor = GridEditor("g1", first.original, past=past)
    assert bits(editor.grid) == bits(first.grid)
    for _ in range(9):
        editor.history.undo()
    assert editor.edits == first.edits[:3]
    assert bits(editor.grid) == bits(apply(first.original, first.edits[:3]))
    bad = Paint(where=Whole(), embedding=Sample(cells=((0, 0),), grid="gone"))
    with pytest.raises(BadEdits, match=r"Edit 2 \(paint\): No grid is called “gone”"):
        GridEditor("g", first.original, edits=[first.edits[0], bad])


def test_history_bounds_what_undo_keeps() -> None:
    history = History(weight_limit=200_000)
    editor = GridEditor("g", kinds(32, 32, 64), history=history)
    for number in range(40):
        editor.do(Vary(where=Whole(), amount=0.5, seed=number))
    assert len(history) < 5
    expected = bits(editor.grid)
    steps = 0
    while history.can_undo:
        history.undo()
        steps += 1
    for _ in range(steps):
        history.redo()
    assert bits(editor.grid) == expected


def test_a_preview_is_shown_and_taken_back() -> None:
    editor = editor_of()
    told = heard(editor)
    before = bits(editor.grid)
    assert editor.preview(dab(6, 6)) > 0
    assert editor.drafting
    assert told[-1].provisional
    assert bits(editor.shown) != before
    editor.preview(None)
    assert not editor.drafting
    assert not told[-1].provisional
    assert bits(editor.shown) == before == bits(editor.grid)
    editor.preview(None)
    assert len(told) == 2
    assert len(editor.history) == 0


def test_undo_under_a_stroke_takes_the_stroke_back_too() -> None:
    editor = editor_of()
    editor.do(dab(2, 2))
    editor.preview(dab(8, 8))
    told = heard(editor)
    editor.history.undo()
    assert not editor.drafting
    assert bits(editor.shown) == bits(editor.original)
    cells = {(int(r), int(c)) for one in told if isinstance(one, CellsChanged)
             for r, c in zip(one.rows, one.columns, strict=True)}  # fmt: skip
    assert {(2, 2), (8, 8)} <= cells


def test_grids_that_were_handed_out_never_change() -> None:
    editor = editor_of()
    held = [(editor.grid, bits(editor.grid))]
    for number in range(4):
        editor.do(dab(3 * number, 5))
        held.append((editor.grid, bits(editor.grid)))
    editor.history.undo()
    editor.do(Clear(where=Whole()))
    assert editor.grid is editor.grid
    for grid, content in held:
        assert bits(grid) == content


def test_what_changes_nothing_is_no_step() -> None:
    editor = editor_of()
    told = heard(editor)
    assert editor.do(Erase(where=Whole())) == 0
    assert editor.do(dab(100, 100)) == 0
    assert len(editor.history) == 0
    assert told == []


def test_what_does_not_fit_changes_nothing_and_says_why() -> None:
    editor = editor_of()
    before = bits(editor.grid)
    wrong = Paint(where=Whole(), embedding=Sample(cells=((0, 0),), grid="nowhere"))
    for call in (editor.do, editor.preview):
        with pytest.raises(BadEdits, match="No grid is called “nowhere”"):
            call(wrong)
    assert bits(editor.shown) == before
    editor.preview(dab(4, 4))
    with pytest.raises(BadEdits):
        editor.preview(wrong)
    editor.preview(None)
    assert bits(editor.shown) == before


def test_another_set_of_edits_can_be_restored_and_undone() -> None:
    editor = editor_of()
    first, second, third = dab(2, 2), dab(6, 6), dab(9, 9)
    editor.do(first)
    editor.do(second)
    snapshot, content = editor.edits, bits(editor.grid)
    editor.history.undo()
    editor.do(third)
    before = bits(editor.grid)
    journal = [first, third]

    def write(keep: int, edit: Edit | None) -> None:
        journal[keep:] = [] if edit is None else [edit]

    editor.edited.connect(write)
    assert editor.restore(snapshot, "Restore Result 3") > 0
    assert bits(editor.grid) == content
    assert tuple(journal) == editor.edits == snapshot
    assert editor.history.undo_text == "Restore Result 3"
    editor.history.undo()
    assert bits(editor.grid) == before
    assert tuple(journal) == editor.edits == (first, third)
    editor.history.redo()
    assert editor.restore((), "Start over") > 0
    assert bits(editor.grid) == bits(editor.original)
    assert journal == []
    editor.history.undo()
    assert tuple(journal) == snapshot
    assert editor.restore(snapshot, "Again") == 0
    assert editor.history.undo_text == "Restore Result 3"


def test_sources_are_named_once_and_must_fit() -> None:
    editor = editor_of()
    added: list[str] = []
    editor.source_added.connect(lambda name, _grid: added.append(name))
    clip = kinds(2, 3, seed=4, glass=False)
    editor.add_source("clip", clip, "Colon")
    editor.add_source("clip", clip)
    assert added == ["clip"]
    with pytest.raises(BadEdits, match="called “clip” already"):
        editor.add_source("clip", kinds(2, 3, seed=5, glass=False))
    with pytest.raises(IncompatibleGrid, match="were made by other-1"):
        editor.add_source("more", EmbeddingGrid(clip.vectors, "other-1", 16))
    editor.do(Transplant(row=0, column=0, rows=2, columns=3, to=(4, 4), grid="clip"))
    assert editor.history.undo_text == "Transplant 2 × 3 cells of “Colon”"
    np.testing.assert_array_equal(editor.grid.vectors[4:6, 4:7], clip.vectors)


def test_a_selection_is_a_copy_and_never_empty() -> None:
    editor = editor_of()
    told: list[None] = []
    editor.selection_changed.connect(lambda: told.append(None))
    mask = np.zeros(editor.shape, np.bool_)
    editor.select(mask)
    assert editor.selection is None
    mask[2, 3] = True
    editor.select(mask)
    mask[4, 4] = True
    assert editor.selection is not None
    assert editor.selection.sum() == 1
    editor.select(editor.selection)
    assert len(told) == 1
    editor.select(None)
    assert len(told) == 2
    with pytest.raises(ValueError, match="selection of"):
        editor.select(np.ones((2, 2), np.bool_))
