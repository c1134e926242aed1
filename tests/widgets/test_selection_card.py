from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from ssldiff_gui.widgets.selection_card import SelectionCard
from ssldiff_gui.widgets.shown import SelectionAct, SelectionShown, SteerShown


@pytest.fixture
def card(qtbot):
    card = SelectionCard()
    card.resize(232, 500)
    qtbot.addWidget(card)
    card.show_steer(SteerShown(("Tumour", "Stroma"), ("gland", "dense", "fibrous")))
    card.show_selection(SelectionShown(128, "6 % of the grid", "Gland"))
    card.show()
    card.activateWindow()
    qtbot.waitUntil(card.isActiveWindow)
    return card


def press(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def heard(card):
    acts, tries = [], []
    card.acted.connect(acts.append)
    card.tried.connect(tries.append)
    return acts, tries


def test_it_counts_and_is_hidden_without_a_selection(card):
    assert card.count.text() == "128 cells selected"
    card.show_selection(SelectionShown(1))
    assert card.count.text() == "1 cell selected"
    card.show_selection(None)
    assert not card.isVisible()


@pytest.mark.parametrize("kind", ["fill", "erase", "clear"])
def test_what_needs_no_amount_is_done_at_once(card, kind):
    acts, _ = heard(card)
    press(card.buttons[kind])
    assert acts == [SelectionAct(kind)]
    assert card.asked is None


def test_nothing_picked_nothing_to_fill_with(card):
    card.show_selection(SelectionShown(128))
    assert not card.buttons["fill"].isEnabled()
    assert not card.buttons["replace"].isEnabled()
    assert card.buttons["vary"].isEnabled()


def test_an_amount_is_chosen_in_a_row_seen_at_once_and_applied(card):
    acts, tries = heard(card)
    press(card.buttons["vary"])
    assert card.row.isVisible()
    assert tries == [SelectionAct("vary", 0.3)]
    QTest.keyClick(card.amount.slider, Qt.Key.Key_Right)
    assert tries[-1] == SelectionAct("vary", 0.35)
    press(card.apply)
    assert acts == [SelectionAct("vary", 0.35)]
    assert not card.row.isVisible()
    assert card.buttons["vary"].hasFocus(), "the keyboard goes back to where it came from"


@pytest.mark.parametrize("how", ["escape", "cancel", "again"])
def test_a_try_is_taken_back(card, how):
    acts, tries = heard(card)
    press(card.buttons["replace"])
    if how == "escape":
        QTest.keyClick(card.amount.slider, Qt.Key.Key_Escape)
    else:
        press(card.cancel if how == "cancel" else card.buttons["replace"])
    assert tries[-1] is None
    assert not card.row.isVisible()
    assert not acts
    assert not card.buttons["replace"].isChecked()


def test_steering_by_words(card):
    acts, _ = heard(card)
    press(card.buttons["steer"])
    assert card.fields.text.hasFocus()
    assert "gland" in card.fields.hint.text()
    assert not card.apply.isEnabled(), "nowhere to lead to yet"
    QTest.keyClicks(card.fields.text, "dense gland")
    assert card.apply.isEnabled()
    QTest.keyClick(card.fields.text, Qt.Key.Key_Return)
    assert acts == [SelectionAct("steer", 0.6, "dense gland")]


def test_steering_by_a_class_empties_the_words(card):
    acts, _ = heard(card)
    press(card.buttons["steer"])
    QTest.keyClicks(card.fields.text, "gland")
    QTest.keyClick(card.fields.classes, Qt.Key.Key_Down)
    assert card.fields.text.text() == ""
    press(card.apply)
    assert acts == [SelectionAct("steer", 0.6, "", "Tumour")]
    press(card.buttons["steer"])
    QTest.keyClicks(card.fields.text, "fat")
    assert card.fields.class_name == ""


def test_words_stay_while_the_same_is_offered_again(card):
    press(card.buttons["steer"])
    QTest.keyClicks(card.fields.text, "gla")
    completer = card.fields.text.completer()
    card.show_steer(SteerShown(("Tumour", "Stroma"), ("gland", "dense", "fibrous")))
    card.show_selection(SelectionShown(128, "6 % of the grid", "Gland"))
    assert card.fields.text.text() == "gla"
    assert card.fields.text.completer() is completer
    assert card.row.isVisible()


def test_without_a_prior_steering_says_why(card):
    card.show_steer(SteerShown(missing="No prior for this encoder is installed."))
    assert not card.buttons["steer"].isEnabled()
    assert "No prior" in card.buttons["steer"].toolTip()


def test_a_selection_that_goes_takes_the_row_and_the_try_with_it(card):
    _, tries = heard(card)
    press(card.buttons["vary"])
    card.show_selection(None)
    assert tries[-1] is None
    card.show_selection(SelectionShown(3, "", "Gland"))
    assert not card.row.isVisible()


def test_deselect_is_asked_for(card, qtbot):
    with qtbot.waitSignal(card.deselect_requested):
        press(card.deselect)
