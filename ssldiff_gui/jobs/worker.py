"""The process that does all work with models: ``python -m ssldiff_gui.jobs.worker``.

It is started by `jobs.child`, which tells it on its standard input where to listen and what the
password is. Messages are those of `jobs.messages`. Jobs run one after the other in the main
thread, because torch is twice as slow in any other; one thread listens, one says each second that
the process is there. When the studio vanishes, so does this.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection, Listener
from typing import Any

from ssldiff_gui.core.errors import Cancelled as Ended
from ssldiff_gui.core.errors import OutOfMemory, UserError
from ssldiff_gui.jobs import messages
from ssldiff_gui.jobs.context import JobContext
from ssldiff_gui.jobs.handlers import Around, perform
from ssldiff_gui.jobs.held_memory import held_device_memory, held_memory
from ssldiff_gui.jobs.kept import Kept
from ssldiff_gui.jobs.messages import Up
from ssldiff_gui.jobs.plain_hints import plain_hint

BEAT = 1.0
"""Seconds between two heartbeats."""

GRACE = 2.0
"""Seconds that a job has to end when the process is told to."""


USUAL = (
    "ssldiff_gui.slides",
    "ssldiff_gui.models.encoders",
    "timm",
    "ssldiff_gui.jobs.embed",
    "ssldiff_gui.models.generators",
    "ssldiff_gui.jobs.generate",
    "ssldiff_gui.models.priors",
)
"""Modules that most jobs need; they take seconds."""


class Worker:
    """Does what it is told over a line.

    Parameters
    ----------
    line
        To the studio.
    """

    def __init__(self, line: Connection) -> None:
        self._line = line
        self._sending = threading.Lock()
        self._work: queue.SimpleQueue[messages.Submit | messages.Unload | None] = (
            queue.SimpleQueue()
        )
        self._jobs: dict[str, JobContext] = {}
        self._kept = Kept()

    def run(self) -> None:
        """Work until told to end."""
        for call, name in ((self._beat, "heartbeat"), (self._listen, "listener")):
            threading.Thread(target=call, name=name, daemon=True).start()
        self.send(_ready())
        self._bring()
        while (work := self._work.get()) is not None:
            if isinstance(work, messages.Submit):
                self._do(work)
            else:
                self._unload()

    def send(self, message: Up) -> None:
        """Tell the studio something; from any thread. When it is not there, this ends."""
        content = messages.to_bytes(message)
        try:
            with self._sending:
                self._line.send_bytes(content)
        except OSError:
            _vanish()

    def _bring(self) -> None:
        """Load what jobs are made of, as long as nobody waits for one."""
        for name in USUAL:
            if not self._work.empty():
                return
            importlib.import_module(name)

    def _beat(self) -> None:
        while True:
            self.send(messages.Heartbeat(held_memory(), held_device_memory(), self._kept.names))
            time.sleep(BEAT)

    def _listen(self) -> None:
        while True:
            try:
                content = self._line.recv_bytes(messages.LARGEST)
            except (EOFError, OSError):
                _vanish()
            try:
                message = messages.from_bytes(content)
            except messages.BadMessage as error:
                self.send(messages.Failed("", type(error).__name__, error.message, error.hint))
                continue
            self._heed(message)

    def _heed(self, message: messages.Message) -> None:
        match message:
            case messages.Submit(job=job):
                self._jobs[job] = JobContext(job, self.send)
                self._work.put(message)
            case messages.Cancel(job=job) if job in self._jobs:
                self._jobs[job].cancel()
            case messages.Pause(job=job) if job in self._jobs:
                self._jobs[job].pause()
            case messages.Resume(job=job) if job in self._jobs:
                self._jobs[job].resume()
            case messages.Unload():
                self._work.put(message)
            case messages.Shutdown():
                for context in list(self._jobs.values()):
                    context.cancel()
                self._work.put(None)
                threading.Timer(GRACE, _vanish).start()
            case _:
                pass

    def _do(self, work: messages.Submit) -> None:
        """Do a job; nothing that goes wrong in it ends the process."""
        job, context = work.job, self._jobs[work.job]
        self.send(messages.Started(job))
        try:
            context.check()
            around = Around(context, self._kept, context, work.yes)
            answer: Up = messages.Finished(job, perform(work.request, around))
        except Ended:
            answer = messages.Cancelled(job)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the job ends and we do not
            answer = failure(job, error)
            if answer.error == OutOfMemory.__name__:
                self._kept.unload()
        del self._jobs[job]
        self.send(answer)

    def _unload(self) -> None:
        freed = self._kept.unload()
        self.send(messages.Unloaded(freed, held_memory(), held_device_memory()))


def failure(job: str, error: BaseException) -> messages.Failed:
    """Return what is told of a job that came to nothing."""
    trace = "".join(traceback.format_exception(error))[-20_000:]
    if isinstance(error, UserError):
        kind = type(error).__name__
        return messages.Failed(job, kind, error.message, plain_hint(kind, error.hint), trace)
    if _lacks_memory(error):
        return messages.Failed(
            job,
            OutOfMemory.__name__,
            "There is not enough memory for this.",
            "Close other programs, free the models' memory, or ask for a smaller region.",
            trace,
        )
    words = f"{type(error).__name__}: {error}".strip(": ")
    return messages.Failed(
        job,
        UserError.__name__,
        f"Something went wrong that should not: {words}.",
        "Try again; when it happens again, send us the log.",
        trace,
    )


def _lacks_memory(error: BaseException) -> bool:
    words = str(error).lower()
    by_torch = isinstance(error, RuntimeError) and (
        "out of memory" in words or "allocate memory" in words
    )
    return isinstance(error, MemoryError) or by_torch


def _ready() -> messages.Ready:
    """Return what this machine computes with; torch is loaded for it."""
    from ssldiff_gui.models import devices

    place = devices.choose("auto")
    memory = devices.memory_of(place)
    return messages.Ready(
        os.getpid(), str(place), devices.describe(place), memory, tuple(devices.available())
    )


def _vanish() -> Any:
    """End at once: nobody is there to be told, and what is finished is on the disk."""
    os._exit(0)


def _watch_parent(parent: int) -> None:
    """End when the studio has: its process id is not our parent's any more."""
    while os.name == "nt" or os.getppid() == parent:
        time.sleep(BEAT)
    _vanish()


def main() -> None:
    """Listen where the studio says, until it says that this is the end."""
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the studio decides
    told = json.loads(sys.stdin.readline())
    threading.Thread(
        target=_watch_parent, args=(int(told["parent"]),), name="parent", daemon=True
    ).start()
    address = told["address"] if isinstance(told["address"], str) else tuple(told["address"])
    listener = Listener(address, authkey=bytes.fromhex(told["key"]))
    print(json.dumps(listener.address), flush=True)  # noqa: T201 - the studio reads it
    os.dup2(2, 1)  # whatever libraries print is for the log
    line = listener.accept()
    with suppress(OSError):  # the studio may have removed its name already
        listener.close()
    Worker(line).run()
    os._exit(0)  # threads of libraries are not waited for


if __name__ == "__main__":
    main()
