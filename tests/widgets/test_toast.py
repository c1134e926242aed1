from __future__ import annotations

from itertools import pairwise

import pytest
from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QCursor, QGuiApplication
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QWidget

from ssldiff_gui.widgets import toast as toasts
from ssldiff_gui.widgets.toast import MOST, Message, ToastStack


@pytest.fixture
def window(qtbot):
    window = QWidget()
    window.resize(900, 760)
    qtbot.addWidget(window)
    window.show()
    QCursor.setPos(window.mapToGlobal(window.rect().topLeft()))  # a message waits for the pointer
    qtbot.waitExposed(window)
    return window


@pytest.fixture
def stack(window):
    return ToastStack(window)


def broken(number: int = 1) -> Message:
    return Message(f"slide {number}.svs is damaged.", "Copy it again.", "error", "the details")


def test_an_error_stays_until_it_is_dismissed(stack, monkeypatch):
    monkeypatch.setitem(toasts.STAY_MS, "info", 30)
    stack.say(broken())
    stack.say(Message("Just so you know."))
    QTest.qWait(200)
    assert [toast.message.level for toast in stack.shown] == ["error"]
    QTest.mouseClick(stack.shown[0].close_button, Qt.MouseButton.LeftButton)
    assert not stack.shown


def test_copy_details_puts_them_on_the_clipboard(stack):
    toast = stack.say(broken())
    QTest.mouseClick(toast.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "the details"
    assert toast.copy_button.text() == "Copied"


def test_the_same_message_is_not_shown_twice(stack):
    assert stack.say(broken()) is stack.say(broken())
    assert len(stack.shown) == 1


def test_the_oldest_makes_room(stack):
    for number in range(MOST + 2):
        stack.say(broken(number))
    assert [toast.message.text[6] for toast in stack.shown] == ["2", "3", "4", "5"]


def test_they_stack_in_the_corner_and_leave_the_middle_free(stack, window):
    for number in range(3):
        stack.say(broken(number))
    QTest.qWait(20)
    boxes = [toast.geometry() for toast in stack.shown]
    for box in boxes:
        assert window.rect().contains(box)
        assert not box.contains(window.rect().center())
    for above, below in pairwise(boxes):
        assert above.bottom() < below.top()
    window.resize(860, 720)
    QTest.qWait(20)
    assert all(window.rect().contains(toast.geometry()) for toast in stack.shown)


def test_a_button_acts_and_takes_the_message_away(stack):
    acted = []
    toast = stack.say(Message("It changed.", act=("Open it again", lambda: acted.append(1))))
    button = next(
        b for b in toast.findChildren(QWidget) if getattr(b, "text", str)() == "Open it again"
    )
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert acted == [1]
    assert not stack.shown


def test_it_waits_while_the_pointer_is_on_it(stack, monkeypatch):
    monkeypatch.setitem(toasts.STAY_MS, "info", 60)
    toast = stack.say(Message("Read me."))
    QApplication.sendEvent(toast, QEvent(QEvent.Type.Leave))
    toast._timer.stop()
    QTest.qWait(120)
    assert stack.shown == [toast]
    QApplication.sendEvent(toast, QEvent(QEvent.Type.Leave))
    QTest.qWait(160)
    assert not stack.shown


def test_a_screen_reader_is_told(stack):
    toast = stack.say(broken())
    assert toast.accessibleName() == "slide 1.svs is damaged."
    assert toast.close_button.accessibleName()
