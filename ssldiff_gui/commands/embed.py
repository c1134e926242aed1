"""`ssldiff embed`: from pixels to a grid."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ssldiff_gui.commands.convert import pixel_size
from ssldiff_gui.commands.output import AsJson, Bar, Yes, print_json, reporting
from ssldiff_gui.commands.regions import METAVAR, region_of

if TYPE_CHECKING:
    from ssldiff_gui.core.requests import EmbedRequest
    from ssldiff_gui.core.specs import PixelSize
    from ssldiff_gui.jobs.embed import EmbedResult


Output = Annotated[Path, typer.Option("--output", "-o", help="The grid: .safetensors, or .h5.")]
Part = Annotated[
    str | None,
    typer.Option("--region", metavar=METAVAR, help="A part, in full-resolution pixels."),
]
SceneNumber = Annotated[int, typer.Option("--scene", help="Which image of the file.")]
Model = Annotated[str | None, typer.Option("--model", help="An encoder: name or folder.")]
Pixel = Annotated[str | None, typer.Option("--pixel", help="Size of a pixel: 0.25um, 0.6m.")]
Everything = Annotated[bool, typer.Option("--all", help="Embed glass and nodata as well.")]
Tissue = Annotated[
    float, typer.Option("--tissue", min=0, max=1, help="Share of a cell that has to be tissue.")
]
Batch = Annotated[int, typer.Option("--batch", min=1, help="Cells at once.")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, mps.")]


def embed(
    slide: Annotated[str, typer.Argument(help="A slide or a scene.")],
    *,
    output: Output,
    region: Part = None,
    scene: SceneNumber = 0,
    model: Model = None,
    pixel: Pixel = None,
    everything: Everything = False,
    tissue: Tissue = 0.1,
    batch: Batch = 32,
    device: Device = "auto",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Turn a region of a slide or a scene into a grid of embeddings.

    What is done is kept beside the output until it is whole: after a stop, the same command goes
    on from there.
    """
    size = None if pixel is None else pixel_size(pixel)
    kept = "What was finished is kept: the same command goes on from there."
    with reporting(as_json=as_json), Bar(shown=not as_json, after=kept) as bar:
        from ssldiff_gui.core.requests import EmbedRequest
        from ssldiff_gui.jobs.embed import embed as run

        request = EmbedRequest(
            slide=slide,
            scene=scene,
            region=region_of(region),
            model=model or _only_model(slide, scene, size),
            output=str(output),
            pixel=size,
            skip_background=not everything,
            tissue=tissue,
            batch=batch,
            device=device,
        )
        result = run(request, bar, yes=yes)
    if as_json:
        print_json(describe(request, result))
    else:
        _print(request, result)


def describe(request: EmbedRequest, result: EmbedResult) -> dict[str, Any]:
    """Return what `ssldiff embed --json` prints."""
    grid = result.grid
    region, scale = grid.region, grid.scale
    box = None if region is None else region.box
    return {
        "grid": request.output,
        "model": request.model,
        "encoder": grid.encoder,
        "rows": grid.rows,
        "columns": grid.columns,
        "dim": grid.dim,
        "cell": grid.cell,
        "region": None if box is None else [box.x, box.y, box.width, box.height],
        "downsample": None if region is None else region.downsample,
        "scale": None if scale is None else {"x": scale.x, "y": scale.y, "unit": scale.unit},
        "cells": result.cells,
        "skipped": result.skipped,
        "resumed": result.resumed,
        "seconds": round(result.seconds, 3),
        "cells_per_second": round(result.tiles_per_second, 3),
        "device": result.device,
        "digest": grid.digest(),
        "notes": list(result.notes),
    }


def _only_model(slide: str, scene: int, pixel: PixelSize | None) -> str:
    """Return the encoder that is meant when none is named."""
    from ssldiff_gui.models.encoder_choice import only_encoder_for
    from ssldiff_gui.slides import open_slide

    if pixel is not None:
        return only_encoder_for(pixel.unit)
    with open_slide(slide) as opened:
        seen = opened.scenes[min(max(scene, 0), len(opened.scenes) - 1)]
        scale = seen.scale
        if seen.georeference is not None or (scale is not None and scale.unit in {"m", "°"}):
            return only_encoder_for("m")
        return only_encoder_for("µm")


def _print(request: EmbedRequest, result: EmbedResult) -> None:
    grid = result.grid
    size = f"{grid.rows} × {grid.columns} cells of {grid.dim} values"
    typer.echo(f"{request.output}: {size} by {grid.encoder}")
    skipped = f", {result.skipped:,} left out as background" if result.skipped else ""
    resumed = f", {result.resumed:,} of them before" if result.resumed else ""
    typer.echo(f"{result.cells:,} embedded{resumed}{skipped}; {result.seconds:.1f} s")
    typer.echo(f"computed on {result.device}")
    for note in result.notes:
        typer.echo(note, err=True)
