from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.widgets.check_page import COMPARE, CheckPage
from ssldiff_gui.widgets.shown import CheckShown, Work

LIKENESS = np.concatenate([np.full(94, 0.9), np.full(6, 0.4)]).astype(np.float32)
CHECK = CheckShown(LIKENESS, 0.6, "row 12, column 40", "Starter encoder")


@pytest.fixture
def page(qtbot):
    page = CheckPage()
    page.resize(264, 800)
    qtbot.addWidget(page)
    page.show_result("Colon, seed 7")
    page.show_check(CHECK)
    page.show()
    return page


def press(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_without_a_result_it_leads_back(page, qtbot):
    page.show_result(None)
    assert page.is_empty
    with qtbot.waitSignal(page.generate_requested):
        press(page.empty.buttons[0])


def test_an_unchecked_result_offers_the_check(page, qtbot):
    page.show_result("Colon, seed 8")
    assert not page.verdict.isVisible()
    assert page.export.property("kind") == "normal"
    with qtbot.waitSignal(page.check_requested):
        press(page.check)
    page.show_result("Colon, seed 8", missing="It is still being rendered.")
    assert not page.check.isEnabled()
    assert "still" in page.check.toolTip()


def test_the_keyboard_stays_where_it_is_while_the_same_is_shown_again(page, qtbot):
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    page.histogram.setFocus()
    page.show_result("Colon, seed 7")
    page.show_check(CHECK)
    assert page.histogram.hasFocus()
    page.show_result("Another")
    assert page.unchecked.isVisible()


def test_the_verdict_is_in_words(page):
    assert page.share.text() == "94 % of cells show what was asked"
    assert page.facts.text() == "Mean likeness 0.87 · 100 cells"
    assert page.below.text() == "6 cells are below 0.60"
    assert page.note.text() == "Starter encoder"
    assert page.export.property("kind") == "primary", "the next step of the path"


def test_it_never_says_all_when_some_do_not(page):
    nearly = np.ones(1000, np.float32)
    nearly[0] = 0
    page.show_check(CheckShown(nearly, 0.5))
    assert page.share.text().startswith("Over 99 %")
    assert page.below.text() == "1 cell is below 0.50"
    assert not page.weakest.isEnabled()
    page.show_check(CheckShown(np.ones(10, np.float32), 0.5))
    assert page.share.text().startswith("100 %")
    page.show_check(CheckShown(np.zeros(0, np.float32), 0.5))


def test_the_threshold_is_dragged_and_the_words_follow(page):
    seen = []
    page.threshold_changed.connect(seen.append)
    plot, y = page.histogram, page.histogram.height() // 2
    QTest.mousePress(plot, Qt.MouseButton.LeftButton, pos=QPoint(20, y))
    QTest.mouseMove(plot, QPoint(plot.width() // 2, y))
    QTest.qWait(5)
    QTest.mouseMove(plot, QPoint(plot.width() + 40, y))
    QTest.qWait(5)
    QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=QPoint(plot.width() + 40, y))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0, "beyond the end is the end"
    assert page.share.text().startswith("0 %")


@pytest.mark.parametrize(
    ("key", "to"),
    [(Qt.Key.Key_Left, 0.59), (Qt.Key.Key_Right, 0.61), (Qt.Key.Key_PageUp, 0.7)],
)
def test_keys_move_the_threshold(page, qtbot, key, to):
    with qtbot.waitSignal(page.threshold_changed) as changed:
        QTest.keyClick(page.histogram, key)
    assert changed.args == [pytest.approx(to)]
    assert f"{to:.2f}" in page.histogram.accessibleName()


def test_bars_below_the_line_are_marked(page):
    def count(threshold):
        page.show_check(CheckShown(LIKENESS, threshold))
        shown = page.histogram.grab().toImage()
        pixels = (
            shown.pixelColor(x, y).getRgb()
            for x in range(shown.width())
            for y in range(0, shown.height(), 3)
        )
        return sum(red > blue + 60 for red, _, blue, _ in pixels)

    assert count(0.95) > count(0.6) > count(0.3)


def test_map_weakest_and_what_leaves_the_studio(page, qtbot):
    with qtbot.waitSignal(page.map_toggled) as toggled:
        QTest.keyClick(page.show_map, Qt.Key.Key_Space)
    assert toggled.args == [True]
    with qtbot.assertNotEmitted(page.map_toggled):
        page.show_map_shown(shown=False)
    for button, signal in (
        (page.weakest, page.weakest_requested),
        (page.again, page.check_requested),
        (page.export, page.export_requested),
        (page.figure, page.figure_requested),
    ):
        with qtbot.waitSignal(signal):
            press(button)


def test_every_way_to_compare_is_chosen(page):
    seen = []
    page.compare_chosen.connect(seen.append)
    for place in (1, 2, 3, 0):
        press(page.compare.segments.button(place))
    keys = [key for key, *_ in COMPARE]
    assert seen == [*keys[1:], keys[0]]
    page.show_compare("blink")
    assert page.compare.way == "blink"
    assert len(seen) == 4


def test_a_check_in_progress_and_a_problem(page):
    page.show_work(Work("Checking", 0.2))
    assert page.work.isVisible()
    assert not page.verdict.isVisible()
    page.show_work(None)
    assert page.verdict.isVisible()
    page.show_problem(UserError("No encoder.", "Install it."))
    assert page.notice.isVisible()
    page.show_problem(None)
    assert not page.notice.isVisible()
