"""A picture that a source offers, before anybody has read it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Protocol, Self, TypeVar

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.training.pictures import Pixels

AT_ONCE = 4
"""Pictures that are read side by side, at most."""


@dataclass(frozen=True, slots=True)
class Found:
    """A picture of a source, before it is read.

    Parameters
    ----------
    name
        Its path within the source; for a part of a slide, with its place.
    label
        Its class, or "".
    load
        Reads it; raises a `UserError` when that cannot be done.
    case
        The file, or the part of one, that it is a part of; "" for a file of its own.
    scaled
        Whether it comes at the run's resolution.
    at
        Share of the source that lies before it.
    """

    name: str
    label: str
    load: Callable[[], Pixels]
    case: str = ""
    scaled: bool = False
    at: float = 0.0


def unusable(name: str, error: UserError) -> Found:
    """Return what stands for a file that offers no picture; it is counted, and says why."""
    return Found(name, "", partial(_raise, error))


def _raise(error: UserError) -> Pixels:
    raise error


class Closable(Protocol):
    """What is to be closed when nobody reads from it any more."""

    def close(self) -> None:
        """Let go of a file."""
        ...


Opened = TypeVar("Opened", bound=Closable)


class Shelf:
    """Files that are being read from; the oldest is closed when nobody can be reading it."""

    def __init__(self) -> None:
        self._open: deque[Closable] = deque()

    def put(self, opened: Opened) -> Opened:
        """Take charge of a file."""
        if len(self._open) > 2 * AT_ONCE:
            self._open.popleft().close()
        self._open.append(opened)
        return opened

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._open:
            self._open.pop().close()
