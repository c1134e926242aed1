from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from qtpy.QtWidgets import QLabel

from ssldiff_gui.viewer.gui_thread import Coalesced, on_gui_thread


def test_calls_arrive_in_the_main_thread_in_order(qtbot):
    heard = []

    def work() -> None:
        for number in range(100):
            on_gui_thread(lambda n=number: heard.append((n, threading.current_thread())))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert heard == []
    qtbot.waitUntil(lambda: len(heard) == 100)
    assert [number for number, _ in heard] == list(range(100))
    assert {where for _, where in heard} == {threading.main_thread()}


def test_a_call_to_a_widget_that_is_gone_is_dropped(qtbot):
    label = QLabel()
    on_gui_thread(label.setText, "late")
    label.deleteLater()
    qtbot.wait(20)
    on_gui_thread(label.setText, "too late")
    qtbot.wait(20)


def test_many_wishes_are_one_call(qtbot):
    calls = []
    soon = Coalesced(lambda: calls.append(1))
    for _ in range(50):
        soon()
    qtbot.waitUntil(lambda: bool(calls))
    qtbot.wait(20)
    assert calls == [1]
    soon()
    qtbot.waitUntil(lambda: len(calls) == 2)


def test_a_closed_wish_is_forgotten(qtbot):
    calls = []
    soon = Coalesced(lambda: calls.append(1))
    soon()
    soon.close()
    qtbot.wait(20)
    assert calls == []


@pytest.mark.parametrize("application", ["", "QApplication([]); "])
def test_nothing_happens_before_and_after_the_application(application):
    code = (
        "from qtpy.QtWidgets import QApplication;"
        "from ssldiff_gui.viewer.gui_thread import on_gui_thread;"
        f"{application}"
        "on_gui_thread(print, 'never')"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env={**__import__("os").environ, "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert told.stdout == ""
