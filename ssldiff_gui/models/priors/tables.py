"""Tables of features: one line a case, its name first, and numbers after it."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadRequest, BrokenFile, MissingFile, OversizedFile

Numbers = npt.NDArray[np.float64]

LARGEST = 256 << 20
"""Bytes of a table."""

MOST_COLUMNS = 1 << 16

MISSING = frozenset({"", "-", ".", "?", "na", "n/a", "nan", "null", "none", "#n/a", "missing"})
"""What is written, in whatever case, where a value is not known."""

_FEW = 6


@dataclass(frozen=True, slots=True)
class Table:
    """A table as text; numbers are made of the columns that are asked for.

    Parameters
    ----------
    name
        Of the file.
    columns
        Names of the features, in their order.
    cases
        Names of the cases, in their order.
    cells
        For each case, the text of each feature.
    """

    name: str
    columns: tuple[str, ...]
    cases: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]

    def features(self, columns: Sequence[str] | None = None) -> Numbers:
        """Return (cases, columns) numbers; NaN where a value is missing.

        Parameters
        ----------
        columns
            Which; None takes all.

        Raises
        ------
        BadRequest
            A column is not there, or holds something else than numbers; the message names it.
        """
        wanted = self.columns if columns is None else tuple(columns)
        if absent := [name for name in wanted if name not in self.columns]:
            raise BadRequest(
                f"{self.name} has no column {_named(absent)}.",
                f"It has: {_named(self.columns, 24)}. All that a model was trained with are "
                "needed; a value that is not known is left empty.",
            )
        places = {name: k for k, name in enumerate(self.columns)}
        return np.stack([self._column(places[name]) for name in wanted], 1)

    def place(self, case: str | None) -> int:
        """Return the number of a case's line; None stands for the first.

        Raises
        ------
        BadRequest
            There is no such case.
        """
        if case is None:
            return 0
        if case not in self.cases:
            raise BadRequest(
                f"{self.name} has no case {case!r}.", f"It has: {_named(self.cases, 24)}."
            )
        return self.cases.index(case)

    def _column(self, k: int) -> Numbers:
        numbers = np.empty(len(self.cells))
        for row, line in enumerate(self.cells):
            found = _number(line[k])
            if found is None:
                raise BadRequest(
                    f"The column {self.columns[k]!r} of {self.name} is no number for the case "
                    f"{self.cases[row]!r}: {line[k][:40]!r}.",
                    "Features are numbers with a decimal point. Leave that column out, or name "
                    "those to take in model.columns; a value that is not known is left empty.",
                )
            numbers[row] = found
        return numbers


def read_table(path: str | Path) -> Table:
    """Read a file of CSV or TSV; what parts its values is found in its first line.

    Parameters
    ----------
    path
        A first line of names, then one line a case: its name, and its features.

    Raises
    ------
    MissingFile, OversizedFile, BrokenFile
        It cannot be read.
    BadRequest
        It is empty, or two of its cases or columns have one name.
    """
    path = Path(path)
    lines = [line for line in _lines(path) if any(cell.strip() for cell in line)]
    if len(lines) < 2:
        raise BadRequest(
            f"The table {path.name} is empty: it has no line with a case.",
            "Its first line names the columns, every other line is a case.",
        )
    names, rows = [cell.strip() for cell in lines[0]], lines[1:]
    if len(names) < 2:
        raise BadRequest(
            f"The table {path.name} has one column only, and no features.",
            "Part the values by commas, semicolons or tabs; the first column names the case.",
        )
    if len(names) > MOST_COLUMNS:
        raise BadRequest(
            f"The table {path.name} has {len(names):,} columns; {MOST_COLUMNS:,} are the most.",
            "Keep the features that matter.",
        )
    for number, line in enumerate(rows, 2):
        if len(line) != len(names):
            raise BrokenFile(
                path,
                f"Case {number - 1} of {path.name} has {len(line)} values, and there are "
                f"{len(names)} columns.",
                "Mend that line; a value that is not known is left empty.",
            )
    cases = tuple(line[0].strip() for line in rows)
    _no_doubles(path, "case", cases)
    _no_doubles(path, "column", names[1:])
    return Table(path.name, tuple(names[1:]), cases, tuple(tuple(line[1:]) for line in rows))


def measured(numbers: Numbers, columns: Sequence[str], name: str) -> tuple[Numbers, Numbers]:
    """Return mean and standard deviation of each column, over the values that are there.

    A column that never varies has the deviation 1, so that it stands for nothing.

    Raises
    ------
    BadRequest
        A column has no value at all.
    """
    there = np.isfinite(numbers)
    if empty := [columns[k] for k in np.flatnonzero(~there.any(0)).tolist()]:
        raise BadRequest(
            f"No case that has pictures has a value in the column {_named(empty)} of {name}.",
            "Leave that column out, or name those to take in model.columns.",
        )
    means = np.nanmean(numbers, axis=0)
    spreads = np.nanstd(numbers, axis=0)
    return means, np.where(spreads > 1e-12 * np.maximum(1, np.abs(means)), spreads, 1.0)


def missing_words(numbers: Numbers, columns: Sequence[str], name: str) -> str:
    """Return in words how many values are missing and in which columns; "" when none is."""
    missing = ~np.isfinite(numbers)
    if not missing.any():
        return ""
    counts = missing.sum(0)
    order = sorted(np.flatnonzero(counts).tolist(), key=lambda k: (-counts[k], k))
    listed = ", ".join(f"{columns[k]} ({counts[k]:,})" for k in order[:_FEW])
    more = ", …" if len(order) > _FEW else ""
    return (
        f"{missing.sum():,} of {missing.size:,} values of {name} are missing, and stand at their "
        f"column's mean, marked as missing: {listed}{more}."
    )


def _lines(path: Path) -> list[list[str]]:
    try:
        if path.stat().st_size > LARGEST:
            raise OversizedFile(
                path, f"The table {path.name} is larger than {LARGEST >> 20} MB.",
                "Keep the cases and the features that matter.",
            )  # fmt: skip
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            return list(csv.reader(file, delimiter=_parted_by(path, first), strict=True))
    except OSError as error:
        raise MissingFile(
            path, f"There is no table {path} that can be read.", "Check its path."
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise BrokenFile(
            path, f"{path.name} is no table of text: {error}.", "Save it as CSV in UTF-8."
        ) from error


def _parted_by(path: Path, first: str) -> str:
    """Return what parts the values: a tab in a .tsv, else what is most in the first line."""
    if path.suffix.lower() in {".tsv", ".tab"}:
        return "\t"
    return max(",\t;", key=first.count)


def _number(text: str) -> float | None:
    """Return a value, NaN where it is missing, or None when it is no number."""
    plain = text.strip()
    if plain.casefold() in MISSING:
        return math.nan
    try:
        found = float(plain)
    except ValueError:
        return None
    return found if math.isfinite(found) and "_" not in plain else None


def _no_doubles(path: Path, what: str, names: Iterable[str]) -> None:
    counts = Counter(names)
    if "" in counts:
        raise BadRequest(
            f"A {what} of {path.name} has no name.", "Give every case and every column a name."
        )
    if double := [name for name, count in counts.items() if count > 1]:
        raise BadRequest(
            f"{path.name} has the {what} {_named(double)} more than once.",
            f"Keep one line for each {what}." if what == "case" else "Rename one of them.",
        )


def _named(names: Sequence[str], most: int = _FEW) -> str:
    listed = ", ".join(name[:60] for name in names[:most])
    return listed + (f" and {len(names) - most:,} more" if len(names) > most else "")
