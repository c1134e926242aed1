"""A layout belongs to its canvas as the grid does: changed with it, or not at all."""

from __future__ import annotations

import pytest
from shapely.geometry import box

from ssldiff_gui.core.errors import BrokenFile
from ssldiff_gui.core.layout import Area, Layout
from ssldiff_gui.storage import canvas_files as files
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.canvas_asked import put_asked
from ssldiff_gui.storage.canvas_copy import copy_canvas
from tests.storage.canvases import a_canvas, a_grid, a_recipe

FIRST = Layout((Area(box(0, 0, 40, 40), "tumour", "a text"),))
SECOND = Layout((Area(box(9, 0, 40, 40), "stroma"),))


def recipe_of(layout, seed=0):
    return a_recipe(a_grid(seed), 300, 200, layout=layout.digest())


@pytest.fixture
def path(tmp_path):
    with a_canvas(tmp_path / "a.ome.zarr", recipe=recipe_of(FIRST), layout=FIRST) as canvas:
        return canvas.path


def areas_of(path):
    with Canvas.open(path) as canvas:
        return canvas.areas


def test_a_canvas_keeps_its_layout_and_copies_have_it(path, tmp_path):
    assert areas_of(path) == FIRST
    with Canvas.open(path) as canvas:
        copy_canvas(canvas, tmp_path / "b.ome.zarr")
    assert areas_of(tmp_path / "b.ome.zarr") == FIRST
    with a_canvas(tmp_path / "c.ome.zarr") as canvas:
        assert canvas.areas == Layout()
        assert not (canvas.path / files.AREAS).exists()


@pytest.mark.parametrize("after", [SECOND, Layout()])
def test_a_change_is_one_of_grid_and_layout(path, after):
    with Canvas.open(path, write=True) as canvas:
        canvas.change(recipe_of(after, 1), a_grid(1), [], after)
        assert canvas.areas == after
        with pytest.raises(ValueError, match="another layout"):
            canvas.change(recipe_of(after, 1), a_grid(1), [], FIRST)
    assert areas_of(path) == after
    assert (path / files.AREAS).exists() == bool(after)


def test_a_change_that_was_not_recorded_is_taken_back(path):
    put_asked(path, a_grid(1), SECOND, recipe_of(SECOND, 1), beside=True)
    assert areas_of(path) == FIRST
    with Canvas.open(path, write=True) as canvas:
        assert canvas.areas == FIRST
        assert canvas.grid.digest() == a_grid(0).digest()
    assert not (path / files.NEXT_AREAS).exists()
    assert not (path / files.NEXT_GRID).exists()


def test_a_change_that_was_recorded_is_completed(path, monkeypatch):
    with Canvas.open(path, write=True) as canvas, monkeypatch.context() as patch:
        patch.setattr("ssldiff_gui.storage.canvas.settle_asked", lambda *_: None)
        canvas.change(recipe_of(SECOND, 1), a_grid(1), [], SECOND)
    assert (path / files.NEXT_AREAS).exists()
    assert areas_of(path) == SECOND
    with Canvas.open(path, write=True) as canvas:
        assert canvas.areas == SECOND
    assert not (path / files.NEXT_AREAS).exists()


def test_a_layout_that_is_gone_or_another_one_is_damage(path):
    (path / files.AREAS).write_text("{}")
    with pytest.raises(BrokenFile, match="its layout is missing"):
        areas_of(path)
