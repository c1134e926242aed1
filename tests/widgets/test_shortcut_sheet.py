from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QLabel, QPushButton, QWidget

from ssldiff_gui.widgets.shortcut_sheet import MOUSE_ACTS, ShortcutSheet, _balanced

GROUPS = {
    "File": [("Open a slide…", "Ctrl+O"), ("Quit", "Ctrl+Q")],
    "View": [("Zoom in", "+"), ("Zoom out", "-")],
    "Nothing": [],
}


@pytest.fixture
def window(qtbot):
    window = QWidget()
    window.resize(1280, 800)
    window.button = QPushButton("Here", window)
    window.sheet = ShortcutSheet(window, GROUPS | MOUSE_ACTS)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.button.setFocus()
    return window


def words(sheet):
    return [label.text() for label in sheet._area.findChildren(QLabel)]


def test_it_lists_groups_with_keys_as_caps(window):
    window.sheet.open()
    said = words(window.sheet)
    assert "File" in said
    assert "Nothing" not in said
    assert {"Ctrl", "O", "+", "-", "Wheel"} <= set(said)
    assert window.rect().contains(window.sheet._frame.geometry())


def test_typing_narrows_by_act_key_and_group(window):
    sheet = window.sheet
    sheet.open()
    QTest.keyClicks(sheet.field, "zoom")
    assert sheet.listed == {
        "View": [("Zoom in", "+"), ("Zoom out", "-")],
        "With the mouse": [("Zoom at the pointer", "Wheel")],
    }
    sheet.field.clear()
    QTest.keyClicks(sheet.field, "ctrl file quit")
    assert sheet.listed == {"File": [("Quit", "Ctrl+Q")]}
    sheet.field.clear()
    QTest.keyClicks(sheet.field, "xyzzy")
    assert sheet._none.isVisible()


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Question])
def test_the_keys_that_close_it_give_the_focus_back(window, key):
    window.sheet.open()
    if key == Qt.Key.Key_Question:
        QTest.keyClicks(window.sheet.field, "?")
    else:
        QTest.keyClick(window.sheet.field, key)
    assert not window.sheet.isVisible()
    assert window.focusWidget() is window.button


def test_a_press_beside_it_closes_it(window):
    window.sheet.open()
    QTest.mouseClick(window.sheet, Qt.MouseButton.LeftButton, pos=window.rect().bottomLeft())
    assert not window.sheet.isVisible()


@pytest.mark.parametrize(("size", "columns"), [((1280, 800), 3), ((760, 500), 2), ((420, 400), 1)])
def test_it_takes_the_columns_there_is_room_for(window, size, columns):
    window.resize(*size)
    window.sheet.open()
    assert window.sheet._columns == columns
    assert window.rect().contains(window.sheet._frame.geometry())


def test_many_shortcuts_scroll_by_key(window):
    many = {f"Group {n}": [(f"Act {m}", "Ctrl+A") for m in range(12)] for n in range(9)}
    window.sheet.show_groups(many)
    window.sheet.open()
    QTest.qWait(10)
    bar = window.sheet._area.verticalScrollBar()
    assert bar.maximum() > 0
    QTest.keyClick(window.sheet.field, Qt.Key.Key_PageDown)
    assert bar.value() > 0


def test_columns_are_balanced():
    assert _balanced({"a": 5, "b": 4, "c": 3, "d": 6}, 2) == [["a", "d"], ["b", "c"]]
    assert _balanced({}, 2) == [[], []]
    assert _balanced({"a": 50}, 2) == [["a"], []]
