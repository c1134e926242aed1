"""What a prior is asked for: a class, a text, a line of a table, and areas of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue

from ssldiff_gui.core.errors import BadRequest, OversizedRequest
from ssldiff_gui.core.layout import Area, Layout
from ssldiff_gui.core.requests import PriorRequest

if TYPE_CHECKING:
    from ssldiff_gui.models.priors import Prior
    from ssldiff_gui.models.priors.tables import Table

MOST_CELLS = 1 << 19
"""Rows times columns; beyond it the canvas would have more than 700² cells."""

_FAR = 6.0
_FEW = 5

Told = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Understood:
    """A wish, as a prior understood it.

    Parameters
    ----------
    told
        (width,) for the whole grid, or (rows, columns, width).
    reading
        How much of the text went to each class.
    notes
        What has to be said of that.
    """

    told: Told
    reading: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """A request with its files read.

    Parameters
    ----------
    request
        As it came.
    table
        Its features.
    layout
        Its areas.
    """

    request: PriorRequest
    table: Table | None = None
    layout: Layout | None = None

    @classmethod
    def of(cls, request: PriorRequest) -> Wish:
        """Check a request, and read its files.

        Raises
        ------
        BadRequest, OversizedRequest
            It does not hold together.
        FileProblem
            A file of it cannot be read.
        """
        _check(request)
        table, layout = None, None
        if request.features is not None:
            from ssldiff_gui.models.priors.tables import read_table

            table = read_table(request.features)
            table.place(request.case)
        if request.layout is not None:
            from ssldiff_gui.storage.layouts import read_layout

            layout = read_layout(Path(request.layout))
        return cls(request, table, layout)

    def facts(self) -> dict[str, JsonValue]:
        """Return what the grid's file tells of its files, without where they lie."""
        told: dict[str, JsonValue] = {}
        if self.table is not None and self.request.features is not None:
            from ssldiff_gui.models.weights import sha256_of

            path = Path(self.request.features)
            case = self.table.cases[self.table.place(self.request.case)]
            told["features"] = {"table": path.name, "sha256": sha256_of(path), "case": case}
        if self.layout is not None:
            told["layout"] = self.layout.facts()
        return told

    def understood(self, prior: Prior) -> Understood:
        """Return what a prior makes of it.

        Raises
        ------
        BadRequest
            It knows nothing of it; the hint says what it knows.
        """
        notes: list[str] = []
        told, reading = self._whole(prior, notes)
        if self.layout:
            told = self._by_areas(prior, told, self.layout, notes)
        return Understood(told, reading, tuple(notes))

    def _whole(self, prior: Prior, notes: list[str]) -> tuple[Told, dict[str, float]]:
        """Return what the whole grid is told, but for its areas."""
        request = self.request
        if self.table is not None:
            return self._case(prior, self.table, request.case, notes), {}
        if request.label is None and request.text is None:
            return prior.told_nothing(), {}
        told = prior.told(request.label, request.text)
        return told, _reading(prior, request.text, notes)

    def _case(self, prior: Prior, table: Table, case: str | None, notes: list[str]) -> Told:
        from ssldiff_gui.models.priors.tables import missing_words

        columns = prior.spec.columns
        if prior.table_reader is None:
            return prior.told_case(np.zeros(0))  # says that it reads none
        place = table.place(case)
        numbers = table.features(columns)[place]
        name = table.cases[place]
        if case is None and len(table.cases) > 1:
            notes.append(f"Of {len(table.cases):,} cases in {table.name}, the first: {name}.")
        if words := missing_words(numbers[None], columns, name):
            notes.append(words)
        if extra := [column for column in table.columns if column not in columns]:
            notes.append(f"{prior.spec.name} was not trained with {_listed(extra)}: left aside.")
        apart = np.abs(np.nan_to_num(prior.table_reader.standardised(numbers)))
        if far := [columns[k] for k in np.argsort(-apart, kind="stable") if apart[k] > _FAR]:
            notes.append(
                f"{_listed(far)} of {name}: more than {_FAR:g} standard deviations from the "
                f"mean of what {prior.spec.name} was trained with; taken as {_FAR:g}."
            )
        return prior.told_case(numbers)

    def _by_areas(self, prior: Prior, rest: Told, layout: Layout, notes: list[str]) -> Told:
        """Return (rows, columns, width): each cell is told what its area says."""
        rows, columns = self.request.rows, self.request.columns
        side = prior.spec.cell
        numbers = layout.cells(rows, columns, side)
        used = [int(number) for number in np.unique(numbers) if number >= 0]
        if not used:
            raise BadRequest(
                "No area of the layout covers the middle of any cell of the grid.",
                f"The grid is {columns * side:,} × {rows * side:,} pixels, in cells of {side}.",
            )
        told = np.tile(rest, (rows, columns, 1))
        silent = 0
        for number in used:
            found = self._area(prior, layout.areas[number], number, notes)
            if found is None:
                silent += int((numbers == number).sum())
            else:
                told[numbers == number] = found
        left = int((numbers < 0).sum()) + silent
        asked = self.request.label, self.request.text, self.table
        if left and all(each is None for each in asked):
            notes.append(f"Nothing was said for {left:,} of {numbers.size:,} cells.")
        if unused := len(layout.areas) - len(used):
            notes.append(f"{unused:,} of {len(layout.areas):,} areas cover the middle of no cell.")
        return told

    def _area(self, prior: Prior, area: Area, number: int, notes: list[str]) -> Told | None:
        """Return what an area says; None when it says nothing."""
        own: list[str] = []
        label, text = area.label or None, area.text.strip() or None
        if label is None and text is None:
            return None
        try:
            if self.table is not None:
                found = self._case(prior, self.table, label or text, own)
            else:
                found = _told_both(prior, label, text, own)
        except BadRequest as error:
            raise BadRequest(
                f"Area {number + 1} of the layout: {error.message}", error.hint
            ) from error
        notes += [f"Area {number + 1} of the layout: {note}" for note in own]
        return found


def _told_both(prior: Prior, label: str | None, text: str | None, notes: list[str]) -> Told:
    """Return what a class and a text say; when one of the two is not known, the other counts."""
    if label is not None and text is not None:
        for one, other in (((label, None), text), ((None, text), label)):
            try:
                prior.told(*one)
            except BadRequest:
                told = _told_both(prior, None if one[0] else label, None if one[1] else text, notes)
                notes.append(f"“{label if one[0] else text}” is not known; “{other}” counts alone.")
                return told
    told = prior.told(label, text)
    _reading(prior, text, notes)
    return told


def _reading(prior: Prior, text: str | None, notes: list[str]) -> dict[str, float]:
    """Return how a text was understood; note what has to be said of that."""
    if text is None:
        return {}
    unknown = prior.unknown_words(text)
    if unknown:
        notes.append(f"These words mean nothing to {prior.spec.name}: {', '.join(unknown)}.")
    if left := prior.beyond(text):
        notes.append(f"The text is too long: its last {left:,} tokens were not read.")
    reading = prior.reading(text)
    if len(reading) > 1 or not reading:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in reading.items())
        notes.append(f"The text was read as {shares or 'none of the classes in particular'}.")
    return reading


def _check(request: PriorRequest) -> None:
    said = request.label is not None or request.text is not None
    if not said and request.features is None and request.layout is None:
        raise BadRequest(
            "Nothing says what the grid shall show.", "Give a class, or a text, or both."
        )
    if said and request.features is not None:
        raise BadRequest(
            "A prior takes either a table of features, or a class and a text.",
            "Leave one of them out.",
        )
    if request.case is not None and request.features is None:
        raise BadRequest("A case is named, and no table.", "Give the table with --features.")
    if request.text is not None and not request.text.strip():
        raise BadRequest("The text is empty.", "Say in words what the grid shall show.")
    if request.rows * request.columns > MOST_CELLS:
        raise OversizedRequest(
            f"{request.rows:,} × {request.columns:,} cells are more than the {MOST_CELLS:,} that "
            "a prior draws at once.",
            "Ask for fewer rows or columns.",
        )


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _FEW:,} more" if len(names) > _FEW else ""
    return f"{', '.join(names[:_FEW])}{more}"
