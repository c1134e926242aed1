"""All that a run needs to go on as if it had never stopped; safetensors and JSON, nothing else.

A checkpoint is written aside, and takes its name when it is on the disk whole: a kill, a power
cut or a full disk leaves the one before it. The hash of its weights tells one that was damaged
later; the run then goes on from the one before.
"""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ssldiff_gui.core.errors import BadRequest, DamagedModel, FileProblem, NoSpace
from ssldiff_gui.models.folder_writing import save_tensors
from ssldiff_gui.models.weights import load_tensors, sha256_of
from ssldiff_gui.storage.atomic import cannot_write, sync
from ssldiff_gui.storage.preflight import check_space

FACTS = "run.json"
TENSORS = "state.safetensors"
_KEPT = 2
_FULL = (errno.ENOSPC, errno.EDQUOT)

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class State:
    """What changes from step to step.

    Parameters
    ----------
    modules
        With the weights as they are.
    average
        Their running mean.
    optimiser
        With all that it remembers.
    """

    modules: nn.Module
    average: dict[str, torch.Tensor]
    optimiser: torch.optim.Optimizer


def save(folder: Path, step: int, state: State, facts: Mapping[str, Any]) -> Path:
    """Write a checkpoint; it is there whole or not at all, and the one before it stays.

    Parameters
    ----------
    folder
        Of the run.
    step
        How many steps were taken.
    state
        What is written.
    facts
        What must be the same when the run goes on, and what is told beside it.

    Raises
    ------
    NoSpace
        The disk is full.
    FileProblem
        Something else keeps it from being written.
    """
    tensors = {f"weights.{name}": value for name, value in state.modules.state_dict().items()}
    tensors |= {f"average.{name}": value for name, value in state.average.items()}
    remembered = state.optimiser.state_dict()
    plain: dict[str, Facts] = {}
    for number, values in remembered["state"].items():
        for name, value in values.items():
            if isinstance(value, torch.Tensor):
                tensors[f"optimiser.{number}.{name}"] = value
            else:
                plain.setdefault(str(number), {})[name] = _plain(value, state.optimiser)
    groups = []
    for number, group in enumerate(remembered["param_groups"]):
        groups.append({name: value for name, value in group.items() if _is_plain(value)})
        for name, value in group.items():
            if isinstance(value, torch.Tensor):
                tensors[f"group.{number}.{name}"] = value
    told = {**facts, "step": step, "optimiser": {"groups": groups, "plain": plain}}
    made = folder / f"checkpoint-{step:08d}"
    with writing(folder):
        _write(made, tensors, told)
    for old in checkpoints(folder)[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return made


def _write(made: Path, tensors: Mapping[str, torch.Tensor], told: Facts) -> None:
    aside = made.with_name(f".{made.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        aside.mkdir(parents=True)
        save_tensors(aside / TENSORS, tensors)
        told["sha256"] = sha256_of(aside / TENSORS)
        (aside / FACTS).write_text(json.dumps(told, indent=1), "utf-8")
        for path in (aside / TENSORS, aside / FACTS, aside):
            sync(path)
        shutil.rmtree(made, ignore_errors=True)
        aside.rename(made)
        sync(made.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn what goes wrong in writing to a run's folder into errors for people."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, FileProblem, SafetensorError) as error:
        cause = error.__cause__ if isinstance(error, FileProblem) else error
        words = str(cause)
        full = isinstance(cause, OSError) and cause.errno in _FULL
        if full or (isinstance(cause, SafetensorError) and "No space left" in words):
            raise NoSpace(
                f"The disk is full: the run in {folder} stops here. Its last checkpoint is kept.",
                "Free some space; the same command goes on from there.",
            ) from error
        if isinstance(error, FileProblem):
            raise
        if isinstance(error, OSError):
            raise cannot_write(folder, error) from error
        raise FileProblem(
            folder, f"{folder.name} cannot be written: {words}.", "Choose another folder."
        ) from error


def check_room(folder: Path, state: State) -> None:
    """Raise `NoSpace` when the disk has no room for the checkpoints of a run."""
    size = sum(value.nbytes for value in state.average.values())
    check_space(folder, (_KEPT + 1) * 4 * size)  # weights, mean, and two moments of each


def _is_plain(value: Any) -> bool:
    plain = str | int | float | bool | None
    return isinstance(value, plain) or (
        isinstance(value, list | tuple) and all(isinstance(item, plain) for item in value)
    )


def _plain(value: Any, optimiser: torch.optim.Optimizer) -> Any:
    if not _is_plain(value):
        raise BadRequest(
            f"What the optimiser {type(optimiser).__name__} remembers cannot be written down.",
            "Take another run.optimiser, such as adamw.",
        )
    return value


def checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoints of a run, the latest last."""
    return sorted(folder.glob("checkpoint-[0-9]*"))


def last_facts(folder: Path) -> Facts | None:
    """Return what the latest checkpoint says, without reading its weights; None without any."""
    for place in reversed(checkpoints(folder)):
        try:
            told = json.loads((place / FACTS).read_text("utf-8"))
            if isinstance(told, dict) and isinstance(told["step"], int):
                return told
        except (OSError, ValueError, KeyError):
            continue
    return None


def load(folder: Path, state: State) -> Facts | None:
    """Go on from the latest checkpoint that is whole; return its facts, or None without any.

    Parameters
    ----------
    folder
        Of the run.
    state
        To be filled.

    Raises
    ------
    BadRequest
        The checkpoint is of another network.
    DamagedModel
        There are checkpoints, and none of them is whole.
    """
    for half in folder.glob(".checkpoint-*.part"):
        shutil.rmtree(half, ignore_errors=True)
    there = checkpoints(folder)
    for place in reversed(there):
        found = _read(place)
        if found is not None:
            _fill(place, state, *found)
            return found[0]
    if there:
        raise DamagedModel(
            f"None of the checkpoints in {folder} can be read.",
            "Take another --out, or move them away: the run then begins anew.",
        )
    return None


def _read(place: Path) -> tuple[Facts, dict[str, torch.Tensor]] | None:
    """Return the content of a checkpoint, or None when it is not whole."""
    try:
        told: Facts = json.loads((place / FACTS).read_text("utf-8"))
        if "sha256" in told and told["sha256"] != sha256_of(place / TENSORS):
            return None
        tensors = load_tensors(place / TENSORS)
    except (OSError, ValueError, DamagedModel, FileProblem):
        return None
    whole = {"step", "seconds", "optimiser"} <= told.keys()
    return (told, tensors) if whole else None


def _fill(place: Path, state: State, told: Facts, tensors: Mapping[str, torch.Tensor]) -> None:
    names = ("weights", "average", "optimiser", "group")
    parts: dict[str, dict[str, torch.Tensor]] = {name: {} for name in names}
    for name, value in tensors.items():
        part, _, rest = name.partition(".")
        parts[part][rest] = value.clone()  # the file they lie in is removed later
    wanted = {name: value.shape for name, value in state.modules.state_dict().items()}
    for part in ("weights", "average"):
        if {name: value.shape for name, value in parts[part].items()} != wanted:
            raise BadRequest(
                f"{place.name} was written by a run with another architecture.",
                "Take the settings it was begun with, or another --out.",
            )
    state.modules.load_state_dict(parts["weights"])
    for name, value in parts["average"].items():
        state.average[name].copy_(value)
    _fill_optimiser(state.optimiser, told["optimiser"], parts["optimiser"], parts["group"])


def _fill_optimiser(
    optimiser: torch.optim.Optimizer,
    told: Facts,
    tensors: Mapping[str, torch.Tensor],
    of_groups: Mapping[str, torch.Tensor],
) -> None:
    state = _numbered(tensors)
    for number, values in told["plain"].items():
        state.setdefault(int(number), {}).update(values)
    groups, own = optimiser.state_dict()["param_groups"], _numbered(of_groups)
    merged = [
        {**now, **then, **own.get(number, {})}
        for number, (now, then) in enumerate(zip(groups, told["groups"], strict=True))
    ]
    optimiser.load_state_dict({"state": state, "param_groups": merged})


def _numbered(tensors: Mapping[str, torch.Tensor]) -> dict[int, Facts]:
    """Part tensors by the numbers that their names begin with."""
    found: dict[int, Facts] = {}
    for name, value in tensors.items():
        number, _, rest = name.partition(".")
        found.setdefault(int(number), {})[rest] = value
    return found
