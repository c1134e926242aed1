from __future__ import annotations

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QPushButton, QWidget

from ssldiff_gui.widgets import tour as tours
from ssldiff_gui.widgets.tour import Tour, TourStep

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(qtbot, monkeypatch):
    monkeypatch.setattr(tours, "LOOK_MS", 10)
    monkeypatch.setattr(tours, "DONE_MS", 20)
    window = QWidget()
    window.resize(1000, 700)
    window.button = QPushButton("Draw", window)
    window.button.setGeometry(100, 100, 120, 40)
    window.other = QPushButton("Other", window)
    window.other.setGeometry(700, 600, 120, 40)
    window.drawn = False
    window.tour = Tour(window)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.steps = [
        TourStep("hello", "Hello", "Words.", lambda: None),
        TourStep("draw", "Draw", "Press it.", lambda: window.button, lambda: window.drawn),
        TourStep("other", "Other", "Look.", lambda: window.other),
    ]
    return window


def press(window, place):
    """Press where a person would: whatever lies there gets it."""
    target = window.childAt(place) or window
    QTest.mouseClick(target, LEFT, pos=target.mapFrom(window, place))
    return target


def test_it_goes_on_back_and_ends(window, qtbot):
    tour = window.tour
    with qtbot.waitSignal(tour.step_changed) as told:
        tour.start(window.steps)
    assert told.args == ["hello"]
    assert not tour.card.back_button.isVisible()
    QTest.mouseClick(tour.card.next_button, LEFT)
    assert tour.step.key == "draw"
    QTest.mouseClick(tour.card.back_button, LEFT)
    assert tour.step.key == "hello"
    for _ in range(2):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Right)
    assert tour.card.next_button.text() == "Done"
    with qtbot.waitSignal(tour.finished):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert not tour.isVisible()


def test_what_is_lit_can_be_worked_and_the_rest_cannot(window):
    window.tour.start(window.steps)
    window.tour.forward()
    pressed = []
    window.button.clicked.connect(lambda: pressed.append("button"))
    window.other.clicked.connect(lambda: pressed.append("other"))
    assert press(window, window.button.geometry().center()) is window.button
    assert press(window, window.other.geometry().center()) is window.tour
    assert pressed == ["button"]


def test_doing_the_thing_goes_on_by_itself(window, qtbot):
    tour = window.tour
    tour.start(window.steps)
    tour.forward()
    with qtbot.waitSignal(tour.step_changed) as told:
        window.drawn = True
    assert told.args == ["other"]
    tour.back()
    QTest.qWait(80)
    assert tour.step.key == "draw", "what was done before hurries nobody"


def test_it_follows_the_window_and_its_parts(window):
    tour = window.tour
    tour.start(window.steps)
    tour.forward()
    assert tour._light.contains(window.button.geometry())
    window.button.move(500, 300)
    window.resize(800, 600)
    QTest.qWait(50)
    assert tour.size() == window.size()
    assert tour._light.contains(window.button.geometry())
    assert window.rect().contains(tour.card.geometry())
    assert not tour.card.geometry().intersects(tour._light)


def test_a_part_that_is_hidden_leaves_the_words_in_the_middle(window):
    window.button.hide()
    window.tour.start(window.steps)
    window.tour.forward()
    middle = window.tour.card.geometry().center() - window.rect().center()
    assert middle.manhattanLength() < 4


def test_space_is_left_to_the_picture_while_something_is_to_be_done(window):
    window.button.setFocus()
    window.tour.start(window.steps)
    window.tour.forward()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    assert window.tour.step.key == "draw"
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert window.tour.step.key == "other"
    window.tour.leave()
    assert window.focusWidget() is window.button


@pytest.mark.parametrize("elsewhere", [False, True])
def test_escape_leaves_it(window, qtbot, elsewhere):
    window.tour.start(window.steps)
    window.tour.forward()
    if elsewhere:
        window.button.setFocus()
    with qtbot.waitSignal(window.tour.left) as told:
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert told.args == ["draw"]
    assert not window.tour.isVisible()


def test_skip_leaves_it(window, qtbot):
    window.tour.start(window.steps)
    with qtbot.waitSignal(window.tour.left):
        QTest.mouseClick(window.tour.card.skip_button, LEFT)


@pytest.mark.parametrize("size", [(1280, 800), (640, 420)])
@pytest.mark.parametrize("place", [(0, 0, 60, 400), (200, 0, 400, 40), (40, 30, 560, 360)])
def test_the_words_are_always_within_the_window(window, size, place):
    window.resize(*size)
    window.button.setGeometry(*place)
    window.tour.start(window.steps)
    window.tour.forward()
    QTest.qWait(5)
    assert window.rect().contains(window.tour.card.geometry())
    corner = window.tour.card.geometry().topLeft() + QPoint(20, 20)
    assert window.tour.mask().contains(corner)
