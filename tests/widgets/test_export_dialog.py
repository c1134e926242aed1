from __future__ import annotations

from pathlib import Path

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from ssldiff_gui.widgets.export_dialog import (
    ExportChoice,
    ExportDialog,
    ExportFormat,
    ExportLevel,
    ExportOffer,
)

TIFF = ExportFormat("ome-tiff", "OME-TIFF", ".ome.tif", "For viewers of slides.")
PNG = ExportFormat("png", "PNG", ".png", "For papers.")
CLAM = ExportFormat("clam", "CLAM", ".h5", "Features for CLAM.", levels=False)
LEVELS = (ExportLevel(0, 4096, 3072, "0.5 µm per pixel"), ExportLevel(1, 2048, 1536))
OFFERS = (
    ExportOffer("region", "Part in view", missing="Nothing is in view."),
    ExportOffer("canvas", "Whole canvas", "4,096 × 3,072 px", (TIFF, PNG), LEVELS, "colon",
                synthetic="In the file, in its name, beside it."),
    ExportOffer("grid", "Grid", "", (CLAM,), LEVELS, "colon"),
)  # fmt: skip
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def dialog(qtbot):
    asked = []

    def ask(path, kind):
        asked.append((path, kind))
        return dialog.answer

    dialog = ExportDialog(ask, Path("/cases"))
    dialog.asked, dialog.answer = asked, Path("/out/mine.ome.tif")
    qtbot.addWidget(dialog)
    dialog.show_offers(OFFERS)
    dialog.show()
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)
    return dialog


def test_the_first_that_is_possible_is_taken(dialog):
    assert dialog.choice == ExportChoice("canvas", "ome-tiff", ".ome.tif", 0)
    assert not dialog.cards["region"].isEnabled()
    assert dialog.cards["region"].note == "Nothing is in view."
    assert dialog.mark.isVisible()
    assert "in its name" in dialog.mark.text.text()
    assert dialog.format_text.text() == TIFF.text


def test_each_change_is_told_so_that_its_size_can_be_said(dialog, qtbot):
    with qtbot.waitSignal(dialog.changed) as told:
        dialog.formats.setFocus()
        QTest.keyClick(dialog.formats, Qt.Key.Key_Down)
    assert told.args == [ExportChoice("canvas", "png", ".png", 0)]
    with qtbot.waitSignal(dialog.changed) as told:
        QTest.keyClick(dialog.levels, Qt.Key.Key_Down)
    assert told.args == [ExportChoice("canvas", "png", ".png", 1)]
    dialog.show_estimate("About 38 MB")
    assert dialog.estimate.text() == "About 38 MB"


def test_a_grid_has_no_resolution_and_no_mark(dialog, qtbot):
    with qtbot.waitSignal(dialog.changed) as told:
        QTest.mouseClick(dialog.cards["grid"], LEFT)
    assert told.args == [ExportChoice("grid", "clam", ".h5", 0)]
    assert not dialog.levels.isVisible()
    assert not dialog.mark.isVisible()


def test_export_asks_where_and_says_all(dialog, qtbot):
    with qtbot.waitSignal(dialog.decided) as told:
        QTest.mouseClick(dialog.export_button, LEFT)
    assert dialog.asked == [(Path("/cases/colon.ome.tif"), TIFF)]
    assert told.args == [ExportChoice("canvas", "ome-tiff", ".ome.tif", 0, dialog.answer)]
    assert not dialog.isVisible()
    dialog.show()
    QTest.mouseClick(dialog.export_button, LEFT)
    assert dialog.asked[-1][0] == Path("/out/colon.ome.tif"), "the last folder is remembered"


def test_thinking_better_of_it_leaves_the_dialog_open(dialog, qtbot):
    dialog.answer = None
    with qtbot.assertNotEmitted(dialog.decided):
        QTest.mouseClick(dialog.export_button, LEFT)
    assert dialog.isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_arrows_go_through_what_can_be_exported(dialog):
    card = dialog.cards["canvas"]
    card.setFocus()
    QTest.keyClick(card, Qt.Key.Key_Down)
    assert dialog.choice.what == "grid"


def test_nothing_to_export_is_no_crash(dialog):
    dialog.show_offers(OFFERS[:1])
    assert dialog.choice is None
    assert not dialog.export_button.isEnabled()


def test_long_titles_do_not_make_it_wider(dialog):
    before = dialog.sizeHint().width()
    long = ExportFormat("x", "A long title " * 20, ".x", "Words " * 40)
    dialog.show_offers([ExportOffer("canvas", "Long " * 30, "Note " * 30, (long,), LEVELS)])
    assert dialog.sizeHint().width() <= before
