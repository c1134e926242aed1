"""Requests as a project keeps them: its own files are named from its folder on, as "./…".

So a waiting job survives a project's move, and one that would write anywhere else is told apart.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import JsonValue

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.inside import inside
from ssldiff_gui.core.lab.train import TrainRequest
from ssldiff_gui.core.requests import AnyRequest, parse_request
from ssldiff_gui.state.project import Project

FIELDS = ("grid", "canvas", "output", "check", "start_from", "slide", "out")
"""Those of a request that name files."""

LAB_FIELDS = (
    "data", "config", "real", "fake", "judge", "folder", "augmented", "split", "model", "encoder",
    "classifier", "source", "target", "pictures", "unseen", "image", "features", "layout", "prior",
)  # fmt: skip
"""Those that name files, or lists of them, when they are whole paths; otherwise they are names."""

OWN = ("grid", "canvas", "output", "check", "start_from", "out")
"""Those that are the project's in every job that is brought back."""

WRITTEN = {
    "embed": "output",
    "generate": "canvas",
    "prior": "output",
    "check": "output",
    "export": "output",
    "figure": "output",
    "train": "out",
    "evaluate": "output",
    "fid": "output",
    "augment": "output",
    "study": "output",
    "label": "output",
    "map": "output",
}
"""What each kind of request writes."""

HERE = "./"


def kept(request: AnyRequest, project: Project) -> dict[str, JsonValue]:
    """Return a request as the project keeps it."""
    data: dict[str, JsonValue] = request.model_dump(mode="json")
    for field in FIELDS:
        value = data.get(field)
        if isinstance(value, str) and (name := project.relative(value)) is not None:
            data[field] = HERE + name
    return {
        field: named_from_here(value, project) if field in LAB_FIELDS else value
        for field, value in data.items()
    }


def named_from_here(value: JsonValue, project: Project) -> JsonValue:
    """Name what lies in the project from its folder on; anything else stays as it is."""
    if isinstance(value, list):
        return [named_from_here(part, project) for part in value]
    if isinstance(value, str) and Path(value).is_absolute():
        name = project.relative(value)
        return value if name is None else HERE + name
    return value


def found_again(value: JsonValue, project: Project) -> JsonValue:
    """Return whole paths of what `named_from_here` has named.

    Raises
    ------
    UnsafeFile
        It lies outside.
    """
    if isinstance(value, list):
        return [found_again(part, project) for part in value]
    if isinstance(value, str) and value.startswith(HERE):
        return str(project.path(value[len(HERE) :]))
    return value


def told(data: dict[str, JsonValue], project: Project) -> AnyRequest:
    """Return the request to be done, with the paths that hold now.

    Raises
    ------
    BadRequest
        It is none.
    UnsafeFile
        It names a file outside as if it were the project's.
    """
    ready = {
        field: found_again(value, project) if field in (*FIELDS, *LAB_FIELDS) else value
        for field, value in data.items()
    }
    canvas = ready.get("canvas")
    if ready.get("kind") == "generate" and isinstance(canvas, str) and Path(canvas).exists():
        ready["resume"] = True  # it was begun before the program ended, or was paused
    return parse_request(ready)


def writes_here(data: dict[str, JsonValue]) -> bool:
    """Whether a kept request writes into its project."""
    value = data.get(WRITTEN.get(str(data.get("kind")), ""))
    return isinstance(value, str) and value.startswith(HERE)


def may_come_back(data: dict[str, JsonValue]) -> bool:
    """Whether a kept request, found in a file, touches nothing but its project.

    A project may come from anybody: what would write elsewhere or fetch something is asked for
    anew by a person.
    """
    for field in OWN:
        value = data.get(field)
        if value is None:
            continue
        if not (isinstance(value, str) and value.startswith(HERE)):
            return False
        try:
            inside(value[len(HERE) :])
        except ValueError:
            return False
    try:
        request = parse_request(dict(data))
    except BadRequest:
        return False
    # a trained model goes among the installed ones only where a person has asked for it now
    return writes_here(data) and not (isinstance(request, TrainRequest) and request.install)
