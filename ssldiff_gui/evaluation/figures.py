"""A figure, and what it is to be read against."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Better = Literal["higher", "lower", "nearer", "neither"]
"""Which way is good: "nearer" is near to the figure's first comparand."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    Parameters
    ----------
    measure
        What was measured.
    value
        What came out.
    better
        Which way is good.
    against
        What else gives which number, the most telling first.
    low, high
        Ends of a 95 % interval; None where there is none.
    note
        How it was measured, or what it cannot tell.
    """

    measure: str
    value: float
    better: Better
    against: Mapping[str, float] = field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    note: str = ""

    def facts(self) -> dict[str, Any]:
        """Return it as JSON takes it: what is no number there is None."""
        return {
            "measure": self.measure,
            "value": plain(self.value),
            "low": None if self.low is None else plain(self.low),
            "high": None if self.high is None else plain(self.high),
            "better": self.better,
            "against": {name: plain(value) for name, value in self.against.items()},
            "note": self.note,
        }


def plain(value: float) -> float | None:
    """Return a number that JSON knows, or None."""
    return float(value) if math.isfinite(value) else None
