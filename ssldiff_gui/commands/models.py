"""`ssldiff models`: what is installed, what can be had, and whether it is still what it was."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ssldiff_gui.commands.output import FAILED, PARTLY, AsJson, Bar, print_json, reporting

if TYPE_CHECKING:
    from ssldiff_gui.core.specs import EncoderSpec, Licence, ModelFile
    from ssldiff_gui.models.catalogue import CatalogueEntry
    from ssldiff_gui.models.folders import Installed
    from ssldiff_gui.models.obtaining import Obtained, Offer

models = typer.Typer(
    name="models",
    help="List, show, get and verify models.",
    add_completion=False,
    rich_markup_mode=None,
)


@models.callback(invoke_without_command=True)
def _default(context: typer.Context, as_json: AsJson = False) -> None:
    """List, show, get and verify models."""
    if context.invoked_subcommand is None:
        listing(as_json=as_json)


@models.command("list")
def listing(as_json: AsJson = False) -> None:
    """List the models that are installed, and those that can be had."""
    from ssldiff_gui.models.catalogue import catalogue
    from ssldiff_gui.models.folders import installed_models

    with reporting(as_json=as_json):
        there = installed_models()
        names = {entry.name for entry in there}
        known = [entry for entry in catalogue().values() if entry.name not in names]
    if as_json:
        print_json({
            "installed": [_installed(entry) for entry in there],
            "catalogue": [_known(entry) for entry in known],
        })  # fmt: skip
    else:
        _print_list(there, known)


@models.command()
def show(
    name: Annotated[str, typer.Argument(help="A model: name, id or folder.")],
    as_json: AsJson = False,
) -> None:
    """Say all that is known of a model."""
    from ssldiff_gui.core.errors import MissingModel
    from ssldiff_gui.models.catalogue import catalogue
    from ssldiff_gui.models.folders import find_model, read_model

    with reporting(as_json=as_json):
        try:
            folder = find_model(name)
        except MissingModel:
            if name not in catalogue():
                raise
            facts = {"installed": False, **catalogue()[name].model_dump(mode="json")}
        else:
            model = read_model(folder, verify=False)
            facts = {"installed": True, "folder": str(folder), **model.model_dump(mode="json")}
    if as_json:
        print_json(facts)
    else:
        _print_facts(name, facts)


@models.command()
def get(
    name: Annotated[str, typer.Argument(help="Of the list; hf-hub:OWNER/NAME; timm:NAME.")],
    *,
    accept: Annotated[
        str | None, typer.Option("--accept-licence", help="Name of the licence you accept.")
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--from", help="Safetensors that you have already.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Download and install a model, once its licence is accepted."""
    with reporting(as_json=as_json), Bar(shown=not as_json) as bar:
        from ssldiff_gui.models.obtaining import install_file, obtain, offer

        given = offer(name, local=source is not None)
        _consent(given, accept, ask=not as_json and sys.stdin.isatty())
        done = obtain(given, bar) if source is None else install_file(given, source)
    if as_json:
        print_json(_obtained(done, given.licence))
    else:
        _print_obtained(done)


@models.command()
def verify(
    names: Annotated[
        list[str] | None, typer.Argument(help="Models; all that are installed.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Hash every file of models, and compare with what was installed."""
    from ssldiff_gui.core.errors import UserError
    from ssldiff_gui.models.folders import find_model, installed_models, read_model, verify_model

    wanted = names or [entry.name for entry in installed_models()]
    results: list[dict[str, Any]] = []
    for name in wanted:
        try:
            folder = find_model(name)
            size = verify_model(folder, read_model(folder, verify=False))
            results.append({"name": name, "whole": True, "bytes": size})
        except UserError as error:
            told = {"kind": type(error).__name__, "message": error.message, "hint": error.hint}
            results.append({"name": name, "whole": False, "error": told})
    if as_json:
        print_json({"models": results})
    else:
        _print_verified(results)
    bad = [result for result in results if not result["whole"]]
    if bad:
        raise typer.Exit(FAILED if len(bad) == len(results) else PARTLY)


def _consent(given: Offer, accepted: str | None, *, ask: bool) -> None:
    """Show the terms, and go on only when they were accepted."""
    from ssldiff_gui.models.obtaining import check_consent, terms

    if accepted is None and ask:
        size = f", {given.size / 1e6:,.0f} MB" if given.size else ""
        typer.echo(f"{given.entry.title}{size}\n{terms(given.licence)}", err=True)
        if typer.confirm("Do you accept these terms?", err=True):
            accepted = given.licence.name
    check_consent(given.licence, accepted)


def _installed(entry: Installed) -> dict[str, Any]:
    facts: dict[str, Any] = {"name": entry.name, "folder": str(entry.folder)}
    if entry.model is None:
        return facts | {"problem": str(entry.problem)}
    return (
        facts | {"kind": entry.model.kind, "licence": entry.model.licence.name} | _spec(entry.model)
    )


def _spec(model: ModelFile) -> dict[str, Any]:
    if model.encoder is not None:
        return _encoder(model.encoder)
    if model.generator is None:
        return {}
    made = model.generator
    return {
        "title": made.title,
        "encoder": made.encoder,
        "pixel": None if made.pixel is None else made.pixel.model_dump(),
        "cell": made.cell * made.factor,
    }


def _encoder(spec: EncoderSpec) -> dict[str, Any]:
    pixel = None if spec.pixel is None else spec.pixel.model_dump()
    return {"id": spec.id or None, "dim": spec.dim, "cell": spec.cell, "pixel": pixel}


def _known(entry: CatalogueEntry) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": entry.name,
        "title": entry.title,
        "obtain": entry.obtain,
        "repository": entry.repository,
        "revision": entry.revision,
        "licence": entry.licence.model_dump(),
    }
    return facts | ({} if entry.encoder is None else _encoder(entry.encoder))


def _obtained(done: Obtained, licence: Licence) -> dict[str, Any]:
    return {
        "name": done.folder.name,
        "folder": str(done.folder),
        "id": done.encoder.id,
        "revision": done.revision,
        "sha256": done.sha256,
        "trust": done.trust,
        "licence": licence.model_dump(),
    }


def _print_list(there: list[Installed], known: list[CatalogueEntry]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("model", "what", "values", "pixel", "licence", title="Models")
    for entry in there:
        facts = _installed(entry)
        words = facts.get("problem") or f"installed {facts['kind']}"
        table.add_row(*map(escape, (entry.name, words, *_columns(facts), facts.get("licence", ""))))
    for item in known:
        how = "can be had" if item.obtain == "hub" else "has to be converted"
        gate = ", gated" if item.licence.gate else ""
        cells = (item.name, how, *_columns(_known(item)), item.licence.name + gate)
        table.add_row(*map(escape, cells))
    Console().print(table)


def _columns(facts: dict[str, Any]) -> tuple[str, str]:
    pixel = facts.get("pixel")
    scale = "any" if pixel is None else f"{pixel['size']:g} {pixel['unit']}"
    return str(facts.get("dim") or ""), scale


def _print_facts(name: str, facts: dict[str, Any]) -> None:
    import json

    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(name), show_header=False, title_justify="left")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for key, value in facts.items():
        if value not in (None, "", {}):
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            table.add_row(key, escape(text))
    Console().print(table)


def _print_obtained(done: Obtained) -> None:
    typer.echo(f"Installed {done.folder.name} as {done.encoder.id} in {done.folder}.")
    if done.trust == "first use":
        typer.echo(
            f"No hash of it was known before: SHA-256 {done.sha256} is recorded, and a later "
            "download has to match it.",
            err=True,
        )


def _print_verified(results: list[dict[str, Any]]) -> None:
    for result in results:
        if result["whole"]:
            typer.echo(f"{result['name']}: whole, {result['bytes'] / 1e6:,.1f} MB")
        else:
            error = result["error"]
            typer.echo(f"{result['name']}: {error['message']}\n{error['hint']}".strip(), err=True)
    if not results:
        typer.echo("No model is installed.")
