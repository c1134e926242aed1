"""`ssldiff generate`: a grid rendered as a large picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ssldiff_gui.commands.output import PARTLY, AsJson, Bar, Yes, print_json, reporting
from ssldiff_gui.commands.regions import METAVAR, region_of
from ssldiff_gui.core.errors import BadRequest

if TYPE_CHECKING:
    from ssldiff_gui.core.requests import GenerateRequest
    from ssldiff_gui.jobs.generate import GenerateResult


Grid = Annotated[str, typer.Argument(help="A grid, as `ssldiff embed` writes it.")]
Output = Annotated[
    str, typer.Option("--output", "-o", help="The canvas to make: a folder NAME.ome.zarr.")
]
Model = Annotated[
    str | None, typer.Option(help="An installed generator or a model folder; else what fits.")
]
Seed = Annotated[int, typer.Option(min=0, help="Of the noise.")]
PresetName = Annotated[
    str, typer.Option(help="default, fine, draft, or as published: lid, pixcell-4k.")
]
Steps = Annotated[int | None, typer.Option(min=1, max=1000, help="Instead of the preset's.")]
Guidance = Annotated[float | None, typer.Option(help="Instead of the model's.")]
Part = Annotated[
    str | None,
    typer.Option(metavar=METAVAR, help="Only the tiles under this part, in canvas pixels."),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with a canvas; of another grid, what it changes.")
]
Windows = Annotated[
    int | None, typer.Option(min=1, help="Windows a GPU sees at once; on a CPU it is always 8.")
]
Compiled = Annotated[
    bool, typer.Option("--compile", help="Compile the network, on a GPU: for very large canvases.")
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")]
Precision = Annotated[str, typer.Option(help="auto, float32, bfloat16, float16.")]


def generate(
    grid: Grid,
    *,
    output: Output,
    model: Model = None,
    seed: Seed = 0,
    preset: PresetName = "default",
    steps: Steps = None,
    guidance: Guidance = None,
    region: Part = None,
    resume: Resume = False,
    batch: Windows = None,
    compiled: Compiled = False,
    device: Device = "auto",
    precision: Precision = "auto",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Render a grid of embeddings as a large, seamless picture, tile by tile."""
    words = {
        "grid": grid, "canvas": output, "model": model, "seed": seed, "preset": preset,
        "steps": steps, "guidance": guidance, "resume": resume, "batch": batch, "device": device,
        "precision": precision, "compiled": compiled,
    }  # fmt: skip
    with reporting(as_json=as_json), Bar(shown=not as_json) as bar:
        from ssldiff_gui.jobs.generate import generate as run

        result = run(_request(words, region), bar, yes=yes)
    if as_json:
        print_json(facts_of(result, output))
    else:
        _print(result, output)
    if result.failed:
        raise typer.Exit(PARTLY)


def _request(words: dict[str, Any], region: str | None) -> GenerateRequest:
    from pydantic import ValidationError

    from ssldiff_gui.core.requests import GenerateRequest

    try:
        return GenerateRequest.model_validate({**words, "region": region_of(region)})
    except ValidationError as error:
        first = error.errors()[0]
        raise BadRequest(
            f"--{'.'.join(map(str, first['loc']))}: {first['msg']}.", "Correct that option."
        ) from error


def facts_of(result: GenerateResult, output: str) -> dict[str, Any]:
    """Return what `--json` prints; the canvas is called what it was called on the command line."""
    from dataclasses import asdict

    facts = asdict(result)
    facts["canvas"] = output
    facts["synthetic"] = True
    facts["seconds"] = round(result.seconds, 3)
    if result.seconds and result.tiles:
        facts["megapixels_per_second"] = round(result.megapixels / result.seconds, 4)
    return facts


def _print(result: GenerateResult, output: str) -> None:
    size = f"{result.width:,} × {result.height:,} pixels"
    typer.echo(f"{output}: {size}, synthetic")
    made = f"{_tiles(result.tiles)} rendered" if result.tiles else "Nothing was left to render"
    typer.echo(f"{made}, {result.seconds:,.1f} s, {result.evaluations:,} evaluations")
    for note in result.notes:
        typer.echo(note)
    if result.failed:
        typer.echo(f"{_tiles(result.failed)} failed: --resume tries again.", err=True)
    elif result.missing:
        typer.echo(f"{_tiles(result.missing)} still missing: --resume without --region goes on.")
    if result.sha256:
        typer.echo(f"SHA-256 of the pixels: {result.sha256}")


def _tiles(number: int) -> str:
    return f"{number:,} tile" if number == 1 else f"{number:,} tiles"
