"""A report that can be reopened: one page with plots, the same as PDF, its numbers as JSON."""

from __future__ import annotations

import json
import math
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ssldiff_gui.storage.atomic import cannot_write, write_bytes
from ssldiff_gui.storage.marking import WORD, program

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RGB = npt.NDArray[np.uint8]
Cell = str | float | int | None

FORMAT = "ssldiff report"
HTML, PDF, JSON, REQUEST = "report.html", "report.pdf", "report.json", "request.json"


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, or several with empty lines between them."""

    words: str
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of numbers and words.

    Parameters
    ----------
    heading
        Above it.
    columns
        Their names; the first names the rows.
    rows
        As many cells each; numbers are written with three digits, None as a dash.
    note
        Below it.
    """

    heading: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure of matplotlib; `name` is that of its PNG, without the ending."""

    name: str
    heading: str
    figure: Figure
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Pictures to look at.

    Parameters
    ----------
    name
        Of the PNG, without the ending; those with synthetic pictures get the word into it.
    heading, note
        Above and below it.
    picture
        RGB.
    synthetic
        Whether made pictures are in it.
    """

    name: str
    heading: str
    picture: RGB
    note: str = ""
    synthetic: bool = False

    @property
    def file(self) -> str:
        """Name of its file."""
        return f"{self.name}.{WORD}.png" if self.synthetic else f"{self.name}.png"


Section = Text | Table | Plot | Sheet


@dataclass(frozen=True, slots=True)
class Headline:
    """A number that people look for first, with the ends of its 95 % interval."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    unit: str = ""

    def facts(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "name": self.name,
            "value": plain(self.value),
            "low": plain(self.low),
            "high": plain(self.high),
            "unit": self.unit,
        }


@dataclass(slots=True)
class Page:
    """What a report says.

    Parameters
    ----------
    title, kind
        For people; for programs: "fid", "augmentation", "guidance", "evaluate".
    summary
        What came out, in a few sentences.
    request
        What was asked, as JSON has it.
    sections
        In their order.
    headline
        The first numbers.
    notes
        What a reader must know.
    facts
        What else the JSON holds.
    """

    title: str
    kind: str
    summary: str
    request: Mapping[str, Any]
    sections: list[Section] = field(default_factory=list)
    headline: list[Headline] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    facts: Mapping[str, Any] = field(default_factory=dict)
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def note(self, words: str | None) -> None:
        """Add a note, once."""
        if words and words not in self.notes:
            self.notes.append(words)

    def as_json(self) -> dict[str, Any]:
        """Return all numbers; plots and sheets by the names of their files."""
        found = self.sections
        return {
            "format": FORMAT,
            "version": 1,
            "title": self.title,
            "kind": self.kind,
            "created": self.created,
            "summary": self.summary,
            "headline": [item.facts() for item in self.headline],
            "tables": [_table(item) for item in found if isinstance(item, Table)],
            "plots": [f"{item.name}.png" for item in found if isinstance(item, Plot)],
            "sheets": [item.file for item in found if isinstance(item, Sheet)],
            "notes": list(self.notes),
            "request": dict(self.request),
            "versions": versions(),
            "facts": dict(self.facts),
        }

    def write(self, folder: Path) -> list[Path]:
        """Write page, PDF, numbers, request and pictures into a folder; return the files.

        Raises
        ------
        FileProblem
            The folder cannot be written to.
        """
        from ssldiff_gui.storage.report_html import html_of
        from ssldiff_gui.storage.report_pdf import write_pdf
        from ssldiff_gui.storage.report_pictures import png_of

        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(folder, error) from error
        files: list[Path] = []

        def put(name: str, content: bytes) -> None:
            write_bytes(folder / name, content)
            files.append(folder / name)

        pngs = {item.name: png_of(item) for item in self.sections if isinstance(item, Plot | Sheet)}
        put(HTML, html_of(self, pngs).encode("utf-8"))
        write_pdf(folder / PDF, self)
        files.append(folder / PDF)
        for item in self.sections:
            if isinstance(item, Plot | Sheet):
                name = item.file if isinstance(item, Sheet) else f"{item.name}.png"
                put(name, pngs[item.name])
        put(REQUEST, _json(dict(self.request)))
        put(JSON, _json(self.as_json()))  # last: who finds it finds the others
        return files


def _table(item: Table) -> dict[str, Any]:
    return {
        "heading": item.heading,
        "columns": list(item.columns),
        "rows": [[plain(cell) for cell in row] for row in item.rows],
        "note": item.note,
    }


def plain(value: Any) -> Any:
    """Return what JSON knows: a number that is none is None."""
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, int | np.integer):
        return int(value)
    return float(value) if math.isfinite(value) else None


def shown(cell: Cell) -> str:
    """Return a cell as people read it."""
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return "–"
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int):
        return f"{cell:,}"
    size = abs(cell)
    return f"{cell:,.0f}" if size >= 1000 else f"{cell:.1f}" if size >= 100 else f"{cell:.3f}"


def interval(item: Headline) -> str:
    """Return a headline's number with its interval, as people read it."""
    unit = f" {item.unit}" if item.unit else ""
    if item.low is None or item.high is None:
        return f"{shown(item.value)}{unit}"
    return f"{shown(item.value)} ({shown(item.low)} … {shown(item.high)}){unit}"


def versions() -> dict[str, str]:
    """Return which program, and which packages that are loaded, made the numbers."""
    found = {"program": program(), "python": platform.python_version()}
    for name in ("numpy", "scipy", "torch", "timm", "diffusers", "torchmetrics", "matplotlib"):
        module = sys.modules.get(name)
        version = getattr(module, "__version__", None)
        if isinstance(version, str):
            found[name] = version
    return found


def _json(facts: Mapping[str, Any]) -> bytes:
    text = json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8")
