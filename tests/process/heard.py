"""What a test hears of a worker, and how long it waits for it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

from ssldiff_gui.jobs.client import WorkerClient
from ssldiff_gui.jobs.messages import Cancelled, Failed, Finished, Gone, Heartbeat, Ready, Up

ENDS = (Finished, Failed, Cancelled)
LONG = 180.0
"""Seconds that a busy machine may take for what is a matter of two."""


class Heard:
    """All that a client has emitted, with its times."""

    def __init__(self, client: WorkerClient) -> None:
        self.all: list[tuple[float, Up]] = []
        self._more = threading.Condition()
        client.events.connect(self._hear)

    def _hear(self, message: Up) -> None:
        with self._more:
            self.all.append((time.monotonic(), message))
            self._more.notify_all()

    def wait(
        self, wanted: Callable[[Up], Any], seconds: float = LONG, start: int = 0
    ) -> tuple[float, Any]:
        """Return the first message from `start` on that is wanted, and when it came."""
        ends = time.monotonic() + seconds
        with self._more:
            while True:
                for moment, message in self.all[start:]:
                    if wanted(message):
                        return moment, message
                left = ends - time.monotonic()
                if left <= 0:
                    kept = [m for _, m in self.all[start:] if not isinstance(m, Heartbeat)]
                    told = [str(m)[:2000] for m in kept[-4:]]
                    raise AssertionError(f"not heard in {seconds} s; the last were {told}")
                self._more.wait(left)

    def end(self, job: str, seconds: float = LONG) -> Any:
        """Return how a job ended."""
        return self.wait(lambda m: isinstance(m, ENDS) and m.job == job, seconds)[1]

    def of(self, kind: type, job: str | None = None) -> list[Any]:
        """Return the messages of a kind."""
        return [m for _, m in self.all if isinstance(m, kind) and (job is None or m.job == job)]

    def ready(self, seconds: float = LONG, start: int = 0) -> tuple[float, Ready]:
        """Return the first `Ready` from `start` on."""
        return self.wait(lambda m: isinstance(m, Ready), seconds, start)

    def gone(self, seconds: float = LONG, start: int = 0) -> tuple[float, Gone]:
        """Return the first `Gone` from `start` on."""
        return self.wait(lambda m: isinstance(m, Gone), seconds, start)


def alive(pid: int) -> bool:
    """Whether a process runs; one that waits to be buried does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return True


def vanished(pid: int, seconds: float = 5.0) -> bool:
    """Whether a process is gone within some seconds."""
    ends = time.monotonic() + seconds
    while alive(pid):
        if time.monotonic() > ends:
            return False
        time.sleep(0.02)
    return True
