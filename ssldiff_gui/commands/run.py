"""`ssldiff run`: do what a file asks for, whatever kind of request it holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ssldiff_gui.commands.output import AsJson, Bar, Yes, print_json, reporting
from ssldiff_gui.core.errors import BadRequest, MissingFile

File = Annotated[Path, typer.Argument(help="A request.json that an experiment has written.")]
Changes = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Such as seed=3.")
]


def run(file: File, *, changes: Changes = None, yes: Yes = False, as_json: AsJson = False) -> None:
    """Do again what a request file says: every experiment writes one beside its results."""
    with reporting(as_json=as_json), Bar(shown=not as_json) as bar:
        from ssldiff_gui.commands.train import values_of
        from ssldiff_gui.core.requests import parse_request
        from ssldiff_gui.jobs.inline import do

        try:
            data = json.loads(file.read_text("utf-8"))
        except OSError as error:
            raise MissingFile(file, f"{file} cannot be read.", "Name a request file.") from error
        except ValueError as error:
            raise BadRequest(f"{file} is no JSON: {error}.", "Mend it.") from error
        if not isinstance(data, dict):
            raise BadRequest(f"{file} holds no request.", "It has to be a table with a kind.")
        request = parse_request(data | values_of(changes or []))
        result = do(request, bar, yes=yes)
    if as_json:
        print_json(dict(result))
        return
    typer.echo(f"Done: {request.kind}")
    for name, value in result.items():
        if isinstance(value, str | int | float):
            typer.echo(f"  {name}: {value}")
