"""What comes back when a model is measured."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.lab.evaluate import EvaluateRequest
from ssldiff_gui.evaluation.figures import Figure
from ssldiff_gui.evaluation.plots import intervals
from ssldiff_gui.storage.report_page import Headline, Page, Plot, Sheet, Table, shown

FIGURES = "figures.json"
HELD_OUT = "held out"

RGB = npt.NDArray[np.uint8]


@dataclass(slots=True)
class Report:
    """What was measured.

    Parameters
    ----------
    request
        What was asked.
    title
        Of the model, for people.
    settings
        How it was measured, beyond the request.
    figures
        For each source of pictures, the held-out ones first.
    warnings
        What a reader must know.
    sheets
        Pictures to look at, by name.
    seconds
        How long it took.
    """

    request: EvaluateRequest
    title: str
    settings: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, list[Figure]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    sheets: dict[str, RGB] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, source: str, figures: list[Figure]) -> None:
        """Add figures of a source."""
        self.figures.setdefault(source, []).extend(figures)

    def warn(self, words: str | None) -> None:
        """Add a warning, once."""
        if words and words not in self.warnings:
            self.warnings.append(words)

    def facts(self) -> dict[str, Any]:
        """Return all of it as JSON takes it; folders of this machine are called by their names."""
        asked = self.request.model_dump(mode="json")
        for key in ("model", "encoder", "pictures", "data", "config", "unseen", "image"):
            if asked[key] is not None:
                asked[key] = "/".join(Path(asked[key]).parts[-2:])
        return {
            "kind": self.request.what,
            "model": self.title,
            "request": asked,
            "settings": self.settings,
            "figures": {
                source: [figure.facts() for figure in found]
                for source, found in self.figures.items()
            },
            "warnings": self.warnings,
            "seconds": round(self.seconds, 1),
        }

    def page(self) -> Page:
        """Return it as a page with plots, as all experiments have one."""
        page = Page(
            f"{self.request.what.capitalize()}: {self.title}",
            "evaluate",
            f"{self.title}, measured on pictures that it was not trained on.",
            self.request.model_dump(mode="json"),
        )
        page.notes = list(self.warnings)
        page.facts = self.facts()
        for place, (source, found) in enumerate(self.figures.items()):
            page.sections.append(_table(source, found))
            spans = {
                f.measure: (f.value, f.low, f.high) for f in found
                if f.low is not None and math.isfinite(f.value)
            }  # fmt: skip
            if spans:
                heading = f"{source}, with intervals of 95 %"
                page.sections.append(Plot(f"figures-{place}", heading, intervals(spans, "value")))
            if not place:
                page.headline = [
                    Headline(f.measure, f.value, f.low, f.high)
                    for f in found if math.isfinite(f.value)
                ]  # fmt: skip
        made = self.request.what in ("generator", "canvas", "autoencoder")
        for name, picture in self.sheets.items():
            words = name.replace("_", " ").replace("-", " ").capitalize()
            page.sections.append(Sheet(name, words, picture, synthetic=made))
        return page

    def write(self, folder: Path) -> list[Path]:
        """Write figures, sheets and the report into a folder; return the files."""
        folder.mkdir(parents=True, exist_ok=True)
        files = [folder / FIGURES]
        text = json.dumps(self.facts(), indent=2, ensure_ascii=False, allow_nan=False)
        files[0].write_text(text + "\n", "utf-8")
        return [*files, *self.page().write(folder)]


def _table(source: str, found: list[Figure]) -> Table:
    rows = [
        (
            f.measure, f.value, f.low, f.high,
            ", ".join(f"{name} {shown(value)}" for name, value in f.against.items()),
            f.better, f.note,
        )
        for f in found
    ]  # fmt: skip
    columns = ("measure", "value", "low", "high", "against", "better", "note")
    return Table(source.capitalize(), columns, rows)
