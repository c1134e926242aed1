"""`ssldiff export`: a canvas as a file that other programs open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ssldiff_gui.commands.output import AsJson, Bar, Yes, print_json, reporting
from ssldiff_gui.commands.regions import METAVAR, region_of

if TYPE_CHECKING:
    from ssldiff_gui.core.requests import ExportRequest
    from ssldiff_gui.storage.export import Exported


def export(
    canvas: Annotated[str, typer.Argument(help="A canvas: an OME-Zarr folder.")],
    *,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            help="The file to write: .ome.tif, .tif (a GeoTIFF when the canvas lies on a map), "
            ".png, .jpg or .ome.zarr. “synthetic” is put into its name.",
        ),
    ],
    region: Annotated[
        str | None,
        typer.Option("--region", metavar=METAVAR, help="A part, in pixels of the canvas."),
    ] = None,
    level: Annotated[
        int, typer.Option("--level", min=0, help="Resolution: each level halves the one before.")
    ] = 0,
    quality: Annotated[
        int | None, typer.Option("--quality", min=1, max=100, help="Of a JPEG; 92 otherwise.")
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Leave tiles white that are not rendered.")
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Write a canvas, or a part of it, as a file other programs open, marked as synthetic."""
    with reporting(as_json=as_json):
        from ssldiff_gui.jobs.export import export_canvas

        request = _request(canvas, output, region, level)
        with Bar(shown=not as_json, after="Nothing was written.") as bar:
            done = export_canvas(request, bar, partial=partial, yes=yes, quality=quality)
    if as_json:
        print_json(facts_of(done, output))
    else:
        _say(done, output)


def facts_of(done: Exported, output: str) -> dict[str, Any]:
    """Return what `--json` prints; files are called as on the command line, but for the word."""
    return {
        "path": str(_as_given(done.path, output)),
        "sidecar": str(_as_given(done.sidecar, output)),
        "format": done.format,
        "width": done.width,
        "height": done.height,
        "sha256": done.sha256,
        "missing": done.missing,
        "synthetic": True,
        "bytes": done.bytes,
        "seconds": round(done.seconds, 3),
    }


def _request(canvas: str, output: str, region: str | None, level: int) -> ExportRequest:
    from ssldiff_gui.core.requests import ExportRequest

    return ExportRequest(canvas=canvas, output=output, region=region_of(region), level=level)


def _as_given(path: Path, output: str) -> Path:
    return Path(output).with_name(path.name)


def _say(done: Exported, asked: str) -> None:
    from ssldiff_gui.storage.preflight import in_words

    size = f"{done.width:,} × {done.height:,} pixels, {in_words(done.bytes)}"
    typer.echo(f"{_as_given(done.path, asked)}: {done.format}, {size}, {done.seconds:.1f} s")
    typer.echo(f"How it was made is in it, and in {done.sidecar.name} beside it.")
    if done.path.name != Path(asked).name:
        typer.echo("“synthetic” was put into its name, so that nobody takes it for a real picture.")
    if done.missing:
        typer.echo(f"Tiles that are not rendered are white in it: {done.missing:,}.")
