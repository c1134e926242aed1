"""Pictures and the lines of a table that belong to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.models.priors.tables import Numbers, Table, measured, missing_words, read_table
from ssldiff_gui.training.pictures import Entry, Pictures
from ssldiff_gui.training.settings import Data, PriorModel, Source


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """Training cases: those of the table that have pictures.

    Parameters
    ----------
    names
        In the table's order.
    columns
        Names of the features.
    numbers
        (cases, columns), NaN where a value is missing.
    pictures
        Those that belong to a case.
    labels
        The case of each picture.
    notes
        What was missing or left out.
    """

    names: tuple[str, ...]
    columns: tuple[str, ...]
    numbers: Numbers
    pictures: Pictures
    labels: tuple[str, ...]
    notes: tuple[str, ...]

    def measured(self) -> tuple[list[float], list[float]]:
        """Return mean and deviation of each column, every case counted once."""
        means, deviations = measured(self.numbers, self.columns, "the table")
        return means.tolist(), deviations.tolist()


def cases_of(told: PriorModel, data: Data, pictures: Pictures) -> Cases:
    """Find the case of each picture in a prior's table.

    A picture belongs to the case that its group names (what the source's pattern `groups` finds
    in its name, or the first part of it in brackets), or else the name of its file, without
    its ending.

    Parameters
    ----------
    told
        Names the table and its columns.
    data
        Whose sources say how pictures are grouped.
    pictures
        Those that are trained on.

    Raises
    ------
    BadRequest
        No table is named, it is of no use, or it has none of the pictures' cases.
    """
    if told.table is None:
        raise BadRequest(
            'model.condition is "table", and no table is named.', 'Say model.table = "FILE".'
        )
    table = read_table(_path(told.table, pictures))
    columns = tuple(told.columns) or table.columns
    known = {name: k for k, name in enumerate(table.cases)}
    found = [_case(entry, data.sources[entry.source], known) for entry in pictures.entries]
    taken = [k for k, case in enumerate(found) if case is not None]
    if not taken:
        raise BadRequest(
            f"No picture belongs to a case of {table.name}: {_first(pictures)} is not one of "
            f"{', '.join(table.cases[:6])}, ….",
            "Set `groups` of the source to a pattern that finds the case in a picture's name.",
        )
    labels = tuple(str(found[k]) for k in taken)
    used = set(labels)
    names = tuple(name for name in table.cases if name in used)
    if len(names) < 2:
        raise BadRequest(
            f"All pictures belong to the one case {names[0]}.", "A prior learns from several."
        )
    numbers = table.features(columns)[[known[name] for name in names]]
    some = Pictures(pictures.folder, [pictures.entries[k] for k in taken])
    notes = _notes(table, names, len(found) - len(taken), len(found))
    if words := missing_words(numbers, columns, table.name):
        notes.append(words)
    return Cases(names, columns, numbers, some, labels, tuple(notes))


def _path(name: str, pictures: Pictures) -> Path:
    """Return where a table is: seen from the folder of the data, or else from here."""
    root = (pictures.facts.get("wanted") or {}).get("root", ".")
    beside = Path(root) / Path(name).expanduser()
    return beside if beside.is_file() else Path(name).expanduser()


def _case(entry: Entry, source: Source, known: dict[str, int]) -> str | None:
    group = entry.group.removeprefix(f"{source.path}:")
    match = None if source.groups in ("alike", "file") else re.search(source.groups, entry.name)
    inner: Sequence[str | None] = match.groups() if match else ()
    stem = PurePosixPath(entry.name.replace("\\", "/")).stem
    return next((name for name in (*inner, group, stem) if name in known), None)


def _first(pictures: Pictures) -> str:
    return pictures.entries[0].name


def _notes(table: Table, names: Sequence[str], lost: int, count: int) -> list[str]:
    notes = []
    if lost:
        notes.append(
            f"{lost:,} of {count:,} pictures belong to no case of {table.name}, and are left out."
        )
    if without := len(table.cases) - len(names):
        notes.append(f"{without:,} of {len(table.cases):,} cases of {table.name} have no pictures.")
    return notes
