"""`ssldiff prior`: from a class, a text or a table to a grid."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ssldiff_gui.commands.output import AsJson, Bar, print_json, reporting
from ssldiff_gui.core.errors import BadRequest

if TYPE_CHECKING:
    from ssldiff_gui.core.requests import PriorRequest
    from ssldiff_gui.jobs.prior import PriorResult

Output = Annotated[Path, typer.Option("--output", "-o", help="The grid: .safetensors, or .h5.")]
Label = Annotated[str | None, typer.Option("--class", help="A class that the prior knows.")]
Text = Annotated[str | None, typer.Option("--text", help="What it shall show, in English words.")]
Features = Annotated[
    Path | None,
    typer.Option("--features", help="A table (CSV, TSV) of features, for a prior that takes one."),
]
Case = Annotated[str | None, typer.Option("--case", help="Which line of it; else the first.")]
Layout = Annotated[
    Path | None,
    typer.Option("--layout", help="Areas with texts or classes of their own: JSON or GeoJSON."),
]
Rows = Annotated[int, typer.Option("--rows", min=1, help="Rows of cells.")]
Columns = Annotated[int, typer.Option("--cols", min=1, help="Columns of cells.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Another seed, another grid.")]
Guidance = Annotated[
    float | None,
    typer.Option("--guidance", min=0, max=20, help="How strictly it keeps to what is asked for."),
]
Steps = Annotated[
    int | None, typer.Option("--steps", min=2, max=500, help="More are slower and finer.")
]
Model = Annotated[
    str | None, typer.Option("--model", help="A prior: name or folder; else the one that knows.")
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, mps.")]


def prior(
    *,
    output: Output,
    label: Label = None,
    text: Text = None,
    features: Features = None,
    case: Case = None,
    layout: Layout = None,
    rows: Rows = 32,
    columns: Columns = 32,
    seed: Seed = 0,
    guidance: Guidance = None,
    steps: Steps = None,
    model: Model = None,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Draw a grid of embeddings from a class, a text or a case's features.

    `ssldiff generate` renders it. Areas of a layout show what they say themselves.
    """
    words = {
        "output": str(output), "model": model, "label": label, "text": text,
        "features": None if features is None else str(features), "case": case,
        "layout": None if layout is None else str(layout), "rows": rows,
        "columns": columns, "seed": seed, "guidance": guidance, "steps": steps, "device": device,
    }  # fmt: skip
    after = "Nothing was written."
    with reporting(as_json=as_json), Bar(shown=not as_json, after=after) as bar:
        from ssldiff_gui.jobs.prior import draw

        request = _request(words)
        result = draw(request, bar)
    if as_json:
        print_json(describe(request, result))
    else:
        _print(request, result)


def _request(words: dict[str, Any]) -> PriorRequest:
    from pydantic import ValidationError

    from ssldiff_gui.core.requests import PriorRequest

    try:
        return PriorRequest.model_validate(words)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadRequest(
            f"--{'.'.join(map(str, first['loc']))}: {first['msg']}.", "Correct that option."
        ) from error


def describe(request: PriorRequest, result: PriorResult) -> dict[str, Any]:
    """Return what `ssldiff prior --json` prints."""
    grid = result.grid
    scale = grid.scale
    return {
        "grid": request.output,
        "synthetic": True,
        "model": result.model,
        "class": request.label,
        "text": request.text,
        "features": request.features,
        "case": request.case,
        "layout": request.layout,
        "reading": result.reading,
        "encoder": grid.encoder,
        "rows": grid.rows,
        "columns": grid.columns,
        "dim": grid.dim,
        "cell": grid.cell,
        "scale": None if scale is None else {"x": scale.x, "y": scale.y, "unit": scale.unit},
        "seed": request.seed,
        "seconds": round(result.seconds, 3),
        "device": result.device,
        "digest": grid.digest(),
        "notes": list(result.notes),
    }


def _print(request: PriorRequest, result: PriorResult) -> None:
    grid = result.grid
    size = f"{grid.rows} × {grid.columns} cells of {grid.dim} values"
    typer.echo(f"{request.output}: {size} for {grid.encoder}, synthetic")
    typer.echo(f"drawn by {result.model} with the seed {request.seed}; {result.seconds:.1f} s")
    for note in result.notes:
        typer.echo(note, err=True)
