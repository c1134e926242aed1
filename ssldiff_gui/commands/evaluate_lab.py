"""`ssldiff evaluate fid`, `… augmentation`, `… guidance`: sets of pictures, and ways to train."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from ssldiff_gui.commands.convert import pixel_size
from ssldiff_gui.commands.output import AsJson, Bar, print_json, reporting
from ssldiff_gui.core.errors import BadRequest

Folder = Annotated[str, typer.Argument(metavar="FOLDER", help="Real pictures, one folder a class.")]
Output = Annotated[
    Path, typer.Option("-o", "--output", "--out", metavar="DIR", help="Folder of the report.")
]
Judge = Annotated[
    str | None,
    typer.Option(help="Whose features are compared: an encoder's name or folder, or inception."),
]
Pixel = Annotated[str | None, typer.Option(metavar="SIZE", help="Width of a pixel: 0.5um, 10m.")]
Seed = Annotated[int, typer.Option(min=0, help="First of all that is drawn.")]
Seeds = Annotated[int, typer.Option(min=1, max=20, help="How often each training is done.")]
Budget = Annotated[str, typer.Option(help="minutes (two cores) or gpu.")]
Steps = Annotated[int | None, typer.Option(min=1, help="Of each training.")]
Side = Annotated[int | None, typer.Option(min=8, help="Pictures are brought to it, in pixels.")]
HeldOut = Annotated[float, typer.Option(help="Share of the cases for test, and for validation.")]
Groups = Annotated[
    str, typer.Option(help='"alike", "file", or a pattern that tells the case from a name.')
]
SplitFile = Annotated[
    str | None, typer.Option("--split", metavar="FILE", help="A split.json instead of a new one.")
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, mps.")]


def fid(
    real: Annotated[str, typer.Argument(metavar="REAL", help="Folder, slide, scene or canvas.")],
    fake: Annotated[str, typer.Argument(metavar="FAKE", help="The same, made.")],
    *,
    judge: Judge = None,
    crop: Annotated[int | None, typer.Option(min=8, help="Side of the squares, pixels.")] = None,
    samples: Annotated[int, typer.Option(min=2, help="Squares of each set, at most.")] = 5000,
    neighbours: Annotated[int, typer.Option(min=1, help="For precision and so on.")] = 5,
    blocks: Annotated[int, typer.Option(min=0, max=100, help="For the intervals; 0: none.")] = 10,
    pixel: Pixel = None,
    seed: Seed = 0,
    device: Device = "auto",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", "--out", metavar="DIR", help="Write a report there."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Distance of made pictures to real ones: FID, KID, precision, recall, density, coverage."""
    given = locals()

    def perform(words: dict[str, Any], bar: Bar) -> dict[str, Any]:
        from ssldiff_gui.core.lab.fid import FidRequest
        from ssldiff_gui.jobs.fid import measure

        return measure(_checked(FidRequest, words), bar)

    _run(given, perform)


def augmentation(
    folder: Folder,
    *,
    output: Output,
    augmented: Annotated[
        list[str] | None, typer.Option(metavar="DIR", help="What `ssldiff augment` made of it.")
    ] = None,
    labels_fraction: Annotated[
        float, typer.Option(help="Share of the training pictures that are seen.")
    ] = 0.05,
    seeds: Seeds = 3,
    budget: Budget = "minutes",
    backbone: Annotated[str | None, typer.Option(help="A network of timm.")] = None,
    steps: Steps = None,
    side: Side = None,
    held_out: HeldOut = 0.2,
    groups: Groups = "alike",
    split: SplitFile = None,
    pixel: Pixel = None,
    seed: Seed = 0,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Say what synthetic pictures are worth to a classifier of few labels."""
    given = locals()
    given["augmented"] = tuple(augmented or ())
    _run({"subject": "augmentation", **given}, _study)


def guidance(
    folder: Folder,
    *,
    output: Output,
    seeds: Seeds = 3,
    budget: Budget = "minutes",
    steps: Steps = None,
    side: Side = None,
    judge: Judge = None,
    autoencoder: Annotated[
        str | None, typer.Option(help="In whose latents it draws; else the judge's generator.")
    ] = None,
    held_out: HeldOut = 0.2,
    groups: Groups = "alike",
    split: SplitFile = None,
    pixel: Pixel = None,
    seed: Seed = 0,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Compare a generator told nothing, labels of its own, true ones; on two sets."""
    _run({"subject": "guidance", **locals()}, _study)


def _study(words: dict[str, Any], bar: Bar) -> dict[str, Any]:
    from ssldiff_gui.core.lab.study import StudyRequest
    from ssldiff_gui.jobs.study import study

    return study(_checked(StudyRequest, words), bar)


def _run(given: dict[str, Any], perform: Callable[[dict[str, Any], Bar], dict[str, Any]]) -> None:
    """Do it, and say what came out."""
    as_json = bool(given.pop("as_json"))
    with reporting(as_json=as_json):
        given["output"] = None if given["output"] is None else str(given["output"])
        given["pixel"] = None if given["pixel"] is None else pixel_size(given["pixel"])
        with Bar(shown=not as_json, after="Nothing was written.") as bar:
            result = perform(given, bar)
    if as_json:
        print_json(result)
    else:
        _print(result)


def _checked(kind: Any, words: dict[str, Any]) -> Any:
    from pydantic import ValidationError

    try:
        return kind.model_validate(words)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])).replace("_", "-")
        raise BadRequest(f"--{where}: {first['msg']}.", "Correct that option.") from error


def _print(result: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from ssldiff_gui.storage.report_page import shown

    console = Console()
    if not console.is_terminal:
        console = Console(width=120)
    console.print(escape(result["summary"]))
    for found in result["tables"]:
        table = Table(title=escape(found["heading"]), title_justify="left")
        for name in found["columns"]:
            table.add_column(escape(name), overflow="fold")
        for row in found["rows"]:
            table.add_row(*(escape(shown(cell)) for cell in row))
        console.print(table)
    for note in result["notes"]:
        console.print(escape(f"Note: {note}"))
    for path in result["files"]:
        typer.echo(f"Written: {path}")
    console.print(f"{result['seconds']:,.0f} s")
