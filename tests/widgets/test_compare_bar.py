"""Choosing how to compare, the badge of what is synthetic, and what a map's colours mean."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QWidget

from ssldiff_gui.app.theme import palette_of
from ssldiff_gui.core.check_colours import CIVIDIS
from ssldiff_gui.widgets.check_page import COMPARE
from ssldiff_gui.widgets.compare_bar import CompareBar
from ssldiff_gui.widgets.legend import Legend, Ramp
from ssldiff_gui.widgets.synthetic_badge import WORD, Plate, SyntheticBadge, ink_on
from ssldiff_gui.widgets.tokens import DARK, LIGHT, contrast


def pixels(widget: QWidget) -> np.ndarray:
    image = widget.grab().toImage().convertToFormat(widget.grab().toImage().Format.Format_RGB888)
    flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return flat[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()


@pytest.fixture(params=[DARK, LIGHT], ids=["dark", "light"])
def theme(qapp: QApplication, request: pytest.FixtureRequest):
    before = qapp.palette()
    qapp.setPalette(palette_of(request.param))
    yield request.param
    qapp.setPalette(before)


@pytest.fixture
def bar(qtbot) -> CompareBar:
    bar = CompareBar()
    qtbot.addWidget(bar)
    bar.show()
    bar.activateWindow()  # no window manager does so on a bare display
    qtbot.waitUntil(bar.isActiveWindow)
    return bar


def test_a_click_chooses_a_way(bar: CompareBar) -> None:
    chosen: list[str] = []
    bar.mode_chosen.connect(chosen.append)
    for place, (key, *_) in enumerate(COMPARE):
        bar.segments.button(place).click()
        assert bar.mode == key
    assert chosen == [key for key, *_ in COMPARE]


def test_the_keyboard_reaches_every_way_and_the_map(bar: CompareBar, qtbot) -> None:
    chosen: list[str] = []
    toggled: list[bool] = []
    bar.mode_chosen.connect(chosen.append)
    bar.check_toggled.connect(toggled.append)
    bar.show_check(False)
    buttons = [bar.segments.button(place) for place in range(len(COMPARE))]
    assert all(button.accessibleName() and button.toolTip() for button in buttons)
    assert buttons[0].focusPolicy() & Qt.FocusPolicy.TabFocus  # the arrows lead to the others
    buttons[0].setFocus()
    for button in buttons[:-1]:
        QTest.keyClick(button, Qt.Key.Key_Right)
    assert chosen == [key for key, *_ in COMPARE[1:]]
    assert bar.check.accessibleName() == "Check map"
    QTest.keyClick(bar.check, Qt.Key.Key_Space)
    assert toggled == [True]


def test_what_it_is_told_it_does_not_say_again(bar: CompareBar) -> None:
    said: list[object] = []
    bar.mode_chosen.connect(said.append)
    bar.check_toggled.connect(said.append)
    bar.show_mode("curtain")
    bar.show_mode("no such way")
    assert bar.mode == "curtain"
    bar.show_check(True)
    assert bar.check.isChecked()
    bar.show_check(None)
    assert not bar.check.isEnabled()
    assert not bar.check.isChecked()
    assert said == []


def test_the_badge_is_read_in_both_themes(theme, qtbot) -> None:
    badge = SyntheticBadge()
    qtbot.addWidget(badge)
    badge.show()
    assert badge.ground() == theme.synthetic
    assert contrast(badge.ink(), badge.ground()) >= 4.5
    found = pixels(badge).astype(int)
    ground = [int(badge.ground()[i : i + 2], 16) for i in (1, 3, 5)]
    ink = [int(badge.ink()[i : i + 2], 16) for i in (1, 3, 5)]
    assert (np.abs(found - ground).max(axis=2) < 6).mean() > 0.4
    assert (np.abs(found - ink).max(axis=2) < 40).mean() > 0.05
    assert "synthetic" in badge.accessibleName().lower()


def test_the_badge_cannot_be_hidden(qtbot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    badge = SyntheticBadge(parent)
    parent.show()
    badge.hide()
    assert badge.isVisible()
    badge.setVisible(False)
    assert badge.isVisible()
    assert badge.width() > 80


@pytest.mark.parametrize("colour", [DARK.synthetic, LIGHT.synthetic, DARK.raised, LIGHT.raised])
def test_ink_is_chosen_by_contrast(colour: str) -> None:
    assert contrast(ink_on(colour), colour) >= 4.5


def test_a_plate_has_room_for_its_words(qtbot) -> None:
    for word in ("Original", WORD, "Difference × 3: black is the same"):
        plate = Plate(word)
        qtbot.addWidget(plate)
        plate.show()
        found = pixels(plate).astype(int)
        edge = found[6:-6, -6:-3]
        assert np.ptp(edge.reshape(-1, 3), axis=0).max() < 12, word  # nothing is cut off


def test_a_legend_says_what_low_looks_like(theme, qtbot) -> None:
    legend = Legend()
    qtbot.addWidget(legend)
    assert not legend.isVisible()
    legend.show_ramp(Ramp("Likeness", CIVIDIS, 0, 1, 0.5, "hatched: below 0.50"))
    assert legend.isVisible()
    assert "hatched" in legend.accessibleName()
    found = pixels(legend).astype(int)
    band = found[30:38, 12:-12]
    assert np.abs(band[:, -3] - CIVIDIS[-1]).max() < 30
    left, right = band[:, : band.shape[1] // 2 - 6], band[:, band.shape[1] // 2 + 6 :]
    assert (left.min(axis=2) > 150).mean() > 0.1  # white lines on dark
    assert (right[..., 2] > 150).mean() < 0.05
    legend.show_ramp(None)
    assert not legend.isVisible()
