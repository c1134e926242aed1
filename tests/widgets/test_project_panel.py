from __future__ import annotations

from dataclasses import replace

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QPushButton, QToolButton

from ssldiff_gui.widgets.project_panel import (
    ProjectButton,
    ProjectPanel,
    ProjectShown,
    RecentProject,
)

SHOWN = ProjectShown("Breast", "/home/anna/breast.ssldiff", "saved 10:42")
RECENT = (RecentProject("/a", "Colon", "yesterday"), RecentProject("/b", "Gone", missing=True))
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot):
    panel = ProjectPanel()
    qtbot.addWidget(panel)
    panel.show_project(SHOWN, RECENT)
    panel.show()
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    return panel


def test_its_buttons_say_what_is_asked(panel, qtbot):
    for button, signal in (
        (panel.new_button, panel.new_requested),
        (panel.open_button, panel.open_requested),
        (panel.save_button, panel.save_as_requested),
        (panel.reveal, panel.reveal_requested),
    ):
        with qtbot.waitSignal(signal):
            QTest.mouseClick(button, LEFT)


def test_a_typed_name_is_told_once(panel, qtbot):
    panel.name.setFocus()
    panel.name.selectAll()
    QTest.keyClicks(panel.name, "Breast, cohort B")
    told = []
    panel.rename_requested.connect(told.append)
    QTest.keyClick(panel.name, Qt.Key.Key_Return)
    panel.show_project(replace(SHOWN, name="Breast, cohort B"), RECENT)
    panel.open_button.setFocus()
    assert told == ["Breast, cohort B"]


def test_escape_and_an_empty_field_keep_the_name(panel, qtbot):
    panel.name.setFocus()
    QTest.keyClicks(panel.name, "x")
    with qtbot.assertNotEmitted(panel.rename_requested):
        QTest.keyClick(panel.name, Qt.Key.Key_Escape)
        assert panel.name.text() == "Breast"
        panel.name.clear()
        QTest.keyClick(panel.name, Qt.Key.Key_Return)
    assert panel.name.text() == "Breast"


def test_recent_ones_are_opened_and_forgotten(panel, qtbot):
    first, second = (row.findChildren(QPushButton)[0] for row in panel.recent)
    with qtbot.waitSignal(panel.recent_requested) as asked:
        QTest.mouseClick(first, LEFT)
    assert asked.args == ["/a"]
    assert not second.isEnabled(), "its folder is gone"
    with qtbot.waitSignal(panel.forget_requested) as asked:
        QTest.mouseClick(panel.recent[1].findChildren(QToolButton)[0], LEFT)
    assert asked.args == ["/b"]
    panel.show_project(SHOWN, ())
    assert panel.recent == []


def test_one_that_somebody_else_holds_says_so(panel, qtbot):
    panel.show_project(replace(SHOWN, held_by="anna@pc since 10:42"), RECENT)
    assert panel.held_title.text() == "It is open elsewhere"
    assert "anna@pc since 10:42" in panel.held_text.text()
    assert "not kept" in panel.held_text.text()
    assert panel.name.isReadOnly()
    with qtbot.waitSignal(panel.copy_requested):
        QTest.mouseClick(panel.copy_button, LEFT)
    panel.show_project(SHOWN, RECENT)
    assert not panel.held.isVisible()
    panel.show_project(replace(SHOWN, problem="The disk is full."), RECENT)
    assert panel.held.isVisible()
    assert panel.held_text.text() == "The disk is full."


def test_the_button_shortens_long_names(qtbot):
    button = ProjectButton()
    qtbot.addWidget(button)
    button.show_project(replace(SHOWN, name="A very long name " * 10))
    assert "…" in button.text()
    assert button.sizeHint().width() <= button.maximumWidth()
    button.show_project(replace(SHOWN, held_by="anna@pc"))
    assert "read only" in button.accessibleName()
