from __future__ import annotations

import time

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtTest import QTest

from ssldiff_gui.widgets.scatter import Scatter
from ssldiff_gui.widgets.scatter_picture import fitted, inside, nearest_towards
from ssldiff_gui.widgets.shown import Choice, ClusterShown, ScatterShown

SQUARE = np.array([(0, 0), (1, 0), (0, 1), (1, 1)], np.float32)
"""Points 0–3: top left, top right, bottom left, bottom right."""
COLOURS = np.array([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)], np.uint8)


@pytest.fixture
def scatter(qtbot):
    scatter = Scatter()
    scatter.resize(264, 300)
    qtbot.addWidget(scatter)
    scatter.show_points(ScatterShown(SQUARE, COLOURS))
    scatter.show()
    QTest.qWait(20)
    return scatter


def heard(scatter):
    seen = []
    scatter.selected.connect(lambda found, held: seen.append((found.tolist(), held)))
    return seen


def drag(plot, places, modifier=Qt.KeyboardModifier.NoModifier):
    QTest.mousePress(plot, Qt.MouseButton.LeftButton, modifier, places[0])
    for place in places[1:]:
        QTest.mouseMove(plot, place)
        QTest.qWait(1)
    QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, modifier, places[-1])


def around(plot, index, reach=20):
    middle = plot.place(index).toPoint()
    corners = ((-1, -1), (0, -1), (1, -1), (1, 1), (-1, 1), (-1, 0))
    return [middle + QPoint(reach * x, reach * y) for x, y in corners]


def test_points_are_drawn_where_they_are_in_their_colours(scatter):
    shown = scatter.plot.grab().toImage()
    ratio = shown.width() / scatter.plot.width()
    for index, colour in enumerate(COLOURS.tolist()):
        at = scatter.plot.place(index)
        pixel = shown.pixelColor(round(at.x() * ratio), round(at.y() * ratio))
        assert pixel.getRgb()[:3] == tuple(colour)


def test_a_click_selects_a_point_and_beside_them_nothing(scatter):
    seen = heard(scatter)
    plot = scatter.plot
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=plot.place(2).toPoint())
    shift = Qt.KeyboardModifier.ShiftModifier
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, shift, plot.place(1).toPoint() + QPoint(3, 0))
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=plot.rect().center())
    assert [found for found, _ in seen] == [[2], [1], []]
    assert seen[1][1] == shift


def test_drawing_around_points_selects_them(scatter):
    seen = heard(scatter)
    control = Qt.KeyboardModifier.ControlModifier
    drag(scatter.plot, around(scatter.plot, 3), control)
    assert seen == [([3], control)]


def test_escape_gives_up_an_outline(scatter):
    seen = heard(scatter)
    places = around(scatter.plot, 0)
    QTest.mousePress(scatter.plot, Qt.MouseButton.LeftButton, pos=places[0])
    QTest.mouseMove(scatter.plot, places[2])
    QTest.keyClick(scatter.plot, Qt.Key.Key_Escape)
    QTest.mouseRelease(scatter.plot, Qt.MouseButton.LeftButton, pos=places[2])
    assert seen == []


def test_what_is_below_the_pointer_is_told_once(scatter):
    seen = []
    scatter.hovered.connect(seen.append)
    at = scatter.plot.place(1).toPoint()
    for place in (at, at + QPoint(1, 1), scatter.plot.rect().center()):
        QTest.mouseMove(scatter.plot, place)
        QTest.qWait(5)
    assert seen == [1, -1]


def test_arrows_walk_and_enter_selects(scatter):
    seen, walked = heard(scatter), []
    scatter.hovered.connect(walked.append)
    scatter.show_picked(0)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Left):
        QTest.keyClick(scatter.plot, key)
    QTest.keyClick(scatter.plot, Qt.Key.Key_Return)
    assert walked == [1, 3, 2]
    assert [found for found, _ in seen] == [[2]]


def test_the_others_are_faint_while_some_are_selected(scatter):
    def at(index):
        shown = scatter.plot.grab().toImage()
        ratio = shown.width() / scatter.plot.width()
        place = scatter.plot.place(index)
        return shown.pixelColor(round(place.x() * ratio), round(place.y() * ratio)).getRgb()[:3]

    scatter.show_selection([0])
    assert at(0) == (255, 0, 0)
    assert at(1) != (0, 255, 0)
    scatter.show_selection(None)
    assert at(1) == (0, 255, 0)


def test_groups_are_told_apart_by_letters(scatter):
    plain = scatter.plot.grab().toImage()
    groups = (ClusterShown(0, "A", (255, 0, 0), 3), ClusterShown(1, "B", (0, 0, 255), 1))
    labels = np.array([0, 0, 0, 1])
    scatter.show_points(ScatterShown(SQUARE, COLOURS, "pca", labels, groups))
    assert scatter.plot.grab().toImage() != plain


def test_a_method_is_chosen(scatter, qtbot):
    scatter.show_methods((Choice("pca", "PCA"), Choice("umap", "UMAP")), "pca")
    with qtbot.waitSignal(scatter.method_chosen) as chosen:
        QTest.keyClick(scatter.method.box, Qt.Key.Key_Down)
    assert chosen.args == ["umap"]


def test_while_cells_are_placed_nothing_can_be_selected(scatter):
    scatter.show_points(None)
    seen = heard(scatter)
    QTest.mouseClick(scatter.plot, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    QTest.keyClick(scatter.plot, Qt.Key.Key_Right)
    assert seen == []
    scatter.plot.grab()


def test_a_hundred_thousand_points_answer_at_once(scatter):
    draw = np.random.default_rng(0)
    points = draw.normal(size=(100_000, 2)).astype(np.float32)
    colours = draw.integers(0, 255, (100_000, 3), np.uint8)
    scatter.show_points(ScatterShown(points, colours))

    def quickest(act):
        times = []
        for _ in range(5):
            start = time.perf_counter()
            act()
            times.append(time.perf_counter() - start)
        return min(times)

    def draw_anew():
        scatter.show_selection(np.arange(0, 100_000, 7))
        scatter.plot.grab()

    middle = scatter.plot.rect().center()
    assert quickest(lambda: scatter.plot.index_at(middle.toPointF())) < 0.02
    assert quickest(draw_anew) < 0.2
    assert quickest(lambda: drag(scatter.plot, [middle + QPoint(*p) for p in (
        (-60, -60), (0, -70), (60, -60), (60, 60), (-60, 60))])) < 0.2  # fmt: skip


def test_outliers_do_not_press_the_rest_together():
    draw = np.random.default_rng(0)
    points = draw.normal(size=(2000, 2)).astype(np.float32)
    points[0] = 1e6
    unit = fitted(points)
    assert unit.min() >= 0
    assert unit.max() <= 1
    assert np.ptp(unit[1:], axis=0).min() > 0.8


def test_the_inside_of_an_outline():
    outline = [QPointF(x, y) for x, y in ((0, 0), (40, 0), (40, 40), (20, 10), (0, 40))]
    points = np.array([(10, 10), (20, 20), (35, 20), (90, 90), (-5, 10)], np.float32)
    assert inside(points, outline, (50, 60)).tolist() == [0, 2]
    assert inside(points, outline[:2], (50, 60)).tolist() == []


def test_an_arrow_stays_where_nothing_lies_that_way():
    assert nearest_towards(SQUARE, 1, (1, 0)) == 1
    assert nearest_towards(SQUARE, 0, (1, 0)) == 1
