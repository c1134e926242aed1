"""What an experiment has left in its folder so far: curves, early pictures, a report."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ssldiff_gui.state.lab_reports import Report, read_report

LOG = "log.jsonl"
DEEPEST = 3
"""So many folders below an experiment's own are looked into for logs."""

MOST_FOLDERS = 400
LARGEST_LOG = 64 << 20
_EARLY = re.compile(r"-(\d{4,})$")
_BESIDE = frozenset({"step", "seconds"})


@dataclass(frozen=True, slots=True)
class Curve:
    """One figure over the steps of one run.

    Parameters
    ----------
    run
        The folder of the run, within the experiment's; empty when there is only one.
    name
        Of the figure: "loss".
    steps, values
        (n,) float each.
    """

    run: str
    name: str
    steps: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]

    @property
    def title(self) -> str:
        """For people."""
        words = self.name.replace("_", " ")
        return f"{self.run.replace('_', ' ')}: {words}" if self.run else words


@dataclass(frozen=True, slots=True)
class Sheet:
    """An early picture of a training: its file, what it shows, and after how many steps."""

    path: Path
    title: str
    step: int


@dataclass(frozen=True, slots=True)
class Findings:
    """All of it.

    Parameters
    ----------
    curves
        Losses first.
    sheets
        The oldest first.
    report
        None while there is none.
    """

    curves: tuple[Curve, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    report: Report | None = None

    @property
    def loss(self) -> Curve | None:
        """The curve that a card shows."""
        return next((curve for curve in self.curves if curve.name == "loss"), None)


@dataclass(slots=True)
class _Tail:
    """A log that is read on from where it ended; one that was cut is read anew."""

    path: Path
    place: int = 0
    rest: bytes = b""
    found: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def read(self) -> None:
        size = min(self.path.stat().st_size, LARGEST_LOG)
        if size < self.place:
            self.place, self.rest, self.found = 0, b"", {}
        with self.path.open("rb") as file:
            file.seek(self.place)
            more = file.read(LARGEST_LOG - self.place)
        self.place += len(more)
        *lines, self.rest = (self.rest + more).split(b"\n")
        for line in lines:
            self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            facts = json.loads(line)
        except (ValueError, RecursionError):
            return
        step = _number(facts.get("step")) if isinstance(facts, dict) else None
        if step is None:
            return
        for name, told in facts.items():
            value = _number(told)
            if name in _BESIDE or value is None:
                continue
            points = self.found.setdefault(name, [])
            while points and points[-1][0] >= step:  # those steps were taken again
                points.pop()
            points.append((step, value))


class Watch:
    """Looks into the folder of one experiment; reads files, so call it off the window.

    Parameters
    ----------
    folder
        The experiment's.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._tails: dict[Path, _Tail] = {}

    def look(self) -> Findings:
        """Return what is there now; what cannot be read is left out."""
        sheets: list[Sheet] = []
        for place in self._places():
            log = place / LOG
            if log.is_file():
                self._tails.setdefault(log, _Tail(log))
                sheets += _sheets(place)
        for log in list(self._tails):
            try:
                self._tails[log].read()
            except OSError:
                del self._tails[log]
        sheets.sort(key=lambda sheet: (sheet.step, sheet.title))
        return Findings(self._curves(), tuple(sheets), read_report(self.folder))

    def _places(self) -> Iterator[Path]:
        """Yield the experiment's folder and those below it where runs may be."""
        level, seen = [self.folder], 0
        for _ in range(DEEPEST + 1):
            deeper: list[Path] = []
            for place in level:
                yield place
                seen += 1
                if seen > MOST_FOLDERS:
                    return
                deeper += _folders(place)
            level = deeper

    def _curves(self) -> tuple[Curve, ...]:
        several = len(self._tails) > 1
        found = []
        for log, tail in sorted(self._tails.items()):
            run = "/".join(log.parent.relative_to(self.folder).parts[1:]) if several else ""
            for name, points in tail.found.items():
                steps, values = np.array(points, np.float64).T
                found.append(Curve(run, name, steps, values))
        return tuple(sorted(found, key=lambda curve: curve.name != "loss"))


def _folders(place: Path) -> list[Path]:
    """Return the folders in one that may hold runs: not those with pictures or a model."""
    if (place / "model.json").exists():
        return []
    try:
        inner = [path for path in place.iterdir() if path.is_dir() and not path.is_symlink()]
    except OSError:
        return []
    return sorted(path for path in inner if path.name not in {"pictures", "model"})


def _sheets(place: Path) -> list[Sheet]:
    found = []
    for path in place.glob("*.png"):
        number = _EARLY.search(path.stem)
        if number is not None:
            title = path.stem[: number.start()].replace("_", " ").capitalize()
            found.append(Sheet(path, title, int(number[1])))
    return found


def _number(value: object) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300:
        return float(value)
    return None
