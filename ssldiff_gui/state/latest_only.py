"""Work of which only the latest counts: what was asked for before it is skipped, or dropped."""

from __future__ import annotations

import logging
from collections.abc import Callable

from psygnal import Signal

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.state.background import Deliver, in_background

log = logging.getLogger(__name__)

Arrive = Callable[[], None]
Work = Callable[[], Arrive]
"""Runs beside the window and returns what is to be done with the answer in the window's thread."""


class LatestOnly:
    """Runs one piece of work of each name at a time, and then the one that was asked for last.

    Parameters
    ----------
    deliver
        Runs a call in the thread where state may change.
    run
        Runs work beside it.
    """

    busy_changed = Signal(bool)
    problem = Signal(UserError)

    def __init__(
        self,
        deliver: Deliver,
        run: Callable[[Callable[[], None], str], object] = in_background,
    ) -> None:
        self._deliver, self._run = deliver, run
        self._numbers: dict[str, int] = {}
        self._running: set[str] = set()
        self._next: dict[str, tuple[int, Work]] = {}
        self._awaited: set[str] = set()

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited."""
        return bool(self._awaited)

    def start(self, name: str, work: Work) -> None:
        """Do this instead of what was asked for under that name before."""
        number = self._numbers.get(name, 0) + 1
        self._numbers[name] = number
        before = self.busy
        self._awaited.add(name)
        if not before:
            self.busy_changed.emit(True)
        if name in self._running:
            self._next[name] = number, work
        else:
            self._begin(name, number, work)

    def close(self) -> None:
        """Drop all answers that still come."""
        self._numbers = {name: number + 1 for name, number in self._numbers.items()}
        self._next.clear()
        self._awaited.clear()

    def _begin(self, name: str, number: int, work: Work) -> None:
        self._running.add(name)

        def go() -> None:
            try:
                arrive = work()
            except Exception as error:  # whatever it is, the person waits for an answer
                log.exception("could not %s", name)
                problem = _told(name, error)
                self._deliver(lambda: self._done(name, number, lambda: self._fail(problem)))
            else:
                self._deliver(lambda: self._done(name, number, arrive))

        self._run(go, name)

    def _fail(self, problem: UserError) -> None:
        self.problem.emit(problem)

    def _done(self, name: str, number: int, arrive: Arrive) -> None:
        self._running.discard(name)
        following = self._next.pop(name, None)
        if following is not None:
            self._begin(name, *following)
        if number != self._numbers[name]:
            return
        self._awaited.discard(name)
        arrive()
        if not self._awaited:
            self.busy_changed.emit(False)


def _told(name: str, error: Exception) -> UserError:
    if isinstance(error, UserError):
        return error
    if isinstance(error, MemoryError):
        return UserError(f"There is not enough memory to {name}.", "Close other programs.")
    return UserError(
        f"It was not possible to {name}: {error}.",
        "The log says more; try another way to show them.",
    )
