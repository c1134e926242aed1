"""The one bridge from any thread to Qt's main thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import ParamSpec

from qtpy.QtCore import QCoreApplication, QObject, Qt, Signal

log = logging.getLogger(__name__)

P = ParamSpec("P")


class _Mailbox(QObject):
    """Lives in the main thread; what is posted to it is called there, in order."""

    posted = Signal(object)

    def __init__(self, application: QCoreApplication) -> None:
        super().__init__()
        self.moveToThread(application.thread())
        self.posted.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def _call(self, act: Callable[[], None]) -> None:
        act()


_mailbox: tuple[QCoreApplication, _Mailbox] | None = None


def on_gui_thread(act: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """Call something in Qt's main thread, soon; return at once.

    Safe from any thread, the main one included, and before or after the life of the application:
    there is nobody left to tell then, so the call is dropped.

    Parameters
    ----------
    act
        What to call. If it is a method of a Qt object that is gone by then, nothing happens.
    *args, **kwargs
        What to call it with.
    """
    global _mailbox  # noqa: PLW0603
    application = QCoreApplication.instance()
    if application is None:
        return

    def call() -> None:
        try:
            act(*args, **kwargs)
        except RuntimeError as error:
            if "deleted" not in str(error):
                raise
            log.debug("dropped a call to a widget that is gone: %r", act)

    try:
        if _mailbox is None or _mailbox[0] is not application:
            _mailbox = (application, _Mailbox(application))
        _mailbox[1].posted.emit(call)
    except RuntimeError:  # the application is being torn down
        _mailbox = None


class Coalesced:
    """Calls something once in the main thread, however often it was asked for meanwhile.

    Parameters
    ----------
    act
        What to call; it is held for as long as this object lives.
    """

    def __init__(self, act: Callable[[], object]) -> None:
        self._act: Callable[[], object] | None = act
        self._asked = False

    def __call__(self, *_: object) -> None:
        """Ask for the call; whatever an event brings along is of no interest."""
        if not self._asked and self._act is not None:
            self._asked = True
            on_gui_thread(self._run)

    def close(self) -> None:
        """Forget a call that was asked for, and take no more."""
        self._act = None

    def _run(self) -> None:
        self._asked = False
        if self._act is not None:
            self._act()
