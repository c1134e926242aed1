"""`ssldiff map`: between the embeddings of two encoders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ssldiff_gui.commands.output import AsJson, Bar, print_json, reporting

maps = typer.Typer(
    name="map", no_args_is_help=True,
    help="Turn grids of one encoder into grids of another, by a fitted linear map.",
)  # fmt: skip

Source = Annotated[
    list[Path], typer.Option("--from", help="A grid of the one encoder; again for more regions.")
]
Target = Annotated[
    list[Path],
    typer.Option("--to", help="The same region by the other encoder; in the same order."),
]
Folder = Annotated[Path, typer.Option("--output", "-o", help="Model folder to make.")]
Ridge = Annotated[
    float | None, typer.Option("--ridge", min=0, help="Penalty; else held-out cells choose it.")
]
HeldOut = Annotated[
    float, typer.Option("--held-out", min=0.01, max=0.9, help="Share of cells to measure on.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of the choice of those cells.")]
Grid = Annotated[Path, typer.Argument(help="A grid of the map's source.")]
Map = Annotated[Path, typer.Option("--map", help="The map's folder, or its installed name.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="The grid: .safetensors, or .h5.")]


@maps.command()
def fit(
    *,
    source: Source,
    target: Target,
    output: Folder,
    ridge: Ridge = None,
    held_out: HeldOut = 0.2,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Fit a map to grids of the same regions by two encoders, and measure it on other cells."""
    after = "Nothing was written."
    with reporting(as_json=as_json), Bar(shown=not as_json, after=after) as bar:
        from ssldiff_gui.core.lab.fit_map import MapRequest
        from ssldiff_gui.jobs.fit_map import fit_map

        request = MapRequest(
            source=tuple(map(str, source)), target=tuple(map(str, target)), output=str(output),
            ridge=ridge, held_out=held_out, seed=seed,
        )  # fmt: skip
        facts = fit_map(request, bar)
    if as_json:
        print_json(facts)
    else:
        _print(facts)


@maps.command()
def apply(grid: Grid, *, folder: Map, output: Output, as_json: AsJson = False) -> None:
    """Put a grid through a map; what comes of it is a grid of the other encoder."""
    with reporting(as_json=as_json):
        from ssldiff_gui.jobs.fit_map import apply_map
        from ssldiff_gui.models.folders import find_model

        made = apply_map(grid, find_model(str(folder), "map"), output)
    facts = {
        "grid": str(output), "encoder": made.encoder, "rows": made.rows, "columns": made.columns,
        "dim": made.dim, "cell": made.cell, "digest": made.digest(),
    }  # fmt: skip
    if as_json:
        print_json(facts)
    else:
        size = f"{made.rows} × {made.columns} cells of {made.dim} values"
        typer.echo(f"{output}: {size} for {made.encoder}")


def _print(facts: dict[str, Any]) -> None:
    typer.echo(f"{facts['map']}: from {facts['source']} to {facts['target']}")
    typer.echo(
        f"fitted to {facts['fitted_to']:,} cells with the penalty {facts['ridge']:.3g}; on "
        f"{facts['held_out']:,} others: R² {facts['r2']:.3f}, cosine {facts['cosine']:.3f} "
        f"(the mean vector: {facts['baseline_cosine']:.3f})"
    )
    for note in facts["notes"]:
        typer.echo(note, err=True)
