"""Undo and redo: what was done, in words, and how to take it back."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from psygnal import Signal

MERGE_SECONDS = 1.5
"""Steps of one key that follow each other within this time are one step: a word being typed."""


@dataclass(frozen=True, slots=True)
class Step:
    """One act that can be taken back.

    Parameters
    ----------
    text
        What it does, as a menu would say it after "Undo".
    do, undo
        Go forward and back; both set absolute states, so that steps can be merged.
    key
        Steps with the same key that follow each other quickly become one; None never merges.
    weight
        About how many bytes the step keeps alive.
    """

    text: str
    do: Callable[[], None]
    undo: Callable[[], None]
    key: Hashable = None
    weight: int = 1000


class History:
    """The acts of one document, oldest first, and where one stands among them.

    Parameters
    ----------
    limit
        Most steps kept.
    weight_limit
        Most bytes kept, as the steps estimate them; the newest step always stays.
    clock
        Seconds, for merging.
    """

    changed = Signal()

    def __init__(
        self,
        limit: int = 2000,
        weight_limit: int = 256 << 20,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._weight_limit = weight_limit
        self._clock = clock
        self._steps: list[Step] = []
        self._position = 0
        self._clean: int | None = 0
        self._weight = 0
        self._pushed_at = float("-inf")

    def push(self, step: Step) -> None:
        """Do a step and remember it; what had been undone is forgotten.

        A step is remembered even when a view that follows it fails: it can be undone then.
        """
        try:
            step.do()
        finally:
            self._remember(step)
        self.changed.emit()

    def remember(self, step: Step) -> None:
        """Remember a step that was done in another session, so that it can be undone."""
        clean = self.clean
        self.seal()
        self._remember(step)
        self.seal()
        if clean:
            self._clean = self._position
        self.changed.emit()

    def _remember(self, step: Step) -> None:
        now = self._clock()
        self._forget_redo()
        if self._merges(step, now):
            last = self._steps.pop()
            self._weight -= last.weight
            step = Step(step.text, step.do, last.undo, step.key, max(step.weight, last.weight))
            self._position -= 1
        self._steps.append(step)
        self._position += 1
        self._weight += step.weight
        self._pushed_at = now
        self._forget_oldest()

    def undo(self) -> None:
        """Take the last step back, if there is one."""
        if not self.can_undo:
            return
        self._position -= 1
        self.seal()
        try:
            self._steps[self._position].undo()
        finally:
            self.changed.emit()

    def redo(self) -> None:
        """Do the next step again, if there is one."""
        if not self.can_redo:
            return
        self._position += 1
        self.seal()
        try:
            self._steps[self._position - 1].do()
        finally:
            self.changed.emit()

    def seal(self) -> None:
        """Let the next step be one of its own: a field lost focus, a mouse button was released."""
        self._pushed_at = float("-inf")

    def clear(self) -> None:
        """Forget everything; the present state stays as it is."""
        unsaved = not self.clean
        self._steps.clear()
        self._position, self._weight = 0, 0
        self._clean = None if unsaved else 0
        self.seal()
        self.changed.emit()

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return self._position > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to do again."""
        return self._position < len(self._steps)

    @property
    def undo_text(self) -> str:
        """What undo would take back, or nothing."""
        return self._steps[self._position - 1].text if self.can_undo else ""

    @property
    def redo_text(self) -> str:
        """What redo would do again, or nothing."""
        return self._steps[self._position].text if self.can_redo else ""

    @property
    def texts(self) -> tuple[str, ...]:
        """What each step does, oldest first, those that were undone included."""
        return tuple([step.text for step in self._steps])

    @property
    def position(self) -> int:
        """How many of the steps are done."""
        return self._position

    def goto(self, position: int) -> None:
        """Take steps back, or do them again, until so many are done; said once, at the end.

        Parameters
        ----------
        position
            How many steps are to be done: 0 is the beginning. One beyond them stands for all.
        """
        wanted = min(max(position, 0), len(self._steps))
        if wanted == self._position:
            return
        self.seal()
        try:
            while self._position > wanted:
                self._position -= 1
                self._steps[self._position].undo()
            while self._position < wanted:
                self._position += 1
                self._steps[self._position - 1].do()
        finally:
            self.changed.emit()

    @property
    def clean(self) -> bool:
        """Whether the present state is the one that was last marked as saved."""
        return self._clean == self._position

    def mark_clean(self) -> None:
        """Remember the present state as saved."""
        self._clean = self._position
        self.seal()
        self.changed.emit()

    def __len__(self) -> int:
        return len(self._steps)

    def _merges(self, step: Step, now: float) -> bool:
        return (
            step.key is not None
            and self._position > 0
            and self._steps[-1].key == step.key
            and now - self._pushed_at <= MERGE_SECONDS
            and not self.clean
        )

    def _forget_redo(self) -> None:
        for step in self._steps[self._position :]:
            self._weight -= step.weight
        del self._steps[self._position :]
        if self._clean is not None and self._clean > self._position:
            self._clean = None

    def _forget_oldest(self) -> None:
        while len(self._steps) > 1 and (
            len(self._steps) > self._limit or self._weight > self._weight_limit
        ):
            self._weight -= self._steps.pop(0).weight
            self._position -= 1
            if self._clean is not None:
                self._clean = self._clean - 1 if self._clean > 0 else None
