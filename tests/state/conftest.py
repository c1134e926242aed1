"""A thread for state, as the window's is in the studio."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ssldiff_gui.slides.slide import Slide
from ssldiff_gui.state.session import Session
from ssldiff_gui.state.settings import Settings
from tests.state.scenes import make_slide


class Pump:
    """Collects what other threads deliver and runs it when the test says so."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def deliver(self, call: Callable[[], None]) -> None:
        self._calls.put(call)

    def until(self, condition: Callable[[], object], seconds: float = 10) -> None:
        """Run what is delivered until the condition holds."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "nothing came"
            try:
                self._calls.get(timeout=0.02)()
            except queue.Empty:
                continue

    def drain(self, seconds: float = 0.1) -> None:
        """Run what is delivered until there is silence."""
        try:
            while True:
                self._calls.get(timeout=seconds)()
        except queue.Empty:
            return


@pytest.fixture
def pump() -> Pump:
    return Pump()


@pytest.fixture
def fake_opener() -> Callable[[str | Path], Slide]:
    return lambda path: make_slide(Path(path))


@pytest.fixture
def session(pump: Pump, fake_opener: Callable[[str | Path], Slide]) -> Iterator[Session]:
    made = Session(Settings.load(), deliver=pump.deliver, opener=fake_opener)
    yield made
    made.shut_down()
