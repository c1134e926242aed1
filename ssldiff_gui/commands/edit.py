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

FORMS = ("--paint", "--transplant", "--interpolate", "--steer", "--replace-cluster", "--vary")
"""Options with edits, in the order in which they are applied."""


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


Grid = Annotated[Path, typer.Argument(help="A grid: .safetensors, or .h5.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="The new grid.")]
Script = Annotated[Path | None, typer.Option("--script", help="Edits as JSON.")]
Paint = Annotated[Many | None, _form("--paint", "ROW,COL=ROW2,COL2[@FILE]: as that cell.")]
Transplant = Annotated[
    Many | None,
    _form("--transplant", "ROW,COL,HEIGHT,WIDTH=ROW2,COL2[@FILE]: a rectangle, there."),
]
Interpolate = Annotated[
    Many | None, _form("--interpolate", "ROW,COL=ROW2,COL2[,RADIUS]: from cell to cell.")
]
Steer = Annotated[
    Many | None, _form("--steer", "ROW,COL=ROW2,COL2,AMOUNT: all cells, along that direction.")
]
ReplaceCluster = Annotated[
    Many | None, _form("--replace-cluster", "ROW,COL=ROW2,COL2[,CLUSTERS]: one kind by another.")
]
Vary = Annotated[Many | None, _form("--vary", "STRENGTH[,SEED]: all cells, a little.")]
OutputFormat = Annotated[Format, typer.Option("--format", help="Of an .h5 output.")]
Encoder = Annotated[str | None, typer.Option(help="Id of an .h5 input's encoder.")]
CellSide = Annotated[int | None, typer.Option(min=1, help="Pixels of a patch, as it was read.")]
Downsample = Annotated[
    float | None, typer.Option(min=1e-6, help="Full-resolution pixels for each of those.")
]
Pixel = Annotated[
    str | None, typer.Option("--pixel", help="Size of a full-resolution pixel: 0.25um, 0.6m.")
]
Fit = Annotated[Fitting, typer.Option(help="Patches that overlap: thin; that lie askew: snap.")]


def edit(
    grid: Grid,
    *,
    output: Output,
    script: Script = None,
    paint: Paint = None,
    transplant: Transplant = None,
    interpolate: Interpolate = None,
    steer: Steer = None,
    replace_cluster: ReplaceCluster = None,
    vary: Vary = None,
    form: OutputFormat = Format.trident,
    encoder: Encoder = None,
    cell: CellSide = None,
    downsample: Downsample = None,
    pixel: Pixel = None,
    fit: Fit = Fitting.exact,
    as_json: AsJson = False,
) -> None:
    """Edit a grid, and keep how it came about in the file.

    The script comes first, then the short forms, kind by kind in the order above. Without edits
    the grid is only brought into the format that the output's name says.
    """
    forms = dict(
        zip(FORMS, (paint, transplant, interpolate, steer, replace_cluster, vary), strict=True)
    )
    told = _told(encoder, cell, downsample, pixel)
    with reporting(as_json=as_json):
        from ssldiff_gui.storage.grid_files import check_output, read_grid, write_grid

        check_output(output)
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
    record: GridRecord, name: str, script: Path | None, forms: dict[str, Many | None]
) -> GridRecord:
    from ssldiff_gui.commands.edit_words import Words
    from ssldiff_gui.jobs.edit_record import edited, read_script
    from ssldiff_gui.storage.grid_files import read_grid

    edits, files = ((), {}) if script is None else read_script(script)
    words = Words(list(edits), files)
    for option, texts in forms.items():
        words.add(option, texts or ())
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
