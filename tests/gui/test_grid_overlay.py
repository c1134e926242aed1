"""A grid over a picture, on a real canvas, worked by a real mouse."""

from __future__ import annotations

import gc
import time
import weakref

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QMainWindow
from shapely.geometry import Polygon

from ssldiff_gui.core.annotations import Annotation
from ssldiff_gui.core.geometry import Box, Region, Scale
from ssldiff_gui.state.grid_cursor import Cursor, Ring
from ssldiff_gui.viewer.desktop import make_view
from ssldiff_gui.viewer.grid_mouse import GridMouse
from ssldiff_gui.viewer.grid_overlay import GridOverlay
from ssldiff_gui.viewer.tools import Tool
from tests.gui.canvases import NO_KEYS, Hand, square_document

pytestmark = pytest.mark.gui

BLUE = np.array((0, 0, 255, 255), np.uint8)
GREEN = np.array((0, 160, 0, 255), np.uint8)


@pytest.fixture
def window(qtbot):
    window = QMainWindow()
    canvas, view = make_view()
    window.setCentralWidget(canvas)
    window.resize(900, 650)
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
def view(window, tmp_path, qtbot):
    view = window[2]
    view.show(square_document(tmp_path))
    qtbot.waitUntil(lambda: view.pyramid.sharp, timeout=10_000)
    QTest.qWait(60)
    return view


@pytest.fixture
def hand(window, view):
    return Hand(view, window[1].canvas.native)


@pytest.fixture
def overlay(view):
    overlay = GridOverlay(view)
    yield overlay
    overlay.close()


@pytest.fixture
def mouse(overlay):
    mouse = GridMouse(overlay)
    yield mouse
    mouse.close()


def grid(rows=12, columns=16, colour=BLUE):
    return np.tile(colour, (rows, columns, 1))


def show(overlay, rows=12, columns=16, *, x=5000, y=3000, footprint=150.0, opacity=1.0):
    region = Region(Box(x, y, round(columns * footprint), round(rows * footprint)))
    overlay.show(grid(rows, columns), region, footprint, opacity)


def picture_of(window):
    QTest.qWait(60)
    return window[1].screenshot(flash=False)


def pixel(picture, hand, x, y):
    point = hand.at(x, y)
    return picture[point.y(), point.x(), :3].astype(int)


def look_around(view, place):
    """Look from far and near; yields whether single cells are large."""
    view.fit()
    yield False
    view.zoom_to((*place.on_picture(2.6, 3.6), *place.on_picture(5.4, 5.9)))
    yield True


# -- what is seen ---------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [Scale(0.5, 0.5, "µm"), Scale(0.31, 0.47, "µm"), None])
def test_cells_lie_where_they_belong_at_any_zoom(window, overlay, hand, tmp_path, scale):
    view = window[2]
    view.show(square_document(tmp_path, scale=scale))
    footprint = 64 * 1.37
    show(overlay, 12, 16, x=5003, y=2511, footprint=footprint)
    overlay.set_lines(False)
    cells = [(0, 0), (3, 4), (11, 15)]
    overlay.update_cells(*np.array(cells).T, np.tile(GREEN, (3, 1)))
    for near in look_around(view, overlay.place):
        picture = picture_of(window)
        height, width = picture.shape[:2]
        aside = 0.3 if near else 0.0  # the frame is as wide as a far cell
        seen = 0
        for cell in (*cells, (3, 5), (4, 4), (10, 15)):
            for part in (-aside, aside):
                x, y = overlay.place.on_picture(cell[0] + part, cell[1] + part)
                point = hand.at(x, y)
                if 4 < point.x() < width - 4 and 4 < point.y() < height - 4:
                    wanted = GREEN if cell in cells else BLUE
                    assert np.abs(pixel(picture, hand, x, y) - wanted[:3]).max() <= 2
                    seen += 1
        assert seen


def test_opacity_lets_the_picture_through_and_nothing_covers_an_empty_cell(window, overlay, hand):
    colours = grid()
    colours[2, 3, 3] = 0
    overlay.show(colours, Box(5000, 3000, 2400, 1800), 150.0, 0.4)
    overlay.set_lines(False)
    window[2].zoom_to(Box(4900, 2900, 2600, 2000))
    QTest.qWait(200)
    picture = picture_of(window)
    place = overlay.place
    glass = pixel(picture, hand, *place.on_picture(2, 3))
    cell = pixel(picture, hand, *place.on_picture(5, 3))
    assert glass.min() >= 253
    np.testing.assert_allclose(cell, (153, 153, 255), atol=3)
    overlay.opacity = 1.0
    np.testing.assert_allclose(
        pixel(picture_of(window), hand, *place.on_picture(5, 3)), BLUE[:3], atol=2
    )


def test_lines_show_when_cells_are_large_enough_and_stay_one_pixel_wide(window, overlay, hand):
    view = window[2]
    show(overlay, footprint=100.0, opacity=1.0)
    view.zoom_to(Box(5000, 3000, 1200, 900))
    near = picture_of(window)[:, :, 0].astype(int)
    _, y = overlay.place.on_picture(2, 2)
    row = near[hand.at(0, y).y(), hand.at(5020, 0).x() : -30]
    lines = np.flatnonzero(row > 30)
    assert len(lines) >= 5
    assert (np.diff(lines) > 10).all(), "a line is wider than a pixel"
    view.set_magnification(view.magnification * 5 / overlay.cell_on_screen)
    assert not overlay._lines.visible
    assert (
        not picture_of(window)[..., 0][hand.at(0, y).y()]
        .astype(int)[hand.at(5200, 0).x() : hand.at(6400, 0).x()]
        .any()
    )


@pytest.mark.parametrize("ground", [(255, 255, 255, 255), (0, 0, 0, 255), (230, 120, 180, 255)])
def test_a_selection_is_seen_on_any_ground(window, overlay, hand, ground):
    overlay.show(grid(colour=np.array(ground, np.uint8)), Box(5000, 3000, 2400, 1800), 150.0, 1.0)
    overlay.set_lines(False)
    window[2].zoom_to(Box(4900, 2900, 2600, 2000))
    before = picture_of(window)[..., :3].astype(int)
    mask = np.zeros((12, 16), np.bool_)
    mask[3:7, 4:9] = True
    overlay.set_selection(mask)
    after = picture_of(window)[..., :3].astype(int)
    changed = np.abs(after - before).max(axis=2) > 60
    rows, columns = np.nonzero(changed)
    top_left, bottom_right = hand.at(5600, 3450), hand.at(6350, 4050)
    found = (columns.min(), rows.min(), columns.max(), rows.max())
    wanted = (top_left.x(), top_left.y(), bottom_right.x(), bottom_right.y())
    assert np.abs(np.subtract(found, wanted)).max() <= 3
    edge = (bottom_right - top_left).manhattanLength() * 2
    assert changed.sum() > 0.4 * edge * 2, "the outline is too thin or too broken"
    assert not changed[top_left.y() + 5 : bottom_right.y() - 5,
                       top_left.x() + 5 : bottom_right.x() - 5].any()  # fmt: skip
    overlay.set_selection(None)
    assert np.abs(picture_of(window)[..., :3].astype(int) - before).max() == 0


def test_letters_appear_when_there_is_room(window, overlay):
    show(overlay, opacity=1.0)
    overlay.set_lines(False)
    view = window[2]
    view.zoom_to(Box(5000, 3000, 900, 700))
    before = picture_of(window)[..., :3].astype(int)
    overlay.set_letters(np.arange(12 * 16).reshape(12, 16) % 3 - 1, ("A", "B"))
    assert (np.abs(picture_of(window)[..., :3].astype(int) - before).max(axis=2) > 100).sum() > 200
    view.fit()
    assert not overlay._letters.visible


def test_a_cursor_follows_and_goes(window, overlay, hand):
    show(overlay, opacity=1.0)
    window[2].zoom_to(Box(4900, 2900, 2600, 2000))
    before = picture_of(window)[..., :3].astype(int)
    overlay.set_cursor(Cursor((Ring((5, 6), 2.0, 0.5),), "2 cells", (5, 6)))
    after = picture_of(window)[..., :3].astype(int)
    changed = np.abs(after - before).max(axis=2) > 60
    at, reach = hand.at(*overlay.place.on_picture(5, 6)), 2 * overlay.cell_on_screen
    assert changed[at.y(), round(at.x() - reach) - 2 : round(at.x() - reach) + 3].any()
    assert changed[round(at.y() - reach) - 2 : round(at.y() - reach) + 3, at.x()].any()
    overlay.set_cursor(None)
    assert np.abs(picture_of(window)[..., :3].astype(int) - before).max() == 0


# -- beside everything else -----------------------------------------------------------------------


def test_another_scale_of_the_scene_moves_it_along(window, view, overlay, hand):
    show(overlay)
    view.document.editor.set_scale(Scale(0.25, 0.4, "µm"))
    assert tuple(overlay.layer.scale) == pytest.approx((60.0, 37.5))
    view.zoom_to(Box(4900, 2900, 2600, 2000))
    overlay.set_lines(False)
    picture = picture_of(window)
    assert pixel(picture, hand, *overlay.place.on_picture(11, 15)).tolist() == [0, 0, 255]


def test_annotations_are_drawn_as_before_and_stay_selected(view, overlay, hand):
    view.document.editor.add(Annotation(geometry=Polygon([(1, 1), (900, 1), (900, 700)])))
    view.tool = Tool.RECTANGLE
    annotations = view.annotations.shapes.layer
    show(overlay)
    assert view.model.layers.selection.active is annotations
    assert view.tool is Tool.RECTANGLE
    hand.drag([(1000, 800), (3000, 2500)])
    assert len(view.document.editor.annotations) == 2
    overlay.show(None)
    assert view.model.layers.selection.active is annotations
    assert len(view.model.layers) == 2


def test_a_grid_that_comes_while_one_draws_does_not_disturb(view, overlay, hand):
    view.tool = Tool.POLYGON
    for place in ((1000, 800), (3000, 900)):
        hand.click(*place)
    assert view.drawing
    show(overlay)
    assert view.drawing
    hand.click(2000, 2500)
    QTest.keyClick(hand.native, Qt.Key.Key_Return)
    assert len(view.document.editor.annotations) == 1


def test_nothing_is_left_behind(window, view):
    model = view.model
    scene = window[1].canvas.view.scene
    before = len(scene.children), len(model.layers), len(window[1].canvas.native.children())
    kept = []
    for _ in range(2):
        overlay = GridOverlay(view)
        mouse = GridMouse(overlay)
        show(overlay)
        overlay.set_selection(np.ones((12, 16), np.bool_))
        overlay.set_cursor(Cursor((Ring((1, 1), 1.0),)))
        QTest.qWait(30)
        mouse.close()
        overlay.close()
        kept += [weakref.ref(overlay), weakref.ref(mouse)]
    del overlay, mouse
    QTest.qWait(30)
    gc.collect()
    after = len(scene.children), len(model.layers), len(window[1].canvas.native.children())
    assert after == before
    assert [ref() for ref in kept] == [None] * 4


# -- the mouse ------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [Scale(0.5, 0.5, "µm"), Scale(0.31, 0.47, "µm")])
def test_a_stroke_paints_the_cells_under_the_pointer(window, mouse, hand, tmp_path, scale):
    view, overlay = window[2], mouse.overlay
    view.show(square_document(tmp_path, scale=scale))
    show(overlay, 12, 16, x=5003, y=2511, footprint=64 * 1.37)
    view.tool = Tool.CELLS
    painted = []

    def paint(points):
        for point in points:
            cell = overlay.place.cell_at(*point)
            if cell is not None:
                painted.append(cell)
                overlay.update_cells(np.array([cell[0]]), np.array([cell[1]]), GREEN[None])

    mouse.pressed.connect(lambda row, column, _: paint([(row, column)]))
    mouse.dragged.connect(lambda points, _: paint(points))
    place = overlay.place
    for near in look_around(view, place):
        painted.clear()
        cells = [(3, 4), (3, 5), (4, 5)] if near else [(1, 2), (1, 9), (8, 9)]
        camera = view.camera
        hand.drag([place.on_picture(*cell) for cell in cells])
        assert set(cells) <= set(painted)
        assert all(cell[0] == cells[0][0] or cell[1] == cells[1][1] for cell in painted)
        assert view.camera == camera, "the picture moved"
    overlay.set_lines(False)
    assert pixel(picture_of(window), hand, *place.on_picture(4, 5)).tolist() == [0, 160, 0]
    assert not view.document.editor.annotations


def test_one_still_moves_about_with_a_grid_tool(view, overlay, mouse, hand, qtbot):
    show(overlay)
    view.zoom_to(Box(4900, 2900, 2600, 2000))
    view.tool = Tool.CELLS
    heard = []
    mouse.pressed.connect(lambda *told: heard.append(told))
    hand.move(6000, 3900)
    before = view.magnification
    place = hand.at(6000, 3900)
    wheel = QWheelEvent(
        QPointF(place), QPointF(hand.native.mapToGlobal(place)), QPoint(), QPoint(0, 120),
        Qt.MouseButton.NoButton, NO_KEYS, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(hand.native, wheel)
    assert view.magnification == pytest.approx(before * 1.25, rel=1e-3)
    x, _ = view.navigation.centre
    hand.drag([(6000, 3900), (5800, 3900)], Qt.MouseButton.MiddleButton)
    assert view.navigation.centre[0] > x + 100
    QTest.keyPress(hand.native, Qt.Key.Key_Space)
    x, _ = view.navigation.centre
    hand.drag([(6000, 3900), (5800, 3900)])
    QTest.keyRelease(hand.native, Qt.Key.Key_Space)
    assert view.navigation.centre[0] > x + 100
    assert not heard
    assert view.tool is Tool.CELLS
    hand.press_key(Qt.Key.Key_Escape)
    assert view.tool is Tool.HAND


def test_napari_hears_of_no_press_and_still_tells_the_position(view, overlay, mouse, hand):
    show(overlay)
    view.tool = Tool.CELLS
    presses, places = [], []
    view.model.mouse_drag_callbacks.append(lambda _, event: presses.append(event.type))
    view.position_changed.connect(places.append)
    hand.drag([(5200, 3200), (6000, 3900)])
    assert not presses
    assert abs(places[-1].x - 6000) < 30
    assert view.annotations.tool is Tool.HAND
    assert view.tool is Tool.CELLS


def test_other_modes_of_napari_do_not_end_the_grid_tool_nor_hide(view, overlay, hand, qtbot):
    show(overlay)
    view.tool = Tool.POLYGON
    view.tool = Tool.CELLS
    qtbot.wait(40)
    assert view.tool is Tool.CELLS
    view.annotations.shapes.layer.mode = "add_rectangle"
    qtbot.waitUntil(lambda: view.tool is Tool.RECTANGLE, timeout=1000)


@pytest.mark.parametrize("side", [64, 512])
def test_a_stroke_costs_hardly_more_than_the_frame_it_is_seen_in(window, view, overlay, side):
    canvas = window[1].canvas
    overlay.show(grid(side, side), Box(0, 0, 6144, 6144), 6144 / side, 0.45)
    frames = []
    canvas.events.draw.connect(lambda _: frames.append(time.perf_counter()), position="last")

    def until_drawn(act) -> tuple[float, float]:
        count, start = len(frames), time.perf_counter()
        act()
        acted = time.perf_counter()
        while len(frames) == count:
            QApplication.processEvents()
        return 1000 * (acted - start), 1000 * (frames[-1] - start)

    rows = np.arange(3) + side // 2

    def stroke(step: int) -> None:
        colours = np.full((3, 4), step, np.uint8)
        overlay.update_cells(rows, rows, colours)
        overlay.set_cursor(Cursor((Ring((step % side, 9), 1.5, 0.5),)))

    bare, strokes = [], []
    for step in range(40):  # in turn, so that both meet the same load
        bare.append(until_drawn(canvas._scene_canvas.update))
        strokes.append(until_drawn(lambda step=step: stroke(step)))
    call, frame = np.median(strokes, axis=0)
    tail = np.percentile(np.array(strokes)[:, 1], 95)
    print(f"side={side} call={call:.2f}ms frame={frame:.1f}ms p95={tail:.1f}ms "
          f"bare={np.median(bare, axis=0)[1]:.1f}ms")  # fmt: skip
    assert call < 8
    assert frame < np.median(bare, axis=0)[1] + 25
