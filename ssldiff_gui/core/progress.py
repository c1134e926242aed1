"""How long work tells what it has done, and is told to stop."""

from __future__ import annotations

from typing import Protocol

from ssldiff_gui.core.errors import Cancelled


class Progress(Protocol):
    """Somebody who watches a piece of work."""

    def report(self, done: float, total: float, words: str = "") -> None:
        """Say how much is done; `words` name the step, for people."""
        ...

    def check(self) -> None:
        """Raise `Cancelled` when an end was asked for; wait while a pause was."""
        ...


class Silent:
    """Nobody watches."""

    def report(self, done: float, total: float, words: str = "") -> None:
        """Say nothing."""

    def check(self) -> None:
        """Go on."""


__all__ = ["Cancelled", "Progress", "Silent"]
