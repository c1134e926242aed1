"""Nothing fails in silence: what a person can mend is said, the rest is logged, to be copied."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType

from psygnal import EmitLoopError
from qtpy.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from ssldiff_gui.core.diagnostics import details
from ssldiff_gui.core.errors import UserError
from ssldiff_gui.viewer.gui_thread import on_gui_thread
from ssldiff_gui.widgets.toast import Message, ToastStack

log = logging.getLogger(__name__)
qt_log = logging.getLogger("qt")

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class Reporter:
    """Says what happened, as toasts.

    Parameters
    ----------
    toasts
        Where it is said.
    """

    def __init__(self, toasts: ToastStack) -> None:
        self.toasts = toasts
        self._before: tuple[object, object, object] | None = None

    def problem(
        self, problem: UserError, act: tuple[str, Callable[[], None]] | None = None
    ) -> None:
        """Say what a person can mend."""
        log.warning("%s", problem)
        self.toasts.say(Message(problem.message, problem.hint, "error", details(problem), act))

    def done(
        self, text: str, hint: str = "", act: tuple[str, Callable[[], None]] | None = None
    ) -> None:
        """Say that something worked, where it cannot be seen."""
        self.toasts.say(Message(text, hint, "done", "", act))

    def tell(self, text: str, hint: str = "") -> None:
        """Say something worth knowing."""
        self.toasts.say(Message(text, hint, "info"))

    def unexpected(self, error: BaseException) -> None:
        """Log what nobody foresaw, and offer its details; from any thread."""
        error = _innermost(error)
        if isinstance(error, KeyboardInterrupt | SystemExit):
            return
        if isinstance(error, UserError):
            on_gui_thread(self.problem, error)
            return
        log.error("unexpected", exc_info=error)
        message = Message(
            "Something went wrong here.",
            "Your work is kept. Copy the details and report them, so that it can be mended.",
            "error",
            details(error),
        )
        on_gui_thread(self.toasts.say, message)

    def install(self) -> None:
        """Catch what is raised in the main thread, in others, and what Qt itself complains of."""
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception
        qInstallMessageHandler(_on_qt_message)

    def uninstall(self) -> None:
        """Put things back as they were."""
        if self._before is not None:
            sys.excepthook, threading.excepthook, _ = self._before  # type: ignore[assignment]
            self._before = None
            qInstallMessageHandler(None)

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt | SystemExit):
            sys.__excepthook__(kind, error, trace)
        else:
            self.unexpected(error)

    def _on_thread_exception(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self.unexpected(args.exc_value)


def _innermost(error: BaseException) -> BaseException:
    """Return what a signal's listener raised, without the signal's wrapping."""
    while isinstance(error, EmitLoopError) and error.__cause__ is not None:
        error = error.__cause__
    return error


def _on_qt_message(kind: QtMsgType, _: QMessageLogContext, text: str | None) -> None:
    qt_log.log(_LEVELS.get(kind, logging.INFO), "%s", text)
