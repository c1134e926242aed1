"""Work beside the window: what may hang on a network drive never holds anybody up, or an exit."""

from __future__ import annotations

import threading
from collections.abc import Callable

Deliver = Callable[[Callable[[], None]], None]
"""Runs a call where state may be changed: the app passes its window's thread, tests their own."""


def deliver_at_once(call: Callable[[], None]) -> None:
    """Run a call right here, for programs without a window."""
    call()


def in_background(call: Callable[[], None], name: str) -> threading.Thread:
    """Run a call in a thread of its own that dies with the program, and return the thread.

    A pool would be joined when the program ends, and so would wait for a drive that hangs.
    """
    thread = threading.Thread(target=call, name=name, daemon=True)
    thread.start()
    return thread
