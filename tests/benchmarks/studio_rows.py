"""What the studio's benchmark says: one row for each figure, with its goal and its comparand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

Sense = Literal["at most", "at least", "between"]


@dataclass(frozen=True)
class Row:
    """One figure.

    Parameters
    ----------
    what
        Was measured.
    figure, unit
        Came out.
    goal
        To be reached; None for a figure that is there to compare with.
    sense
        Whether the figure shall be at most the goal, at least, or within it on both sides of 0.
    comparand
        What it is held against, from the same run.
    """

    what: str
    figure: float
    unit: str = "ms"
    goal: float | None = None
    sense: Sense = "at most"
    comparand: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None without one."""
        if self.goal is None:
            return None
        if self.sense == "between":
            return abs(self.figure) <= self.goal
        return self.figure <= self.goal if self.sense == "at most" else self.figure >= self.goal

    def told(self) -> dict[str, Any]:
        """Return it for machines."""
        return asdict(self) | {"met": self.met}


def spread(what: str, found: Sequence[float], goal: float | None, comparand: str = "") -> list[Row]:
    """Return median, 95th percentile and maximum of times in ms; the goal is for each of them."""
    middle, high, most = np.percentile(found, (50, 95, 100))
    return [
        Row(f"{what}, median of {len(found)}", float(middle), goal=goal, comparand=comparand),
        Row(f"{what}, 95th percentile", float(high), goal=goal, comparand=comparand),
        Row(f"{what}, longest", float(most), goal=goal, comparand=comparand),
    ]


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return rows for people."""
    wide = max(len(row["what"]) for row in rows)
    signs = {"at most": "≤", "at least": "≥", "between": "±"}
    lines = []
    for row in rows:
        goal = "" if row["goal"] is None else f"{signs[row['sense']]} {row['goal']:g}"
        verdict = {None: "", True: "met", False: "MISSED"}[row["met"]]
        figure = f"{row['what']:{wide}} {row['figure']:10.2f} {row['unit']:8}"
        lines.append(f"{figure} {goal:8} {verdict:7} {row['comparand']}".rstrip())
    return "\n".join(lines)
