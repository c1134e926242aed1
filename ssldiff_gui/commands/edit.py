"""`ssldiff edit`: a grid, edited; and grids from and to the files of other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ssldiff_gui.commands.convert import pixel_size
from ssldiff_gui.commands.output import AsJson, print_json, reporting

if TYPE_CHECKING:
    from ssldiff_gui.storage.grids import GridRecord
    from ssldiff_gui.storage.patch_features import Imported, Told

Many = list[str]


class Format(StrEnum):
    """Whose layout an .h5 file gets."""

    clam = "clam"
    trident = "trident"


class Fitting(StrEnum):
    """How patches of an .h5 file become cells."""

    exact = "exact"
    thin = "thin"
    snap = "snap"


def _form(option: str, words: str) -> Any:
    return typer.Option(option, help=words, metavar="EDIT", show_default=False)


def edit(
    grid: Annotated[Path, typer.Argument(help="A grid: .safetensors, or .h5.")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The new grid.")],
    script: Annotated[Path | None, typer.Option("--script", help="Edits as JSON.")] = None,
    paint: Annotated[Many, _form("--paint", "ROW,COL=ROW2,COL2[@FILE]: as that cell.")] = [],  # noqa: B006
    transplant: Annotated[
        Many, _form("--transplant", "ROW,COL,HEIGHT,WIDTH=ROW2,COL2[@FILE]: a rectangle, there.")
    ] = [],  # noqa: B006
    interpolate: Annotated[
        Many, _form("--interpolate", "ROW,COL=ROW2,COL2[,RADIUS]: from cell to cell.")
    ] = [],  # noqa: B006
    steer: Annotated[
        Many, _form("--steer", "ROW,COL=ROW2,COL2,AMOUNT: all cells, along that direction.")
    ] = [],  # noqa: B006
    replace_cluster: Annotated[
        Many, _form("--replace-cluster", "ROW,COL=ROW2,COL2[,CLUSTERS]: one kind by another.")
    ] = [],  # noqa: B006
    vary: Annotated[Many, _form("--vary", "STRENGTH[,SEED]: all cells, a little.")] = [],  # noqa: B006
    form: Annotated[Format, typer.Option("--format", help="Of an .h5 output.")] = Format.trident,
    encoder: Annotated[str | None, typer.Option(help="Of an .h5 input.")] = None,
    cell: Annotated[int | None, typer.Option(min=1, help="Pixels of a patch as read.")] = None,
    downsample: Annotated[
        float | None, typer.Option(min=1e-6, help="Level-0 pixels for each of those.")
    ] = None,
    pixel: Annotated[
        str | None, typer.Option("--pixel", help="Size of a level-0 pixel: 0.25um.")
    ] = None,
    fit: Annotated[
        Fitting, typer.Option(help="Patches that overlap: thin; beside one another: snap.")
    ] = Fitting.exact,
    as_json: AsJson = False,
) -> None:
    """Edit a grid, and keep how it came about in the file.

    The script comes first, then the short forms, kind by kind in the order above. Without edits
    the grid is only brought into the format that the output's name says.
    """
    forms = {
        "--paint": paint,
        "--transplant": transplant,
        "--interpolate": interpolate,
        "--steer": steer,
        "--replace-cluster": replace_cluster,
        "--vary": vary,
    }
    told = _told(encoder, cell, downsample, pixel)
    with reporting(as_json=as_json):
        from ssldiff_gui.storage.grid_files import check_name, read_grid, write_grid

        check_name(output)
        before = read_grid(grid, told, fit.value)
        after = _edited(before.record, grid.name, script, forms)
        write_grid(output, after, form.value)
    facts = describe(output, before, after)
    if as_json:
        print_json(facts)
    else:
        _print(facts)


def describe(output: Path, before: Imported, after: GridRecord) -> dict[str, Any]:
    """Return what `ssldiff edit --json` prints.

    Parameters
    ----------
    output
        The new grid's file.
    before
        The grid as it was read.
    after
        As it was written.
    """
    from ssldiff_gui.core.edits import changed_cells

    cells = changed_cells(before.record.grid, after.grid).tolist()
    return {
        "grid": str(output),
        "rows": after.grid.rows,
        "columns": after.grid.columns,
        "dim": after.grid.dim,
        "encoder": after.grid.encoder,
        "valid": int(after.grid.mask.sum()),
        "digest": after.grid.digest(),
        "edits": len(after.edits) - len(before.record.edits),
        "history": len(after.edits),
        "changed": len(cells),
        "cells": cells,
        "moved": before.moved,
        "left_out": before.left_out,
    }


def _edited(
    record: GridRecord, name: str, script: Path | None, forms: dict[str, list[str]]
) -> GridRecord:
    from ssldiff_gui.commands.edit_record import edited, read_script
    from ssldiff_gui.commands.edit_words import Words
    from ssldiff_gui.storage.grid_files import read_grid

    edits, files = ((), {}) if script is None else read_script(script)
    words = Words(list(edits), files)
    for option, texts in forms.items():
        words.add(option, texts)
    if not words.edits:
        return record
    return edited(
        record, name, words.edits, words.sources, lambda path: read_grid(path).record.grid
    )


def _told(
    encoder: str | None, cell: int | None, downsample: float | None, pixel: str | None
) -> Told:
    from ssldiff_gui.storage.patch_features import Told

    size = None if pixel is None else pixel_size(pixel).scale
    return Told(encoder=encoder, cell=cell, downsample=downsample, pixel=size)


def _print(facts: dict[str, Any]) -> None:
    count = facts["rows"] * facts["columns"]
    typer.echo(f"{facts['changed']} of {count} cells changed → {facts['grid']}")
    if facts["moved"] or facts["left_out"]:
        typer.echo(
            f"  patches were moved by up to {facts['moved']:.0f} pixels, "
            f"{facts['left_out']} came into no cell"
        )
