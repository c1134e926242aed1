from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
import shapely
from napari.qt import QtViewer
from qtpy.QtCore import QMimeData, QPoint, Qt, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QMainWindow
from shapely.geometry import LineString, MultiPolygon, Point, Polygon

from ssldiff_gui.core.annotations import Annotation
from ssldiff_gui.core.geometry import Box, Georeference, Scale
from ssldiff_gui.viewer.annotation_layer import SHAPES_LIMIT
from ssldiff_gui.viewer.cross_hair import CrossHair
from ssldiff_gui.viewer.desktop import make_view
from ssldiff_gui.viewer.tools import Tool
from tests.gui.canvases import SIZES, SQUARE, Hand, place_of, square_document

pytestmark = pytest.mark.gui

PIXEL = 10.0
"""Level-0 pixels in a canvas pixel when the whole scene is shown, and a little more."""


@pytest.fixture
def window(qtbot):
    window = QMainWindow()
    canvas, view = make_view()
    window.setCentralWidget(canvas)
    window.resize(1000, 700)
    window.show()
    qtbot.waitExposed(window)
    QTest.qWait(20)
    yield window, canvas, view
    view.close()
    canvas.close()
    window.close()
    window.deleteLater()
    qtbot.wait(20)


@pytest.fixture
def view(window):
    return window[2]


@pytest.fixture
def document(tmp_path):
    return square_document(tmp_path)


@pytest.fixture
def hand(window, view, document, qtbot):
    view.show(document)
    qtbot.waitUntil(lambda: view.pyramid.sharp, timeout=10_000)
    QTest.qWait(60)
    return Hand(view, window[1].canvas.native)


def annotation(geometry, **more) -> Annotation:
    return Annotation(geometry=geometry, **more)


def shown(view):
    return view.annotations.shapes


# -- the picture ----------------------------------------------------------------------------------


def red_edges(window, view):
    """Level-0 columns and rows where the red square begins and ends on the screen."""
    picture = window[1].screenshot(flash=False)
    red = (picture[..., 0] > 200) & (picture[..., 1] < 100)
    rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
    left, top, right, bottom = view.viewport
    height, width = picture.shape[:2]
    across, down = (right - left) / width, (bottom - top) / height
    return (
        left + columns[0] * across,
        top + rows[0] * down,
        left + (columns[-1] + 1) * across,
        top + (rows[-1] + 1) * down,
    )


@pytest.mark.parametrize(
    "box", [Box(0, 0, *SIZES[0]), Box(1500, 500, 3200, 3200)], ids=["all", "near"]
)
def test_pixels_lie_where_annotations_do(window, view, hand, qtbot, box):
    view.zoom_to(box)
    qtbot.wait(50)
    qtbot.waitUntil(lambda: view.pyramid.sharp, timeout=10_000)
    qtbot.wait(100)
    step = 1 / view.navigation.ratio
    expected = (SQUARE.x, SQUARE.y, SQUARE.x2, SQUARE.y2)
    assert np.abs(np.array(red_edges(window, view)) - expected).max() <= 1.01 * step


def test_scale_bar_and_units_follow_the_scene(view, hand):
    layer = view.model.layers[0]
    assert [str(unit) for unit in layer.units] == ["micrometer", "micrometer"]
    assert tuple(layer.scale) == (0.5, 0.5)
    assert view.model.canvas.overlays.scale_bar.visible


def test_a_scene_without_scale_counts_pixels_and_percents(view, tmp_path):
    view.show(square_document(tmp_path, scale=None))
    assert [str(unit) for unit in view.model.layers[0].units] == ["pixel", "pixel"]
    view.set_magnification(50)
    assert view.magnification_text == "50 %"


def test_degrees_become_metres_at_the_middle(view, tmp_path):
    place = Georeference("EPSG:4326", (1e-4, 0, 10.0, 0, -1e-4, 60.3072))
    view.show(square_document(tmp_path, scale=Scale(1e-4, 1e-4, "°"), georeference=place))
    assert view.world.unit == "m"
    assert view.world.approximate
    assert view.world.x == pytest.approx(view.world.y / 2, rel=0.01)


def test_a_scale_given_by_hand_is_shown_at_once_and_can_be_undone(view, tmp_path):
    document = square_document(tmp_path, scale=None)
    view.show(document)
    document.editor.set_scale(Scale(0.25, 0.25, "µm"))
    assert tuple(view.model.layers[0].scale) == (0.25, 0.25)
    document.history.undo()
    assert view.world.unit == "px"


def test_another_document_takes_the_place_of_the_first_which_remembers_its_view(
    view, hand, tmp_path
):
    first = view.document
    view.zoom_to(Box(1000, 1000, 500, 500))
    looked = view.camera
    other = square_document(tmp_path, name="other.tif")
    view.show(other)
    assert len(view.model.layers) == 2
    view.show(first)
    assert view.camera.x == pytest.approx(looked.x)
    assert view.camera.zoom == pytest.approx(looked.zoom)
    view.show(None)
    assert len(view.model.layers) == 0
    assert not view.model.canvas.overlays.scale_bar.visible


# -- where it looks -------------------------------------------------------------------------------


@pytest.mark.parametrize("magnification", [1.0, 5.0, 20.0, 40.0])
def test_magnifications_are_what_they_say(view, hand, magnification):
    view.set_magnification(magnification)
    assert view.magnification == pytest.approx(magnification)
    micron_per_canvas_pixel = 1 / view.model.scene.camera.zoom
    assert micron_per_canvas_pixel == pytest.approx(10 / magnification)


def test_the_wheel_zooms_about_the_cursor_and_stops_at_the_limits(window, view, hand, qtbot):
    from qtpy.QtCore import QPointF
    from qtpy.QtGui import QWheelEvent
    from qtpy.QtWidgets import QApplication

    native = window[1].canvas.native
    place = hand.at(6000, 4000)
    hand.move(6000, 4000)

    def notch(angle: int) -> None:
        event = QWheelEvent(
            QPointF(place), QPointF(native.mapToGlobal(place)), QPoint(), QPoint(0, angle),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(native, event)
        qtbot.wait(5)

    before = view.magnification
    notch(120)
    assert view.magnification == pytest.approx(before * 1.25, rel=1e-3)
    there = hand.at(6000, 4000)
    assert abs(there.x() - place.x()) <= 1
    assert abs(there.y() - place.y()) <= 1
    for _ in range(60):
        notch(120)
    assert view.navigation.ratio == pytest.approx(48)
    for _ in range(80):
        notch(-120)
    left, _top, right, _bottom = view.viewport
    assert left < 0 < SIZES[0][0] < right
    assert (right - left) < 10 * SIZES[0][0]


def test_one_cannot_get_lost_by_dragging(view, hand, qtbot):
    for _ in range(6):
        left, top, right, bottom = view.viewport
        hand.drag([(left + 100, top + 100), (right - 100, bottom - 100)])
    qtbot.wait(50)
    x, y = view.navigation.centre
    assert 0 <= x <= SIZES[0][0]
    assert 0 <= y <= SIZES[0][1]


def test_keys_pan_and_zoom(view, hand):
    view.set_magnification(10)
    left, *_ = view.viewport
    hand.press_key(Qt.Key.Key_Right)
    assert view.viewport[0] > left
    before = view.magnification
    hand.press_key(Qt.Key.Key_Plus)
    assert view.magnification > before
    hand.press_key(Qt.Key.Key_Minus)
    assert view.magnification == pytest.approx(before)
    hand.press_key(Qt.Key.Key_Home)
    assert view.viewport[0] < 0 < SIZES[0][0] < view.viewport[2]


def test_the_whole_scene_stays_whole_when_the_window_grows(window, view, hand, qtbot):
    window[0].resize(700, 600)
    qtbot.wait(80)
    left, top, right, _bottom = view.viewport
    assert left < 0
    assert right > SIZES[0][0]
    assert min(-left, right - SIZES[0][0], -top + 1e9) < 0.1 * SIZES[0][0]


def test_the_cursor_tells_place_and_colour(view, hand, qtbot):
    heard = []
    view.position_changed.connect(heard.append)
    hand.move(3000, 2000)
    qtbot.wait(30)
    position = heard[-1]
    assert abs(position.x - 3000) < PIXEL
    assert position.place[0] == pytest.approx(position.x * 0.5)
    assert position.rgb == (255, 0, 0)


def test_telling_the_position_is_cheap(view, hand, benchmark_ms):
    hand.move(3000, 2000)
    assert benchmark_ms(view._tell_position) < 1.0


@pytest.fixture
def benchmark_ms():
    import time

    def measure(act, rounds: int = 50) -> float:
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            act()
            times.append(time.perf_counter() - start)
        return 1000 * float(np.median(times))

    return measure


# -- drawing --------------------------------------------------------------------------------------


def test_a_rectangle_is_drawn_undone_and_redone(view, hand, document):
    sizes = []
    view.drawing_changed.connect(sizes.append)
    view.tool = Tool.RECTANGLE
    hand.drag([(2000, 1500), (3000, 2000), (4000, 3000)])
    (drawn,) = document.editor.annotations
    assert np.abs(np.array(drawn.bounds) - (2000, 1500, 4000, 3000)).max() <= PIXEL
    assert drawn.bounds == tuple(round(edge) for edge in drawn.bounds)
    assert document.editor.selection == {drawn.id}
    assert any("µm" in size and "px" in size for size in sizes)
    assert sizes[-1] == ""
    assert len(document.history) == 1
    document.history.undo()
    QTest.qWait(20)
    assert shown(view).layer.nshapes == 0
    document.history.redo()
    QTest.qWait(20)
    assert shown(view).layer.nshapes == 1


def test_near_a_rectangle_is_exact_to_the_pixel(view, hand, document):
    view.zoom_to(Box(3000, 2000, 400, 300))
    view.tool = Tool.RECTANGLE
    hand.drag([(3050, 2050), (3200, 2100), (3300, 2250)])
    (drawn,) = document.editor.annotations
    assert np.abs(np.array(drawn.bounds) - (3050, 2050, 3300, 2250)).max() <= 1


def test_a_polygon_is_clicked_and_ends_with_a_double_click(view, hand, document):
    view.tool = Tool.POLYGON
    for place in [(1000, 1000), (3000, 1000), (3000, 3000)]:
        hand.click(*place)
    hand.double_click(1000, 3000)
    (drawn,) = document.editor.annotations
    assert drawn.geometry.symmetric_difference(shapely.box(1000, 1000, 3000, 3000)).area < 2e5


def test_enter_ends_a_polygon_too(view, hand, document):
    view.tool = Tool.POLYGON
    for place in [(1000, 1000), (3000, 1000), (3000, 3000), (1000, 3000)]:
        hand.click(*place)
    hand.press_key(Qt.Key.Key_Return)
    (drawn,) = document.editor.annotations
    assert drawn.geometry.area > 1e6
    assert not view.drawing


def test_freehand_follows_the_hand(view, hand, document):
    view.tool = Tool.FREEHAND
    angles = np.linspace(0, 2 * np.pi, 40)
    hand.drag([(4000 + 1500 * np.cos(a), 3000 + 1500 * np.sin(a)) for a in angles])
    (drawn,) = document.editor.annotations
    assert drawn.geometry.area == pytest.approx(np.pi * 1500**2, rel=0.05)


def test_the_brush_paints_an_area_and_makes_it_larger(view, hand, document):
    view.tool = Tool.AREA_BRUSH
    hand.drag([(2000 + 40 * k, 2000) for k in range(40)])
    QTest.qWait(50)
    (first,) = document.editor.annotations
    assert first.geometry.bounds[2] - first.geometry.bounds[0] > 1500
    document.editor.select([first.id])
    document.editor.add_class("roof")
    document.editor.classify([first.id], "roof")
    hand.drag([(2500, 2000 + 40 * k) for k in range(40)])
    QTest.qWait(50)
    (grown,) = document.editor.annotations
    assert grown.id == first.id
    assert grown.geometry.area > first.geometry.area
    assert grown.geometry.covers(first.geometry.buffer(-50))
    hand.drag([(6000, 5000 + 20 * k) for k in range(20)])
    QTest.qWait(50)
    assert [a.class_name for a in document.editor.annotations] == ["roof", "roof"]
    assert shown(view).layer.nshapes == 2
    document.history.undo()
    document.history.undo()
    (back,) = document.editor.annotations
    assert back.geometry.equals(first.geometry)


def test_escape_throws_a_drawing_away_then_leaves_the_tool(view, hand, document):
    view.tool = Tool.POLYGON
    for place in [(1000, 1000), (3000, 1000), (3000, 3000)]:
        hand.click(*place)
    hand.press_key(Qt.Key.Key_Escape)
    assert document.editor.annotations == ()
    assert shown(view).layer.nshapes == 0
    assert view.tool is Tool.POLYGON
    hand.press_key(Qt.Key.Key_Escape)
    assert view.tool is Tool.HAND
    assert len(document.history) == 0


def test_escape_in_the_middle_of_a_drag_leaves_nothing(window, view, hand, document):
    view.tool = Tool.RECTANGLE
    native = window[1].canvas.native
    none = Qt.KeyboardModifier.NoModifier
    QTest.mousePress(native, Qt.MouseButton.LeftButton, none, hand.at(1000, 1000))
    hand.move(2000, 2000)
    hand.press_key(Qt.Key.Key_Escape)
    hand.move(3000, 3000)
    QTest.mouseRelease(native, Qt.MouseButton.LeftButton, none, hand.at(3000, 3000))
    QTest.qWait(30)
    assert document.editor.annotations == ()
    assert shown(view).layer.nshapes == 0
    hand.drag([(1000, 1000), (2000, 2000)])
    assert len(document.editor.annotations) == 1


def test_a_click_with_the_rectangle_tool_draws_nothing(view, hand, document):
    view.tool = Tool.RECTANGLE
    hand.click(2000, 2000)
    QTest.qWait(30)
    drawn = document.editor.annotations
    assert all(a.geometry.area < 1000 for a in drawn)


def test_space_pans_while_it_is_held(window, view, hand, document):
    view.set_magnification(5)
    view.tool = Tool.RECTANGLE
    native = window[1].canvas.native
    QTest.keyPress(native, Qt.Key.Key_Space)
    left, top, right, bottom = view.viewport
    x, y = (left + right) / 2, (top + bottom) / 2
    hand.drag([(x, y), (x + 300, y + 200)])
    QTest.keyRelease(native, Qt.Key.Key_Space)
    QTest.qWait(20)
    assert document.editor.annotations == ()
    assert view.viewport[0] < left
    assert view.tool is Tool.RECTANGLE


# -- changing -------------------------------------------------------------------------------------


def test_a_shape_is_moved_by_hand_as_one_undoable_act(view, hand, document):
    box = shapely.box(2000, 1500, 4000, 3000)
    document.editor.add(annotation(box))
    view.tool = Tool.SELECT
    hand.drag([(3000, 2200), (3400, 2500), (3600, 2700)])
    (moved,) = document.editor.annotations
    dx, dy = moved.bounds[0] - 2000, moved.bounds[1] - 1500
    assert abs(dx - 600) <= PIXEL
    assert abs(dy - 500) <= PIXEL
    assert moved.bounds == tuple(round(edge) for edge in moved.bounds)
    assert len(document.history) == 2
    document.history.undo()
    QTest.qWait(30)
    assert document.editor.annotations[0].geometry.equals(box)
    assert shown(view).layer.data[0].min() == 1500


def test_a_handle_reshapes(view, hand, document):
    document.editor.add(annotation(shapely.box(2000, 1500, 4000, 3000)))
    view.tool = Tool.SELECT
    hand.click(3000, 2200)
    hand.drag([(4000, 3000), (4500, 3300), (5000, 3600)])
    (reshaped,) = document.editor.annotations
    assert reshaped.bounds[0] == pytest.approx(2000, abs=PIXEL)
    assert reshaped.bounds[2] == pytest.approx(5000, abs=2 * PIXEL)
    assert document.history.undo_text.startswith("Reshape")


def test_holes_and_parts_survive_a_move(view, hand, document):
    ring = Polygon(
        shapely.box(1000, 1000, 4000, 4000).exterior, [shapely.box(2000, 2000, 3000, 3000).exterior]
    )
    parts = MultiPolygon([ring, shapely.box(5000, 1000, 6000, 2000)])
    document.editor.add(annotation(parts))
    view.tool = Tool.SELECT
    hand.drag([(1500, 1500), (1800, 1700), (2000, 1900)])
    (moved,) = document.editor.annotations
    assert moved.geometry.geom_type == "MultiPolygon"
    assert sum(len(part.interiors) for part in moved.geometry.geoms) == 1
    assert moved.geometry.area == pytest.approx(parts.area)
    assert abs(moved.bounds[0] - 1500) <= PIXEL


def test_a_hole_is_a_hole_to_the_mouse(view, hand, document):
    ring = Polygon(
        shapely.box(1000, 1000, 4000, 4000).exterior, [shapely.box(2000, 2000, 3000, 3000).exterior]
    )
    document.editor.add(annotation(ring))
    document.editor.select([])
    view.tool = Tool.SELECT
    hand.click(2500, 2500)
    assert document.editor.selection == frozenset()
    hand.click(1500, 1500)
    assert len(document.editor.selection) == 1


def test_a_vertex_is_moved_after_a_double_click(view, hand, document):
    document.editor.add(annotation(Polygon([(2000, 1000), (5000, 1000), (3500, 4000)])))
    view.tool = Tool.SELECT
    hand.double_click(3500, 2000)
    assert view.annotations.editing_vertices
    hand.drag([(3500, 4000), (3600, 4500), (3700, 5000)])
    (changed,) = document.editor.annotations
    assert changed.bounds[3] == pytest.approx(5000, abs=2 * PIXEL)
    assert changed.bounds[1] == 1000
    hand.press_key(Qt.Key.Key_Escape)
    assert not view.annotations.editing_vertices
    assert view.tool is Tool.SELECT


def test_delete_removes_what_is_selected_and_undo_brings_it_back(view, hand, document):
    first = annotation(shapely.box(1000, 1000, 2000, 2000))
    second = annotation(shapely.box(4000, 1000, 5000, 2000))
    document.editor.add(first, second)
    view.tool = Tool.SELECT
    hand.click(1500, 1500)
    hand.press_key(Qt.Key.Key_Delete)
    assert [a.id for a in document.editor.annotations] == [second.id]
    assert shown(view).identities == {second.id}
    document.history.undo()
    QTest.qWait(20)
    assert shown(view).identities == {first.id, second.id}


def test_napari_s_own_delete_is_an_act_too(view, hand, document):
    document.editor.add(annotation(shapely.box(1000, 1000, 2000, 2000)))
    QTest.qWait(20)
    shown(view).layer.remove_selected()
    QTest.qWait(20)
    assert document.editor.annotations == ()
    document.history.undo()
    QTest.qWait(20)
    assert shown(view).layer.nshapes == 1


def test_selection_goes_both_ways(view, hand, document):
    first = annotation(shapely.box(1000, 1000, 2000, 2000))
    second = annotation(shapely.box(4000, 1000, 5000, 2000))
    document.editor.add(first, second)
    view.tool = Tool.SELECT
    hand.click(4500, 1500)
    assert document.editor.selection == {second.id}
    document.editor.select([first.id])
    assert shown(view).selected == {first.id}


def test_locked_ones_cannot_be_moved_but_can_be_chosen(view, hand, document):
    locked = annotation(shapely.box(1000, 1000, 3000, 3000), locked=True)
    document.editor.add(locked)
    document.editor.select([])
    view.tool = Tool.SELECT
    hand.drag([(2000, 2000), (3000, 3000)])
    assert document.editor.annotations[0].geometry.equals(locked.geometry)
    hand.click(2000, 2000)
    QTest.qWait(30)
    assert document.editor.selection == {locked.id}


def test_points_and_lines_are_shown_and_kept(view, hand, document):
    line = annotation(LineString([(1000, 1000), (3000, 3000)]))
    document.editor.add(line, annotation(Point(4000, 4000)))
    QTest.qWait(20)
    assert shown(view).identities == {line.id}
    assert shown(view).layer.shape_type == ["path"]


def test_class_colours_and_names_are_shown(view, hand, document):
    known = document.editor
    known.add_class("Tumour", (10, 200, 30))
    known.add(annotation(shapely.box(1000, 1000, 2000, 2000), class_name="Tumour", name="A"))
    QTest.qWait(20)
    layer = shown(view).layer
    assert layer.edge_color[0][:3] == pytest.approx(np.array((10, 200, 30)) / 255)
    assert list(layer.features["label"]) == ["A"]
    known.recolour_class("Tumour", (200, 0, 0))
    QTest.qWait(20)
    assert layer.edge_color[0][:3] == pytest.approx(np.array((200, 0, 0)) / 255)


def test_undo_touches_only_the_shape_concerned(view, hand, document):
    many = [annotation(shapely.box(x, 100, x + 50, 150)) for x in range(0, 4000, 100)]
    document.editor.add(*many)
    QTest.qWait(20)
    calls = []
    layer = shown(view).layer
    layer.events.data.connect(lambda event: calls.append(event.data_indices))
    document.editor.move([many[3].id], 10, 0)
    QTest.qWait(20)
    document.history.undo()
    QTest.qWait(20)
    assert calls
    assert all(len(indices) == 1 for indices in calls)


def test_thousands_of_detections_are_a_picture_not_shapes(window, view, hand, document, qtbot):
    cells = [
        annotation(Point(x, y).buffer(12, 4), kind="detection", colour=(0, 0, 255))
        for x in range(4200, 8000, 40)
        for y in range(100, 6000, 60)
    ]
    document.editor.add(*cells)
    document.editor.select([])
    overlay = view.annotations.outlines
    qtbot.waitUntil(lambda: overlay.layer is not None and overlay.idle, timeout=10_000)
    assert shown(view).layer.nshapes == 0
    qtbot.wait(100)
    picture = window[1].screenshot(flash=False)
    assert ((picture[..., 2] > 200) & (picture[..., 0] < 60)).sum() > 1000
    view.tool = Tool.SELECT
    view.zoom_to(Box(4200, 100, 400, 300))
    qtbot.waitUntil(lambda: overlay.idle, timeout=10_000)
    hand.click(cells[105].geometry.centroid.x, cells[105].geometry.centroid.y)
    qtbot.wait(30)
    assert document.editor.selection == {cells[105].id}


def test_many_editable_ones_become_shapes_when_they_are_selected(view, hand, document, qtbot):
    many = [
        annotation(shapely.box(x, y, x + 20, y + 20))
        for x in range(0, 8000, 200)
        for y in range(0, 6000, 200)
    ]
    assert len(many) > SHAPES_LIMIT
    document.editor.add(*many)
    document.editor.select([])
    qtbot.wait(30)
    assert shown(view).layer.nshapes == 0
    document.editor.select([many[0].id])
    qtbot.wait(30)
    assert shown(view).identities == {many[0].id}


# -- the desktop ----------------------------------------------------------------------------------


def test_the_canvas_refuses_drops_so_that_the_window_gets_them(window):
    canvas = window[1]
    assert not canvas.acceptDrops()
    assert not canvas.canvas.native.acceptDrops()
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("x.tif")])
    event = QDropEvent(
        canvas.rect().center().toPointF(), Qt.DropAction.CopyAction, mime,
        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    canvas.dropEvent(event)
    assert not event.isAccepted()


@pytest.mark.parametrize("key", [Qt.Key.Key_G, Qt.Key.Key_T, Qt.Key.Key_Y])
def test_napari_s_own_keys_do_nothing(window, view, hand, key):
    before = (view.model.canvas.grid.enabled, view.model.dims.order, view.model.dims.ndisplay)
    QTest.keyClick(window[1].canvas.native, key, Qt.KeyboardModifier.ControlModifier)
    QTest.qWait(20)
    after = (view.model.canvas.grid.enabled, view.model.dims.order, view.model.dims.ndisplay)
    assert before == after


def test_a_cross_shows_where_the_cursor_is_on_the_other_view(view, hand, tmp_path, qtbot):
    canvas, other = make_view()
    canvas.setGeometry(1050, 50, 500, 400)  # away from the pointer
    canvas.show()
    qtbot.waitExposed(canvas)
    other.show(square_document(tmp_path, name="other.tif"))
    native = canvas.canvas.native
    cross = CrossHair(view, other, native)
    expected = place_of(other.model, other.world, 3000, 2000)

    def follows() -> bool:
        hand.move(2000, 1000)  # from elsewhere: a pointer that is there already does not move
        hand.move(3000, 2000)
        off = (cross.geometry().center() - expected).manhattanLength()
        return cross.isVisible() and off <= 4

    try:
        assert any(follows() for _ in range(5))
    finally:
        cross.leave()
        assert not cross.isVisible()
        other.close()
        canvas.close()


def test_a_resize_after_a_change_of_documents_does_not_crash(window, view, hand, tmp_path, qtbot):
    view.show(square_document(tmp_path, name="other.tif"))
    view.show(None)
    window[0].resize(1100, 800)
    qtbot.wait(100)
    assert window[1].screenshot(flash=False).any()


def test_nothing_is_left_behind(qtbot, tmp_path):
    canvas, view = make_view()
    canvas.show()
    qtbot.waitExposed(canvas)
    document = square_document(tmp_path)
    document.editor.add(annotation(shapely.box(0, 0, 10, 10)))
    view.show(document)
    qtbot.wait(50)
    watched = [weakref.ref(thing) for thing in (canvas, view, view.model, view.annotations)]
    view.close()
    canvas.close()
    qtbot.wait(20)
    assert len(document.editor.changed) == 0
    assert len(document.editor.selection_changed) == 0
    instances = len(QtViewer._instances)
    del canvas, view
    for _ in range(3):
        gc.collect()
        qtbot.wait(20)
    assert len(QtViewer._instances) == max(0, instances - 1)
    assert [ref() for ref in watched] == [None] * len(watched)
