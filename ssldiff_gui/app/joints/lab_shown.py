"""Experiments as the lab shows them: how they stand, what they have left so far, with what."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import numpy as np

from ssldiff_gui.app.joints.lab_labels import ANNOTATIONS
from ssldiff_gui.core.inventory import Inventory
from ssldiff_gui.core.project import ExperimentEntry
from ssldiff_gui.state.job_list import Job
from ssldiff_gui.state.lab import Lab
from ssldiff_gui.state.lab_findings import Findings
from ssldiff_gui.state.lab_measuring import method_named, title_of
from ssldiff_gui.state.lab_reports import Plot, Report
from ssldiff_gui.widgets.lab_axes import Numbers
from ssldiff_gui.widgets.lab_shown import (
    NOTHING,
    CurveShown,
    ExperimentCard,
    ExperimentShown,
    ReportShown,
    SheetShown,
    Status,
)
from ssldiff_gui.widgets.result_card import in_time
from ssldiff_gui.widgets.shown import Choice

SMALL = 120
"""Points of the curve on a card."""

MODEL = "model"
KINDS = {"diffusion": "generator"}
"""What a training makes, where that is not called as what is trained."""


def card_of(
    entry: ExperimentEntry, job: Job | None, findings: Findings | None, *, paused: bool
) -> ExperimentCard:
    """Return an experiment as its card."""
    method = method_named(entry.method)
    kind = str(entry.request.get("kind", ""))
    return ExperimentCard(
        entry.id,
        entry.name,
        title_of(entry.method, kind),
        "flask-outline" if method is None else method.glyph,
        status_of(entry, job, paused=paused),
        entry.headline,
        None if job is None or job.total <= 0 else min(1.0, job.done / job.total),
        entry.starred,
        _small(findings),
    )


def status_of(entry: ExperimentEntry, job: Job | None, *, paused: bool) -> Status:
    """Return how an experiment stands."""
    if job is None:
        return entry.status
    if job.ending:
        return "ending"
    if paused:
        return "paused"
    return "waiting" if job.status == "waiting" else "running"


def _small(findings: Findings | None) -> Numbers:
    loss = None if findings is None else findings.loss
    if loss is None:
        return NOTHING
    keep = np.linspace(0, len(loss.values) - 1, min(SMALL, len(loss.values))).round().astype(int)
    return np.asarray(loss.values[keep], np.float64)


def experiment_of(
    card: ExperimentCard, entry: ExperimentEntry, job: Job | None, findings: Findings | None
) -> ExperimentShown:
    """Return an experiment as it is shown when it is open."""
    found = findings or Findings()
    running = job is not None and card.status == "running"
    left = None if job is None or not running else job.left
    return ExperimentShown(
        card,
        "" if job is None else ("Paused" if card.status == "paused" else job.words or "Begins"),
        "" if left is None else f"{in_time(left)} left",
        _facts(entry),
        entry.problem,
        tuple([CurveShown(c.title, c.name, c.steps, c.values) for c in found.curves]),
        tuple([SheetShown(str(s.path), s.title, s.step) for s in found.sheets]),
        None if found.report is None else report_of(found.report),
        can_go_on=entry.status in ("stopped", "failed") and job is None,
        labels=entry.status == "done"
        and entry.request.get("kind") == "label"
        and str(entry.request.get("output")).endswith(ANNOTATIONS),
    )


def _facts(entry: ExperimentEntry) -> str:
    try:
        created = datetime.fromisoformat(entry.created)
        begun = f"begun {created.day} {created:%b, %H:%M}"
    except ValueError:
        begun = ""
    took = f"took {in_time(entry.seconds)}" if entry.seconds >= 1 else ""
    return " · ".join(part for part in (begun, took) if part)


def report_of(report: Report) -> ReportShown:
    """Return a report as it is shown."""
    return ReportShown(
        report.title,
        report.summary,
        report.headline,
        report.tables,
        _pictures(report.plots),
        _pictures(report.sheets),
        report.notes,
        report.html is not None,
        report.pdf is not None,
    )


def _pictures(plots: Iterable[Plot]) -> tuple[SheetShown, ...]:
    return tuple([SheetShown(str(plot.path), plot.title, note=plot.note) for plot in plots])


def models_of(inventory: Inventory, lab: Lab | None) -> dict[str, tuple[Choice, ...]]:
    """Return the models that can be chosen, by their kind: the lab's own ones first."""
    found: dict[str, list[Choice]] = {}
    for entry in () if lab is None else lab.all:
        request = entry.request
        what = str(request.get("what", ""))
        if request.get("kind") == "train" and entry.status == "done" and what != "all":
            folder = str(lab.folder(entry.id) / "run" / MODEL) if lab is not None else ""
            of = found.setdefault(KINDS.get(what, what), [])
            of.append(Choice(folder, entry.name, "from this lab"))
    for model in inventory.installed:
        if model.model is not None:
            note = model.model.licence.name
            found.setdefault(model.model.kind, []).append(Choice(model.name, model.title, note))
    return {kind: tuple(choices) for kind, choices in found.items()}
