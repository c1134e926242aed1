from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QLineEdit

from ssldiff_gui.widgets.palette_panel import PalettePanel
from ssldiff_gui.widgets.shown import PaletteItem

TILE = np.full((64, 64, 3), 180, np.uint8)
NAMES = ("Gland", "Stroma", "Fat", "Tumour", "Mucus")
ITEMS = tuple(PaletteItem(name.lower(), name, TILE, "From the slide") for name in NAMES)


@pytest.fixture
def panel(qtbot):
    panel = PalettePanel()
    panel.resize(264, 330)
    qtbot.addWidget(panel)
    panel.can_add(("cell", "clusters", "starters"))
    panel.show_items(ITEMS, "gland")
    panel.show()
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    QTest.qWait(20)
    return panel


def place(panel, row):
    return panel.grid.visualRect(panel.model.index(row)).center()


def click(panel, row):
    QTest.mouseClick(panel.grid.viewport(), Qt.MouseButton.LeftButton, pos=place(panel, row))


def carry(panel, row, to):
    view = panel.grid.viewport()
    start = place(panel, row)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    for part in (0.2, 0.6, 1.0):
        QTest.mouseMove(view, start + (to - start) * part)
        QTest.qWait(2)
    panel.grid.grab()
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=to)


def test_an_empty_palette_offers_where_to_begin(panel, qtbot):
    panel.show_items((), "")
    with qtbot.waitSignal(panel.add_requested) as asked:
        QTest.mouseClick(panel.from_clusters, Qt.MouseButton.LeftButton)
    assert asked.args == ["clusters"]
    with qtbot.waitSignal(panel.add_requested) as asked:
        QTest.mouseClick(panel.from_starters, Qt.MouseButton.LeftButton)
    assert asked.args == ["starters"]
    panel.can_add(())
    assert not panel.from_clusters.isEnabled()


def test_the_menu_of_the_plus_says_where_from(panel, qtbot):
    acts = panel.add.menu().actions()
    panel.can_add(("cell",))
    assert [act.isEnabled() for act in acts] == [True, False, False, False]
    with qtbot.waitSignal(panel.add_requested) as asked:
        acts[0].trigger()
    assert asked.args == ["cell"]


@pytest.mark.parametrize("width", [200, 264, 320])
def test_swatches_are_large_enough_to_judge(panel, width):
    panel.resize(width, 330)
    QTest.qWait(20)
    rects = [panel.grid.visualRect(panel.model.index(row)) for row in range(len(NAMES))]
    for rect in rects:
        assert panel.grid.swatches.picture_box(rect).width() >= 56
        assert rect.right() <= panel.grid.viewport().width()
    assert rects[1].top() == rects[0].top(), "at least two stand side by side"


def test_a_click_chooses(panel, qtbot):
    with qtbot.waitSignal(panel.chosen) as chosen:
        click(panel, 2)
    assert chosen.args == ["fat"]


def test_keys_walk_and_choose(panel, qtbot):
    panel.grid.setFocus()
    QTest.keyClick(panel.grid, Qt.Key.Key_Right)
    with qtbot.waitSignal(panel.chosen) as chosen:
        QTest.keyClick(panel.grid, Qt.Key.Key_Return)
    assert chosen.args == ["stroma"]


def test_the_chosen_one_has_a_ring(panel):
    plain = panel.grid.grab().toImage()
    panel.show_items(ITEMS, "fat")
    assert panel.grid.grab().toImage() != plain


def test_a_name_is_changed_in_place(panel, qtbot):
    click(panel, 1)
    QTest.keyClick(panel.grid, Qt.Key.Key_F2)
    editor = panel.grid.findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    QTest.keyClicks(editor, "Loose stroma")
    with qtbot.waitSignal(panel.renamed) as renamed:
        QTest.keyClick(editor, Qt.Key.Key_Return)
    assert renamed.args == ["stroma", "Loose stroma"]


def test_a_name_that_is_being_typed_is_left_alone(panel, qtbot):
    click(panel, 1)
    QTest.keyClick(panel.grid, Qt.Key.Key_F2)
    editor = panel.grid.findChild(QLineEdit)
    editor.selectAll()
    QTest.keyClicks(editor, "Loose")
    other = PaletteItem("stroma", "Stroma", TILE[:32], "From the slide")
    panel.show_items((ITEMS[0], other, *ITEMS[2:]), "gland")
    assert editor.text() == "Loose"


@pytest.mark.parametrize("typed", ["", "Stroma"])
def test_no_name_and_the_same_name_change_nothing(panel, qtbot, typed):
    click(panel, 1)
    QTest.keyClick(panel.grid, Qt.Key.Key_F2)
    editor = panel.grid.findChild(QLineEdit)
    editor.clear()
    QTest.keyClicks(editor, typed)
    with qtbot.assertNotEmitted(panel.renamed):
        QTest.keyClick(editor, Qt.Key.Key_Return)


def test_delete_is_asked_for(panel, qtbot):
    click(panel, 3)
    with qtbot.waitSignal(panel.removed) as removed:
        QTest.keyClick(panel.grid, Qt.Key.Key_Delete)
    assert removed.args == ["tumour"]


def test_a_swatch_is_carried_to_another_place(panel):
    moves, choices = [], []
    panel.moved.connect(lambda key, to: moves.append((key, to)))
    panel.chosen.connect(choices.append)
    carry(panel, 0, place(panel, 2) + QPoint(20, 0))
    carry(panel, 3, place(panel, 0) - QPoint(20, 0))
    carry(panel, 1, QPoint(200, 300))
    carry(panel, 1, place(panel, 1) + QPoint(14, 0))
    assert moves == [("gland", 2), ("tumour", 0), ("stroma", 4)]
    assert choices == [], "a drag is not a click"


def test_alt_and_an_arrow_move_a_swatch(panel):
    moves = []
    panel.moved.connect(lambda key, to: moves.append((key, to)))
    click(panel, 1)
    alt = Qt.KeyboardModifier.AltModifier
    QTest.keyClick(panel.grid, Qt.Key.Key_Right, alt)
    QTest.keyClick(panel.grid, Qt.Key.Key_Left, alt)
    click(panel, 0)
    QTest.keyClick(panel.grid, Qt.Key.Key_Left, alt)
    assert moves == [("stroma", 2), ("stroma", 0)]


def test_the_menu_of_a_swatch_does_the_same(panel, qtbot):
    menu = panel.menu_of(panel.model.index(2))
    words = [act.text().split("\t")[0] for act in menu.actions()]
    assert words == ["Paint with it", "Rename", "Move forward", "Move back", "Remove"]
    with qtbot.waitSignal(panel.chosen):
        menu.actions()[0].trigger()
    with qtbot.waitSignal(panel.moved) as moved:
        menu.actions()[2].trigger()
    assert moved.args == ["fat", 1]
    with qtbot.waitSignal(panel.removed):
        menu.actions()[4].trigger()


def test_showing_again_keeps_the_place_of_the_keyboard(panel):
    click(panel, 3)
    renamed = (*ITEMS[:3], PaletteItem("tumour", "Carcinoma", TILE), ITEMS[4])
    panel.show_items(renamed, "tumour")
    assert panel.grid.currentIndex().row() == 3
    assert panel.model.index(3).data() == "Carcinoma"
