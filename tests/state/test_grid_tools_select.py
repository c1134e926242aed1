"""Tools that select cells."""

from __future__ import annotations

import pytest

from ssldiff_gui.state.grid_cursor import Path
from tests.state.grid_cases import Hand, editor_of, kinds


def test_selections_add_subtract_and_meet() -> None:
    hand = Hand("cells")
    hand.tools.press(1, 1)
    hand.tools.drag(2, 3)
    assert hand.cursor.words == "2 × 3 cells"
    assert len(hand.selected) == 6
    hand.tools.release(2, 3)
    hand.drag((2, 3), (4, 4), held=("Shift",))
    assert len(hand.selected) == 11
    hand.drag((2, 3), held=("Control",))
    assert len(hand.selected) == 10
    hand.drag((0, 0), (1, 15), held=("shift", "ctrl"))
    assert hand.selected == {(1, 1), (1, 2), (1, 3)}
    hand.drag((9, 9))
    assert hand.selected == {(9, 9)}
    hand.drag((-5, -5), (-3, -3))
    assert hand.editor.selection is None
    assert len(hand.editor.history) == 0


def test_a_lasso_takes_the_cells_whose_centres_it_goes_around() -> None:
    hand = Hand("lasso")
    hand.drag((1.6, 1.6), (1.6, 5.4), (4.4, 5.4), (4.4, 1.6))
    assert hand.selected == {(r, c) for r in (2, 3, 4) for c in (2, 3, 4, 5)}
    hand.tools.press(1, 1)
    hand.tools.drag(1, 5)
    hand.tools.drag(5, 5)
    assert hand.shape(Path).points == ((1, 1), (1, 5), (5, 5))
    assert hand.cursor.words.endswith("cells")
    assert hand.tools.cancel()
    assert len(hand.selected) == 12, "what was selected before is selected again"
    hand.drag((7.3, 7.2))
    assert hand.selected == {(7, 7)}


def test_similar_cells_by_a_threshold_that_dragging_moves() -> None:
    hand = Hand("similar", threshold=0.9)
    hand.tools.press(2, 2)
    first = hand.selected
    quarter = {(r, c) for r in range(6) for c in range(8)}
    assert first == quarter
    assert hand.cursor.words == "Likeness 0.90 · 48 cells"
    hand.tools.drag(2, 60)
    assert hand.tools.settings.threshold == pytest.approx(-0.26)
    assert first < hand.selected
    hand.tools.drag(2, -20)
    assert hand.tools.settings.threshold == 1
    hand.tools.cancel()
    assert hand.selected == set()
    assert hand.tools.settings.threshold == 0.9
    hand.drag((2, 2))
    hand.tools.set(threshold=1)
    assert hand.selected == {(2, 2)}, "the slider moves the last selection"
    hand.tools.set(threshold=0.9)
    hand.drag((9, 2), held=("Shift",))
    assert len(hand.selected) == 96
    hand.drag((2, 2), held=("Control",))
    assert hand.selected == {(r, c) for r in range(6, 12) for c in range(8)}


def test_connected_cells_only() -> None:
    grid = kinds(glass=False)
    vectors = grid.vectors.copy()
    vectors[:, 4] = vectors[11, 15]
    hand = Hand("similar", editor_of(grid.with_vectors(vectors)), threshold=0.9, connected=True)
    hand.drag((2, 1))
    assert hand.selected == {(r, c) for r in range(6) for c in range(4)}
    hand.tools.set(connected=False)
    assert hand.selected == {(r, c) for r in range(6) for c in (0, 1, 2, 3, 5, 6, 7)}
