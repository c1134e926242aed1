"""What a tool would do where the pointer is, as shapes among the cells; the viewer draws them."""

from __future__ import annotations

from dataclasses import dataclass

Place = tuple[float, float]
"""Row and column; whole numbers are the centres of cells."""


@dataclass(frozen=True, slots=True)
class Ring:
    """A round brush: what it reaches, and what it reaches in full."""

    at: Place
    radius: float
    softness: float = 0.0


@dataclass(frozen=True, slots=True)
class Ghost:
    """Where a stamp takes from: a ring there, and the way from there to here."""

    at: Place
    radius: float
    to: Place | None = None


@dataclass(frozen=True, slots=True)
class Patch:
    """A rectangle of whole cells, from one corner cell to the other, both included."""

    start: Place
    end: Place


@dataclass(frozen=True, slots=True)
class Way:
    """A line from here to there, as a gradient goes; `reach` cells to either side."""

    start: Place
    end: Place
    reach: float = 0.0


@dataclass(frozen=True, slots=True)
class Path:
    """What a lasso went around so far; the way back is drawn too."""

    points: tuple[Place, ...]


Shape = Ring | Ghost | Patch | Way | Path


@dataclass(frozen=True, slots=True)
class Cursor:
    """What is drawn for a tool.

    Parameters
    ----------
    shapes
        In the order they are drawn.
    words
        A few, beside the pointer: "6 × 8 cells"; empty for none.
    at
        Where the pointer is; None while it is beside the grid.
    """

    shapes: tuple[Shape, ...] = ()
    words: str = ""
    at: Place | None = None
