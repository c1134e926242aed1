from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QWidget

from ssldiff_gui.widgets.command_palette import Command, CommandPalette

COMMANDS = [
    Command("file.open", "Open a slide…", "folder-open-outline", "Ctrl+O"),
    Command("view.in", "Zoom in", "magnify-plus-outline", "+"),
    Command("view.out", "Zoom out", "magnify-minus-outline", "-"),
    Command("file.import", "Import annotations…", "import", search="geojson qupath"),
]


@pytest.fixture
def palette(qtbot):
    window = QWidget()
    window.resize(900, 700)
    qtbot.addWidget(window)
    palette = CommandPalette(window)
    window.show()
    qtbot.waitExposed(window)
    return palette


def shown(palette):
    return [command.key for command in palette._model.shown]


def test_it_lists_everything_first(palette):
    palette.open(COMMANDS)
    assert palette.isVisible()
    assert shown(palette) == [command.key for command in COMMANDS]


def test_typing_narrows_and_enter_runs(palette, qtbot):
    palette.open(COMMANDS)
    QTest.keyClicks(palette.field, "zoom")
    assert shown(palette) == ["view.in", "view.out"]
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    with qtbot.waitSignal(palette.chosen) as chosen:
        QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert chosen.args == ["view.out"]
    assert not palette.isVisible()


def test_up_from_the_first_goes_to_the_last(palette, qtbot):
    palette.open(COMMANDS)
    QTest.keyClick(palette.field, Qt.Key.Key_Up)
    with qtbot.waitSignal(palette.chosen) as chosen:
        QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert chosen.args == ["file.import"]


def test_words_that_are_not_shown_are_found_too(palette):
    palette.open(COMMANDS)
    QTest.keyClicks(palette.field, "qupath")
    assert shown(palette) == ["file.import"]


def test_no_answer_says_so_and_enter_does_nothing(palette, qtbot):
    palette.open(COMMANDS)
    QTest.keyClicks(palette.field, "xyz")
    assert shown(palette) == []
    assert palette._none.isVisible()
    with qtbot.assertNotEmitted(palette.chosen):
        QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()


def test_escape_and_a_press_beside_it_close_it(palette, qtbot):
    palette.open(COMMANDS)
    with qtbot.waitSignal(palette.closed):
        QTest.keyClick(palette.field, Qt.Key.Key_Escape)
    palette.open(COMMANDS)
    with qtbot.waitSignal(palette.closed):
        QTest.mouseClick(palette, Qt.MouseButton.LeftButton, pos=palette.rect().bottomLeft())
    assert not palette.isVisible()


def test_a_click_on_a_line_runs_it(palette, qtbot):
    palette.open(COMMANDS)
    place = palette.list.visualRect(palette._model.index(1)).center()
    with qtbot.waitSignal(palette.chosen) as chosen:
        QTest.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == ["view.in"]


def test_it_stays_as_large_as_its_window(palette):
    palette.open(COMMANDS)
    window = palette.parentWidget()
    window.resize(640, 480)
    QTest.qWait(20)
    assert palette.size() == window.size()
    assert window.rect().contains(palette._frame.geometry())
