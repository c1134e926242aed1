from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from ssldiff_gui.widgets.grid_page import OVERLAYS, GridPage
from ssldiff_gui.widgets.shown import (
    CellShown,
    ClusterShown,
    GridShown,
    NeighbourShown,
    OverlayShown,
)
from ssldiff_gui.widgets.tool_options import SETTINGS, TOOLS

GRID = GridShown("Colon", 48, 64, "Starter encoder")
GROUPS = (ClusterShown(3, "A", (213, 94, 0), 900), ClusterShown(5, "B", (0, 114, 178), 3))
VALUES = {
    "radius": 2.5, "softness": 0.3, "strength": 1.0, "variety": 8, "amount": 1.0,
    "threshold": 0.8, "connected": 0, "square": 1,
}  # fmt: skip


@pytest.fixture
def page(qtbot):
    page = GridPage()
    page.resize(264, 900)
    qtbot.addWidget(page)
    page.show_grid(GRID)
    page.show()
    return page


def press(button, modifier=Qt.KeyboardModifier.NoModifier):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, modifier)


def test_without_a_grid_it_says_how_to_get_one(page, qtbot):
    page.show_grid(None)
    assert page.is_empty
    assert "Draw a region, then Embed" in page.empty.text.text()
    with qtbot.waitSignal(page.draw_requested):
        press(page.empty.buttons[0])
    with qtbot.waitSignal(page.new_canvas_requested):
        press(page.empty.buttons[1])


def test_it_says_what_the_grid_is_and_leads_on(page, qtbot):
    assert page.name.text() == "Colon"
    assert page.facts.text() == "48 × 64 = 3,072 cells · Starter encoder"
    with qtbot.waitSignal(page.generate_requested):
        press(page.next)


def test_every_overlay_is_chosen_by_the_pointer_and_by_keys(page, qtbot):
    seen = []
    page.overlay_chosen.connect(seen.append)
    for place in range(1, len(OVERLAYS)):
        press(page.overlay.segments.button(place))
    assert seen == [key for key, *_ in OVERLAYS][1:]
    assert page.overlay.name.text() == "Off"
    assert not page.opacity.isVisible()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    page.overlay.segments.button(5).setFocus()
    QTest.keyClick(page.overlay.segments.button(5), Qt.Key.Key_Left)
    assert seen[-1] == "lines"
    assert page.overlay.name.text() == "Lines"


def test_showing_an_overlay_says_nothing(page, qtbot):
    with (
        qtbot.assertNotEmitted(page.overlay_chosen),
        qtbot.assertNotEmitted(page.opacity_changed),
        qtbot.assertNotEmitted(page.clusters_changed),
    ):
        page.show_overlay(OverlayShown("clusters", 0.3, 5))
    assert (page.overlay.way, page.opacity.value, page.clusters.value) == ("clusters", 30, 5)


def test_opacity_and_groups_are_slid(page, qtbot):
    page.show_overlay(OverlayShown("clusters", 0.3, 5))
    with qtbot.waitSignal(page.opacity_changed) as changed:
        QTest.keyClick(page.opacity.slider, Qt.Key.Key_Right)
    assert changed.args == [pytest.approx(0.35)]
    with qtbot.waitSignal(page.clusters_changed) as changed:
        QTest.keyClick(page.clusters.slider, Qt.Key.Key_Right)
    assert changed.args == [6]


def test_groups_have_letters_and_are_selected_by_a_click(page, qtbot):
    page.show_overlay(OverlayShown("clusters"))
    page.show_clusters(GROUPS)
    first, second = page.legend.chips[:2]
    assert first.isVisible()
    assert (first.text(), second.text()) == ("100 %", "< 1 %")
    assert "Group B, 3 cells" in second.accessibleName()
    with qtbot.waitSignal(page.legend.clicked) as clicked:
        press(second)
    assert clicked.args[0] == 5
    page.show_clusters(GROUPS[:1])
    assert not second.isVisible()
    page.show_overlay(OverlayShown("colours"))
    assert not first.isVisible()


def test_likeness_asks_for_a_cell_until_there_is_one(page):
    page.show_overlay(OverlayShown("likeness"))
    assert page.wish.isVisible()
    page.show_cell(CellShown(0, 1, 1))
    assert not page.wish.isVisible()


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_shows_only_what_applies_to_it(page, tool):
    page.show_tool(tool, VALUES)
    title, _, settings = TOOLS[tool]
    assert page.tool.title.text() == title
    for key, slider in page.tool.sliders.items():
        assert slider.isVisible() == (key in settings), key
        assert slider.value * SETTINGS[key].factor == pytest.approx(VALUES[key])
    assert page.tool.connected.isVisible() == ("connected" in settings)
    page.show_tool("", {})
    assert not page.tool.isVisible()


def test_settings_are_told_as_the_state_has_them(page):
    seen = []
    page.tool.changed.connect(lambda key, value: seen.append((key, value)))
    page.show_tool("brush", VALUES)
    assert seen == []
    QTest.keyClick(page.tool.sliders["radius"].slider, Qt.Key.Key_Right)
    QTest.keyClick(page.tool.sliders["softness"].slider, Qt.Key.Key_Left)
    page.show_tool("similar", VALUES)
    QTest.keyClick(page.tool.connected, Qt.Key.Key_Space)
    assert seen == [("radius", 3.0), ("softness", pytest.approx(0.25)), ("connected", 1.0)]


def test_the_picked_cell_and_those_like_it(page, qtbot):
    assert page.cell.empty.isVisible()
    tile = np.full((32, 32, 3), 200, np.uint8)
    near = (NeighbourShown(7, 0.93, tile, "row 1, column 8"), NeighbourShown(9, 0.9))
    page.show_cell(CellShown(3, 1, 4, "1.2 mm", tile, GROUPS[0], near, edited=True))
    assert page.cell.name.text() == "Row 1, col 4"
    assert page.cell.state.isVisible()
    tiles = page.cell.tiles
    assert [tile.isVisible() for tile in tiles] == [True, True, False, False, False, False]
    assert [tile.text() for tile in tiles[:2]] == ["0.93", "0.90"]
    with qtbot.waitSignal(page.cell.cell_requested) as asked:
        press(tiles[1])
    assert asked.args == [9]
    with qtbot.waitSignal(page.cell.cell_requested) as asked:
        QTest.keyClick(tiles[0], Qt.Key.Key_Space)
    assert asked.args == [7]
    with qtbot.waitSignal(page.cell.cluster_requested) as asked:
        press(page.cell.cluster)
    assert asked.args == [3]
    with qtbot.waitSignal(page.cell.add_requested):
        press(page.cell.add)
    page.show_cell(None)
    assert page.cell.empty.isVisible()
