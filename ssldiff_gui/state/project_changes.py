"""What is told of a project when something in it becomes another."""

from __future__ import annotations

from dataclasses import dataclass

from ssldiff_gui.core.project import AnyEntry


@dataclass(frozen=True, slots=True)
class Put:
    """Entries are new, or not what they were."""

    entries: tuple[AnyEntry, ...]


@dataclass(frozen=True, slots=True)
class Dropped:
    """Entries are gone; this is what they were."""

    entries: tuple[AnyEntry, ...]


@dataclass(frozen=True, slots=True)
class Edited:
    """The edits of a grid are others."""

    grid: str


Change = Put | Dropped | Edited
