"""Reports of the lab as they are shown: headline, tables, plots, sheets, notes.

A report is `report.json` in the experiment's folder, as the job wrote it; where a job writes none,
what came of it is kept as `result.json`, and a report is made of that.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

REPORT, RESULT = "report.json", "result.json"
LARGEST = 32 << 20
SYNTHETIC = ".synthetic"
MADE = "Synthetic: pictures in it were made by a model."

Facts = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Headline:
    """A number to look at first: what it is, its 95 % interval if it has one, a word about it."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    unit: str = ""
    note: str = ""

    @property
    def text(self) -> str:
        """The number as people read it."""
        return f"{number_text(self.value)}{self.unit}"

    @property
    def interval(self) -> str:
        """Its interval, or nothing."""
        if self.low is None or self.high is None:
            return ""
        return f"{number_text(self.low)} – {number_text(self.high)}{self.unit}"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of words and numbers, and a word about them."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture that the report shows."""

    path: Path
    title: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of an experiment.

    Parameters
    ----------
    title, summary
        For people.
    headline
        What is to be looked at first.
    tables, plots, sheets, notes
        The rest, in its order.
    html, pdf
        The same as a file, where there is one.
    folder
        Where it lies.
    """

    title: str
    summary: str = ""
    headline: tuple[Headline, ...] = ()
    tables: tuple[Table, ...] = ()
    plots: tuple[Plot, ...] = ()
    sheets: tuple[Plot, ...] = ()
    notes: tuple[str, ...] = ()
    html: Path | None = None
    pdf: Path | None = None
    folder: Path = Path()

    @property
    def words(self) -> str:
        """The headline for a card."""
        first = next(iter(self.headline), None)
        return "" if first is None else f"{first.name} {first.text}"


def number_text(value: float) -> str:
    """Return a number with as many digits as people can use."""
    if not math.isfinite(value):
        return "–"
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value):,}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if abs(value) >= 100:
        return f"{value:.1f}"
    if abs(value) >= 0.1:
        return f"{value:.3g}"
    return f"{value:.2g}"


def read_report(folder: Path) -> Report | None:
    """Return the report of an experiment, or None while there is none; reads files."""
    for place in (folder, *_inner(folder)):
        facts = _read(place / REPORT)
        if facts is not None:
            return _told(facts, place)
    facts = _read(folder / RESULT)
    return None if facts is None else made_of(facts, folder)


def _inner(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
    except OSError:
        return []


def _read(path: Path) -> dict[str, JsonValue] | None:
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            return None
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


# -- what a job wrote --------------------------------------------------------------------------


def _told(facts: Facts, folder: Path) -> Report:
    return Report(
        title=_text(facts.get("title")) or "Report",
        summary=_text(facts.get("summary")),
        headline=tuple(_headlines(facts.get("headline"))),
        tables=tuple(_tables(facts.get("tables"))),
        plots=tuple(_plots(facts.get("plots"), folder)),
        sheets=tuple(_plots(facts.get("sheets"), folder)),
        notes=tuple([_text(note) for note in _list(facts.get("notes")) if _text(note)]),
        html=_first(folder, "report.html"),
        pdf=_first(folder, "report.pdf"),
        folder=folder,
    )


def _headlines(told: JsonValue) -> Iterator[Headline]:
    if isinstance(told, dict):
        told = [
            {"name": name, **value} if isinstance(value, dict) else {"name": name, "value": value}
            for name, value in told.items()
        ]
    for one in _list(told):
        if not isinstance(one, dict):
            continue
        value = _number(one.get("value"))
        name = _text(one.get("name") or one.get("measure") or one.get("title"))
        if value is not None:
            yield Headline(
                name, value, _number(one.get("low")), _number(one.get("high")),
                f" {unit}" if (unit := _text(one.get("unit"))) else "", _text(one.get("note")),
            )  # fmt: skip


def _tables(told: JsonValue) -> Iterator[Table]:
    for one in _list(told):
        if isinstance(one, dict):
            rows = [_list(row) for row in _list(one.get("rows"))]
            yield Table(
                _text(one.get("heading") or one.get("title")),
                tuple([_text(name) for name in _list(one.get("columns"))]),
                tuple([tuple([_cell(value) for value in row]) for row in rows]),
                _text(one.get("note")),
            )


def _plots(told: JsonValue, folder: Path) -> Iterator[Plot]:
    for one in _list(told):
        facts = one if isinstance(one, dict) else {"file": one}
        name = _text(facts.get("file") or facts.get("path") or facts.get("name"))
        path = folder / name
        inside = bool(name) and path.resolve().is_relative_to(folder.resolve())
        if inside and path.is_file():
            note = _text(facts.get("note") or facts.get("caption"))
            title = _text(facts.get("title") or facts.get("heading")) or _spoken(path)
            yield Plot(path, title, note or (MADE if SYNTHETIC in path.suffixes else ""))


# -- what is made of a result --------------------------------------------------------------------


def made_of(facts: Facts, folder: Path) -> Report:
    """Return a report of what a job gave back, when it wrote none itself."""
    headline, tables = [], []
    for model in _list(facts.get("models")):  # trainings
        if isinstance(model, dict):
            headline += [*_of_training(model, several=len(_list(facts.get("models"))) > 1)]
    figures = facts.get("figures")
    for source, found in figures.items() if isinstance(figures, dict) else ():
        table = _of_figures(source, [one for one in _list(found) if isinstance(one, dict)])
        tables.append(table)
        headline += [*_headlines(found)][: 3 if not headline else 0]
    rest = [(key, value) for key, value in facts.items() if _is_plain(value)]
    rows = [(key.replace("_", " ").capitalize(), _cell(value)) for key, value in rest]
    if rows:
        tables.append(Table("Facts", ("", ""), tuple(rows)))
    notes = [_text(note) for key in ("warnings", "notes") for note in _list(facts.get(key))]
    plots = [Plot(path, _spoken(path)) for path in _pictures(folder)]
    title = _text(facts.get("model") or facts.get("title")) or "What came of it"
    return Report(
        title, "", tuple(headline), tuple(tables), tuple(plots), (), tuple(filter(None, notes)),
        folder=folder,
    )  # fmt: skip


def _of_training(model: Facts, *, several: bool) -> Iterator[Headline]:
    before = f"{_text(model.get('kind'))} " if several else ""
    figures = model.get("figures")
    for name, value in figures.items() if isinstance(figures, dict) else ():
        number = _number(value)
        if number is not None and name not in {"step", "seconds"}:
            yield Headline(f"{before}{name.replace('_', ' ')}".strip(), number)
    steps, wanted = _number(model.get("steps")), _number(model.get("wanted"))
    if steps is not None and wanted is not None:
        note = "" if steps >= wanted else "It can go on."
        yield Headline(f"{before}steps".strip(), steps, unit=f" of {wanted:,.0f}", note=note)


def _of_figures(source: str, found: list[dict[str, JsonValue]]) -> Table:
    rows = []
    for one in found:
        value, low, high = (_number(one.get(key)) for key in ("value", "low", "high"))
        against = one.get("against")
        compared = against if isinstance(against, dict) else {}
        rows.append(
            (
                _text(one.get("measure")).replace("_", " "),
                "–" if value is None else number_text(value),
                "" if low is None or high is None else f"{number_text(low)} – {number_text(high)}",
                ", ".join(f"{name} {_cell(number)}" for name, number in compared.items()),
            )
        )
    return Table(source.capitalize(), ("", "Figure", "95 %", "Against"), tuple(rows))


def _pictures(folder: Path) -> list[Path]:
    """Return the pictures right in an experiment's output, without those made on the way."""
    found = [path for place in _inner(folder) for path in sorted(place.glob("*.png"))]
    return [path for path in found if not path.stem[-4:].isdigit()][:24]


# -- what JSON may hold ----------------------------------------------------------------------------


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _number(value: JsonValue) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None  # type: ignore[arg-type]


def _is_plain(value: JsonValue) -> bool:
    return isinstance(value, str | int | float | bool) and value != ""


def _cell(value: JsonValue) -> str:
    number = _number(value)
    if number is not None:
        return number_text(number)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_cell(part) for part in value)
    return "–" if value is None else str(value)


def _spoken(path: Path) -> str:
    """Return what a picture is called, from the name of its file."""
    words = path.name.partition(".")[0].replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


def _first(folder: Path, name: str) -> Path | None:
    path = folder / name
    return path if path.is_file() else None
