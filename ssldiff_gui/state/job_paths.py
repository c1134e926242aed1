"""Requests as a project keeps them: its own files are named from its folder on, as "./…".

So a waiting job survives a project's move, and one that would write anywhere else is told apart.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import JsonValue

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.inside import inside
from ssldiff_gui.core.requests import AnyRequest, parse_request
from ssldiff_gui.state.project import Project

FIELDS = ("grid", "canvas", "output", "check", "start_from", "slide")
"""Those of a request that name files."""

OWN = ("grid", "canvas", "output", "check", "start_from")
"""Those that are the project's in every job that is brought back."""

WRITTEN = {
    "embed": "output",
    "generate": "canvas",
    "prior": "output",
    "check": "output",
    "export": "output",
    "figure": "output",
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
    return data


def told(data: dict[str, JsonValue], project: Project) -> AnyRequest:
    """Return the request to be done, with the paths that hold now.

    Raises
    ------
    BadRequest
        It is none.
    UnsafeFile
        It names a file outside as if it were the project's.
    """
    ready = dict(data)
    for field in FIELDS:
        value = ready.get(field)
        if isinstance(value, str) and value.startswith(HERE):
            ready[field] = str(project.path(value[len(HERE) :]))
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
        parse_request(dict(data))
    except BadRequest:
        return False
    return writes_here(data)
