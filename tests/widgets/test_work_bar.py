from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from ssldiff_gui.widgets.shown import Work
from ssldiff_gui.widgets.work_bar import WorkBar

RENDER = Work("Colon, seed 7", 0.634, "tile 30 of 48", "0:41 left")


@pytest.fixture
def bar(qtbot):
    bar = WorkBar(large=True)
    bar.resize(232, 300)
    qtbot.addWidget(bar)
    bar.show()
    bar.show_work(RENDER)
    return bar


def test_it_says_how_far_it_is(bar):
    assert bar.title.text() == "Colon, seed 7"
    assert bar.percent.text() == "63 %"
    assert (bar.bar.value(), bar.bar.maximum()) == (634, 1000)
    assert (bar.words.text(), bar.left.text()) == ("tile 30 of 48", "0:41 left")
    assert "63 %" in bar.accessibleName()


def test_it_is_hidden_while_there_is_nothing(bar):
    bar.show_work(None)
    assert not bar.isVisible()
    assert bar.work is None


def test_unknown_progress_has_no_number(bar):
    bar.show_work(Work("Loading the model"))
    assert bar.percent.text() == ""
    assert bar.bar.maximum() == 0, "it runs to and fro"


def test_pause_becomes_resume(bar, qtbot):
    with qtbot.waitSignal(bar.pause_requested):
        QTest.mouseClick(bar.pause, Qt.MouseButton.LeftButton)
    bar.show_work(replace(RENDER, paused=True))
    assert bar.words.text() == "Paused"
    assert bar.left.text() == ""
    assert bar.pause.accessibleName() == "Resume"
    with qtbot.waitSignal(bar.resume_requested):
        QTest.keyClick(bar.pause, Qt.Key.Key_Space)


def test_cancel_is_asked_for(bar, qtbot):
    with qtbot.waitSignal(bar.cancel_requested):
        QTest.mouseClick(bar.cancel, Qt.MouseButton.LeftButton)


def test_the_picture_sharpens_in_its_place(bar):
    assert not bar.picture.isVisible()
    red = np.zeros((96, 128, 3), np.uint8)
    red[..., 0] = 255
    bar.show_work(replace(RENDER, picture=red))
    QTest.qWait(20)
    assert bar.picture.isVisible()
    assert bar.picture.height() == pytest.approx(bar.picture.width() * 0.75, abs=1)
    shown = bar.picture.grab().toImage()
    middle = shown.pixelColor(shown.width() // 2, shown.height() // 2)
    assert middle.getRgb()[:3] == (255, 0, 0)
