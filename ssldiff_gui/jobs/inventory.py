"""Takes stock of models in a process of its own, so that the window never touches one.

``python -m ssldiff_gui.jobs.inventory list | verify NAME | remove NAME`` prints one line of JSON.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.inventory import (
    Answer,
    InstalledModel,
    Inventory,
    OfferedModel,
    PresetFacts,
    Verified,
)


def take_stock() -> Inventory:
    """Return what is installed, what can be had, and the ways to render."""
    from ssldiff_gui.models.catalogue import catalogue
    from ssldiff_gui.models.folders import installed_models

    there = [
        InstalledModel(
            name=entry.name,
            folder=str(entry.folder),
            model=entry.model,
            problem="" if entry.problem is None else str(entry.problem),
            size=_size(entry.folder),
            carried=entry.carried,
        )
        for entry in installed_models()
    ]
    names = {entry.name for entry in there}
    offered = [
        OfferedModel(
            name=known.name,
            title=known.title,
            licence=known.licence,
            obtain=known.obtain,
            source=known.source or (known.repository or ""),
            notes=known.notes,
        )
        for known in catalogue().values()
        if known.name not in names
    ]
    return Inventory(
        installed=tuple(there), offered=tuple(offered), presets=_presets(), offline=_offline()
    )


def _presets() -> tuple[PresetFacts, ...]:
    from ssldiff_gui.sampling.presets import PRESETS

    return tuple(
        PresetFacts(
            name=p.name,
            title=p.title,
            steps=p.steps,
            guidance=p.guidance,
            pixels=p.solver == "ddim-clamped",
        )
        for p in PRESETS.values()
    )


def verify(name: str) -> Verified:
    """Hash a model's files and compare them with what was installed."""
    from ssldiff_gui.models.folders import find_model, read_model, verify_model

    try:
        folder = find_model(name)
        size = verify_model(folder, read_model(folder, verify=False))
    except UserError as error:
        return Verified(name=name, whole=False, words=str(error))
    return Verified(name=name, whole=True, words=f"{size / 1e6:,.0f} MB are what was installed.")


def remove(name: str) -> None:
    """Delete a model that the person installed.

    Raises
    ------
    UserError
        It came with the program, or is not there.
    """
    from ssldiff_gui.models.folders import installed_models

    found = next((entry for entry in installed_models() if entry.name == name), None)
    if found is None or found.carried:
        why = "is not there" if found is None else "came with the program"
        raise UserError(
            f"{name} cannot be removed: it {why}.",
            "Remove models that you installed yourself.",
        )
    shutil.rmtree(found.folder)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


def _offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}


def answer(words: Sequence[str]) -> Answer:
    """Do what was asked."""
    try:
        if words[:1] == ["verify"]:
            return Answer(verified=tuple(verify(name) for name in words[1:]))
        if words[:1] == ["remove"]:
            for name in words[1:]:
                remove(name)
        return Answer(inventory=take_stock())
    except UserError as error:
        return Answer(problem=error.message, hint=error.hint)
    except OSError as error:
        return Answer(problem=f"The models cannot be looked at: {error}.", hint="Check the folder.")


if __name__ == "__main__":
    print(answer(sys.argv[1:]).model_dump_json())  # noqa: T201 - it is the answer
