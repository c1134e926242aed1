"""Projects for tests, and one as an early version would have written it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ssldiff_gui.core.project import (
    EditRecord,
    GridEntry,
    PaletteEntry,
    Record,
    ResultEntry,
    SlideEntry,
)
from ssldiff_gui.storage.project_files import make_folders

RECORDS = (
    Record(put=SlideEntry(id="slide-1", path="/slides/ä.svs", name="ä.svs")),
    Record(put=GridEntry(id="grid-0001", file="grids/grid-0001.safetensors", slide="slide-1")),
    Record(edit=EditRecord(grid="grid-0001", keep=0, edit={"kind": "clear"})),
    Record(put=PaletteEntry(id="palette-1", file="palette/0123456789abcdef.safetensors")),
    Record(edit=EditRecord(grid="grid-0001", keep=1, edit={"grid": "fedcba9876543210"})),
    Record(put=ResultEntry(id="result-01", canvas="canvases/result-01.ome.zarr", starred=True)),
    Record(edit=EditRecord(grid="grid-0001", keep=1)),
    Record(drop=("palette", "palette-1")),
)

FORMAT_0: dict[str, Any] = {
    "format": "ssldiff project",
    "version": 0,
    "id": "0f" * 16,
    "name": "old",
    "created": "2026-01-02T03:04:05+00:00",
    "made_by": "ssldiff 0.0.1",
    "slides": [{"id": "slide-1", "path": "/slides/a.svs", "name": "a.svs"}],
    "grids": [
        {
            "id": "grid-0001",
            "name": "Region 1",
            "file": "grids/grid-0001.safetensors",
            "slide": "slide-1",
            "edits": [{"kind": "clear"}, {"kind": "erase"}],
        }
    ],
    "results": [{"id": "result-01", "grid": "grid-0001", "canvas": "canvases/result-01.ome.zarr"}],
    "palette": [{"id": "palette-1", "file": "palette/0123456789abcdef.safetensors"}],
}


def write_format_0(folder: Path) -> Path:
    """Write a project as version 0 did: lists by kind, edits inside their grids, no journal."""
    folder.mkdir(parents=True)
    make_folders(folder)
    (folder / "project.json").write_text(json.dumps(FORMAT_0))
    (folder / "grids/grid-0001.safetensors").write_bytes(b"grid")
    (folder / "palette/0123456789abcdef.safetensors").write_bytes(b"palette")
    (folder / "canvases/result-01.ome.zarr/0").mkdir(parents=True)
    (folder / "canvases/result-01.ome.zarr/0/shard").write_bytes(bytes(1000))
    return folder


def content(folder: Path) -> dict[str, bytes | None]:
    """Return all names in a folder, and what the files hold."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }
