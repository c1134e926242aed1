"""Tools: gestures of the pointer among the cells, and what they leave behind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.edits import Interpolate, Paint, Rectangle, Runs, Stamp, Transplant, Vary
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.state.grid_cursor import Cursor, Ghost, Patch, Ring, Way
from ssldiff_gui.state.grid_editor import GridEditor
from ssldiff_gui.state.grid_tools import TOOLS, GridTools
from tests.core.edit_cases import bits
from tests.state.grid_cases import Hand, editor_of, kinds


def test_the_brush_paints_what_alt_picked_in_one_step() -> None:
    hand = Hand("brush", radius=1.2)
    picked: list[tuple[int, int]] = []
    hand.tools.picked.connect(lambda row, column: picked.append((row, column)))
    hand.drag((9.2, 13.1), held=("Alt",))
    assert picked == [(9, 13)]
    assert not len(hand.editor.history)
    hand.drag((2, 2), (2.4, 4), (2, 6))
    assert len(hand.editor.history) == 1
    assert hand.undo_text == "Paint 16 cells"
    for column in range(2, 7):
        np.testing.assert_array_equal(
            hand.editor.grid.vectors[2, column], hand.editor.original.vectors[9, 13]
        )
    (edit,) = hand.editor.edits
    assert isinstance(edit, Paint)
    assert edit.embedding.grid in hand.editor.sources
    hand.editor.history.undo()
    assert bits(hand.editor.grid) == bits(hand.editor.original)


def test_a_brush_without_paint_says_how_to_get_some() -> None:
    hand = Hand("brush")
    hand.drag((2, 2), (3, 3))
    assert [str(one.hint) for one in hand.problems] == [
        "Alt+click a cell that looks as wanted, or choose one in the palette."
    ]
    assert not hand.tools.busy
    assert hand.editor.edits == ()


def test_a_brush_with_variety_draws_among_like_cells() -> None:
    hand = Hand("brush", radius=3, variety=6)
    hand.tools.pick((9, 12))
    hand.drag((3, 3))
    grid = hand.editor.grid
    changed = (grid.vectors != hand.editor.original.vectors).any(2)
    painted = np.unique(grid.vectors[changed], axis=0)
    assert 1 < len(painted) <= 6
    originals = {v.tobytes() for v in hand.editor.original.vectors.reshape(-1, grid.dim)}
    assert {v.tobytes() for v in painted} <= originals


def test_the_smallest_brush_never_misses_a_cell() -> None:
    hand = Hand("brush", radius=0.5)
    hand.tools.pick((9, 12))
    for place in ((2.45, 2.45), (4.5, 7.49), (6.51, 1.1)):
        before = bits(hand.editor.grid)
        hand.drag(place)
        assert bits(hand.editor.grid) != before
        assert hand.undo_text == "Paint 1 cell"


def test_painting_stays_inside_the_selection() -> None:
    hand = Hand("cells", radius=4)
    hand.drag((1, 1), (3, 4))
    hand.tools.pick((9, 12))
    for tool in ("brush", "vary"):
        hand.tools.tool = tool
        hand.drag((2, 2), (2, 9))
    changed = (hand.editor.grid.vectors != hand.editor.original.vectors).any(2)
    assert {(int(r), int(c)) for r, c in np.argwhere(changed)} == hand.selected
    assert isinstance(hand.editor.edits[0].within, Rectangle)
    hand.tools.tool = "cells"
    hand.drag((6, 6), (7, 7), held=("Shift",))
    hand.tools.tool = "brush"
    hand.drag((6, 6))
    assert isinstance(hand.editor.edits[-1].within, Runs)


def test_the_stamp_clones_from_an_offset_that_stays() -> None:
    hand = Hand("stamp", radius=0.5)
    hand.drag((2, 2))
    assert "where to copy from" in hand.problems[0].message
    hand.drag((8, 12), held=("alt",))
    assert hand.tools.source == (8, 12)
    hand.tools.hover(2, 2)
    assert hand.shape(Ghost).at == (8, 12)
    hand.drag((2, 2), (2, 4))
    hand.drag((5, 5))
    original = hand.editor.original.vectors
    np.testing.assert_array_equal(hand.editor.grid.vectors[2, 2:5], original[8, 12:15])
    np.testing.assert_array_equal(hand.editor.grid.vectors[5, 5], original[11, 15])
    hand.tools.hover(3, 3)
    assert hand.shape(Ghost) == Ghost((9, 13), 0.5, (3, 3))
    assert hand.shape(Ring) == Ring((3, 3), 0.5, 0)
    assert hand.undo_text == "Clone 1 cell"


def test_the_stamp_clones_from_another_grid_too() -> None:
    hand = Hand("stamp", radius=0.5)
    hand.drag((8, 12), held=("Alt",))
    other = editor_of(kinds(6, 6, seed=9, glass=False))
    hand.tools.attach(other)
    hand.drag((1, 1), (1, 2))
    np.testing.assert_array_equal(
        other.grid.vectors[1, 1:3], hand.editor.original.vectors[8, 12:14]
    )
    (edit,) = other.edits
    assert isinstance(edit, Stamp)
    assert edit.grid in other.sources


def test_a_rectangle_is_marked_dragged_and_put_down_by_clicks() -> None:
    hand = Hand("transplant")
    hand.tools.press(6, 8)
    hand.tools.drag(8, 11)
    assert hand.cursor.words == "3 × 4 cells"
    hand.tools.release(8, 11)
    assert hand.editor.edits == ()
    hand.tools.press(7, 9)
    hand.tools.drag(2, 3)
    assert hand.cursor.shapes == (Patch((6, 8), (8, 11)), Patch((1, 2), (3, 5)))
    assert hand.editor.drafting
    hand.tools.release(2, 3)
    original = hand.editor.original.vectors
    np.testing.assert_array_equal(hand.editor.grid.vectors[1:4, 2:6], original[6:9, 8:12])
    assert hand.undo_text == "Transplant 3 × 4 cells"
    hand.drag((5, 3.4))
    (_, edit) = hand.editor.edits
    assert isinstance(edit, Transplant)
    assert edit.to == (4, 2)
    hand.drag((7, 9), (7.2, 9.1))
    assert len(hand.editor.edits) == 2, "put upon itself it is nothing"
    assert hand.tools.cancel()
    assert not hand.tools.cancel()
    hand.tools.hover(5, 5)
    assert hand.cursor.shapes == (Patch((5, 5), (5, 5)),)


def test_cells_are_copied_into_another_grid() -> None:
    hand = Hand("lasso")
    assert not hand.tools.copy()
    hand.drag((6, 8), (6, 11), (9, 8))
    count = len(hand.selected)
    assert hand.tools.copy("Colon")
    other = editor_of(kinds(8, 8, seed=3, glass=False))
    added: list[str] = []
    other.source_added.connect(lambda name, _grid: added.append(name))
    hand.tools.attach(other)
    hand.tools.hover(3, 3)
    assert hand.tools.paste()
    assert hand.tools.tool == "transplant"
    assert other.drafting, "it hangs at the pointer"
    hand.tools.leave()
    assert not other.drafting
    hand.tools.hover(3, 4)
    assert hand.cursor.words == "3 × 3 cells"
    hand.drag((3, 4))
    assert other.history.undo_text == "Transplant 3 × 3 cells of “Colon”"
    changed = (other.grid.vectors != other.original.vectors).any(2)
    assert changed.sum() == count, "what was not selected is not put anywhere"
    assert [edit.grid for edit in other.edits if isinstance(edit, Transplant)] == added
    assert hand.tools.paste()
    assert hand.tools.cancel()
    assert not other.drafting


def test_cells_of_another_encoder_are_not_pasted() -> None:
    hand = Hand("cells")
    hand.drag((6, 8), (7, 9))
    hand.tools.copy()
    grid = kinds(4, 4, glass=False)
    hand.tools.attach(editor_of(EmbeddingGrid(grid.vectors, "other-2", 16)))
    assert not hand.tools.paste()
    assert "were made by tiny-1" in hand.problems[0].message
    hand.tools.tool = "brush"
    hand.tools.attach(hand.editor)
    hand.tools.pick((1, 1))
    hand.tools.attach(editor_of(EmbeddingGrid(grid.vectors, "other-2", 16)))
    hand.drag((1, 1), (2, 2))
    assert len(hand.problems) == 2


def test_glass_is_not_copied_or_picked() -> None:
    hand = Hand("cells")
    hand.drag((0, 14), (1, 15))
    assert not hand.tools.copy()
    hand.drag((0, 15), held=("Alt",))
    assert [one.message.split(":")[0] for one in hand.problems] == [
        "There is nothing to copy",
        "The cell in row 0, column 15 holds no embedding",
    ]


def test_a_gradient_goes_from_cell_to_cell() -> None:
    hand = Hand("gradient", radius=0.6)
    hand.tools.press(2.3, 1.8)
    hand.tools.drag(2, 9)
    assert hand.shape(Way) == Way((2, 2), (2, 9), 0.6)
    assert hand.editor.drafting
    hand.tools.drag(0, 15)
    assert "holds no embedding" in hand.cursor.words, "glass is no end"
    assert not hand.editor.drafting
    hand.tools.drag(2, 10)
    hand.tools.release(2, 10)
    (edit,) = hand.editor.edits
    assert isinstance(edit, Interpolate)
    grid = hand.editor.grid
    np.testing.assert_array_equal(grid.vectors[2, 2], hand.editor.original.vectors[2, 2])
    np.testing.assert_array_equal(grid.vectors[2, 10], hand.editor.original.vectors[2, 10])
    hand.drag((5, 5))
    hand.drag((5, 5), (5, 40))
    assert len(hand.editor.edits) == 1
    hand.drag((5, 5), (0, 15))
    assert len(hand.editor.edits) == 1
    assert len(hand.problems) == 1


def test_vary_and_eraser() -> None:
    hand = Hand("vary", radius=2)
    hand.drag((4, 4))
    (edit,) = hand.editor.edits
    assert isinstance(edit, Vary)
    assert edit.seed == 11
    hand.tools.tool = "eraser"
    hand.drag((4, 4), (4, 5))
    assert bits(hand.editor.grid) == bits(hand.editor.original)
    assert hand.undo_text == "Bring back 13 cells"
    hand.drag((4, 4))
    assert len(hand.editor.edits) == 2, "there is nothing left to bring back"


def test_the_eyedropper_takes_the_mean_of_a_square_and_follows_the_pointer() -> None:
    hand = Hand("eyedropper", square=3)
    hand.tools.press(3, 3)
    assert hand.cursor.shapes == (Patch((2, 2), (4, 4)),)
    first = hand.tools.paint
    assert first is not None
    part = hand.editor.grid.vectors[2:5, 2:5].reshape(9, -1)
    cosine = part.mean(0) @ first.grid.vectors[0, 0]
    assert cosine / np.linalg.norm(part.mean(0)) / np.linalg.norm(first.grid.vectors[0, 0]) > 0.99
    hand.tools.drag(9, 9)
    hand.tools.release(9, 9)
    assert hand.tools.paint is not first
    assert hand.tools.last_picked == (9, 9)


def test_settings_stay_in_their_ranges_and_tell_once() -> None:
    hand = Hand("brush")
    told: list[Any] = []
    hand.tools.settings_changed.connect(told.append)
    hand.tools.set(radius=-4, softness=7, variety=5.4, square=0)
    settings = hand.tools.settings
    assert (settings.radius, settings.softness, settings.variety, settings.square) == (0.5, 1, 5, 1)
    hand.tools.set(radius=0.5)
    assert len(told) == 1
    for _ in range(3):
        hand.tools.resize(1)
    assert hand.tools.settings.radius == 2
    hand.tools.resize(-20)
    assert hand.tools.settings.radius == 0.5
    with pytest.raises(ValueError, match="no tool"):
        hand.tools.tool = "hammer"


def test_without_a_grid_or_a_tool_nothing_happens() -> None:
    tools = GridTools()
    for name in TOOLS:
        tools.tool = name
        assert not tools.press(1, 1)
        tools.drag(2, 2)
        tools.release(2, 2)
        tools.hover(1, 1)
        tools.leave()
        tools.set(threshold=0.3)
        tools.cancel()
    assert not tools.copy()
    assert not tools.paste()


def test_another_tool_or_grid_calls_a_stroke_off() -> None:
    hand = Hand("brush")
    hand.tools.pick((9, 9))
    hand.tools.press(2, 2)
    assert not hand.tools.press(4, 4), "a second button is not another stroke"
    hand.tools.tool = "vary"
    assert not hand.editor.drafting
    hand.tools.press(2, 2)
    hand.tools.attach(None)
    assert not hand.editor.drafting
    assert hand.cursor == Cursor()
    assert hand.editor.edits == ()


place = st.tuples(st.floats(-3, 15, width=32), st.floats(-3, 19, width=32))
held = st.sampled_from([(), (), ("Shift",), ("Control",), ("Alt",), ("Shift", "Control")])
act = st.one_of(
    st.tuples(st.just("tool"), st.sampled_from(TOOLS)),
    st.tuples(st.just("press"), place, held),
    st.tuples(st.just("drag"), place, held),
    st.tuples(st.just("drag"), place, held),
    st.tuples(st.just("release"), place, held),
    st.tuples(st.sampled_from(["cancel", "undo", "redo", "copy", "paste", "leave"])),
    st.tuples(st.just("hover"), place, held),
    st.tuples(st.just("set"), st.sampled_from([{"radius": 3}, {"radius": 0.5}, {"threshold": 0.2},
                                               {"softness": 1}, {"strength": 0.4}])),
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(acts=st.lists(act, max_size=40))
def test_any_gestures_leave_a_grid_that_its_edits_explain(acts: list[tuple[Any, ...]]) -> None:
    hand = Hand("brush", editor_of(kinds(12, 16, 4)), variety=3, softness=0.5)
    tools, editor = hand.tools, hand.editor
    tools.pick((8, 8))
    seen = editor.grid.vectors.copy()
    editor.changed.connect(
        lambda it: seen.__setitem__((it.rows, it.columns), editor.values(it.rows, it.columns)[0])
    )
    for name, *rest in acts:
        steps, before = len(editor.edits), bits(editor.grid)
        if name in {"press", "drag", "release", "hover"}:
            getattr(tools, name)(*rest[0], rest[1])
        elif name == "tool":
            tools.tool = rest[0]
        elif name == "set":
            tools.set(**rest[0])
        elif name in {"undo", "redo"}:
            getattr(editor.history, name)()
        else:
            getattr(tools, name)()
        if name not in {"undo", "redo"}:
            more = len(editor.edits) - steps
            assert more in ({0, 1} if name == "release" else {0}), "one step a stroke, at its end"
            assert more or bits(editor.grid) == before
        if not tools.busy and tools.tool != "transplant":
            assert not editor.drafting
        assert seen.tobytes() == editor.shown.vectors.tobytes()
        assert editor.selection is None or editor.selection.any()
    tools.cancel()
    tools.cancel()
    assert not editor.drafting
    assert bits(editor.shown) == bits(editor.grid)
    replayed = GridEditor("again", editor.original, editor.sources, edits=editor.edits)
    assert bits(replayed.grid) == bits(editor.grid)
    while editor.history.can_undo:
        editor.history.undo()
    assert bits(editor.grid) == bits(editor.original)
    assert all(one.hint for one in hand.problems)
