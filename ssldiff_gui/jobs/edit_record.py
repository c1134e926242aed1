"""Editing a grid's file: the other grids an edit takes from, and the past that is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from ssldiff_gui.core.edits import Edit, Script, apply, dump_edits, sources_of, with_sources
from ssldiff_gui.core.errors import BadEdits
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.slides.problems import naming
from ssldiff_gui.storage.grids import GridRecord

ORIGINAL = "original"
"""What edits call the grid as it was, unless a script says otherwise."""

LONGEST = 64 * 2**20
"""Bytes of a script."""

Reader = Callable[[Path], EmbeddingGrid]


def read_script(path: Path) -> tuple[tuple[Edit, ...], dict[str, Path]]:
    """Return a script's edits, and its sources' files seen from where the script lies.

    Raises
    ------
    MissingFile, BadEdits
        Names the file.
    """
    with naming(path):
        if path.stat().st_size > LONGEST:
            raise BadEdits(
                f"{path.name} is too long for a script.", "Choose the JSON file that holds edits."
            )
        content = path.read_bytes()
    try:
        script = Script.parse(content)
    except BadEdits as error:
        raise BadEdits(f"{path.name}: {error.message}", error.hint) from error
    return script.edits, {name: path.parent / file for name, file in script.sources.items()}


def edited(
    record: GridRecord,
    name: str,
    edits: Sequence[Edit],
    files: Mapping[str, Path],
    read: Reader,
) -> GridRecord:
    """Return a grid after edits, its past with these edits added.

    The past names the grids that edits took from, by their files' names and their digests; a name
    that the past already gives to another grid is changed.

    Parameters
    ----------
    record
        The grid and its past.
    name
        Of its file.
    edits
        In their order.
    files
        Of the other grids, by the names that the edits call them.
    read
        How such a file is read.
    """
    told = dump_edits(edits)
    used = sources_of(told)
    sources = {called: read(files[called]) for called in sorted(used & files.keys())}
    if ORIGINAL in used and ORIGINAL not in sources:
        sources[ORIGINAL] = record.grid
    grid = apply(record.grid, edits, sources)
    taken = {
        called: _facts(files[called].name if called in files else name, source)
        for called, source in sources.items()
    }
    past, renamed = _remembered(record.notes.get("sources"), taken)
    notes = {"before_edits": _facts(name, record.grid), **record.notes}
    if past:
        notes["sources"] = past
    return GridRecord(grid, [*record.edits, *with_sources(told, renamed)], notes)


def _remembered(
    known: JsonValue, taken: Mapping[str, JsonValue]
) -> tuple[dict[str, JsonValue], dict[str, str]]:
    """Return all grids that the past names, and what it calls those that were taken from now."""
    past = dict(known) if isinstance(known, dict) else {}
    renamed: dict[str, str] = {}
    for called, facts in taken.items():
        renamed[called] = _free(called, facts, past)
        past[renamed[called]] = facts
    return past, renamed


def _facts(file: str, grid: EmbeddingGrid) -> JsonValue:
    return {"file": file, "digest": grid.digest()}


def _digest(facts: JsonValue) -> JsonValue:
    return facts.get("digest") if isinstance(facts, dict) else None


def _free(called: str, facts: JsonValue, past: Mapping[str, JsonValue]) -> str:
    """Return a name that the past gives to this grid, or to none."""
    found, number = called, 2
    while found in past and _digest(past[found]) != _digest(facts):
        found, number = f"{called}-{number}", number + 1
    return found
