"""What a job is watched by: its speed, its pauses, its end."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from ssldiff_gui.core.errors import Cancelled
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.jobs.context import SOONEST, JobContext, Speed
from ssldiff_gui.jobs.messages import Preview, Progressed, TileWritten


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_the_time_left_is_that_of_a_steady_pace():
    clock = Clock()
    speed = Speed(clock)
    for done in range(1, 21):
        clock.now += 0.5
        speed.note(done)
        if (clock.now - 100.0) < SOONEST:
            assert speed.left(100) is None
    assert speed.left(100) == pytest.approx(40.0)


def test_the_time_left_follows_a_change_of_pace_and_no_hiccup():
    clock = Clock()
    speed = Speed(clock)
    for done in range(1, 41):
        clock.now += 0.5
        speed.note(done)
    clock.now += 3
    speed.note(41)
    assert speed.left(100) < 1.8 * 59 * 0.5
    for done in range(42, 82):
        clock.now += 2
        speed.note(done)
    assert speed.left(100) == pytest.approx(19 * 2, rel=0.1)


def test_a_pause_is_not_slowness():
    clock = Clock()
    speed = Speed(clock)
    for done in range(1, 11):
        clock.now += 1
        speed.note(done)
    clock.now += 1000
    speed.skip(1000)
    clock.now += 1
    speed.note(11)
    assert speed.left(20) == pytest.approx(9.0)


def test_words_are_few_and_the_last_is_never_left_out():
    heard = []
    context = JobContext("a", heard.append)
    for done in range(1000):
        context.report(done, 999, "Working")
    assert 2 <= len(heard) < 20
    assert (heard[-1].done, heard[-1].total) == (999, 999)
    context.report(0, 1, "Another step")
    assert isinstance(heard[-1], Progressed)
    assert heard[-1].words == "Another step"


def test_pictures_and_tiles_are_passed_on():
    heard = []
    context = JobContext("a", heard.append)
    context.preview(Box(0, 0, 9, 9), np.zeros((3, 3, 3), np.uint8))
    context.tile_written(Box(0, 0, 4, 4))
    assert [type(m) for m in heard] == [Preview, TileWritten]


def test_a_job_waits_while_paused_and_ends_when_asked():
    context = JobContext("a", lambda _: None)
    context.check()
    context.pause()
    passed = threading.Event()

    def work():
        context.check()
        passed.set()

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    assert not passed.wait(0.1)
    context.resume()
    assert passed.wait(2)
    worker.join()
    context.pause()
    threading.Timer(0.05, context.cancel).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        context.check()
    assert time.monotonic() - began < 1
    context.pause()  # too late
    with pytest.raises(Cancelled):
        context.check()
