from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from ssldiff_gui.widgets.new_canvas_dialog import (
    CanvasChoice,
    CanvasOffer,
    NewCanvasDialog,
    extent_words,
)
from ssldiff_gui.widgets.shown import PaletteItem

PICTURE = np.full((32, 32, 3), 90, np.uint8)
OFFER = CanvasOffer(
    "h", "Histology", ("colon", "colonic", "mucosa", "normal"), "normal colon",
    (("colonn", "Normal colon"), ("lungn", "Normal lung")),
    (PaletteItem("p1", "Gland", PICTURE), PaletteItem("p2", "Stroma")), 32, 0.5,
)  # fmt: skip
AERIAL = CanvasOffer("a", "Aerial", ("forest",), cell=32, pixel=0.3, unit="m", guidance=2.0)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def dialog(qtbot):
    dialog = NewCanvasDialog()
    qtbot.addWidget(dialog)
    dialog.show_offers((OFFER, AERIAL))
    dialog.show()
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)
    return dialog


def test_words_are_typed_and_drawn(dialog, qtbot):
    assert not dialog.draw_button.isEnabled(), "nothing is said yet"
    with qtbot.waitSignal(dialog.changed):
        QTest.keyClicks(dialog.words.field, "normal mucosa")
    dialog.show_cost("About 4 s")
    assert dialog.cost.text() == "About 4 s"
    with qtbot.waitSignal(dialog.decided) as told:
        QTest.mouseClick(dialog.draw_button, LEFT)
    assert told.args == [CanvasChoice("h", 32, 32, "text", text="normal mucosa")]


def test_return_draws(dialog, qtbot):
    QTest.keyClicks(dialog.words.field, "normal ")
    with qtbot.waitSignal(dialog.decided) as told:
        QTest.keyClick(dialog.words.field, Qt.Key.Key_Return)
    assert told.args[0].text == "normal"


def test_words_are_completed_offered_and_judged(dialog):
    field = dialog.words
    QTest.keyClicks(field.field, "normal col")
    assert [chip.text() for chip in field.chips] == ["colon", "colonic"]
    QTest.mouseClick(field.chips[1], LEFT)
    assert field.field.text() == "normal colonic "
    assert "normal" not in [chip.text() for chip in field.chips]
    QTest.keyClicks(field.field, "unicorn")
    assert field.unknown == (), "it is still being typed"
    QTest.keyClicks(field.field, " ")
    assert field.unknown == ("unicorn",)
    assert "“unicorn”" in field.note.text()


def test_a_class_and_an_embedding_are_taken(dialog, qtbot):
    QTest.mouseClick(dialog.origins.button(1), LEFT)
    QTest.keyClick(dialog.classes, Qt.Key.Key_Down)
    assert dialog.choice == CanvasChoice("h", 32, 32, "class", label="lungn")
    QTest.mouseClick(dialog.origins.button(2), LEFT)
    tile = dialog.palette_.visualItemRect(dialog.palette_.item(1)).center()
    with qtbot.waitSignal(dialog.changed) as told:
        QTest.mouseClick(dialog.palette_.viewport(), LEFT, pos=tile)
    assert told.args[0].palette == "p2"


def test_the_size_is_said_in_pixels_and_on_the_specimen(dialog):
    dialog.columns.setValue(64)
    assert dialog.extent.text() == "2,048 × 1,024 px · 1.02 × 0.51 mm"
    assert extent_words(AERIAL, 10, 10) == "320 × 320 px · 96 × 96 m"
    assert extent_words(replace(OFFER, pixel=None), 2, 3) == "96 × 64 px"


def test_more_holds_seed_and_guidance(dialog):
    assert not dialog.seed.isVisible()
    QTest.mouseClick(dialog.more.button, LEFT)
    assert dialog.seed.isVisible()
    QTest.keyClicks(dialog.words.field, "normal")
    before = dialog.choice.seed
    QTest.mouseClick(dialog.dice, LEFT)
    assert dialog.choice.seed != before
    dialog.seed.setText("no number")
    assert dialog.choice is None
    assert not dialog.draw_button.isEnabled()
    dialog.seed.setText("12")
    dialog.guidance.setValue(3.5)
    assert (dialog.choice.seed, dialog.choice.guidance) == (12, 3.5)


def test_another_model_offers_what_it_can(dialog):
    QTest.mouseClick(dialog.origins.button(1), LEFT)
    dialog.models.setFocus()
    QTest.keyClick(dialog.models, Qt.Key.Key_Down)
    assert dialog.origin == "text", "it knows no classes"
    assert not dialog.origins.button(1).isEnabled()
    assert dialog.guidance.value() == 2.0
    dialog.show_offers((OFFER,))
    assert not dialog.models.isVisible()


def test_a_problem_keeps_it_from_being_drawn(dialog, qtbot):
    QTest.keyClicks(dialog.words.field, "normal")
    dialog.show_cost("", "Not enough memory.")
    assert not dialog.draw_button.isEnabled()
    with qtbot.assertNotEmitted(dialog.decided):
        QTest.keyClick(dialog.words.field, Qt.Key.Key_Return)
    dialog.rows.setValue(8)
    assert dialog.draw_button.isEnabled()


def test_no_model_is_no_crash(dialog):
    dialog.show_offers(())
    assert dialog.choice is None
    assert not dialog.draw_button.isEnabled()
