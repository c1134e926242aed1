from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import napari
import numpy as np
import pytest
import shapely
import tifffile
from napari import settings as napari_settings
from napari.qt import QtViewer
from npe2 import PluginManager, PluginManifest
from qtpy.QtTest import QTest

from ssldiff_gui.core.annotations import Annotation
from ssldiff_gui.core.errors import BrokenFile
from ssldiff_gui.resources import resource_path
from ssldiff_gui.slides.formats import SUFFIXES
from ssldiff_gui.viewer.napari_plugin.browser_dock import BrowserDock
from ssldiff_gui.viewer.napari_plugin.choices import tile_loader
from ssldiff_gui.viewer.napari_plugin.opened import opened_scene
from ssldiff_gui.viewer.napari_plugin.reader import get_reader, read
from ssldiff_gui.viewer.napari_plugin.region_dock import RegionDock
from ssldiff_gui.viewer.tools import Tool
from tests.gui.canvases import drag

PLUGIN = "ssldiff-gui"
gui = pytest.mark.gui


@pytest.fixture
def slide(tmp_path) -> Path:
    path = tmp_path / "slide.tif"
    rows, columns = np.mgrid[0:1500, 0:2000]
    pixels = np.stack([columns % 256, rows % 256, (rows + columns) % 256], axis=2).astype(np.uint8)
    tifffile.imwrite(
        path, pixels, tile=(256, 256), photometric="rgb", compression="zlib",
        resolution=(20000, 20000), resolutionunit="CENTIMETER",
    )  # fmt: skip
    return path


@pytest.fixture
def manifest(repository) -> PluginManifest:
    return PluginManifest.from_file(repository / "ssldiff_gui" / "napari.yaml")


@pytest.fixture
def viewer(qtbot):
    viewer = napari.Viewer()
    window = viewer.window._qt_window
    qtbot.waitExposed(window)
    qtbot.wait(300)  # napari sizes its window once more after it is shown
    window.resize(1500, 900)  # docks squeeze the canvas of a small window to nothing
    qtbot.waitUntil(lambda: viewer.window._qt_viewer.canvas.native.width() > 500)
    yield viewer
    viewer.close()
    qtbot.wait(50)


def wait_sharp(qtbot, layer) -> None:
    opened = opened_scene(layer)
    qtbot.waitUntil(lambda: opened.pyramid.sharp, timeout=15_000)
    QTest.qWait(60)


@pytest.fixture
def plugin_settings():
    """The plugin's page, in memory only."""
    PluginManager.instance().discover()
    napari_settings._clear_plugin_settings_cache()
    yield napari_settings.get_plugin_settings(PLUGIN, path_dir=None)
    napari_settings._clear_plugin_settings_cache()


# -- the manifest ---------------------------------------------------------------------------------


def test_the_manifest_is_valid(repository):
    npe2 = [sys.executable, "-m", "npe2", "validate"]
    path = str(repository / "ssldiff_gui" / "napari.yaml")
    told = subprocess.run([*npe2, path], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def test_every_command_exists(manifest):
    manifest.validate_imports()


def test_the_reader_takes_every_format_there_is(manifest):
    (reader,) = manifest.contributions.readers
    assert set(reader.filename_patterns) == {f"*{suffix}" for suffix in SUFFIXES}
    assert reader.accepts_directories


def test_other_files_are_left_to_other_readers(tmp_path):
    (tmp_path / "a.txt").write_text("no slide")
    (tmp_path / "folder").mkdir()
    assert get_reader(str(tmp_path / "a.txt")) is None
    assert get_reader(str(tmp_path / "folder")) is None
    assert get_reader([str(tmp_path / "a.txt"), str(tmp_path / "b.tif")]) is None


def test_a_broken_file_is_named(tmp_path):
    path = tmp_path / "broken.tif"
    path.write_bytes(b"II*\0" + b"\0" * 40)
    with pytest.raises(BrokenFile, match=r"broken\.tif"):
        get_reader(str(path))(str(path))


def test_a_reader_returns_levels_and_facts(slide):
    ((levels, options, kind),) = read(str(slide))
    assert kind == "image"
    assert options["multiscale"]
    assert options["rgb"]
    assert levels[0].shape == (1500, 2000, 3)
    assert len(levels) > 1
    assert options["scale"] == pytest.approx((0.5, 0.5))
    assert options["units"] == ("micrometer", "micrometer")
    assert options["metadata"]["path"] == str(slide)


def test_a_scene_tells_its_place_on_the_map():
    (layer,) = read(str(resource_path("samples", "sample-scene.tif")))
    facts = layer[1]["metadata"]
    assert facts["crs"].startswith("EPSG:")
    assert len(facts["affine"]) == 6
    assert layer[1]["units"] == ("meter", "meter")


def test_the_page_of_preferences_sets_memory_and_threads(plugin_settings):
    tiles = plugin_settings.tiles
    assert (tiles.memory_mb, tiles.threads) == (64, 0)
    tiles.memory_mb, tiles.threads = 100, 3
    loader = tile_loader()
    try:
        assert loader.cache.limit == 100 << 20
        assert len(loader._threads) == 3
    finally:
        loader.close()


# -- in a viewer ----------------------------------------------------------------------------------


@gui
def test_a_slide_opens_sharpens_and_goes(viewer, slide, qtbot):
    (layer,) = viewer.open(str(slide), plugin=PLUGIN)
    wait_sharp(qtbot, layer)
    assert viewer.layers.selection.active is layer
    opened = opened_scene(layer)
    shown = np.asarray(layer.get_value((375, 500), world=True)[1], dtype=int)
    assert np.abs(shown - (1000 % 256, 750 % 256, 1750 % 256)).max() < 10
    viewer.layers.clear()
    assert opened.scene_layer is None


@gui
def test_a_region_is_drawn_in_the_dock_and_undone(viewer, slide, qtbot):
    viewer.open(str(slide), plugin=PLUGIN)
    _, dock = viewer.window.add_plugin_dock_widget(PLUGIN, "Regions and annotations")
    assert isinstance(dock, RegionDock)
    wait_sharp(qtbot, viewer.layers[0])
    dock.buttons[Tool.RECTANGLE].click()
    native = viewer.window._qt_viewer.canvas.native
    drag(viewer, native, dock.current.world, [(400, 300), (900, 700), (1200, 900)])
    (drawn,) = dock.current.editor.annotations
    step = 1 / (viewer.scene.camera.zoom * dock.current.world.x)
    assert np.abs(np.array(drawn.bounds) - (400, 300, 1200, 900)).max() <= max(1, step)
    assert dock.panel.model.rowCount() == 1
    dock.undo_button.click()
    qtbot.wait(30)
    assert dock.current.editor.annotations == ()
    assert dock.annotations.shapes.layer.nshapes == 0
    dock.redo_button.click()
    assert len(dock.current.editor.annotations) == 1
    dock.close()


@gui
def test_each_scene_keeps_its_own_annotations(viewer, slide, qtbot, tmp_path):
    (first,) = viewer.open(str(slide), plugin=PLUGIN)
    other = tmp_path / "other.tif"
    other.write_bytes(slide.read_bytes())
    (second,) = viewer.open(str(other), plugin=PLUGIN)
    _, dock = viewer.window.add_plugin_dock_widget(PLUGIN, "Regions and annotations")
    viewer.layers.selection.active = first
    qtbot.wait(20)
    dock.current.editor.add(Annotation(geometry=shapely.box(10, 10, 50, 50)))
    dock.set_tool(Tool.SELECT)
    viewer.layers.selection.active = second
    qtbot.wait(20)
    assert dock.current is opened_scene(second)
    assert dock.current.editor.annotations == ()
    viewer.layers.remove(first)
    qtbot.wait(20)
    assert first not in viewer.layers
    assert all("slide.tif" not in layer.name for layer in viewer.layers)
    dock.close()


@gui
def test_annotations_travel_through_a_file(viewer, slide, qtbot, tmp_path):
    viewer.open(str(slide), plugin=PLUGIN)
    _, dock = viewer.window.add_plugin_dock_widget(PLUGIN, "Regions and annotations")
    drawn = Annotation(geometry=shapely.box(10, 10, 50, 50), name="here")
    dock.current.editor.add(drawn)
    dock.export_file(tmp_path / "a.geojson")
    dock.current.editor.remove([drawn.id])
    dock.import_file(tmp_path / "a.geojson")
    (back,) = dock.current.editor.annotations
    assert (back.id, back.name) == (drawn.id, "here")
    dock.export_file(tmp_path / "a.gpkg")
    assert not dock.panel.notice.isHidden()
    dock.close()


@gui
def test_a_deleted_annotation_layer_comes_back(viewer, slide, qtbot):
    viewer.open(str(slide), plugin=PLUGIN)
    _, dock = viewer.window.add_plugin_dock_widget(PLUGIN, "Regions and annotations")
    dock.current.editor.add(Annotation(geometry=shapely.box(10, 10, 50, 50)))
    dock.set_tool(Tool.SELECT)
    viewer.layers.remove(dock.annotations.shapes.layer)
    qtbot.wait(20)
    assert dock.annotations is None
    dock.set_tool(Tool.SELECT)
    assert dock.annotations.shapes.layer.nshapes == 1
    dock.close()


@gui
def test_the_browser_opens_what_is_clicked(viewer, slide, qtbot):
    _, dock = viewer.window.add_plugin_dock_widget(PLUGIN, "Slide browser")
    assert isinstance(dock, BrowserDock)
    with qtbot.waitSignal(dock.browser.wanted, timeout=10_000):
        dock.browse(slide.parent)
    qtbot.waitUntil(lambda: not dock.browser.model.without_thumbnail(range(1)), timeout=10_000)
    dock.browser.open_requested.emit(slide)
    assert opened_scene(viewer.layers[0]).document.path == slide
    dock.close()


@gui
@pytest.mark.parametrize("key", ["slide", "scene"])
def test_samples_open(viewer, key, qtbot):
    (layer,) = viewer.open_sample(PLUGIN, key)
    assert opened_scene(layer) is not None
    wait_sharp(qtbot, layer)


@gui
def test_no_viewer_is_kept_alive(slide, qtbot):
    viewer = napari.Viewer(show=False)
    viewer.open(str(slide), plugin=PLUGIN)
    viewer.window.add_plugin_dock_widget(PLUGIN, "Regions and annotations")
    viewer.close()
    qtbot.wait(50)
    assert not any(q.viewer is viewer for q in QtViewer._instances)
