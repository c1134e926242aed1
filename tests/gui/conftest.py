"""What every test of a whole window stands on: nothing is left behind."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication


@pytest.fixture(autouse=True)
def _no_window_is_left(qapp: QApplication) -> Iterator[None]:
    """Fail a test that leaves a window of ours, or any that shows, behind."""
    before = set(map(id, QApplication.topLevelWidgets()))
    yield
    for _ in range(3):
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()
        gc.collect()
    left = [
        widget
        for widget in QApplication.topLevelWidgets()
        if id(widget) not in before
        and (widget.isVisible() or type(widget).__module__.startswith("ssldiff_gui"))
    ]
    assert not left, f"left behind: {left}"
