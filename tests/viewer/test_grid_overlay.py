"""What an overlay keeps in a viewer's list of layers; no canvas is needed for that."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel

from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.state.grid_cursor import Cursor, Ring
from ssldiff_gui.viewer.grid_overlay import LETTERS_FROM, LINES_FROM, GridOverlay
from ssldiff_gui.viewer.grid_place import GridPlace
from ssldiff_gui.viewer.scene_view import SceneView
from ssldiff_gui.viewer.tools import Tool
from tests.gui.canvases import square_document

BLUE = np.array((0, 0, 255, 255), np.uint8)
GREEN = np.array((0, 160, 0, 255), np.uint8)


@pytest.fixture
def view(qapp, tmp_path):
    view = SceneView(ViewerModel())
    view.model.canvas.size = (600, 800)
    view.show(square_document(tmp_path))
    yield view
    view.close()


@pytest.fixture
def overlay(view):
    overlay = GridOverlay(view)
    yield overlay
    overlay.close()


def grid(rows=12, columns=16):
    return np.tile(BLUE, (rows, columns, 1))


def show(overlay, rows=12, columns=16):
    region = Region(Box(5000, 3000, columns * 150, rows * 150))
    overlay.show(grid(rows, columns), region, 150.0, 0.45)


def names(view):
    return [layer.name for layer in view.model.layers]


def test_it_goes_with_its_scene_and_comes_back_with_it(view, overlay, tmp_path):
    first = view.document
    show(overlay)
    names = [layer.name for layer in view.model.layers]
    assert names == ["square.tif", "Grid of cells", "Annotations"]
    view.show(square_document(tmp_path, name="other.tif", scale=None))
    assert overlay.place is None
    assert overlay.layer is None
    assert len(view.model.layers) == 2
    view.show(None)
    assert len(view.model.layers) == 0
    view.show(first)
    assert overlay.place is not None
    assert [layer.name for layer in view.model.layers] == names


def test_a_person_may_remove_the_layer_and_show_it_again(view, overlay):
    show(overlay)
    view.model.layers.remove(overlay.layer)
    overlay.update_cells(np.array([0]), np.array([0]), GREEN[None])
    overlay.visible = False
    overlay.visible = True
    assert overlay.layer in view.model.layers


def test_colours_are_copied_and_changed_in_place(view, overlay):
    mine = grid()
    overlay.show(mine, None, 150.0)
    rows, columns = np.array([1, 2]), np.array([3, 4])
    overlay.update_cells(rows, columns, np.tile(GREEN, (2, 1)))
    assert (overlay.layer.data[rows, columns] == GREEN).all()
    assert (overlay.layer.data == BLUE).all(axis=2).sum() == 12 * 16 - 2
    assert (mine == BLUE).all()
    overlay.set_colours(np.tile(GREEN, (12, 16, 1)))
    assert (overlay.layer.data == GREEN).all()


def test_the_same_layer_takes_a_grid_of_the_same_size(view, overlay):
    show(overlay)
    layer = overlay.layer
    overlay.show(grid() // 2, Box(10, 20, 100, 100), 75.0, 0.8)
    assert overlay.layer is layer
    assert overlay.place == GridPlace(12, 16, 10, 20, 75.0)
    assert (layer.opacity, tuple(layer.scale)) == (0.8, (37.5, 37.5))
    show(overlay, 5, 6)
    assert overlay.layer is not layer
    assert names(view).count("Grid of cells") == 1


def test_a_grid_without_a_scene_is_not_shown(view, overlay):
    view.show(None)
    show(overlay)
    assert overlay.place is None
    overlay.update_cells(np.array([0]), np.array([0]), GREEN[None])
    assert not view.model.layers


def test_hidden_colours_leave_the_place_where_it_is(view, overlay):
    show(overlay)
    overlay.visible = False
    assert overlay.layer is None
    assert overlay.place is not None
    overlay.visible = True
    assert overlay.layer is not None


def test_the_selected_layer_stays_selected(view, overlay):
    view.tool = Tool.RECTANGLE
    annotations = view.annotations.shapes.layer
    told = []
    view.tool_changed.connect(told.append)
    show(overlay)
    overlay.show(None)
    assert view.model.layers.selection.active is annotations
    assert str(annotations.mode) == "add_rectangle"
    assert not told


def test_what_is_small_on_the_screen_is_left_out(view, overlay):
    show(overlay)
    overlay.set_letters(np.zeros((12, 16), np.intp), ("A",))
    for side in (LINES_FROM - 1, LINES_FROM + 1, LETTERS_FROM + 1):
        view.navigation.set_ratio(side / 150)
        found = overlay.cell_on_screen
        assert overlay._lines.visible == (found > LINES_FROM)
        assert overlay._letters.visible == (found >= LETTERS_FROM)
    overlay.set_lines(False)
    assert not overlay._lines.visible


def test_what_belongs_to_one_grid_does_not_stay_for_another_of_other_size(view, overlay):
    show(overlay)
    overlay.set_selection(np.ones((12, 16), np.bool_))
    overlay.set_cursor(Cursor((Ring((1, 1), 1.0),)))
    show(overlay)
    assert overlay._outline.count
    assert overlay._cursor.cursor.shapes
    show(overlay, 5, 6)
    assert not overlay._outline.count
    assert not overlay._cursor.cursor.shapes


def test_two_views_show_two_grids(view, overlay, tmp_path):
    other = SceneView(ViewerModel())
    other.show(square_document(tmp_path, name="other.tif"))
    second = GridOverlay(other)
    show(overlay)
    show(second, 5, 6)
    assert overlay.layer.data.shape == (12, 16, 4)
    assert second.layer.data.shape == (5, 6, 4)
    second.close()
    other.close()
    assert "Grid of cells" in names(view)


def test_after_closing_nothing_comes_back(view, overlay, tmp_path):
    document = view.document
    show(overlay)
    overlay.close()
    view.show(document)
    show(overlay)
    assert names(view) == ["square.tif", "Annotations"]
