"""Where windows stand along an axis, and what share each has in every place it covers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Blend = Literal["hann", "uniform", "gaussian"]
Span = tuple[int, int]

GAUSSIAN_SPREAD = 0.8
"""Of LID's kernel, on an axis from -1 to 1."""


def starts(length: int, window: int, stride: int, shift: int = 0) -> list[int]:
    """Return where windows begin so that they cover an axis and none reaches beyond it.

    Parameters
    ----------
    length
        Of the axis; at least `window`.
    window, stride
        In the same unit.
    shift
        The windows between the first and the last stand at ``shift + k · stride``.
    """
    last = length - window
    if last < 0:
        raise ValueError(f"a window of {window} does not fit into {length}")
    between = range(shift % stride, last, stride)
    return sorted({0, *between, last})


def profile(window: int, blend: Blend) -> npt.NDArray[np.float64]:
    """Return the weight that a window has in each of its places, before sharing."""
    if blend == "uniform":
        return np.ones(window)
    if blend == "gaussian":
        return np.asarray(np.exp(-(np.linspace(-1, 1, window) ** 2) / GAUSSIAN_SPREAD**2))
    return np.asarray(np.sin(np.pi * (np.arange(window) + 0.5) / window) ** 2)


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """The windows along one axis; their shares add up to one in every place.

    Parameters
    ----------
    length, window
        Of the axis and of each window.
    starts
        (n,) rising.
    shares
        (n, window) float32.
    """

    length: int
    window: int
    starts: npt.NDArray[np.int64]
    shares: npt.NDArray[np.float32]

    @classmethod
    def of(cls, length: int, window: int, stride: int, shift: int, blend: Blend) -> Axis:
        """Stand windows along an axis."""
        return cls.at(length, window, starts(length, window, stride, shift), blend)

    @classmethod
    def at(cls, length: int, window: int, places: list[int], blend: Blend) -> Axis:
        """Stand windows at given places, which cover the axis."""
        weights = profile(window, blend)
        total = np.zeros(length)
        for place in places:
            total[place : place + window] += weights
        shares = [weights / total[place : place + window] for place in places]
        return cls(length, window, np.array(places), np.array(shares, dtype=np.float32))

    def magnified(self, factor: int, blend: Blend) -> Axis:
        """Return the same windows on an axis with `factor` places for each place of this one."""
        places = [int(start) * factor for start in self.starts]
        return Axis.at(self.length * factor, self.window * factor, places, blend)

    def __len__(self) -> int:
        return len(self.starts)

    def touching(self, start: int, stop: int) -> Span:
        """Return the first window with a place in ``start … stop``, and the one after the last."""
        first = int(np.searchsorted(self.starts, start - self.window, side="right"))
        return first, int(np.searchsorted(self.starts, stop, side="left"))


def pairs(rows: Span, columns: Span) -> Iterator[tuple[int, int]]:
    """Go through a rectangle of windows row by row."""
    for row in range(*rows):
        for column in range(*columns):
            yield row, column
