"""One measure of progress for work that is done in several stages."""

from __future__ import annotations

from collections.abc import Mapping

from ssldiff_gui.core.progress import Progress


class Stages:
    """Tells somebody who watches how far the whole is.

    Parameters
    ----------
    watch
        Who is told: from 0 to 1, and the stage's name.
    shares
        Names of the stages in their order, and about which part of the time each takes.
    """

    def __init__(self, watch: Progress, shares: Mapping[str, float]) -> None:
        total = sum(shares.values())
        self._watch = watch
        self._places: dict[str, tuple[float, float]] = {}
        start = 0.0
        for name, share in shares.items():
            self._places[name] = (start, share / total)
            start += share / total

    def begin(self, name: str) -> Stage:
        """Begin with a stage, unless an end was asked for; what it reports becomes a part."""
        self._watch.check()
        stage = Stage(self._watch, name, *self._places[name])
        stage.report(0, 1)
        return stage


class Stage:
    """One of them: takes what its work reports.

    Parameters
    ----------
    watch
        Who is told.
    name
        What the stage is called, for people.
    start, share
        Its place in the whole, from 0 to 1.
    """

    def __init__(self, watch: Progress, name: str, start: float, share: float) -> None:
        self._watch, self._name = watch, name
        self._start, self._share, self._most = start, share, 0.0

    def report(self, done: float, total: float, words: str = "") -> None:  # noqa: ARG002
        """Say how much of the stage is done; its own words change too often to be read."""
        part = min(1.0, done / total) if total > 0 else 0.0
        self._most = max(self._most, part)  # a stage of two parts does not begin again
        self._watch.report(self._start + self._share * self._most, 1.0, self._name)

    def check(self) -> None:
        """Raise `Cancelled` when an end was asked for."""
        self._watch.check()
