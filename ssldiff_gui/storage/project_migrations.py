"""What earlier versions of the studio wrote, turned step by step into what this one reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ssldiff_gui.core.project import VERSION

Data = dict[str, Any]


def _from_0(old: Data) -> Data:
    """Turn lists by kind, with edits inside their grids, into one list of entries."""
    lists = {"slides": "slide", "grids": "grid", "results": "result", "palette": "palette"}
    entries: list[Data] = []
    edits: Data = {}
    for name, kind in lists.items():
        for data in old.get(name, []):
            entry = {**data, "kind": kind}
            if kind == "grid":
                edits[entry["id"]] = entry.pop("edits", [])
            entries.append(entry)
    new = {key: old[key] for key in old if key not in lists}
    return {**new, "version": 1, "journal": 1, "entries": entries, "edits": edits}


MIGRATIONS: dict[int, Callable[[Data], Data]] = {0: _from_0}
"""By the version that they start from; each leads to the next one."""


def migrate(data: Data) -> Data:
    """Return a snapshot as this version writes it.

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError
        It is not what its version says it is.
    """
    while data["version"] != VERSION:
        data = MIGRATIONS[data["version"]](data)
    return data
