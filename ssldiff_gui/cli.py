"""The command line. Every command imports what it needs when it runs, so that help is quick."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ssldiff_gui.commands.augment import augment
from ssldiff_gui.commands.convert import convert
from ssldiff_gui.commands.demo import demo
from ssldiff_gui.commands.edit import edit
from ssldiff_gui.commands.embed import embed
from ssldiff_gui.commands.evaluate import evaluate
from ssldiff_gui.commands.export import export
from ssldiff_gui.commands.generate import generate
from ssldiff_gui.commands.info import info
from ssldiff_gui.commands.label import label
from ssldiff_gui.commands.map import maps
from ssldiff_gui.commands.models import models
from ssldiff_gui.commands.output import FAILED
from ssldiff_gui.commands.prior import prior
from ssldiff_gui.commands.replay import replay
from ssldiff_gui.commands.run import run
from ssldiff_gui.commands.train import train

app = typer.Typer(
    name="ssldiff",
    help="See a slide or a satellite scene as a grid of embeddings, edit it, render it back.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        import ssldiff_gui

        typer.echo(f"ssldiff {ssldiff_gui.__version__}")
        raise typer.Exit


@app.callback()
def ssldiff(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_version, is_eager=True),
    ] = False,
) -> None:
    """See a slide or a satellite scene as a grid of embeddings, edit it, render it back."""


for command in (
    demo, info, embed, edit, prior, generate, export, replay,
    train, label, augment, convert, run,
):  # fmt: skip
    app.command()(command)
app.add_typer(evaluate, name="evaluate")
app.add_typer(maps, name="map")
app.add_typer(models, name="models")


def main() -> None:
    """Run the command line; pipes that close early are nobody's error."""
    try:
        app()
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
