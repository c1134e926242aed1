"""Acts on a selection: edits and their names."""

from __future__ import annotations

import numpy as np
import pytest

from ssldiff_gui.core.edits import Corners, Rectangle, Runs, Whole, parse_edits
from ssldiff_gui.core.errors import BadEdits
from ssldiff_gui.core.grid import EmbeddingGrid, Mask
from ssldiff_gui.state import grid_acts
from ssldiff_gui.state.grid_acts import Act
from ssldiff_gui.state.grid_editor import GridEditor
from ssldiff_gui.state.swatches import Swatch, source_name, swatch_of_cells
from tests.core.edit_cases import bits
from tests.state.grid_cases import editor_of, kinds


def quarter(number: int) -> Mask:
    mask = np.zeros((12, 16), np.bool_)
    row, column = divmod(number, 2)
    mask[6 * row : 6 * row + 6, 8 * column : 8 * column + 8] = True
    return mask


def ragged() -> Mask:
    mask = quarter(0)
    mask[0, 0] = mask[3, 4] = False
    return mask


def swatch(editor: GridEditor, row: int, column: int, label: str = "") -> Swatch:
    found = swatch_of_cells(editor.original, [(row, column)], label)
    editor.add_source(found.name, found.grid, label)
    return found


def done(editor: GridEditor, act: Act) -> Mask:
    """Do an act, undo and redo it, and return the cells that it changed."""
    before = editor.grid
    editor.do(act.edit, act.text)
    after = bits(editor.grid)
    assert editor.history.undo_text == act.text
    assert parse_edits([act.edit.model_dump(mode="json")]) == (act.edit,)
    editor.history.undo()
    assert bits(editor.grid) == bits(before)
    editor.history.redo()
    assert bits(editor.grid) == after
    different = (editor.grid.vectors != before.vectors).any(2)
    return different | (editor.grid.mask != before.mask)


def middle(grid: EmbeddingGrid, mask: Mask) -> np.ndarray:
    return grid.vectors[mask & grid.mask].mean(0)


def test_fill_puts_an_embedding_and_its_like_into_a_selection() -> None:
    editor = editor_of()
    act = grid_acts.fill(ragged(), swatch(editor, 9, 12, "Gland"), variety=5, seed=2)
    assert act.text == "Fill 46 cells with “Gland”"
    assert isinstance(act.edit.where, Runs)
    np.testing.assert_array_equal(done(editor, act), ragged())
    assert 1 < len(np.unique(editor.grid.vectors[ragged()], axis=0)) <= 5
    whole = grid_acts.fill(None, swatch(editor, 9, 12), variety=0)
    assert whole.text == "Fill all cells"
    done(editor, whole)
    assert editor.grid.mask.all(), "glass is filled, too"


def test_vary_erase_and_clear() -> None:
    editor = editor_of()
    act = grid_acts.vary(quarter(2), 1.0, 5)
    assert (act.text, act.edit.where) == (
        "Vary 48 cells",
        Rectangle(row=6, column=0, rows=6, columns=8),
    )
    np.testing.assert_array_equal(done(editor, act), quarter(2))
    act = grid_acts.clear(quarter(1))
    assert act.text == "Clear 48 cells to glass"
    done(editor, act)
    assert not editor.grid.mask[quarter(1)].any()
    act = grid_acts.erase(None)
    assert (act.text, act.edit.where) == ("Bring back all cells", Whole())
    done(editor, act)
    assert bits(editor.grid) == bits(editor.original)


@pytest.mark.parametrize("manner", ["match", "shift"])
def test_a_kind_is_replaced_by_a_swatch_or_by_cells(manner: grid_acts.Manner) -> None:
    editor = editor_of()
    gland = swatch(editor, 9, 12, "Gland")
    act = grid_acts.replace_by(quarter(0), gland, manner=manner)
    assert act.text == "Replace 48 cells by “Gland”"
    done(editor, act)
    wanted = middle(editor.original, quarter(3))
    assert np.linalg.norm(middle(editor.grid, quarter(0)) - wanted) < 1
    act = grid_acts.replace_by(quarter(2), grid_acts.cells((1, 9), (4, 9)), manner=manner)
    assert act.text == "Replace 48 cells"
    done(editor, act)


def test_steering_goes_from_one_embedding_to_another() -> None:
    editor = editor_of()
    away, towards = swatch(editor, 2, 2), swatch(editor, 9, 12, "Tumour")
    act = grid_acts.steer(quarter(0), away, towards, 1.0)
    assert act.text == "Steer towards “Tumour”"
    wanted = middle(editor.original, quarter(3))
    before = np.linalg.norm(middle(editor.grid, quarter(0)) - wanted)
    np.testing.assert_array_equal(done(editor, act), quarter(0))
    assert np.linalg.norm(middle(editor.grid, quarter(0)) - wanted) < 0.4 * before


def test_steering_by_what_a_prior_drew() -> None:
    editor = editor_of()
    drawn = EmbeddingGrid(kinds().vectors[6:, 8:], "tiny-1", 16)
    name = source_name(drawn)
    editor.add_source(name, drawn)
    act = grid_acts.steer_by(name, 1.0, quarter(0), "dense lymphocytes")
    assert act.text == "Steer towards “dense lymphocytes”"
    wanted = middle(editor.original, quarter(3))
    before = np.linalg.norm(middle(editor.grid, quarter(0)) - wanted)
    done(editor, act)
    assert np.linalg.norm(middle(editor.grid, quarter(0)) - wanted) < 0.4 * before
    assert grid_acts.steer_by(name, 0.5).text == "Steer all cells"


def test_corners_blend_over_the_cells_of_a_selection_only() -> None:
    editor = editor_of()
    act = grid_acts.blend_corners(ragged())
    assert isinstance(act.edit, Corners)
    assert isinstance(act.edit.within, Runs)
    assert act.text == "Blend over 6 × 8 cells"
    with pytest.raises(BadEdits, match="Nothing is selected"):
        grid_acts.blend_corners(np.zeros((12, 16), np.bool_))
    changed = done(editor, act)
    assert not (changed & ~ragged()).any()
    four = tuple(swatch(editor, row, column) for row in (2, 9) for column in (2, 12))
    act = grid_acts.blend_corners(quarter(3), four)
    assert act.edit.within is None
    done(editor, act)
    np.testing.assert_array_equal(editor.grid.vectors[6, 8], editor.original.vectors[2, 2])
    np.testing.assert_array_equal(editor.grid.vectors[11, 15], editor.original.vectors[9, 12])
