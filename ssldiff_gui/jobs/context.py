"""A job's end of the line: how far it is, how it looks, and whether it is to wait or to end."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from ssldiff_gui.core.errors import Cancelled
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.jobs.messages import RGB, Preview, Progressed, TileWritten, Up

EVERY = 0.1
"""Seconds between two words about the progress, unless it is another step."""

MEMORY = 8.0
"""Seconds over which the speed is smoothed."""

SOONEST = 1.0
"""Seconds before which nobody knows how long it will take."""


class Speed:
    """How fast something goes, smoothed; the beginning does not count for more than it is.

    Parameters
    ----------
    clock
        Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.begin(0.0)

    def begin(self, done: float) -> None:
        """Forget what was: another step begins."""
        self._began = self._last = self._clock()
        self._done, self._way, self._time = done, 0.0, 0.0

    def skip(self, seconds: float) -> None:
        """Leave out seconds in which nothing was meant to happen."""
        self._began += seconds
        self._last += seconds

    def note(self, done: float) -> None:
        """Note how far it is."""
        now = self._clock()
        passed = now - self._last
        if passed <= 0:
            return
        kept = math.exp(-passed / MEMORY)
        self._way = self._way * kept + done - self._done
        self._time = self._time * kept + passed
        self._last, self._done = now, done

    def left(self, total: float) -> float | None:
        """Return the seconds up to `total`; None when nothing can be said yet."""
        if self._way <= 0 or self._clock() - self._began < SOONEST:
            return None
        return max(0.0, total - self._done) * self._time / self._way


class JobContext:
    """What a job is watched by; `jobs.handlers` take it as their progress and their onlooker.

    Parameters
    ----------
    job
        Its name.
    send
        Takes what is told upwards; from any thread.
    """

    def __init__(self, job: str, send: Callable[[Up], None]) -> None:
        self.job = job
        self._send = send
        self._end = threading.Event()
        self._going = threading.Event()
        self._going.set()
        self._speed = Speed()
        self._step: tuple[str, float] | None = None
        self._done = 0.0
        self._told = 0.0

    def cancel(self) -> None:
        """Have it end at its next step."""
        self._end.set()
        self._going.set()

    def pause(self) -> None:
        """Have it wait at its next step."""
        if not self._end.is_set():
            self._going.clear()

    def resume(self) -> None:
        """Have it go on."""
        self._going.set()

    def check(self) -> None:
        """Raise `Cancelled` when an end was asked for; wait while a pause was."""
        if not self._going.is_set():
            began = time.monotonic()
            self._going.wait()
            self._speed.skip(time.monotonic() - began)
        if self._end.is_set():
            raise Cancelled("Stopped.", "What was finished stays.")

    def report(self, done: float, total: float, words: str = "") -> None:
        """Say how much is done; often is no harm."""
        step, now = (words, total), time.monotonic()
        same = self._step is not None and self._step[0] == words and done >= self._done
        if not same:
            self._speed.begin(done)
        self._speed.note(done)
        fresh, self._step, self._done = step != self._step, step, done
        if not fresh and done < total and now - self._told < EVERY:
            return
        self._told = now
        self._send(Progressed(self.job, done, total, words, self._speed.left(total)))

    def preview(self, box: Box, picture: RGB) -> None:
        """Show how a part of the canvas looks as far as it is."""
        self._send(Preview(self.job, box, picture))

    def tile_written(self, box: Box) -> None:
        """Say that a part of the canvas is on the disk."""
        self._send(TileWritten(self.job, box))
