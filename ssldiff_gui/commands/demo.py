"""`ssldiff demo`: the whole journey on a sample, in a minute, offline, on a CPU."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ssldiff_gui.commands.output import AsJson, Bar, print_json, reporting

if TYPE_CHECKING:
    from ssldiff_gui.jobs.demo import DemoResult

Out = Annotated[Path, typer.Option("--out", "-o", help="The folder to make.")]
OnScene = Annotated[bool, typer.Option("--scene", help="The sample scene instead of the slide.")]


def demo(
    *, out: Out = Path("ssldiff-demo"), scene: OnScene = False, as_json: AsJson = False
) -> None:
    """See the whole journey on the sample slide: embed, transplant, render, check, export.

    It needs no network and no GPU. After a stop, the same command goes on from there.
    """
    kept = "What was finished is kept: the same command goes on from there."
    with reporting(as_json=as_json), Bar(shown=not as_json, after=kept) as bar:
        bar.report(0, 1, "Starting")
        from ssldiff_gui.jobs.demo import demo as run
        from ssldiff_gui.jobs.demo_places import SCENE, SLIDE

        result = run(SCENE if scene else SLIDE, out, bar)
    if as_json:
        from ssldiff_gui.jobs.demo_folder import facts_of

        print_json(facts_of(result))
    else:
        _print(result, out)


def _print(result: DemoResult, out: Path) -> None:
    likeness = result.check.get("centred", 0.0)
    typer.echo(f"{out / result.figure.name}: original, grid, result and check map")
    typer.echo(
        f"{result.width:,} × {result.height:,} synthetic pixels in {result.render_seconds:.0f} s, "
        f"{result.seconds:.0f} s in all; {result.changed} cells were transplanted; "
        f"likeness to the request {likeness:.2f}"
    )
    typer.echo(f"Also in {out}: {result.picture.name}, {result.canvas.name}, README.md")
    typer.echo("The same, command by command:")
    for command in result.commands:
        typer.echo(f"  {command}")
