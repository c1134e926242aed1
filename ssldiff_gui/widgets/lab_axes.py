"""Axes of plots: which numbers stand at them, and where."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

TINY = 1e-12
_DECADES = 3
"""With fewer decades than these, 2 and 5 times each stand at a logarithmic axis too."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of numbers, even or logarithmic."""

    low: float
    high: float
    log: bool = False

    @classmethod
    def around(cls, values: Numbers, *, log: bool = False, zero: bool = False) -> Axis:
        """Return an axis that holds these, with a little room.

        Parameters
        ----------
        values
            What is shown; a logarithmic axis leaves out what is not above 0.
        log
            Whether it is logarithmic.
        zero
            Whether it begins at 0 exactly where the values do so nearly.
        """
        found = values[np.isfinite(values)]
        if log:
            found = found[found > 0]
        if not len(found):
            return cls(0.1 if log else 0.0, 1.0, log)
        low, high = float(found.min()), float(found.max())
        if log:
            low, high = math.log10(max(low, TINY)), math.log10(max(high, TINY))
            room = max(0.05, 0.04 * (high - low))
            return cls(10 ** (low - room), 10 ** (high + room), log)
        room = 0.05 * (high - low) or 0.5 * abs(high) or 1.0
        if zero:
            return cls(min(0.0, low), max(high, low + 1e-9))
        return cls(low - room, high + room)

    def part(self, values: Numbers) -> Numbers:
        """Return where values stand, from 0 at its beginning to 1 at its end."""
        if self.log:
            low, high = math.log10(self.low), math.log10(self.high)
            return (np.log10(np.maximum(values, TINY)) - low) / (high - low)
        return (values - self.low) / (self.high - self.low)

    def ticks(self, most: int) -> list[float]:
        """Return the round numbers that stand at it."""
        return _log_ticks(self.low, self.high) if self.log else _ticks(self.low, self.high, most)


def _ticks(low: float, high: float, most: int) -> list[float]:
    raw = (high - low) / max(1, most)
    unit = 10 ** math.floor(math.log10(raw)) if raw > 0 else 1.0
    step = next(unit * times for times in (1, 2, 2.5, 5, 10) if unit * times >= raw)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(k * step, 12) for k in range(first, last + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    times = (1, 2, 5) if last - first <= _DECADES else (1,)
    every = max(1, (last - first) // 6)
    found = [k * 10.0**n for n in range(first, last + 1, every) for k in times]
    return [tick for tick in found if low <= tick <= high]


def tick_text(value: float) -> str:
    """Return a number at an axis, short."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e6:
        return f"{value / 1e6:g} M"
    if size >= 1e4:
        return f"{value / 1e3:g} k"
    if size < 1e-3:
        return f"{value:.0e}".replace("e-0", "e-")
    return f"{value:,.6g}"


def smooth(values: Numbers, part: float = 0.03) -> Numbers:
    """Return values without their noise: a mean of those around each, none of which lags behind.

    Parameters
    ----------
    values
        In their order.
    part
        How far a mean reaches to each side, as a share of all.
    """
    reach = max(1, round(part * len(values)))
    if len(values) < 3:
        return values
    weights = np.exp(-0.5 * (np.arange(-2 * reach, 2 * reach + 1) / reach) ** 2)
    padded = np.pad(values, 2 * reach, mode="edge")
    return np.convolve(padded, weights / weights.sum(), mode="valid")
