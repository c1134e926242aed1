"""Straight strokes among the cells of a grid, as arrays that a graphics card can draw.

Places are (x, y) in cells, counted from the corner of the first cell, so that the corners of cells
are whole numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.grid import Mask

Places = npt.NDArray[np.float32]
"""(n, 2): x and y in cells."""


@dataclass(frozen=True, slots=True, eq=False)
class Strokes:
    """Straight pieces, each with how far along its line it begins.

    Parameters
    ----------
    starts, ends
        (n, 2) x and y in cells.
    along
        (n,) in cells: dashes run on from piece to piece.
    """

    starts: Places
    ends: Places
    along: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.along)

    @classmethod
    def of(cls, starts: npt.ArrayLike, ends: npt.ArrayLike, along: npt.ArrayLike) -> Strokes:
        """Make strokes of anything that numpy takes for such arrays."""
        return cls(
            np.asarray(starts, np.float32).reshape(-1, 2),
            np.asarray(ends, np.float32).reshape(-1, 2),
            np.asarray(along, np.float32).reshape(-1),
        )

    @classmethod
    def joined(cls, parts: Sequence[Strokes]) -> Strokes:
        """Return the strokes of all parts."""
        if not parts:
            return NOTHING
        return cls(
            np.concatenate([part.starts for part in parts]),
            np.concatenate([part.ends for part in parts]),
            np.concatenate([part.along for part in parts]),
        )


NOTHING = Strokes.of([], [], [])


def cell_lines(rows: int, columns: int) -> Strokes:
    """Return the lines between the cells of a grid, without its frame."""
    down, across = np.arange(1, rows), np.arange(1, columns)
    zeros_down, zeros_across = np.zeros(rows - 1), np.zeros(columns - 1)
    starts = np.concatenate([_places(zeros_down, down), _places(across, zeros_across)])
    ends = np.concatenate(
        [_places(zeros_down + columns, down), _places(across, zeros_across + rows)]
    )
    return Strokes.of(starts, ends, np.zeros(len(starts)))


def rectangle(left: float, top: float, right: float, bottom: float) -> Strokes:
    """Return the four sides of a rectangle."""
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return line([*corners, corners[0]])


def line(places: Sequence[tuple[float, float]] | Places) -> Strokes:
    """Return a line through (x, y) places."""
    corners = np.asarray(places, np.float32).reshape(-1, 2)
    if len(corners) < 2:
        return NOTHING
    lengths = np.hypot(*np.diff(corners, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)[:-1]])
    return Strokes.of(corners[:-1], corners[1:], along)


def ring(x: float, y: float, radius: float, pieces: int = 72) -> Strokes:
    """Return a circle."""
    angles = np.linspace(0, 2 * np.pi, pieces + 1)
    return line(_places(x + radius * np.cos(angles), y + radius * np.sin(angles)))


def boundary(mask: Mask) -> Strokes:
    """Return the outline of the cells that a mask holds, inner edges left out.

    Collinear edges are one stroke. Dashes run on around corners, for the length along an edge is
    counted as x + y, which grows by one a cell either way.
    """
    held = np.pad(np.asarray(mask, np.bool_), 1)
    across = _runs(held[1:, 1:-1] != held[:-1, 1:-1])  # edges above each row
    down = _runs((held[1:-1, 1:] != held[1:-1, :-1]).T)  # edges left of each column
    starts = np.concatenate([_places(across[1], across[0]), _places(down[0], down[1])])
    ends = np.concatenate([_places(across[2], across[0]), _places(down[0], down[2])])
    return Strokes.of(starts, ends, starts.sum(axis=1))


def _runs(edges: Mask) -> tuple[npt.NDArray[np.intp], ...]:
    """Return (line, first, one past the last) of each run of edges along the lines."""
    padded = np.pad(edges, ((0, 0), (1, 1))).astype(np.int8)
    steps = np.diff(padded, axis=1)
    lines, first = np.nonzero(steps == 1)
    _, past = np.nonzero(steps == -1)
    return lines, first, past


def _places(x: npt.ArrayLike, y: npt.ArrayLike) -> Places:
    return np.stack([np.asarray(x, np.float32), np.asarray(y, np.float32)], axis=1)
