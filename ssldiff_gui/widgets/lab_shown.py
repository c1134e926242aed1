"""What the lab shows, as data: made by the studio, never changed by a widget."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ssldiff_gui.state.lab_reports import Headline, Table
from ssldiff_gui.widgets.lab_axes import Numbers
from ssldiff_gui.widgets.shown import RGB

Status = Literal["waiting", "running", "paused", "ending", "done", "failed", "stopped"]

STATUS_WORDS: dict[Status, str] = {
    "waiting": "Waiting",
    "running": "Running",
    "paused": "Paused",
    "ending": "Stopping",
    "done": "Done",
    "failed": "Failed",
    "stopped": "Stopped",
}
NOTHING: Numbers = np.zeros(0)


@dataclass(frozen=True, slots=True)
class ExperimentCard:
    """One experiment in the list.

    Parameters
    ----------
    id
        What signals carry.
    name, method
        For people.
    glyph
        Icon of the method.
    status
        How it stands.
    headline
        What came of it; or how far it is.
    part
        Of it that is done, 0–1; None when nobody knows.
    starred
        Whether a person marked it.
    curve
        A few values of its loss, to be drawn small.
    """

    id: str
    name: str
    method: str
    glyph: str = "flask-outline"
    status: Status = "waiting"
    headline: str = ""
    part: float | None = None
    starred: bool = False
    curve: Numbers = field(default_factory=lambda: NOTHING, compare=False)


@dataclass(frozen=True, slots=True)
class CurveShown:
    """One curve of an experiment: whose, what, and where it is."""

    title: str
    name: str
    steps: Numbers
    values: Numbers


@dataclass(frozen=True, slots=True)
class SheetShown:
    """An early picture of a training, or a picture of a report; its pixels come when it is seen."""

    key: str
    title: str
    step: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReportShown:
    """What came of an experiment; pictures come by their keys."""

    title: str
    summary: str = ""
    headline: tuple[Headline, ...] = ()
    tables: tuple[Table, ...] = ()
    plots: tuple[SheetShown, ...] = ()
    sheets: tuple[SheetShown, ...] = ()
    notes: tuple[str, ...] = ()
    html: bool = False
    pdf: bool = False


@dataclass(frozen=True, slots=True)
class ExperimentShown:
    """The experiment that is open.

    Parameters
    ----------
    card
        As in the list.
    words, left
        The step it is at, and how long it will still take.
    facts
        When it began, what it took, what it writes.
    problem
        Why it failed.
    curves, sheets, report
        What is there so far.
    can_go_on
        Whether it can be taken up again.
    labels
        Whether it made annotations that its picture can show.
    """

    card: ExperimentCard
    words: str = ""
    left: str = ""
    facts: str = ""
    problem: str = ""
    curves: tuple[CurveShown, ...] = ()
    sheets: tuple[SheetShown, ...] = ()
    report: ReportShown | None = None
    can_go_on: bool = False
    labels: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """The pixels of a sheet or plot."""

    key: str
    rgb: RGB
