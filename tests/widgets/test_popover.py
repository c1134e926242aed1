from __future__ import annotations

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from ssldiff_gui.widgets.popover import Popover


@pytest.fixture
def window(qtbot):
    window = QWidget()
    window.resize(600, 400)
    window.anchor = QPushButton("Open", window)
    window.anchor.move(540, 10)
    content = QWidget()
    column = QVBoxLayout(content)
    window.fields = [QLineEdit(), QPushButton("One"), QPushButton("Two")]
    for field in window.fields:
        column.addWidget(field)
    window.popover = Popover(window, content)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.anchor.setFocus()
    window.popover.open_at(window.anchor)
    return window


def test_it_opens_within_the_window_beside_its_anchor(window):
    frame = window.popover.frame.geometry()
    assert window.rect().contains(frame)
    assert frame.top() > window.anchor.geometry().bottom()
    window.resize(420, 300)
    QTest.qWait(10)
    assert window.rect().contains(window.popover.frame.geometry())


def test_tab_stays_within_and_the_focus_comes_back(window, qtbot):
    seen = []
    for _ in range(4):
        seen.append(window.focusWidget())
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
    assert seen == [*window.fields, window.fields[0]]
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Backtab)
    assert window.focusWidget() is window.fields[0]
    with qtbot.waitSignal(window.popover.closed):
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert window.focusWidget() is window.anchor


def test_a_press_beside_it_closes_it_and_one_within_does_not(window):
    frame = window.popover.frame
    QTest.mouseClick(frame, Qt.MouseButton.LeftButton, pos=QPoint(4, 4))
    assert window.popover.isVisible()
    QTest.mouseClick(window.popover, Qt.MouseButton.LeftButton, pos=QPoint(10, 390))
    assert not window.popover.isVisible()


def test_one_with_nothing_to_press_is_closed_by_escape_too(window):
    window.popover.dismiss()
    words = QLabel("Only words.")
    words.hide()
    other = Popover(window, words)
    other.open_at(window.anchor)
    assert words.isVisible()
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert not other.isVisible()


def test_its_anchor_closes_it_again(window):
    window.popover.open_at(window.anchor)
    assert not window.popover.isVisible()


def test_it_follows_what_it_shows(window, qtbot):
    before = window.popover.frame.height()
    more = QPushButton("Three")
    window.fields[0].parentWidget().layout().addWidget(more)
    qtbot.waitUntil(lambda: window.popover.frame.height() > before)
