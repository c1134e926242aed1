"""A worker that does nothing but what a test says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from psygnal import Signal

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.requests import AnyRequest, GenerateRequest
from ssldiff_gui.jobs.client import Deliver
from ssldiff_gui.jobs.messages import (
    RGB,
    Cancelled,
    Failed,
    Finished,
    Gone,
    Preview,
    Progressed,
    Ready,
    Result,
    Started,
    TileWritten,
    Unloaded,
    Up,
)


def _at_once(call) -> None:  # type: ignore[no-untyped-def]
    call()


@dataclass(frozen=True)
class Script:
    """What becomes of a job.

    Parameters
    ----------
    steps
        How many `Progressed` there are.
    result
        Of the `Finished`; None leaves the job running.
    failure
        Instead of a result.
    tiles
        Boxes that are written on the way.
    preview
        Shown once at the beginning, over `canvas`.
    canvas
        Width and height.
    """

    steps: int = 4
    result: Result | None = field(default_factory=dict)
    failure: Failed | None = None
    tiles: tuple[Box, ...] = ()
    preview: RGB | None = None
    canvas: tuple[int, int] = (512, 512)

    def messages(self, job: str) -> Iterable[Up]:
        """Return what is heard of the job, in order."""
        yield Started(job)
        if self.preview is not None:
            yield Preview(job, Box(0, 0, *self.canvas), self.preview)
        for step in range(self.steps):
            yield Progressed(job, step + 1, self.steps, "Rendering", float(self.steps - step - 1))
            if step < len(self.tiles):
                yield TileWritten(job, self.tiles[step])
        for box in self.tiles[self.steps :]:
            yield TileWritten(job, box)
        if self.failure is not None:
            yield Failed(
                job,
                self.failure.error,
                self.failure.message,
                self.failure.hint,
                self.failure.trace,
            )
        elif self.result is not None:
            yield Finished(job, self.result)


class FakeClient:
    """Records what it is asked; answers when the test says so, or by a script.

    Parameters
    ----------
    deliver
        As for a real client.
    script
        Played at once for each job that is submitted; None leaves them to the test.

    Attributes
    ----------
    submitted
        (job, request), in order.
    cancelled, paused, resumed
        Jobs.
    unloaded
        How often.
    closed
        Whether `close` was called.
    answer_cancels
        Whether `cancel` is answered by `Cancelled` at once.
    """

    events = Signal(object)

    def __init__(self, deliver: Deliver = _at_once, script: Script | None = None) -> None:
        self.deliver = deliver
        self.script = script
        self.submitted: list[tuple[str, AnyRequest]] = []
        self.cancelled: list[str] = []
        self.paused: list[str] = []
        self.resumed: list[str] = []
        self.unloaded = 0
        self.warmed = 0
        self.closed = False
        self.answer_cancels = True

    def emit(self, message: Up) -> None:
        """Have a message heard, through `deliver` as from a real worker."""
        self.deliver(lambda: self.events.emit(message))

    def play(self, job: str, script: Script | None = None) -> None:
        """Have all of a script heard."""
        for message in (script or Script()).messages(job):
            self.emit(message)

    # What tests say most.
    def ready(self) -> None:
        """Say that the worker is there."""
        self.emit(Ready(pid=1, device="cpu", name="a fake", memory=8 << 30))

    def start(self, job: str) -> None:
        """Begin with a job."""
        self.emit(Started(job))

    def progress(
        self, job: str, done: float, total: float = 1.0, left: float | None = None
    ) -> None:
        """Say how far it is."""
        self.emit(Progressed(job, done, total, "Working", left))

    def finish(self, job: str, **result: object) -> None:
        """End it well."""
        self.emit(Finished(job, result))  # type: ignore[arg-type]

    def fail(self, job: str, message: str = "It went wrong.", error: str = "UserError") -> None:
        """End it badly."""
        self.emit(Failed(job, error, message, "Try again.", "Traceback …"))

    def die(self, words: str = "Segmentation fault") -> None:
        """Have the worker be gone."""
        self.emit(Gone(words))

    # As `jobs.client.Client` says.
    def warm(self) -> None:
        """Note it."""
        self.warmed += 1

    def submit(self, job: str, request: AnyRequest) -> None:
        """Note it, and play the script."""
        self.submitted.append((job, request))
        if self.script is not None:
            self.play(job, self.script)

    def cancel(self, job: str) -> None:
        """Note it, and say that it is so."""
        self.cancelled.append(job)
        if self.answer_cancels:
            self.emit(Cancelled(job))

    def pause(self, job: str) -> None:
        """Note it."""
        self.paused.append(job)

    def resume(self, job: str) -> None:
        """Note it."""
        self.resumed.append(job)

    def unload(self) -> None:
        """Note it, and say that it is so."""
        self.unloaded += 1
        self.emit(Unloaded(freed=0, memory=0))

    def close(self) -> None:
        """Note it."""
        self.closed = True

    @property
    def requests(self) -> list[AnyRequest]:
        """What was submitted."""
        return [request for _, request in self.submitted]

    @property
    def renders(self) -> list[GenerateRequest]:
        """What was submitted to be rendered."""
        return [request for request in self.requests if isinstance(request, GenerateRequest)]


def picture(width: int = 64, height: int = 64) -> RGB:
    """Return a preview with something on it."""
    ramp = np.linspace(0, 255, width, dtype=np.uint8)
    return np.broadcast_to(ramp[None, :, None], (height, width, 3)).copy()
