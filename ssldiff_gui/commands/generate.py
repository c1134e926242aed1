"""`ssldiff generate`: a grid, or what is asked for in words, rendered as a large picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ssldiff_gui.commands.output import PARTLY, AsJson, Bar, Yes, print_json, reporting
from ssldiff_gui.commands.regions import METAVAR, region_of
from ssldiff_gui.core.errors import BadRequest

if TYPE_CHECKING:
    from ssldiff_gui.core.requests import GenerateRequest
    from ssldiff_gui.jobs.generate import GenerateResult


SIZE, LEAD = "WIDTHxHEIGHT", "CLASSIFIER:CLASS[:SCALE]"
USUAL = "1024x1024"
"""Size of a picture, when nobody says."""

Grid = Annotated[
    str | None, typer.Argument(help="A grid, as `ssldiff embed` writes it; else say what to show.")
]
Output = Annotated[
    str, typer.Option("--output", "-o", help="The canvas to make: a folder NAME.ome.zarr.")
]
Model = Annotated[
    str | None, typer.Option(help="An installed generator or a model folder; else what fits.")
]
Text = Annotated[str | None, typer.Option("--text", help="What to show, in words.")]
Label = Annotated[str | None, typer.Option("--class", help="What to show: a class.")]
Features = Annotated[
    str | None, typer.Option("--features", help="What to show: a table of features, CSV or TSV.")
]
Case = Annotated[str | None, typer.Option("--case", help="Which line of it; else the first.")]
Prior = Annotated[
    str | None, typer.Option("--prior", help="The prior that draws the grid; else what knows.")
]
Areas = Annotated[
    str | None,
    typer.Option("--layout", help="What to show where: a layout, or annotations as GeoJSON."),
]
Size = Annotated[
    str | None, typer.Option("--size", metavar=SIZE, help="Without a grid: width and height.")
]
LeadBy = Annotated[
    str | None,
    typer.Option("--lead", metavar=LEAD, help="A classifier of latents that leads to a class."),
]
Seed = Annotated[int, typer.Option(min=0, help="Of the noise.")]
PresetName = Annotated[
    str, typer.Option(help="default, fine, draft, or as published: lid, pixcell-4k, selfguided.")
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
    grid: Grid = None,
    *,
    output: Output,
    text: Text = None,
    label: Label = None,
    features: Features = None,
    case: Case = None,
    prior: Prior = None,
    layout: Areas = None,
    size: Size = None,
    lead: LeadBy = None,
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
    """Render a large, seamless picture, tile by tile: of a grid of embeddings, or of words."""
    words = {
        "grid": grid, "canvas": output, "text": text, "label": label, "features": features,
        "case": case, "prior": prior, "layout": layout, "model": model, "seed": seed,
        "preset": preset, "steps": steps, "guidance": guidance, "resume": resume, "batch": batch,
        "device": device, "precision": precision, "compiled": compiled,
    }  # fmt: skip
    with reporting(as_json=as_json), Bar(shown=not as_json) as bar:
        from ssldiff_gui.jobs.generate import generate as run

        request, notes = _sized(_request(words, region, lead), size)
        result = run(request, bar, yes=yes)
        result.notes[:0] = notes
    if as_json:
        print_json(facts_of(result, output))
    else:
        _print(result, output)
    if result.failed:
        raise typer.Exit(PARTLY)


def _sized(request: GenerateRequest, size: str | None) -> tuple[GenerateRequest, list[str]]:
    """Return a request for whole cells, and what has to be said of that."""
    if request.grid is not None:
        if size is not None:
            raise BadRequest(
                "A grid is given, and a size as well.",
                "A grid says how large it is: leave one out.",
            )
        return request, []
    width, height = _size_of(size or _begun(request) or USUAL)
    from ssldiff_gui.jobs.choosing import choose

    choice = choose(request)
    columns, rows = (-(-length // choice.side) for length in (width, height))
    made = columns * choice.side, rows * choice.side
    facts = {
        "model": str(choice.folder),
        "prior": None if choice.prior is None else str(choice.prior),
        "rows": rows,
        "columns": columns,
    }
    notes = []
    if made != (width, height):
        notes.append(
            f"The size is rounded up to whole cells of {choice.side} pixels: "
            f"{made[0]:,} × {made[1]:,}."
        )
    return request.model_copy(update=facts), notes


def _begun(request: GenerateRequest) -> str | None:
    """Return the size of the canvas that is gone on with."""
    from ssldiff_gui.storage.canvas import Canvas

    for name in (request.canvas if request.resume else None, request.start_from):
        if name is not None and Path(name).exists():
            with Canvas.open(Path(name)) as canvas:
                return f"{canvas.width}x{canvas.height}"
    return None


def _size_of(text: str) -> tuple[int, int]:
    width, _, height = text.lower().replace("×", "x").partition("x")
    if not (width.strip().isdecimal() and height.strip().isdecimal()):
        raise BadRequest(f"“{text}” is no size.", "Write width and height: --size 4096x4096.")
    if not int(width) * int(height):
        raise BadRequest(f"“{text}” has no pixels.", "Write width and height: --size 4096x4096.")
    return int(width), int(height)


def _lead_of(text: str | None) -> dict[str, Any] | None:
    """Return what `--lead` says; the class and the scale come last, as folders may have colons."""
    if text is None:
        return None
    parts = text.split(":")
    scale: dict[str, Any] = {}
    if len(parts) > 2 and _is_number(parts[-1]):
        scale["scale"] = float(parts.pop())
    if len(parts) < 2 or not all(parts):
        raise BadRequest(
            f"“{text}” names no classifier and class.", f"Write --lead {LEAD}, the scale at last."
        )
    return {"classifier": ":".join(parts[:-1]), "label": parts[-1], **scale}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _request(words: dict[str, Any], region: str | None, lead: str | None) -> GenerateRequest:
    from pydantic import ValidationError

    from ssldiff_gui.core.requests import GenerateRequest

    try:
        return GenerateRequest.model_validate(
            {**words, "region": region_of(region), "lead": _lead_of(lead)}
        )
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
