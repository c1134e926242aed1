"""What a canvas is to show, its grid and its layout: changed both at once, or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.storage.atomic import sync
from ssldiff_gui.storage.canvas_files import AREAS, GRID, NEXT_AREAS, NEXT_GRID, damaged

if TYPE_CHECKING:
    from ssldiff_gui.core.grid import EmbeddingGrid
    from ssldiff_gui.core.layout import Layout
    from ssldiff_gui.core.recipe import Recipe


def put_asked(
    folder: Path,
    grid: EmbeddingGrid,
    layout: Layout | None,
    recipe: Recipe,
    *,
    beside: bool = False,
) -> None:
    """Write a grid, with what led to it, and a layout into a canvas.

    Parameters
    ----------
    folder
        Of the canvas.
    grid, layout, recipe
        What it is to show; nothing is written of a layout without areas.
    beside
        Whether another grid still counts, until `settle_asked`.
    """
    from ssldiff_gui.storage.grids import save_grid
    from ssldiff_gui.storage.layouts import write_layout

    place = folder / (NEXT_GRID if beside else GRID)
    save_grid(place, grid, edits=recipe.edits, notes=notes_of(recipe))
    if layout:
        write_layout(folder / (NEXT_AREAS if beside else AREAS), layout)


def notes_of(recipe: Recipe) -> dict[str, JsonValue]:
    """Return what a grid's file says besides its edits: how a prior drew it, when one did."""
    return {"prior": dict(recipe.prior)} if recipe.prior else {}


def take_grid(folder: Path, digest: str) -> EmbeddingGrid:
    """Return the grid of a canvas that has this digest.

    Raises
    ------
    BrokenFile
        When neither the grid nor the one that was about to take its place is the one.
    """
    for name in (GRID, NEXT_GRID):
        with suppress(UserError):
            grid = _grid(folder / name)
            if grid.digest() == digest:
                return grid
    raise damaged(folder, "its grid is missing or is another one")


def take_layout(folder: Path, digest: str) -> Layout:
    """Return the layout of a canvas that has this digest; "" is that of none.

    Raises
    ------
    BrokenFile
        When neither the layout nor the one that was about to take its place is the one.
    """
    if not digest:
        from ssldiff_gui.core.layout import Layout

        return Layout()
    for name in (AREAS, NEXT_AREAS):
        with suppress(UserError):
            layout = _layout(folder / name)
            if layout.digest() == digest:
                return layout
    raise damaged(folder, "its layout is missing or is another one")


def settle_asked(folder: Path, recipe: Recipe) -> None:
    """Complete, or take back, a change that was interrupted."""
    _settle(folder / GRID, folder / NEXT_GRID, lambda path: _grid(path).digest() == recipe.grid)
    _settle(
        folder / AREAS, folder / NEXT_AREAS, lambda path: _layout(path).digest() == recipe.layout
    )
    if not recipe.layout:
        (folder / AREAS).unlink(missing_ok=True)


def _settle(place: Path, fresh: Path, is_wanted: Callable[[Path], bool]) -> None:
    if not fresh.exists():
        return
    try:
        wanted = is_wanted(fresh)
    except UserError:
        wanted = False
    if wanted:
        os.replace(fresh, place)  # noqa: PTH105
    else:
        fresh.unlink()
    sync(fresh.parent)


def _grid(path: Path) -> EmbeddingGrid:
    from ssldiff_gui.storage.grids import load_grid

    return load_grid(path)


def _layout(path: Path) -> Layout:
    from ssldiff_gui.storage.layouts import read_layout

    return read_layout(path)
