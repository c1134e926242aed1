"""`ssldiff replay`: render a picture again from the recipe inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ssldiff_gui.commands.output import FAILED, AsJson, Bar, Yes, print_json, reporting

if TYPE_CHECKING:
    from ssldiff_gui.jobs.replay import Replayed


File = Annotated[str, typer.Argument(help="An export, a canvas, or the .json beside an export.")]
Output = Annotated[str, typer.Option("--output", "-o", help="The canvas to make.")]
Model = Annotated[
    str | None, typer.Option("--model", help="Where the model is, when it is not under its name.")
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1, mps.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with a replay that was interrupted.")]


def replay(
    file: File,
    output: Output,
    *,
    model: Model = None,
    device: Device = "auto",
    resume: Resume = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Render a picture again from the recipe inside it, and say whether it is the same."""
    with reporting(as_json=as_json):
        from pathlib import Path

        from ssldiff_gui.storage.records import read_record

        record = read_record(file)
        from ssldiff_gui.jobs.replay import replay as again

        with Bar(shown=not as_json) as bar:
            done = again(
                record,
                Path(output).expanduser().absolute(),
                model=model,
                device=device,
                resume=resume,
                yes=yes,
                progress=bar,
            )
    if as_json:
        print_json(facts_of(done, output))
    else:
        _say(done, output)
    if done.same is False and not done.differences:
        raise typer.Exit(FAILED)


def facts_of(done: Replayed, output: str) -> dict[str, Any]:
    """Return what `--json` prints; the canvas is called what it was called on the command line."""
    result = done.result
    return {
        "canvas": output,
        "width": result.width,
        "height": result.height,
        "synthetic": True,
        "sha256": result.sha256,
        "expected": done.expected,
        "same": done.same,
        "differences": list(done.differences),
        "evaluations": result.evaluations,
        "seconds": round(result.seconds, 3),
        "notes": list(result.notes),
    }


def _say(done: Replayed, output: str) -> None:
    typer.echo(f"{output}: {done.result.width:,} × {done.result.height:,} pixels, synthetic")
    if done.same is None:
        typer.echo("The file was made from an unfinished canvas: there is nothing to compare with.")
    elif done.same:
        typer.echo("Every pixel is the same.")
    else:
        typer.echo("The pixels are not the same.", err=True)
    for difference in done.differences:
        typer.echo(f"Not as it was: {difference}")
