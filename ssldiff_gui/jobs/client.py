"""The studio's end of its worker: one process, replaced when it dies or says nothing any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from psygnal import Signal, SignalInstance

from ssldiff_gui.core.errors import WorkerLost
from ssldiff_gui.core.requests import AnyRequest
from ssldiff_gui.jobs.child import COMMAND, Child
from ssldiff_gui.jobs.messages import (
    Cancel,
    Cancelled,
    Failed,
    Finished,
    Gone,
    Message,
    Pause,
    Ready,
    Resume,
    Shutdown,
    Submit,
    Unload,
    Unloaded,
    Up,
)

Deliver = Callable[[Callable[[], None]], None]
"""Runs a call where state may be changed: the window's thread."""

PATIENCE = 5.0
"""Seconds that a job has to end after it was asked to; then its process is ended."""

FAREWELL = 1.0
"""Seconds that the process has to end by itself when the studio closes."""

START = 60.0
"""Seconds that a process may say nothing at its start: a cold disk takes long to give torch."""

TICK = 0.25
TRIES = 3
"""Processes in a row that may die before they are ready; then nobody tries again by itself."""


class Client(Protocol):
    """Somebody who does requests, one at a time, in the order in which they were given."""

    @property
    def events(self) -> SignalInstance:
        """Emits each message of `jobs.messages.Up`, in the window's thread."""
        ...

    def submit(self, job: str, request: AnyRequest) -> None:
        """Have a request done whose cost somebody has seen; `job` names it from now on."""
        ...

    def cancel(self, job: str) -> None:
        """End a job, running or waiting; what it has finished stays."""
        ...

    def pause(self, job: str) -> None:
        """Have a running job wait at its next step."""
        ...

    def resume(self, job: str) -> None:
        """Have it go on."""
        ...

    def unload(self) -> None:
        """Let the models go that are kept between jobs."""
        ...

    def close(self) -> None:
        """End all, leaving no process behind."""
        ...


@dataclass(slots=True)
class _Running:
    """The job that the process has."""

    submit: Submit
    patience: float | None = None


class WorkerClient:
    """A worker in a process of its own, which is started when it is first needed.

    Parameters
    ----------
    deliver
        Runs a call in the thread where state may change; all that is heard goes through it.
    python
        The interpreter; this one when None.
    silence
        Seconds without a word after which the process counts as hung.
    command
        What is run instead, for tests.
    """

    events = Signal(object)

    def __init__(
        self,
        deliver: Deliver,
        *,
        python: str | None = None,
        silence: float = 10.0,
        command: Sequence[str] | None = None,
    ) -> None:
        self._deliver = deliver
        self._silence = silence
        self._command = command or (python or COMMAND[0], *COMMAND[1:])
        self._guard = threading.RLock()
        self._child: Child | None = None
        self._waiting: list[Submit] = []
        self._running: _Running | None = None
        self._died_early = 0
        self._closed = threading.Event()
        self._monitor: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """Of the process; None when there is none."""
        child = self._child
        return None if child is None else child.pid

    def warm(self) -> None:
        """Start the process, so that it is there when it is needed."""
        with self._guard:
            if self._child is None and not self._closed.is_set():
                self._start()

    def submit(self, job: str, request: AnyRequest) -> None:
        """Have a request done; see `Client`."""
        with self._guard:
            self._waiting.append(Submit(job, request, yes=True))
            self._died_early = 0
            self.warm()
            self._next()

    def cancel(self, job: str) -> None:
        """End a job; see `Client`."""
        with self._guard:
            waiting = [submit for submit in self._waiting if submit.job == job]
            self._waiting = [submit for submit in self._waiting if submit.job != job]
            running = self._running
            if running is not None and running.submit.job == job and running.patience is None:
                running.patience = time.monotonic() + PATIENCE
                self._tell(Cancel(job))
        if waiting:
            self._emit(Cancelled(job))

    def pause(self, job: str) -> None:
        """Have a job wait; see `Client`."""
        self._tell(Pause(job))

    def resume(self, job: str) -> None:
        """Have a job go on; see `Client`."""
        self._tell(Resume(job))

    def unload(self) -> None:
        """Let the models go; without a process, none are kept."""
        with self._guard:
            child = self._child
            if child is not None:
                child.send(Unload())
                return
        self._emit(Unloaded(freed=0, memory=0))

    def close(self) -> None:
        """End all; nothing is heard any more."""
        self._closed.set()
        with self._guard:
            child, self._child = self._child, None
            self._waiting.clear()
            self._running = None
        if child is not None:
            child.send(Shutdown())
            child.end(FAREWELL)
        if self._monitor is not None and self._monitor is not threading.current_thread():
            self._monitor.join(1)

    def _tell(self, message: Cancel | Pause | Resume) -> None:
        with self._guard:
            if self._child is not None:
                self._child.send(message)

    def _start(self) -> None:
        self._child = Child(self._command, self._heard, self._ended)
        self._child.start()
        if self._monitor is None:
            self._monitor = threading.Thread(target=self._watch, name="worker watch", daemon=True)
            self._monitor.start()

    def _next(self) -> None:
        """Give the process the next job when it has none."""
        if self._running is None and self._waiting and self._child is not None:
            self._running = _Running(self._waiting.pop(0))
            self._child.send(self._running.submit)

    def _heard(self, child: Child, message: Message) -> None:
        """Pass on what the process says; runs in its thread."""
        with self._guard:
            if child is not self._child:
                return
            if isinstance(message, Ready):
                child.ready, self._died_early = True, 0
            job = None if self._running is None else self._running.submit.job
            if isinstance(message, (Finished, Failed, Cancelled)) and message.job == job:
                self._running = None
                self._next()
        self._emit(message)  # type: ignore[arg-type]

    def _ended(self, child: Child) -> None:
        """Say what is lost with a process, and start another one; runs in its thread."""
        with self._guard:
            if child is not self._child:
                return
            words = child.words
            lost: list[Up] = [] if self._running is None else [self._lost(self._running, words)]
            self._running, self._child = None, None
            self._died_early += not child.ready
            if self._died_early < TRIES:
                self.warm()
                self._next()
            else:
                lost += [self._lost(_Running(submit), words) for submit in self._waiting]
                self._waiting.clear()
        for message in (*lost, Gone(words)):
            self._emit(message)

    @staticmethod
    def _lost(running: _Running, words: str) -> Up:
        """Return what is told of a job whose process is gone."""
        job = running.submit.job
        if running.patience is not None:
            return Cancelled(job)
        last = words.rsplit("\n", 1)[-1]
        return Failed(
            job,
            WorkerLost.__name__,
            "The process that computes ended in the middle of this.",
            "What was finished is kept: start it again to go on. When it happens again, free "
            f"memory or choose a smaller region. {last}".strip(),
            words,
        )

    def _watch(self) -> None:
        """End a process that says nothing, or that does not end a job; runs in a thread."""
        before = time.monotonic()
        while not self._closed.wait(TICK):
            now = time.monotonic()
            child, running = self._child, self._running
            if child is not None:
                if now - before > 4 * TICK:  # we were stopped ourselves
                    child.last_heard = now
                limit = self._silence if child.ready else max(self._silence, START)
                end = None if running is None else running.patience
                late = end is not None and now > end
                if late or now - child.last_heard > limit:
                    child.kill()
            before = now

    def _emit(self, message: Up) -> None:
        def call() -> None:
            if not self._closed.is_set():
                self.events.emit(message)

        if not self._closed.is_set():
            self._deliver(call)
