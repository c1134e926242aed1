"""The mouse and the keys on cells, without OpenGL: a plain widget stands for the canvas."""

from __future__ import annotations

import pytest
from napari.components import ViewerModel
from psygnal import Signal
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QKeyEvent, QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QWidget

from ssldiff_gui.state.grid_cursor import Cursor, Ring
from ssldiff_gui.viewer import grid_mouse
from ssldiff_gui.viewer.canvas_keys import CanvasKeys
from ssldiff_gui.viewer.grid_hand import GridHand
from ssldiff_gui.viewer.grid_mouse import GridMouse
from ssldiff_gui.viewer.grid_place import GridPlace
from ssldiff_gui.viewer.scene_view import SceneView
from ssldiff_gui.viewer.tools import Tool

SIDE = 32.0
PLACE = GridPlace(20, 30, 100.5, 40.25, SIDE)
LEFT, MIDDLE, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.NoButton
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
NO_KEYS = Qt.KeyboardModifier.NoModifier


class FakeOverlay:
    """The part of an overlay that the mouse looks at."""

    def __init__(self, view: SceneView) -> None:
        self.view = view
        self.place: GridPlace | None = PLACE
        self.marked = None
        self.cursor = None

    def set_key_cell(self, cell) -> None:
        self.marked = cell

    def set_cursor(self, cursor) -> None:
        self.cursor = cursor


@pytest.fixture
def view(qapp):
    view = SceneView(ViewerModel())
    view.model.canvas.size = (600, 800)
    view.navigation.enter(view.world, 2000, 1500)
    view.navigation.zoom_to(0, 0, 1200, 800)
    yield view
    view.close()


@pytest.fixture
def canvas(qtbot):
    canvas = QWidget()
    canvas.resize(800, 600)
    canvas.setMouseTracking(True)  # as vispy's is
    qtbot.addWidget(canvas)
    return canvas


@pytest.fixture
def mouse(view, canvas):
    CanvasKeys(view, canvas)
    mouse = GridMouse(FakeOverlay(view), canvas)
    view.tool = Tool.CELLS
    yield mouse
    mouse.close()


@pytest.fixture
def heard(mouse):
    heard = []
    for name in ("pressed", "dragged", "released", "hovered", "left", "cancelled", "escaped"):
        getattr(mouse, name).connect(lambda *told, name=name: heard.append((name, *told)))
    return heard


def spot(view, row, column) -> QPointF:
    """Where a place among the cells lies on the canvas."""
    x, y = PLACE.on_picture(row, column)
    left, top, right, bottom = view.viewport
    return QPointF((x - left) / (right - left) * 800, (y - top) / (bottom - top) * 600)


def send(canvas, kind, at, button=NONE, *, buttons=NONE, keys=NO_KEYS) -> None:
    event = QMouseEvent(kind, at, QPointF(canvas.mapToGlobal(at.toPoint())), button, buttons, keys)
    QApplication.sendEvent(canvas, event)


def press(view, canvas, row, column, *, keys=NO_KEYS, kind=QEvent.Type.MouseButtonPress) -> None:
    send(canvas, kind, spot(view, row, column), LEFT, buttons=LEFT, keys=keys)


def move(view, canvas, row, column, buttons=LEFT) -> None:
    send(canvas, QEvent.Type.MouseMove, spot(view, row, column), buttons=buttons)


def release(view, canvas, row, column) -> None:
    send(canvas, QEvent.Type.MouseButtonRelease, spot(view, row, column), LEFT)


def names(heard):
    return [name for name, *_ in heard]


# -- the mouse ------------------------------------------------------------------------------------


def test_a_stroke_tells_every_point_in_order_and_its_end_last(view, canvas, mouse, heard, qtbot):
    press(view, canvas, 2, 3)
    way = [(2 + i / 4, 3 + i / 2) for i in range(1, 30)]
    for place in way:
        move(view, canvas, *place)
    release(view, canvas, *way[-1])
    assert names(heard)[0] == "pressed"
    assert names(heard)[-1] == "released"
    points = [point for name, *told in heard if name == "dragged" for point in told[0]]
    assert len(points) == len(way)
    for point, place in zip(points, way, strict=True):
        assert point == pytest.approx(place, abs=1e-6)
    assert heard[0][1:3] == pytest.approx((2, 3))


def test_moves_are_told_together_once_a_frame(view, canvas, heard, qtbot, monkeypatch):
    monkeypatch.setattr(grid_mouse.time, "monotonic", lambda: 100.0)
    press(view, canvas, 2, 3)
    for i in range(50):
        move(view, canvas, 2, 3 + i / 10)
    assert names(heard).count("dragged") == 1
    qtbot.waitUntil(lambda: names(heard).count("dragged") == 2, timeout=1000)
    assert len(heard[-1][1]) == 49


def test_hovers_are_told_once_a_frame_the_last_place_only(view, canvas, mouse, heard, qtbot):
    for i in range(50):
        move(view, canvas, 2, 3 + i / 10, buttons=NONE)
    qtbot.waitUntil(lambda: heard[-1][1:3] == pytest.approx((2, 7.9)), timeout=1000)
    assert set(names(heard)) == {"hovered"}
    assert len(heard) < 25


def test_modifiers_come_along(view, canvas, mouse, heard):
    press(view, canvas, 1, 1, keys=SHIFT | CONTROL)
    release(view, canvas, 1, 1)
    assert heard[0][3] == {"shift", "control"}
    assert heard[-1][3] == frozenset()


def test_a_second_click_of_a_double_click_is_a_press_too(view, canvas, mouse, heard):
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
        press(view, canvas, 1, 1, kind=kind)
        release(view, canvas, 1, 1)
    assert names(heard) == ["pressed", "released"] * 2


def test_another_tool_or_no_grid_leaves_the_mouse_to_the_canvas(view, canvas, mouse, heard):
    view.tool = Tool.HAND
    heard.clear()
    press(view, canvas, 2, 2)
    release(view, canvas, 2, 2)
    view.tool = Tool.CELLS
    mouse.overlay.place = None
    press(view, canvas, 2, 2)
    assert not heard


def test_the_middle_button_moves_the_picture(view, canvas, mouse, heard):
    before = view.viewport
    start, end = QPointF(400, 300), QPointF(300, 250)
    send(canvas, QEvent.Type.MouseButtonPress, start, MIDDLE, buttons=MIDDLE)
    send(canvas, QEvent.Type.MouseMove, end, buttons=MIDDLE)
    send(canvas, QEvent.Type.MouseButtonRelease, end, MIDDLE)
    step = (before[2] - before[0]) / 800
    assert view.viewport[0] == pytest.approx(before[0] + 100 * step)
    assert view.viewport[1] == pytest.approx(before[1] + 50 * step)
    assert "pressed" not in names(heard)


def test_the_right_button_does_nothing(view, canvas, mouse, heard):
    before = view.viewport
    QTest.mouseClick(canvas, Qt.MouseButton.RightButton, NO_KEYS, QPoint(300, 300))
    assert view.viewport == before
    assert "pressed" not in names(heard)


def test_a_button_that_went_up_unheard_ends_the_stroke(view, canvas, mouse, heard):
    press(view, canvas, 2, 2)
    move(view, canvas, 3, 3, buttons=NONE)
    assert "cancelled" in names(heard)
    release(view, canvas, 3, 3)
    assert "released" not in names(heard)


def test_leaving_the_canvas_is_told(view, canvas, mouse, heard):
    move(view, canvas, 2, 2, buttons=NONE)
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))
    assert names(heard)[-1] == "left"


def test_another_tool_ends_a_stroke_and_so_does_another_scene(view, canvas, mouse, heard):
    press(view, canvas, 2, 2)
    view.tool = Tool.RECTANGLE
    assert names(heard) == ["pressed", "cancelled"]
    view.tool = Tool.CELLS
    press(view, canvas, 2, 2)
    view.show(None)
    assert names(heard)[-1] == "cancelled"


# -- the keyboard ---------------------------------------------------------------------------------


def key(canvas, code, keys=NO_KEYS, *, up: bool = True) -> None:
    QApplication.sendEvent(canvas, QKeyEvent(QEvent.Type.KeyPress, code, keys))
    if up:
        QApplication.sendEvent(canvas, QKeyEvent(QEvent.Type.KeyRelease, code, keys))


@pytest.fixture
def at_cell(view, canvas, mouse, heard):
    move(view, canvas, 5, 6, buttons=NONE)
    mouse._tell()
    heard.clear()
    return canvas


def test_arrows_go_from_cell_to_cell_and_stop_at_the_edge(at_cell, mouse, heard):
    key(at_cell, Qt.Key.Key_Right)
    key(at_cell, Qt.Key.Key_Down)
    assert [told[1:3] for told in heard] == [(5.0, 7.0), (6.0, 7.0)]
    assert mouse.overlay.marked == (6, 7)
    key(at_cell, Qt.Key.Key_Left, CONTROL)
    assert mouse.keys.cell == (6, 0)
    for _ in range(9):
        key(at_cell, Qt.Key.Key_Up)
    assert mouse.keys.cell == (0, 0)


def test_enter_presses_and_releases_with_what_is_held(at_cell, heard):
    key(at_cell, Qt.Key.Key_Return)
    key(at_cell, Qt.Key.Key_Enter, Qt.KeyboardModifier.AltModifier)
    assert heard == [
        ("pressed", 5.0, 6.0, frozenset()), ("released", 5.0, 6.0, frozenset()),
        ("pressed", 5.0, 6.0, {"alt"}), ("released", 5.0, 6.0, {"alt"}),
    ]  # fmt: skip


def test_shift_with_arrows_draws_until_shift_goes_up(at_cell, mouse, heard):
    key(at_cell, Qt.Key.Key_Shift, up=False)
    heard.clear()
    key(at_cell, Qt.Key.Key_Right, SHIFT)
    key(at_cell, Qt.Key.Key_Right, SHIFT)
    assert mouse.stroking
    QApplication.sendEvent(at_cell, QKeyEvent(QEvent.Type.KeyRelease, Qt.Key.Key_Shift, NO_KEYS))
    assert heard[:4] == [
        ("pressed", 5.0, 6.0, frozenset()), ("dragged", ((5.0, 7.0),), frozenset()),
        ("dragged", ((5.0, 8.0),), frozenset()), ("released", 5.0, 8.0, frozenset()),
    ]  # fmt: skip
    assert not mouse.stroking


def test_the_first_arrow_begins_in_the_middle_of_what_is_in_view(view, canvas, mouse, heard):
    key(canvas, Qt.Key.Key_Right)
    left, top, right, bottom = view.viewport
    x, y = PLACE.on_picture(*heard[0][1:3])
    assert abs(x - (left + right) / 2) < 2 * SIDE
    assert abs(y - (top + bottom) / 2) < 2 * SIDE


def test_the_cell_of_the_keys_stays_in_view(view, at_cell, mouse):
    view.navigation.zoom_to(*PLACE.on_picture(5, 6), 100, 100)
    for _ in range(3):
        key(at_cell, Qt.Key.Key_Right, CONTROL)
    x, y = PLACE.on_picture(*mouse.keys.cell)
    left, top, right, bottom = view.viewport
    assert left < x < right
    assert top < y < bottom


def test_escape_gives_up_the_stroke_then_what_is_half_done_then_the_tool(
    view, canvas, mouse, heard
):
    half_done = [True]
    mouse.abandon = lambda: bool(half_done) and half_done.pop()
    press(view, canvas, 2, 2)
    key(canvas, Qt.Key.Key_Escape)
    assert names(heard) == ["pressed", "cancelled"]
    key(canvas, Qt.Key.Key_Escape)
    assert view.tool is Tool.CELLS
    assert "escaped" not in names(heard)
    key(canvas, Qt.Key.Key_Escape)
    assert "escaped" in names(heard)
    assert view.tool is Tool.HAND


def test_space_moves_the_picture_but_not_under_a_stroke(view, canvas, mouse, heard):
    key(canvas, Qt.Key.Key_Space, up=False)
    assert view.tool is Tool.HAND
    QApplication.sendEvent(canvas, QKeyEvent(QEvent.Type.KeyRelease, Qt.Key.Key_Space, NO_KEYS))
    assert view.tool is Tool.CELLS
    press(view, canvas, 2, 2)
    key(canvas, Qt.Key.Key_Space, up=False)
    assert view.tool is Tool.CELLS


def test_a_modifier_alone_tells_the_place_again(at_cell, heard):
    key(at_cell, Qt.Key.Key_Alt)
    assert [told[3] for told in heard] == [{"alt"}, frozenset()]
    assert heard[0][1:3] == pytest.approx((5, 6))


# -- the tools ------------------------------------------------------------------------------------


class FakeTools:
    cursor = Signal(object)

    def __init__(self) -> None:
        self.done = []

    def press(self, row, column, modifiers=()):
        self.done.append(("press", row, column))
        return True

    def drag(self, row, column, modifiers=()):
        self.done.append(("drag", row, column))

    def release(self, row, column, modifiers=()):
        self.done.append(("release", row, column))

    def hover(self, row, column, modifiers=()):
        self.done.append(("hover", row, column))
        self.cursor.emit(Cursor((Ring((row, column), 1.0),)))

    def leave(self):
        self.done.append(("leave",))

    def cancel(self):
        self.done.append(("cancel",))
        return False


def test_a_hand_works_the_tools_and_shows_their_cursor(at_cell, mouse):
    tools = FakeTools()
    hand = GridHand(mouse, tools)
    key(at_cell, Qt.Key.Key_Right)
    key(at_cell, Qt.Key.Key_Return)
    assert tools.done == [("hover", 5, 7), ("press", 5, 7), ("release", 5, 7)]
    assert mouse.overlay.cursor == Cursor((Ring((5, 7), 1.0),))
    hand.close()
    tools.done.clear()
    key(at_cell, Qt.Key.Key_Return)
    assert not tools.done
    assert mouse.abandon is None
