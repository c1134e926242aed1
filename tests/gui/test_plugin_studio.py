"""The whole path inside a person's own napari, by its docks, on the sample slide."""

from __future__ import annotations

from pathlib import Path

import napari
import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from ssldiff_gui.core.inventory import Answer
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.records import read_record
from ssldiff_gui.viewer.napari_plugin.made_layer import SYNTHETIC
from ssldiff_gui.viewer.napari_plugin.opened import opened_scene
from ssldiff_gui.viewer.napari_plugin.studio import SHARED, Studio
from ssldiff_gui.viewer.viewport import box_size, pixel_at
from tests.fakes.client import FakeClient
from tests.gui.canvases import drag, place_of

PLUGIN = "ssldiff-gui"
SECONDS = 240_000
"""The worker loads torch first, on cores that other tests have too."""

pytestmark = pytest.mark.gui


@pytest.fixture
def viewer(qtbot):
    viewer = napari.Viewer()
    window = viewer.window._qt_window
    qtbot.waitExposed(window)
    qtbot.wait(300)
    window.resize(1500, 900)
    qtbot.waitUntil(lambda: viewer.window._qt_viewer.canvas.native.width() > 500)
    yield viewer
    viewer.close()
    qtbot.wait(50)
    SHARED.end()


@pytest.fixture
def client(monkeypatch):
    """A worker that does nothing, so that no process is started."""
    fake = FakeClient()

    def make() -> Studio:
        studio = Studio(fake)
        studio.models._ask = lambda _: Answer()
        return studio

    monkeypatch.setattr(SHARED, "make", make)
    return fake


def open_dock(viewer, qtbot, name="Embeddings"):
    _, dock = viewer.window.add_plugin_dock_widget(PLUGIN, name)
    qtbot.waitUntil(lambda: dock.studio.place is not None, timeout=20_000)
    qtbot.wait(50)
    return dock


def native_of(viewer):
    return viewer.window._qt_viewer.canvas.native


def look_at(dock, qtbot, x, y, side):
    dock.view.zoom_to((x - side, y - side, x + 2 * side, y + 2 * side))
    qtbot.wait(100)


def test_the_dock_follows_the_active_scene_and_leaves_nothing(viewer, client, qtbot):
    dock = open_dock(viewer, qtbot)
    assert not dock.tools.buttons["rectangle"].isEnabled()
    (layer,) = viewer.open_sample(PLUGIN, "slide")
    qtbot.waitUntil(lambda: dock.view.document is opened_scene(layer).document)
    session = dock.studio.session
    qtbot.waitUntil(lambda: session.current is opened_scene(layer).document)
    qtbot.waitUntil(dock.tools.buttons["rectangle"].isEnabled)
    assert not dock.tools.buttons["brush"].isEnabled()
    viewer.layers.remove(layer)
    qtbot.waitUntil(lambda: not session.documents)
    assert dock.view.document is None
    dock.close()
    assert client.closed
    assert SHARED.studio is None


def test_both_docks_share_one_studio(viewer, client, qtbot):
    first = open_dock(viewer, qtbot)
    second = open_dock(viewer, qtbot, "Results")
    assert second.studio is first.studio
    first.close()
    assert not client.closed, "the other dock still needs it"
    second.close()
    assert client.closed


def test_a_viewer_that_closes_ends_the_studio(client, qtbot):
    viewer = napari.Viewer(show=False)
    viewer.window.add_plugin_dock_widget(PLUGIN, "Embeddings")
    viewer.close()
    qtbot.waitUntil(lambda: client.closed)
    assert SHARED.studio is None


def test_a_box_of_the_grid_has_the_pixels_of_the_whole_canvas(viewer, qtbot):
    for _ in range(2):
        viewer.add_image(np.zeros((40, 60, 3), np.uint8))
    whole = box_size(viewer)
    viewer.canvas.grid.shape = (1, 2)
    viewer.canvas.grid.enabled = True
    qtbot.wait(100)
    assert box_size(viewer)[0] == pytest.approx(whole[0] / 2)
    from ssldiff_gui.viewer.world import World

    world = World(1.0, 1.0, "px")
    left = pixel_at(viewer, world, 10, 10)
    right = pixel_at(viewer, world, 10 + whole[0] / 2, 10)
    assert left == pytest.approx(right)


@pytest.mark.slow
def test_from_a_region_to_a_synthetic_layer_beside_it(viewer, qtbot, tmp_path):
    (layer,) = viewer.open_sample(PLUGIN, "slide")
    dock = open_dock(viewer, qtbot)
    qtbot.waitUntil(lambda: dock.studio.models.known, timeout=SECONDS)
    qtbot.waitUntil(lambda: dock.view.document is not None)
    world, native = dock.view.world, native_of(viewer)

    # a region, drawn by the mouse
    x, y, side = 2000.0, 1300.0, 256
    look_at(dock, qtbot, x, y, side)
    dock.tools.buttons["rectangle"].click()
    drag(viewer, native, world, [(x, y), (x + side / 2, y + side / 2), (x + side, y + side)])
    qtbot.waitUntil(dock.parts.region.embed.isEnabled, timeout=10_000)

    # its grid, over the slide
    QTest.mouseClick(dock.parts.region.embed, Qt.MouseButton.LeftButton)
    bench = dock.studio.place.bench
    qtbot.waitUntil(lambda: bench.open is not None, timeout=SECONDS)
    editor = bench.editor
    grid = editor.original
    qtbot.waitUntil(lambda: dock.inspector.page == 1)
    overlay = dock.cells._overlays[0]
    qtbot.waitUntil(lambda: overlay.layer is not None, timeout=20_000)
    qtbot.waitUntil(lambda: not dock.cells.analysis.busy, timeout=20_000)

    # a stroke, by the mouse
    def centre(row, column):
        box = grid.box_of(row, column)
        return box.x + box.width / 2, box.y + box.height / 2

    dock.tools.buttons["eyedropper"].click()
    spot = place_of(viewer, world, *centre(1, 1))
    QTest.mouseMove(native, spot)
    QTest.mouseClick(native, Qt.MouseButton.LeftButton, pos=spot)
    qtbot.waitUntil(lambda: dock.studio.place.tools.paint is not None)
    dock.tools.buttons["brush"].click()
    before = editor.grid.digest()
    drag(viewer, native, world, [centre(4, 3), centre(5, 5)])
    qtbot.waitUntil(lambda: len(editor.edits) == 1)
    assert editor.grid.digest() != before
    QTest.mouseClick(dock.tools.undo, Qt.MouseButton.LeftButton)
    assert editor.grid.digest() == before
    qtbot.waitUntil(dock.tools.redo.isEnabled)
    QTest.mouseClick(dock.tools.redo, Qt.MouseButton.LeftButton)
    assert editor.grid.digest() != before

    # the picture, beside it
    dock.turn_to("Generate")
    qtbot.wait(100)
    QTest.mouseClick(dock.parts.generate.generate, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bench.result is not None, timeout=20_000)
    qtbot.waitUntil(lambda: bench.result.status == "done", timeout=SECONDS)
    qtbot.waitUntil(lambda: dock.made.layer is not None)
    made = dock.made.layer
    assert SYNTHETIC in made.name
    assert made.metadata["synthetic"] is True
    assert viewer.canvas.grid.enabled
    assert viewer.canvas.grid.position(list(viewer.layers).index(layer), viewer.layers) == (0, 0)
    assert viewer.canvas.grid.position(list(viewer.layers).index(made), viewer.layers) == (0, 1)
    np.testing.assert_allclose(
        np.array(made.extent.world)[:, -2:][0], np.array((y, x)) * world.scale, atol=world.x * 8
    )
    with Canvas.open(bench.path(bench.result.canvas)) as canvas:
        wanted = canvas.read(canvas.layout.box((0, 0, 0)))
    dock.made._held.pyramid.rest()
    qtbot.waitUntil(lambda: np.asarray(made.data[0][:64, :64]).std() > 3, timeout=20_000)
    assert wanted.std() > 5

    # judged, and taken out
    assert dock.badge.badge.isVisible(), "what is synthetic says so"
    qtbot.waitUntil(lambda: bench.result.likeness is not None, timeout=SECONDS)
    dock.check.show_map(shown=True)
    qtbot.waitUntil(lambda: dock.check.map_layer is not None)
    places = [viewer.canvas.grid.position(i, viewer.layers) for i in range(len(viewer.layers))]
    qtbot.waitUntil(lambda: viewer.canvas.grid.stride == len(viewer.layers) - 2)
    assert places[-2:] == [(0, 1), (0, 1)]
    dock.export.write(bench.result, tmp_path / "out.ome.tif")
    file = tmp_path / "out.synthetic.ome.tif"
    qtbot.waitUntil(lambda: file.exists() and not dock.studio.place.queue.jobs, timeout=SECONDS)
    assert read_record(file).grid.digest() == editor.grid.digest()

    # a stroke in the right box means the same cells
    before = len(editor.edits)
    points = [place_of(viewer, world, *centre(row, 2)) for row in (2, 3)]
    half = round(box_size(viewer)[0])
    for point in points:
        point.setX(point.x() + half)
    QTest.mouseMove(native, points[0])
    QTest.mousePress(native, Qt.MouseButton.LeftButton, pos=points[0])
    QTest.mouseMove(native, points[1])
    qtbot.wait(50)
    QTest.mouseRelease(native, Qt.MouseButton.LeftButton, pos=points[1])
    qtbot.waitUntil(lambda: len(editor.edits) > before)

    pid = dock.studio.client.pid
    assert pid is not None
    dock.close()
    assert SHARED.studio is None
    qtbot.waitUntil(lambda: not Path(f"/proc/{pid}/task").exists(), timeout=20_000)
    assert dock.badge.badge is None
    assert made not in viewer.layers
    assert not viewer.canvas.grid.enabled
    assert layer in viewer.layers
