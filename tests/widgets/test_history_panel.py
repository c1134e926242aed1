from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from ssldiff_gui.widgets.history_panel import START, HistoryPanel

STEPS = ("Paint 14 cells", "Stamp 6 cells", "Erase 3 cells")


@pytest.fixture
def panel(qtbot):
    panel = HistoryPanel()
    qtbot.addWidget(panel)
    panel.show_steps(STEPS, 2)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def said(panel):
    model = panel.model
    role = Qt.ItemDataRole.AccessibleTextRole
    return [model.index(row).data(role) for row in range(model.rowCount())]


def test_it_says_what_was_done_and_where_one_is(panel):
    assert said(panel) == [START, STEPS[0], f"{STEPS[1]}, now", f"{STEPS[2]}, undone"]
    assert panel.undo.isEnabled()
    assert panel.redo.isEnabled()


def test_a_click_goes_there(panel, qtbot):
    for row in (0, 3):
        place = panel.list.visualRect(panel.model.index(row)).center()
        with qtbot.waitSignal(panel.goto) as asked:
            QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert asked.args == [row]
    place = panel.list.visualRect(panel.model.index(2)).center()
    with qtbot.assertNotEmitted(panel.goto):
        QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_the_keyboard_goes_there_too(panel, qtbot):
    panel.list.setFocus()
    QTest.keyClick(panel.list, Qt.Key.Key_Up)
    with qtbot.waitSignal(panel.goto) as asked:
        QTest.keyClick(panel.list, Qt.Key.Key_Return)
    assert asked.args == [1]


def test_undo_and_redo_are_buttons(panel, qtbot):
    for button, signal in ((panel.undo, panel.undo_requested), (panel.redo, panel.redo_requested)):
        with qtbot.waitSignal(signal):
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_nothing_done_yet_says_so(panel):
    panel.show_steps((), 0)
    assert panel.hint.isVisible()
    assert not panel.list.isVisible()
    assert not panel.undo.isEnabled()


def test_a_thousand_steps_show_the_present_one(panel):
    panel.show_steps([f"Step {n}" for n in range(1000)], 700)
    QTest.qWait(10)
    row = panel.list.visualRect(panel.model.index(700))
    assert panel.list.viewport().rect().contains(row)
    assert panel.height() < 480
