from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from ssldiff_gui.widgets.browser import RECENT, Browser
from ssldiff_gui.widgets.slide_list import Entry

FOLDER = Path("/cases/breast")
CASES = Entry(FOLDER / "older", folder=True)
SLIDES = [Entry(FOLDER / f"slide-{n}.svs", caption="SVS") for n in range(40)]


@pytest.fixture
def browser(qtbot):
    browser = Browser()
    browser.resize(264, 700)
    qtbot.addWidget(browser)
    browser.show()
    browser.activateWindow()  # no window manager does so on a bare display
    qtbot.waitUntil(browser.isActiveWindow)
    return browser


@pytest.fixture
def filled(browser):
    browser.show_folder(FOLDER, [CASES, *SLIDES])
    QTest.qWait(30)
    return browser


def names(browser):
    return [entry.path.name for entry in browser.model.entries]


def test_an_empty_pane_says_what_to_do(browser):
    assert browser.empty.isVisible()
    assert "Choose a folder" in browser.empty.text.text()


def test_a_click_opens_a_slide_and_enters_a_folder(filled, qtbot):
    def click(row):
        place = filled.list.visualRect(filled.model.index(row)).center()
        QTest.mouseClick(filled.list.viewport(), Qt.MouseButton.LeftButton, pos=place)

    with qtbot.waitSignal(filled.folder_requested) as asked:
        click(0)
    assert asked.args == [CASES.path]
    with qtbot.waitSignal(filled.open_requested) as asked:
        click(1)
    assert asked.args == [SLIDES[0].path]


def test_the_keyboard_filters_walks_and_opens(filled, qtbot):
    QTest.keyClicks(filled.filter, "slide-3")
    assert names(filled) == ["slide-3.svs", *(f"slide-{n}.svs" for n in range(30, 40))]
    QTest.keyClick(filled.filter, Qt.Key.Key_Down)
    assert filled.list.hasFocus()
    QTest.keyClick(filled.list, Qt.Key.Key_Down)
    with qtbot.waitSignal(filled.open_requested) as asked:
        QTest.keyClick(filled.list, Qt.Key.Key_Return)
    assert asked.args == [FOLDER / "slide-30.svs"]
    with qtbot.waitSignal(filled.folder_requested) as asked:
        QTest.keyClick(filled.list, Qt.Key.Key_Backspace)
    assert asked.args == [FOLDER.parent]


def test_a_filter_without_answer_says_so(filled):
    QTest.keyClicks(filled.filter, "nothing like it")
    assert filled.empty.isVisible()
    assert "Clear the filter" in filled.empty.text.text()


def test_only_what_is_in_view_is_asked_for(browser, qtbot):
    with qtbot.waitSignal(browser.wanted) as wanted:
        browser.show_folder(FOLDER, SLIDES)
    asked = wanted.args[0]
    assert asked[0] == SLIDES[0].path
    assert 4 <= len(asked) <= 10
    picture = np.zeros((30, 40, 3), dtype=np.uint8)
    for path in asked:
        browser.set_thumbnail(path, picture)
    with qtbot.waitSignal(browser.wanted) as wanted:
        browser.list.verticalScrollBar().setValue(2000)
    assert not set(wanted.args[0]) & set(asked)


def test_thumbnails_are_shown_as_they_are(filled):
    red = np.zeros((30, 40, 3), dtype=np.uint8)
    red[..., 0] = 255
    filled.set_thumbnail(SLIDES[0].path, red[::-1])
    shown = filled.model.index(1).data(Qt.ItemDataRole.DecorationRole).toImage()
    assert (shown.width(), shown.height()) == (40, 30)
    assert shown.pixelColor(20, 15).getRgb()[:3] == (255, 0, 0)
    filled.set_thumbnail(Path("/elsewhere.svs"), red)  # came too late: nobody minds


def test_marks_tell_what_is_open_and_what_failed(filled):
    filled.mark([SLIDES[0].path], SLIDES[0].path, {SLIDES[1].path: "It is damaged."})
    assert [entry.opened for entry in filled.model.entries[1:3]] == [True, False]
    assert filled.model.entries[2].problem == "It is damaged."
    assert filled.list.currentIndex().row() == 1
    assert "It is damaged." in filled.model.index(2).data(Qt.ItemDataRole.ToolTipRole)
    filled.mark([], None, {})
    assert not filled.model.entries[1].opened


def test_recent_files_have_a_page_of_their_own(filled):
    filled.show_recent([SLIDES[5]])
    assert len(names(filled)) == 41
    QTest.mouseClick(filled.segments.button(RECENT), Qt.MouseButton.LeftButton)
    assert names(filled) == ["slide-5.svs"]


def test_crumbs_lead_up(filled, qtbot):
    with qtbot.waitSignal(filled.folder_requested) as asked:
        QTest.mouseClick(filled.up, Qt.MouseButton.LeftButton)
    assert asked.args == [FOLDER.parent]
