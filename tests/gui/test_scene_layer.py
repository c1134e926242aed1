from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.slides.cache import TileCache
from ssldiff_gui.slides.loader import TileLoader
from ssldiff_gui.slides.scene import Display
from ssldiff_gui.slides.tile_folder import TileFolder
from ssldiff_gui.viewer.levels import DisplayLevel, DisplayPyramid
from ssldiff_gui.viewer.scene_layer import add_scene_layer
from tests.slides.scenes import ArraySource, picture, scene_of

pytestmark = pytest.mark.gui


@pytest.fixture
def viewer(qtbot: Any) -> Iterator[Any]:
    from napari import Viewer

    made = Viewer(show=True)
    made.window._qt_viewer.canvas.native.resize(900, 700)
    yield made
    made.close()


@pytest.fixture
def loader(tmp_path: Path) -> Iterator[TileLoader]:
    made = TileLoader(2, TileCache(64 << 20), TileFolder(tmp_path / "pyramids"))
    yield made
    made.close()


def on_screen(shown: Any) -> tuple[np.ndarray, Box, int]:
    """Return what napari draws, its box, and its level."""
    (y, x), (y2, x2) = shown.layer.corner_pixels
    picture = np.asarray(shown.layer._slice.image.view)
    return picture, Box(int(x), int(y), int(x2 - x + 1), int(y2 - y + 1)), shown.layer.data_level


def look(qtbot: Any, viewer: Any, shown: Any, centre: tuple[float, float], zoom: float) -> None:
    viewer.scene.camera.center = (0.0, *centre)
    viewer.scene.camera.zoom = zoom
    qtbot.wait(30)
    qtbot.waitUntil(lambda: shown.pyramid.sharp and not shown.refresh_due, timeout=20_000)


def test_what_is_drawn_is_what_the_scene_holds(qtbot, viewer, loader):
    array = picture(6000, 5000)
    source = ArraySource([array, array[::2, ::2], array[::4, ::4]])
    scene = scene_of(source)
    shown = add_scene_layer(viewer, DisplayPyramid(scene, loader), "slide")
    for centre, zoom, level in (((2500, 3000), 1.0, 0), ((1000, 4000), 0.4, 1), ((900, 900), 2, 0)):
        look(qtbot, viewer, shown, centre, zoom)
        drawn, box, at = on_screen(shown)
        assert at == level
        assert threading.get_ident() not in source.threads
        step = 2**at
        whole = Box(box.x * step, box.y * step, box.width * step, box.height * step)
        np.testing.assert_array_equal(drawn, scene.read(Region(whole, step)))
        source.threads.clear()  # this thread's own read
        assert drawn.dtype == np.uint8
    shown.close()


def test_the_coarsest_level_and_the_thumbnail_come_without_reading_in_the_window(
    qtbot, viewer, loader
):
    array = picture(3000, 2400)
    source = ArraySource([array, array[::3, ::3]])
    source.delay = 0.2
    shown = add_scene_layer(viewer, DisplayPyramid(scene_of(source), loader), "slide")
    blank = shown.layer.thumbnail.copy()
    qtbot.waitUntil(lambda: not np.array_equal(shown.layer.thumbnail, blank), timeout=20_000)
    look(qtbot, viewer, shown, (1200, 1500), 0.1)
    drawn, box, level = on_screen(shown)
    assert level == len(shown.pyramid.levels) - 1
    np.testing.assert_array_equal(drawn, source.arrays[1][box.y : box.y2, box.x : box.x2])
    assert threading.get_ident() not in source.threads
    shown.close()


def test_many_tiles_cost_few_slices(qtbot, viewer, loader, monkeypatch):
    slices = []
    plain = DisplayLevel.__getitem__
    monkeypatch.setattr(
        DisplayLevel, "__getitem__", lambda level, key: slices.append(key) or plain(level, key)
    )
    array = picture(8000, 8000)
    source = ArraySource([array, array[::8, ::8]])
    source.delay = 0.05
    shown = add_scene_layer(viewer, DisplayPyramid(scene_of(source), loader), "slide")
    look(qtbot, viewer, shown, (4000, 4000), 0.3)
    tiles = len({box for _, box in source.reads})
    seconds = tiles * 0.05 / 2
    assert len(slices) <= 6 + seconds / 0.033
    shown.close()


def test_another_display_is_drawn(qtbot, viewer, loader):
    array = picture(3000, 2400)
    shown = add_scene_layer(
        viewer, DisplayPyramid(scene_of(ArraySource([array, array[::3, ::3]])), loader), "slide"
    )
    look(qtbot, viewer, shown, (1200, 1500), 1.0)
    before, _, _ = on_screen(shown)
    before = before.copy()
    shown.pyramid.set_display(Display((2, 1, 0)))
    qtbot.waitUntil(lambda: shown.pyramid.sharp and not shown.refresh_due, timeout=20_000)
    after, _, _ = on_screen(shown)
    np.testing.assert_array_equal(after, before[..., ::-1])
    shown.close()


@pytest.mark.parametrize("way", ["close", "remove"])
def test_it_goes_with_its_layer(qtbot, viewer, loader, way):
    array = picture(4000, 4000)
    source = ArraySource([array, array[::4, ::4]])
    source.delay = 0.02
    shown = add_scene_layer(viewer, DisplayPyramid(scene_of(source), loader), "slide")
    look(qtbot, viewer, shown, (2000, 2000), 1.0)
    if way == "close":
        shown.close()
    else:
        viewer.layers.remove(shown.layer)
    assert len(viewer.layers) == 0
    assert loader.cache.bytes == 0
    count = len(source.reads)
    qtbot.wait(100)
    assert len(source.reads) == count
    shown.close()  # a second time is harmless
    gc.collect()
