from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import QModelIndex, QPoint, QPointF, Qt
from qtpy.QtGui import QAction, QDragEnterEvent, QDragMoveEvent, QDropEvent, QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QVBoxLayout, QWidget

from ssldiff_gui.widgets.queue_list import QueueItem
from ssldiff_gui.widgets.result_card import (
    MOST_PIXMAPS,
    ResultCard,
    in_time,
    likeness_text,
    second_line,
    spoken,
)
from ssldiff_gui.widgets.result_paint import ResultDelegate
from ssldiff_gui.widgets.results_strip import BAR, HEIGHT, MOST, ResultsStrip

CARDS = (
    ResultCard("a", "Colon", 7, 161, "10:42", 0.94),
    ResultCard("b", "Stroma", 8, status="partial", progress=0.4),
    ResultCard("c", "Town", 9, status="rendering", progress=0.63, left="0:41 left"),
    ResultCard("d", "Necrosis", 10, status="failed", reason="There was not enough memory."),
    ResultCard("e", "Fat", 11, starred=True),
)
LEFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def window(qtbot):
    window = QWidget()
    window.resize(1400, 700)
    column = QVBoxLayout(window)
    column.setContentsMargins(0, 0, 0, 0)
    column.addStretch(1)
    window.strip = ResultsStrip()
    column.addWidget(window.strip)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window


@pytest.fixture
def strip(window):
    window.strip.show_results(CARDS)
    QTest.qWait(20)
    return window.strip


def box(strip, row):
    return strip.list.visualRect(strip.model.index(row))


def click(strip, place, modifiers=NONE):
    QTest.mouseClick(strip.list.viewport(), LEFT, modifiers, place)


def key(strip, row, key):
    strip.list.setFocus()
    strip.list.setCurrentIndex(strip.model.index(row))
    QTest.keyClick(strip.list, key)


def test_a_click_shows_a_result_and_ctrl_compares_it(strip, qtbot):
    with qtbot.waitSignal(strip.show_requested) as asked:
        click(strip, box(strip, 0).center())
    assert asked.args == ["a"]
    strip.mark("a")
    with qtbot.assertNotEmitted(strip.show_requested):
        click(strip, box(strip, 0).center())
    with qtbot.waitSignal(strip.compare_requested) as asked:
        click(strip, box(strip, 1).center(), CTRL)
    assert asked.args == ["a", "b"]
    with qtbot.assertNotEmitted(strip.compare_requested):
        click(strip, box(strip, 0).center(), CTRL)
        click(strip, box(strip, 3).center(), CTRL)


def test_a_double_click_shows_all_of_it_or_renames_it(strip, qtbot):
    delegate, viewport = strip.list.delegate, strip.list.viewport()
    with qtbot.waitSignal(strip.fit_requested) as asked:
        QTest.mouseDClick(viewport, LEFT, NONE, delegate.picture_box(box(strip, 1)).center())
    assert asked.args == ["b"]
    QTest.mouseDClick(viewport, LEFT, NONE, delegate.name_box(box(strip, 1)).center())
    field = strip.list.focusWidget()
    assert field.accessibleName() == "Name of the result"
    QTest.keyClick(field, Qt.Key.Key_A, CTRL)
    QTest.keyClicks(field, "Glands")
    with qtbot.waitSignal(strip.rename_requested) as asked:
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert asked.args == ["b", "Glands"]
    assert strip.model.cards[1].name == "Stroma", "who keeps it shows it anew"


def test_the_star_is_pressed(strip, qtbot):
    place = strip.list.delegate.star_box(box(strip, 0)).center()
    with (
        qtbot.waitSignal(strip.star_requested) as asked,
        qtbot.assertNotEmitted(strip.show_requested),
    ):
        click(strip, place)
    assert asked.args == ["a", True]


@pytest.mark.parametrize(
    ("row", "pressed", "signal", "args"),
    [
        (0, Qt.Key.Key_Return, "show_requested", ["a"]),
        (0, Qt.Key.Key_S, "star_requested", ["a", True]),
        (4, Qt.Key.Key_S, "star_requested", ["e", False]),
        (3, Qt.Key.Key_Delete, "delete_requested", ["d"]),
    ],
)
def test_keys_act_on_the_chosen_card(strip, qtbot, *, row, pressed, signal, args):
    strip.mark("e")
    with qtbot.waitSignal(getattr(strip, signal)) as asked:
        key(strip, row, pressed)
    assert asked.args == args


def test_shift_return_compares(strip, qtbot):
    strip.mark("e")
    strip.list.setFocus()
    strip.list.setCurrentIndex(strip.model.index(1))
    with qtbot.waitSignal(strip.compare_requested) as asked:
        QTest.keyClick(strip.list, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert asked.args == ["e", "b"]


def test_its_keys_come_before_the_windows_and_other_keys_do_not(strip, window, qtbot):
    ran = []
    for keys in ("S", "Delete", "R"):
        action = QAction(window)
        action.setShortcut(keys)
        action.triggered.connect(lambda _=False, keys=keys: ran.append(keys))
        window.addAction(action)
    with qtbot.waitSignals([strip.star_requested, strip.delete_requested]):
        key(strip, 0, Qt.Key.Key_S)
        key(strip, 0, Qt.Key.Key_Delete)
    key(strip, 0, Qt.Key.Key_R)
    assert ran == ["R"], "a tool of the window"
    strip.show_queue(JOBS, paused=False)
    strip.open_queue()
    strip.queue.list.setFocus()
    strip.queue.list.setCurrentIndex(strip.queue.model.index(1))
    with qtbot.waitSignal(strip.cancel_requested):
        QTest.keyClick(strip.queue.list, Qt.Key.Key_Delete)
    QTest.keyClick(strip.queue.list, Qt.Key.Key_R)
    assert ran == ["R"], "nothing reaches the window while the queue is open"


def test_f2_renames_and_escape_keeps_the_name(strip, qtbot):
    key(strip, 0, Qt.Key.Key_F2)
    field = strip.list.focusWidget()
    QTest.keyClicks(field, "else")
    with qtbot.assertNotEmitted(strip.rename_requested):
        QTest.keyClick(field, Qt.Key.Key_Escape)


def test_what_is_being_rendered_cannot_be_deleted(strip, qtbot):
    with qtbot.assertNotEmitted(strip.delete_requested):
        key(strip, 2, Qt.Key.Key_Delete)


def test_arrows_walk_and_ctrl_keys_are_left_to_the_window(strip, qtbot):
    key(strip, 0, Qt.Key.Key_Right)
    assert strip.list.chosen.id == "b"
    with qtbot.assertNotEmitted(strip.star_requested):
        QTest.keyClick(strip.list, Qt.Key.Key_S, CTRL)


def lines(strip, row):
    menu = strip.list.menu_of(strip.model.cards[row])
    made = {action.text().split("\t")[0]: action for action in menu.actions() if action.text()}
    return menu, made


@pytest.mark.parametrize(
    ("row", "words", "signal", "args"),
    [
        (0, "Show", "show_requested", ["a"]),
        (0, "Compare with the one shown", "compare_requested", ["e", "a"]),
        (0, "Star", "star_requested", ["a", True]),
        (4, "Take the star away", "star_requested", ["e", False]),
        (1, "Go on rendering", "continue_requested", ["b"]),
        (2, "Stop rendering", "stop_requested", ["c"]),
        (0, "Render again with a new seed", "redo_requested", ["a"]),
        (0, "Restore its grid and settings", "restore_requested", ["a"]),
        (0, "Export…", "export_requested", ["a"]),
        (3, "Delete", "delete_requested", ["d"]),
    ],
)
def test_the_menu_does_everything(strip, qtbot, *, row, words, signal, args):
    strip.mark("e")
    menu, made = lines(strip, row)
    menu.popup(strip.mapToGlobal(QPoint(0, 0)))
    menu.setActiveAction(made[words])
    with qtbot.waitSignal(getattr(strip, signal)) as asked:
        QTest.keyClick(menu, Qt.Key.Key_Return)
    assert asked.args == args


def test_the_menu_offers_only_what_can_be_done(strip):
    off = {words for words, action in lines(strip, 3)[1].items() if not action.isEnabled()}
    assert off == {"Show", "Compare with the one shown", "Export…"}
    assert "Stop rendering" not in lines(strip, 0)[1]


def test_only_starred_ones_are_shown_when_asked(strip):
    QTest.mouseClick(strip.starred, LEFT)
    assert [card.id for card in strip.model.shown] == ["e"]
    assert strip.count.text() == "1 of 5"
    strip.show_results([replace(card, starred=False) for card in CARDS])
    assert strip.hint_title.isVisible()
    assert strip.hint_title.text() == "Nothing starred yet"
    QTest.mouseClick(strip.starred, LEFT)
    assert len(strip.model.shown) == 5


def test_nothing_made_yet_says_what_to_do(window):
    assert window.strip.hint_title.isVisible()
    assert "Generate" in window.strip.hint_text.text()
    assert not window.strip.starred.isVisible()


def test_it_collapses_and_remembers_its_height(strip, qtbot):
    assert strip.height() == HEIGHT
    with qtbot.waitSignal(strip.collapsed_changed) as told:
        QTest.mouseClick(strip.collapse, LEFT)
    assert told.args == [True]
    assert strip.height() == BAR
    QTest.mouseClick(strip.expand, LEFT)
    assert strip.height() == HEIGHT
    grip = strip.grip
    QTest.mousePress(grip, LEFT, NONE, QPoint(5, 2))
    with qtbot.waitSignal(strip.height_changed):
        QTest.mouseMove(grip, QPoint(5, -38))
    QTest.mouseRelease(grip, LEFT, NONE, QPoint(5, -38))
    assert HEIGHT < strip.chosen_height == strip.height() <= MOST
    strip.set_chosen_height(10_000)
    assert strip.height() == MOST
    QTest.qWait(10)
    picture = strip.list.delegate.picture_box(box(strip, 0))
    assert picture.height() > 200, "the pictures grow with it"


def test_the_wheel_moves_along_the_row(strip):
    strip.show_results([ResultCard(f"{n}", f"{n}") for n in range(50)])
    QTest.qWait(20)
    bar = strip.list.horizontalScrollBar()
    assert bar.maximum() > 0
    turned = QWheelEvent(
        QPointF(20, 20), strip.list.mapToGlobal(QPointF(20, 20)), QPoint(0, 0), QPoint(0, -120),
        Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(strip.list.viewport(), turned)
    assert bar.value() == 120


def test_a_change_keeps_what_was_chosen_and_where_one_is(strip):
    many = [ResultCard(f"{n}", f"{n}") for n in range(50)]
    strip.show_results(many)
    strip.list.choose("30")
    strip.show_results([ResultCard("new", "new"), *many])
    assert strip.list.chosen.id == "30"
    place = strip.list.horizontalScrollBar().value()
    strip.show_results([ResultCard("new", "new", status="rendering", progress=0.1), *many])
    assert strip.list.horizontalScrollBar().value() == place


def test_a_thousand_are_no_burden(strip, qtbot):
    many = [ResultCard(f"{n}", f"Result {n}", n) for n in range(1000)]
    drawn = []

    class Counting(ResultDelegate):
        def paint(self, painter, option, index):
            drawn.append(index.row())
            super().paint(painter, option, index)

    strip.list.delegate = Counting(strip.model, strip.list)
    strip.list.setItemDelegate(strip.list.delegate)
    with qtbot.waitSignal(strip.thumbnails_wanted) as wanted:
        strip.show_results(many)
    strip.list.viewport().grab()
    assert 0 < len(set(drawn)) <= 8, "only what is in view is drawn"
    assert 3 <= len(wanted.args[0]) <= 8
    QTest.qWait(50)
    drawn.clear()
    strip.show_results([replace(many[0], progress=0.5), *many[1:]])
    QTest.qWait(20)
    assert set(drawn) <= {0}, "one card changed, one is drawn"
    picture = np.zeros((64, 64, 3), np.uint8)
    for number in range(MOST_PIXMAPS + 50):
        strip.set_thumbnail(f"{number}", picture)
    assert len(strip.model._pixmaps) == MOST_PIXMAPS
    with qtbot.waitSignal(strip.thumbnails_wanted) as wanted:
        strip.list.choose("900")
    assert "900" in wanted.args[0]


def test_thumbnails_are_kept_small_and_let_go_with_their_cards(strip):
    strip.set_thumbnail("a", np.zeros((2000, 1000, 3), np.uint8))
    assert strip.model.pixmap("a").height() <= 384
    strip.set_thumbnail("unknown", np.zeros((8, 8, 3), np.uint8))
    strip.show_results(CARDS[1:])
    assert strip.model._pixmaps == {}


def test_long_words_end_in_dots(strip):
    strip.show_results([ResultCard("a", "A very long name " * 20, 10**18, 99_999, "long " * 30)])
    grabbed = strip.grab()
    assert not grabbed.isNull()
    assert strip.list.sizeHintForIndex(strip.model.index(0)).width() < 320


def test_cards_say_how_they_are():
    assert second_line(CARDS[0]) == "Seed 7"
    assert second_line(CARDS[1]) == "Not finished, 40 %"
    assert second_line(CARDS[2]) == "63 % · 0:41 left"
    assert second_line(CARDS[3]) == "There was not enough memory."
    assert likeness_text(CARDS[0]) == "94 % alike"
    assert "synthetic" in spoken(CARDS[0])
    assert [in_time(s) for s in (8, 161, 3725)] == ["8 s", "2:41", "1:02:05"]


# -- the queue -----------------------------------------------------------------------------------

JOBS = (
    QueueItem("j0", "Render Colon", "running", 63, 100, "tile 12 of 19", 41),
    QueueItem("j1", "Check Colon"),
    QueueItem("j2", "Render Stroma"),
    QueueItem("j3", "Export Colon"),
)


def test_the_running_job_is_shown_paused_and_cancelled(strip, qtbot):
    strip.show_queue(JOBS, paused=False)
    work = strip.work
    assert (work.title.text(), work.queue.text()) == ("Render Colon", "3 waiting")
    assert work.words.text() == "63 % · 41 s left · tile 12 of 19"
    with qtbot.waitSignal(strip.pause_requested):
        QTest.mouseClick(work.pause, LEFT)
    with qtbot.waitSignal(strip.cancel_requested) as asked:
        QTest.mouseClick(work.cancel, LEFT)
    assert asked.args == ["j0"]
    strip.show_queue([replace(JOBS[0], status="paused"), *JOBS[1:]], paused=True)
    with qtbot.waitSignal(strip.resume_requested):
        QTest.mouseClick(work.pause, LEFT)
    strip.show_queue((), paused=False)
    assert work.title.text() == "Nothing runs"
    assert not work.cancel.isVisible()


def test_the_queue_opens_above_its_button_and_escape_closes_it(strip, window):
    strip.show_queue(JOBS, paused=False)
    QTest.mouseClick(strip.work.queue, LEFT)
    popover = strip.popover
    assert popover.isVisible()
    assert window.rect().contains(popover.frame.geometry())
    assert strip.queue.list.isVisible()
    assert popover.frame.geometry().bottom() < window.height() - strip.height() + 100
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert not popover.isVisible()


def test_keys_reorder_and_cancel(strip, qtbot):
    strip.show_queue(JOBS, paused=False)
    strip.open_queue()
    queue, alt = strip.queue, Qt.KeyboardModifier.AltModifier
    queue.list.setFocus()
    queue.list.setCurrentIndex(queue.model.index(2))
    with qtbot.waitSignal(strip.move_requested) as asked:
        QTest.keyClick(queue.list, Qt.Key.Key_Down, alt)
    assert asked.args == ["j2", 3]
    with qtbot.waitSignal(strip.move_requested) as asked:
        QTest.keyClick(queue.list, Qt.Key.Key_Up, alt)
    assert asked.args == ["j2", 1]
    queue.list.setCurrentIndex(queue.model.index(1))
    with qtbot.assertNotEmitted(strip.move_requested):
        QTest.keyClick(queue.list, Qt.Key.Key_Up, alt)  # the running job keeps its place
    with qtbot.waitSignal(strip.cancel_requested) as asked:
        QTest.keyClick(queue.list, Qt.Key.Key_Delete)
    assert asked.args == ["j1"]
    strip.show_queue([JOBS[0], JOBS[2], JOBS[1], JOBS[3]], paused=False)
    assert queue.chosen.id == "j1", "what was chosen stays so"


def test_the_cross_of_a_row_cancels_it(strip, qtbot):
    strip.show_queue(JOBS, paused=False)
    strip.open_queue()
    row = strip.queue.list.visualRect(strip.queue.model.index(3))
    with qtbot.waitSignal(strip.cancel_requested) as asked:
        QTest.mouseClick(
            strip.queue.list.viewport(), LEFT, NONE, strip.queue._row.close_box(row).center()
        )
    assert asked.args == ["j3"]


def test_buttons_of_the_queue(strip, qtbot):
    strip.show_queue(JOBS, paused=False)
    strip.open_queue()
    for button, signal in (
        (strip.queue.all_button, strip.cancel_all_requested),
        (strip.queue.waiting_button, strip.cancel_waiting_requested),
        (strip.queue.pause_button, strip.pause_requested),
    ):
        with qtbot.waitSignal(signal):
            QTest.mouseClick(button, LEFT)
    strip.show_queue(JOBS[:1], paused=True)
    assert not strip.queue.waiting_button.isEnabled()
    with qtbot.waitSignal(strip.resume_requested):
        QTest.mouseClick(strip.queue.pause_button, LEFT)


@pytest.mark.parametrize(
    ("dragged", "row", "place"), [(3, 1, 1), (1, 4, 3), (2, 0, 1), (1, 1, None), (1, 2, None)]
)
def test_a_dropped_row_gets_its_place(strip, qtbot, dragged, row, place):
    model = strip.queue.model
    model.show(JOBS)
    data = model.mimeData([model.index(dragged)])
    told = []
    model.moved.connect(lambda identity, at: told.append((identity, at)))
    assert not model.dropMimeData(data, Qt.DropAction.MoveAction, row, 0, QModelIndex())
    assert told == ([] if place is None else [(f"j{dragged}", place)])
    assert not model.flags(model.index(0)) & Qt.ItemFlag.ItemIsDragEnabled
    assert model.flags(model.index(1)) & Qt.ItemFlag.ItemIsDragEnabled


def test_a_row_is_dropped_with_the_mouse(strip, qtbot):
    strip.show_queue(JOBS, paused=False)
    strip.open_queue()
    QTest.qWait(20)
    view, model = strip.queue.list, strip.queue.model
    mime = model.mimeData([model.index(3)])
    row = view.visualRect(model.index(1))
    place = QPoint(row.center().x(), row.top() + 1)
    move, left = Qt.DropAction.MoveAction, Qt.MouseButton.LeftButton
    QApplication.sendEvent(view.viewport(), QDragEnterEvent(place, move, mime, left, NONE))
    QApplication.sendEvent(view.viewport(), QDragMoveEvent(place, move, mime, left, NONE))
    with qtbot.waitSignal(strip.move_requested) as asked:
        QApplication.sendEvent(view.viewport(), QDropEvent(QPointF(place), move, mime, left, NONE))
    assert asked.args == ["j3", 1]
    assert len(model.items) == 4, "who keeps the queue shows it anew"
