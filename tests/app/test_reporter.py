from __future__ import annotations

import sys
import threading
import warnings

import pytest
from psygnal import Signal
from qtpy.QtGui import QGuiApplication
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QWidget

from ssldiff_gui.app.reporter import Reporter
from ssldiff_gui.core.errors import BrokenFile, UserError
from ssldiff_gui.widgets.toast import ToastStack


@pytest.fixture
def reporter(qtbot):
    window = QWidget()
    window.resize(900, 700)
    qtbot.addWidget(window)
    window.show()
    made = Reporter(ToastStack(window))
    yield made
    made.uninstall()


@pytest.fixture
def hooks(reporter):
    """The real hooks; pytest's own are put back afterwards."""
    before = sys.excepthook, threading.excepthook
    reporter.install()
    yield
    reporter.uninstall()
    assert (sys.excepthook, threading.excepthook) == before


def texts(reporter):
    QTest.qWait(30)
    return [toast.message.text for toast in reporter.toasts.shown]


def test_a_problem_is_said_with_its_hint_and_details(reporter, tmp_path):
    reporter.problem(BrokenFile(tmp_path / "a.svs", "a.svs is damaged.", "Copy it again."))
    message = reporter.toasts.shown[0].message
    assert (message.text, message.hint) == ("a.svs is damaged.", "Copy it again.")
    assert "BrokenFile" in message.details
    assert "Python" in message.details


def test_what_nobody_foresaw_ends_in_a_toast_with_details(reporter, hooks):
    try:
        _ = 1 // len("")
    except ZeroDivisionError:
        sys.excepthook(*sys.exc_info())
    assert texts(reporter) == ["Something went wrong here."]
    reporter.toasts.shown[0]._copy()
    copied = QGuiApplication.clipboard().text()
    assert "ZeroDivisionError" in copied
    assert "test_reporter.py" in copied


def test_threads_are_caught_too(reporter, hooks):
    def fail() -> None:
        raise RuntimeError("in a thread")

    thread = threading.Thread(target=fail)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        thread.start()
        thread.join()
    assert texts(reporter) == ["Something went wrong here."]
    assert "in a thread" in reporter.toasts.shown[0].message.details


def test_a_person_s_own_problem_keeps_its_words_through_a_signal(reporter):
    class Says:
        said = Signal()

    def refuse() -> None:
        raise UserError("It is locked.", "Unlock it.")

    says = Says()
    says.said.connect(refuse)
    try:
        says.said.emit()
    except Exception as wrapped:  # noqa: BLE001 - whatever psygnal wraps it in
        reporter.unexpected(wrapped)
    assert texts(reporter) == ["It is locked."]


def test_ctrl_c_is_not_an_error(reporter):
    reporter.unexpected(KeyboardInterrupt())
    assert texts(reporter) == []
