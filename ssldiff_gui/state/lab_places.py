"""Where experiments write, and how their requests are kept and handed on."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import JsonValue
from pydantic_core import to_json

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.requests import AnyRequest
from ssldiff_gui.state.job_paths import WRITTEN
from ssldiff_gui.storage.atomic import write_bytes
from ssldiff_gui.storage.project_files import LAB

REQUEST = "request.json"

PARTS = {
    "train": "run",
    "evaluate": "report",
    "fid": "report",
    "study": "report",
    "augment": "pictures",
    "label": "labels",
    "map": "map",
}
"""What each kind of experiment calls its output, below its folder; it is not there at first."""


def folder_name(identity: str) -> str:
    """Return the folder of an experiment, from the project's on."""
    return f"{LAB}/{identity}"


def at_home(request: AnyRequest, folder: Path) -> AnyRequest:
    """Return the same request, writing into an experiment's folder.

    Raises
    ------
    BadRequest
        It is none that the lab does.
    """
    if request.kind not in PARTS:
        raise BadRequest(
            f"“{request.kind}” is no experiment.",
            "Open a request to train, measure, compare, label or augment.",
        )
    part = PARTS[request.kind]
    if request.kind == "label" and Path(request.source).is_file():
        part = "labels.geojson"
    return request.model_copy(update={WRITTEN[request.kind]: str(folder / part)})


def to_go(request: AnyRequest, name: str) -> dict[str, JsonValue]:
    """Return a request for another place: it writes beside where it is run, under its name."""
    data: dict[str, JsonValue] = request.model_dump(mode="json")
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    ending = ".geojson" if str(data.get("output", "")).endswith(".geojson") else ""
    data[WRITTEN[request.kind]] = f"{words or request.kind}{ending}"
    return data


def write_request(path: Path, data: JsonValue) -> None:
    """Write a request as people can read it.

    Raises
    ------
    FileProblem
        It cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, to_json(data, indent=2) + b"\n")
