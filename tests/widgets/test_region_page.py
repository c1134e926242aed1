from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QLabel

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.widgets.region_page import RegionPage
from ssldiff_gui.widgets.shown import Choice, RegionShown, Work

REGION = RegionShown("Region 2", "1.02 × 0.77 mm", "2,048 × 1,536 px")
ENCODERS = (
    Choice("starter", "Starter encoder", "Apache 2.0"),
    Choice("uni", "UNI", "CC BY-NC-ND", "Not installed"),
    Choice("own", "Our own", "Unpublished"),
)


@pytest.fixture
def page(qtbot):
    page = RegionPage(QLabel("annotations"))
    page.resize(264, 700)
    qtbot.addWidget(page)
    page.show_encoders(ENCODERS, "starter")
    page.show_cost("2,304 cells · about 40 s · 2 MB")
    page.show()
    return page


def press(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_without_a_region_drawing_one_is_the_next_step(page, qtbot):
    assert page.draw.isVisible()
    assert not page.embed.isVisible()
    with qtbot.waitSignal(page.draw_requested):
        press(page.draw)
    page.show_region(None, can_draw=False)
    assert not page.draw.isEnabled()
    assert "Open a slide" in page.hint_words.text()


def test_with_a_region_embedding_is_the_next_step(page, qtbot):
    page.show_region(REGION)
    assert not page.draw.isVisible()
    assert page.size_words.text() == "1.02 × 0.77 mm"
    assert page.pixels.text() == "2,048 × 1,536 px"
    assert page.cost.text() == "2,304 cells · about 40 s · 2 MB"
    with qtbot.waitSignal(page.embed_requested):
        press(page.embed)
    with qtbot.waitSignal(page.draw_requested):
        press(page.redraw)


def test_a_region_that_cannot_be_embedded_says_why(page):
    page.show_region(RegionShown("R", "1 µm", "2 px", "It is smaller than one cell."))
    assert not page.embed.isEnabled()
    assert page.problem.isVisible()
    assert not page.cost.isVisible()
    page.show_region(REGION)
    assert page.embed.isEnabled()
    assert page.cost.isVisible()


def test_an_unknown_scale_can_be_set(page, qtbot):
    page.show_region(REGION)
    assert not page.set_scale.isVisible()
    page.show_region(RegionShown("R", "", "2,048 × 1,536 px"))
    assert page.size_words.text() == "Scale unknown"
    with qtbot.waitSignal(page.scale_requested):
        press(page.set_scale)


def test_an_encoder_is_chosen_by_keys_and_a_missing_one_is_not(page, qtbot):
    page.show_region(REGION)
    assert page.encoder.note.text() == "Apache 2.0"
    with qtbot.waitSignal(page.encoder_chosen) as chosen:
        QTest.keyClick(page.encoder.box, Qt.Key.Key_Down)
    assert chosen.args == ["own"], "the one that is not installed is passed over"
    assert page.encoder.note.text() == "Unpublished"


def test_no_encoder_no_embedding(page):
    page.show_region(REGION)
    page.show_encoders((), "")
    assert not page.embed.isEnabled()


def test_skipping_glass_is_under_more(page, qtbot):
    page.show_region(REGION)
    assert not page.skip_background.isVisible()
    press(page.more.button)
    assert page.skip_background.isVisible()
    with qtbot.waitSignal(page.skip_background_changed) as changed:
        QTest.keyClick(page.skip_background, Qt.Key.Key_Space)
    assert changed.args == [False]
    with qtbot.assertNotEmitted(page.skip_background_changed):
        page.show_skip_background(skip=True)


def test_work_takes_the_place_of_the_button(page):
    page.show_region(REGION)
    page.show_work(Work("Embedding", 0.5))
    assert page.work.isVisible()
    assert not page.embed.isVisible()
    assert not page.redraw.isEnabled()
    page.show_work(None)
    assert page.embed.isVisible()


def test_a_problem_is_said_here_and_taken_away(page):
    page.show_problem(UserError("No memory.", "Close other programs."))
    assert page.notice.isVisible()
    page.show_problem(None)
    assert not page.notice.isVisible()
