"""Whether a run that is to go on is the one that was begun."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ssldiff_gui.core.errors import BadRequest, UserError
from ssldiff_gui.training import checkpoints
from ssldiff_gui.training.settings import Settings, settings_of

_FREE = ("steps", "save_every", "show_every", "checkpointing", "accumulate")
"""What may be changed while a run is under way: how long, how often, and in how much memory."""


def comparable(settings: Settings) -> dict[str, Any]:
    """Return what must stay the same for a run to go on: all but how long and how often."""
    told = settings.model_dump(mode="json", exclude={"card", "name"})
    for name in _FREE:
        told["run"].pop(name)
    return told


def check_same(folder: Path, settings: Settings, same: Mapping[str, Any] | None = None) -> None:
    """Refuse to go on with what was begun otherwise.

    Parameters
    ----------
    folder
        Of the run; it may be empty, or not there.
    settings
        Those of now.
    same
        Other facts of now; a checkpoint that does not tell them is not judged by them.

    Raises
    ------
    BadRequest
        Something differs; the message names it.
    """
    facts = checkpoints.last_facts(folder)
    if facts is None:
        return
    changed = _changed(facts.get("settings", {}), settings)
    changed += [name for name, value in (same or {}).items() if facts.get(name, value) != value]
    if changed:
        raise BadRequest(
            f"{folder} holds a run that was begun otherwise: {', '.join(changed)} differ"
            f"{'s' if len(changed) == 1 else ''}.",
            "Take the settings it was begun with, or another --out.",
        )


def _changed(stored: Mapping[str, Any], settings: Settings) -> list[str]:
    """Return the keys that differ; those that older versions did not write have their defaults."""
    now = settings.model_dump(mode="json")
    free = {name: now["run"][name] for name in _FREE}
    try:
        run = {**stored["run"], **free}
        filled = settings_of({**stored, "name": now["name"], "card": now["card"], "run": run})
    except (UserError, KeyError, TypeError):
        return ["settings of another version"]
    then, today = _flat(comparable(filled)), _flat(comparable(settings))
    return sorted(key for key in then.keys() | today.keys() if then.get(key) != today.get(key))


def _flat(table: Mapping[str, Any], start: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in table.items():
        inner = isinstance(value, Mapping) and value
        found |= _flat(value, f"{start}{key}.") if inner else {start + key: value}
    return found
