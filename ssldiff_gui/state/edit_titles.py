"""What an edit is called in the Edit menu and the history."""

from __future__ import annotations

from collections.abc import Mapping

from ssldiff_gui.core.edits import (
    Clear,
    Corners,
    Edit,
    Erase,
    Interpolate,
    Paint,
    Replace,
    Sample,
    Stamp,
    Steer,
    Transplant,
    Vary,
)

_VERBS: dict[type[Edit], str] = {
    Paint: "Paint",
    Stamp: "Clone",
    Interpolate: "Blend along",
    Corners: "Blend over",
    Vary: "Vary",
    Replace: "Replace",
    Erase: "Bring back",
    Clear: "Clear",
}


def edit_title(edit: Edit, cells: int, labels: Mapping[str, str] | None = None) -> str:
    """Return a few words: "Paint 12 cells".

    Parameters
    ----------
    edit
        What was done.
    cells
        How many cells it changed.
    labels
        What people call the grids that it takes from.
    """
    called = labels or {}
    if isinstance(edit, Transplant):
        return f"Transplant {edit.rows} × {edit.columns} cells" + _told(" of", edit.grid, called)
    if isinstance(edit, Steer):
        towards = _named(edit.towards, called)
        return f"Steer towards {towards}" if towards else f"Steer {counted(cells)}"
    by = edit.by if isinstance(edit, Replace) else None
    embedding = edit.embedding if isinstance(edit, Paint) else by
    named = _named(embedding, called) if embedding is not None else ""
    word = "by" if isinstance(edit, Replace) else "as"
    return f"{_VERBS[type(edit)]} {counted(cells)}" + (f" {word} {named}" if named else "")


def counted(cells: int) -> str:
    """Return "1 cell" or "1,200 cells"."""
    return "1 cell" if cells == 1 else f"{cells:,} cells"


def _named(sample: Sample, labels: Mapping[str, str]) -> str:
    label = labels.get(sample.grid or "")
    return f"“{label}”" if label else ""


def _told(word: str, grid: str | None, labels: Mapping[str, str]) -> str:
    label = labels.get(grid or "")
    return f"{word} “{label}”" if label else ""
