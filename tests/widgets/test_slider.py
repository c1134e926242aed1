from __future__ import annotations

import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from ssldiff_gui.widgets.slider import Slider


@pytest.fixture
def slider(qtbot):
    slider = Slider("Softness", 0, 100, step=5, unit=" %")
    slider.resize(240, 32)
    qtbot.addWidget(slider)
    slider.show()
    slider.show_value(40)
    return slider


def told(slider):
    seen = {"changed": [], "settled": []}
    slider.changed.connect(seen["changed"].append)
    slider.settled.connect(seen["settled"].append)
    return seen


def test_showing_a_number_says_nothing(slider):
    seen = told(slider)
    slider.show_value(70)
    assert slider.value == 70
    assert slider.slider.value() == 14
    assert seen == {"changed": [], "settled": []}


def test_arrow_keys_step(slider):
    seen = told(slider)
    QTest.keyClick(slider.slider, Qt.Key.Key_Right)
    QTest.keyClick(slider.slider, Qt.Key.Key_Home)
    assert seen["changed"] == [45, 0]
    assert seen["settled"] == [45, 0]


def test_a_number_is_typed(slider):
    seen = told(slider)
    slider.field.selectAll()
    QTest.keyClicks(slider.field, "85")
    assert seen["changed"] == [], "not while it is being typed"
    QTest.keyClick(slider.field, Qt.Key.Key_Return)
    assert seen["changed"] == [85]
    assert slider.slider.value() == 17


def test_what_is_being_typed_is_left_alone(slider, qtbot):
    slider.activateWindow()
    qtbot.waitUntil(slider.isActiveWindow)
    slider.field.setFocus()
    slider.field.selectAll()
    QTest.keyClicks(slider.field, "8")
    slider.show_value(20)
    QTest.keyClicks(slider.field, "5")
    QTest.keyClick(slider.field, Qt.Key.Key_Return)
    assert slider.value == 85
    slider.show_value(20)
    assert slider.value == 20


def test_a_drag_changes_often_and_settles_once(slider):
    seen = told(slider)
    bar = slider.slider
    handle = QPoint(round(8 + (bar.width() - 16) * 0.4), bar.height() // 2)
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=handle)
    for x in range(handle.x(), bar.width() - 2, 6):
        QTest.mouseMove(bar, QPoint(x, handle.y()))
        QTest.qWait(1)
    slider.show_value(0)
    assert slider.value > 60, "what is held is left alone"
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=QPoint(bar.width() - 2, handle.y()))
    assert len(seen["changed"]) >= 3
    assert seen["settled"] == [slider.value]


@pytest.mark.parametrize("focused", [False, True])
def test_the_wheel_is_left_to_the_page_until_the_field_has_the_focus(slider, qtbot, focused):
    slider.activateWindow()
    qtbot.waitUntil(slider.isActiveWindow)
    if focused:
        slider.slider.setFocus()
    else:
        slider.slider.clearFocus()
        slider.setFocus()
    seen = told(slider)
    middle = QPointF(slider.slider.rect().center())
    where = QPointF(slider.slider.mapToGlobal(middle.toPoint()))
    none = Qt.KeyboardModifier.NoModifier
    wheel = QWheelEvent(
        middle, where, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, none,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(slider.slider, wheel)
    assert bool(seen["changed"]) == focused
