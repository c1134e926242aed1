from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from ssldiff_gui.widgets.minimap import LEAST, MOST, Minimap


@pytest.fixture
def minimap(qtbot):
    minimap = Minimap()
    qtbot.addWidget(minimap)
    minimap.set_shape(4000, 3000)
    minimap.show()
    return minimap


@pytest.mark.parametrize("shape", [(4000, 3000), (100, 9000), (9000, 100), (1, 1), (0, 0)])
def test_it_keeps_proportions_within_limits(minimap, shape):
    minimap.set_shape(*shape)
    assert LEAST <= minimap.width() <= MOST.width()
    assert LEAST <= minimap.height() <= MOST.height()
    if shape == (4000, 3000):
        assert minimap.width() / minimap.height() == pytest.approx(4 / 3, rel=0.02)


def test_a_press_and_a_drag_move_the_view(minimap, qtbot):
    moves = []
    minimap.moved.connect(lambda x, y: moves.append((x, y)))
    width, height = minimap.width(), minimap.height()
    QTest.mousePress(minimap, Qt.MouseButton.LeftButton, pos=QPoint(width // 4, height // 2))
    QTest.mouseMove(minimap, QPoint(width * 3, height // 2))
    QTest.qWait(20)
    QTest.mouseRelease(minimap, Qt.MouseButton.LeftButton, pos=QPoint(width - 1, height // 2))
    assert moves[0] == pytest.approx((0.25, 0.5), abs=0.02)
    assert moves[-1][0] == 1.0, "beyond the edge is the edge"


def test_arrows_move_it_a_step(minimap, qtbot):
    minimap.set_viewport(0.4, 0.4, 0.6, 0.6)
    with qtbot.waitSignal(minimap.moved) as moved:
        QTest.keyClick(minimap, Qt.Key.Key_Right)
    assert moved.args == pytest.approx([0.6, 0.5])


def test_the_frame_is_drawn_where_the_view_is(minimap):
    minimap.set_picture(np.full((60, 80, 3), 200, dtype=np.uint8))
    minimap.set_viewport(0.25, 0.25, 0.75, 0.75)
    image = minimap.grab().toImage()
    inside = image.pixelColor(image.width() // 2, image.height() // 2).lightness()
    outside = image.pixelColor(image.width() // 8, image.height() // 2).lightness()
    assert inside == pytest.approx(200, abs=3)
    assert outside < inside - 30


def test_it_takes_no_more_room_than_it_is_given(minimap):
    minimap.limit(100)
    assert minimap.width() <= 100
