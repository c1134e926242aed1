"""`ssldiff evaluate`: figures of models, on pictures that they were not trained on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ssldiff_gui.commands.evaluate_lab import augmentation, fid, guidance
from ssldiff_gui.commands.output import AsJson, Bar, print_json, reporting
from ssldiff_gui.core.errors import BadRequest

if TYPE_CHECKING:
    from ssldiff_gui.core.lab.evaluate import EvaluateRequest
    from ssldiff_gui.evaluation.figures import Figure
    from ssldiff_gui.jobs.evaluate_report import Report

evaluate = typer.Typer(
    name="evaluate",
    help="Measure a model on pictures that it was not trained on; compare sets, and ways to train.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
evaluate.command("fid")(fid)
evaluate.command("augmentation")(augmentation)
evaluate.command("guidance")(guidance)

Model = Annotated[str, typer.Argument(help="An installed model, or a model folder.")]
Encoder = Annotated[
    str | None, typer.Option(help="Whose features judge: name or folder; else the model's own.")
]
Gathered = Annotated[
    str | None, typer.Option(metavar="FOLDER", help="The gathered pictures of a training run.")
]
DataFolder = Annotated[
    str | None, typer.Option(metavar="FOLDER", help="Instead: where the sources of --config are.")
]
Config = Annotated[
    str | None, typer.Option(metavar="RECIPE", help="A TOML file, or a recipe's name.")
]
Samples = Annotated[int | None, typer.Option(min=2, help="Pictures, or parts of them.")]
Seed = Annotated[int, typer.Option(min=0, help="Of all that is drawn.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, mps.")]
Out = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Write figures.json and contact sheets there.")
]
Quick = Annotated[bool, typer.Option("--quick", help="Fewer samples: some three minutes.")]
Unseen = Annotated[
    str | None, typer.Option(metavar="FOLDER", help="A source never seen; a folder a class.")
]
UnseenPixel = Annotated[
    float | None, typer.Option(help="Width of its pixels, in the model's unit.")
]
UnseenHeldOut = Annotated[
    str | None, typer.Option(metavar="REGEX", help="Which of them a probe is tried on.")
]
PresetName = Annotated[str, typer.Option(help="How it renders: default, fine, draft.")]


@evaluate.command("encoder")
def encoder(
    model: Model,
    *,
    pictures: Gathered = None,
    data: DataFolder = None,
    config: Config = None,
    samples: Samples = None,
    seed: Seed = 0,
    device: Device = "auto",
    out: Out = None,
    quick: Quick = False,
    unseen: Unseen = None,
    unseen_pixel: UnseenPixel = None,
    unseen_held_out: UnseenHeldOut = None,
    supervised_steps: Annotated[
        int | None, typer.Option(min=0, help="Of the supervised network it is compared with.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Classes by nearest neighbours and a linear probe, against colours and other networks."""
    given = locals()
    _run("encoder", given)


@evaluate.command("autoencoder")
def autoencoder(
    model: Model,
    *,
    encoder: Encoder = None,
    pictures: Gathered = None,
    data: DataFolder = None,
    config: Config = None,
    samples: Samples = None,
    seed: Seed = 0,
    device: Device = "auto",
    out: Out = None,
    quick: Quick = False,
    unseen: Unseen = None,
    unseen_pixel: UnseenPixel = None,
    as_json: AsJson = False,
) -> None:
    """PSNR, SSIM, patches that show, and the distance of reconstructions to pictures."""
    given = locals()
    _run("autoencoder", given)


@evaluate.command("generator")
def generator(
    model: Model,
    *,
    encoder: Encoder = None,
    pictures: Gathered = None,
    data: DataFolder = None,
    config: Config = None,
    samples: Samples = None,
    seeds: Annotated[int | None, typer.Option(min=2, help="Renders of one grid.")] = None,
    preset: PresetName = "default",
    seed: Seed = 0,
    device: Device = "auto",
    out: Out = None,
    quick: Quick = False,
    unseen: Unseen = None,
    unseen_pixel: UnseenPixel = None,
    as_json: AsJson = False,
) -> None:
    """Distances to real pictures, likeness to the request, variety, and copies of the training."""
    given = locals()
    _run("generator", given)


@evaluate.command("canvas")
def canvas(
    model: Model,
    *,
    encoder: Encoder = None,
    pictures: Gathered = None,
    data: DataFolder = None,
    config: Config = None,
    image: Annotated[
        str | None, typer.Option(metavar="FILE", help="A picture as large as the canvas.")
    ] = None,
    size: Annotated[int | None, typer.Option(min=64, help="Side in pixels; usually 2048.")] = None,
    published: Annotated[
        list[str] | None, typer.Option(help="Ways to compare with: lid, pixcell-4k, none.")
    ] = None,
    published_size: Annotated[
        int | None, typer.Option(min=64, help="Side of their canvas: they are far dearer.")
    ] = None,
    preset: PresetName = "default",
    seed: Seed = 0,
    device: Device = "auto",
    out: Out = None,
    quick: Quick = False,
    as_json: AsJson = False,
) -> None:
    """Seams and cost of a large canvas, against published ways and the real image's own."""
    given = locals()
    if published is None:
        given.pop("published")
    else:
        given["published"] = tuple(name for name in published if name != "none")
    _run("canvas", given)


@evaluate.command("prior")
def prior(
    model: Model,
    *,
    encoder: Encoder = None,
    pictures: Gathered = None,
    data: DataFolder = None,
    config: Config = None,
    samples: Samples = None,
    seed: Seed = 0,
    device: Device = "auto",
    out: Out = None,
    quick: Quick = False,
    as_json: AsJson = False,
) -> None:
    """Classes of generated grids by a probe of real ones, and how their cells go together."""
    given = locals()
    _run("prior", given)


def _run(kind: str, given: dict[str, Any]) -> None:
    """Measure, and say what came out."""
    as_json, out = given.pop("as_json"), given.pop("out")
    after = "Nothing was written."
    with reporting(as_json=as_json):
        with Bar(shown=not as_json, after=after) as bar:
            request = _request({"what": kind, **given})
            from ssldiff_gui.jobs.evaluate import evaluate as measure

            report = measure(request, bar)
        files = [] if out is None else report.write(out)
    if as_json:
        print_json({**report.facts(), "files": [path.name for path in files]})
    else:
        _print(report)
        for path in files:
            typer.echo(f"Written: {path}")


def _request(words: dict[str, Any]) -> EvaluateRequest:
    from pydantic import ValidationError

    from ssldiff_gui.core.lab.evaluate import EvaluateRequest

    try:
        return EvaluateRequest.model_validate(words)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])).replace("_", "-")
        raise BadRequest(f"--{where}: {first['msg']}.", "Correct that option.") from error


_WORDS = {"higher": "higher ↑", "lower": "lower ↓", "nearer": "nearer ≈", "neither": "–"}


def _print(report: Report) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    if not console.is_terminal:
        console = Console(width=110)
    for source, figures in report.figures.items():
        table = Table(title=escape(f"{report.title}, {source}"), title_justify="left")
        table.add_column("measure", overflow="fold")
        table.add_column("value", justify="right", no_wrap=True)
        table.add_column("against", overflow="fold")
        table.add_column("better", no_wrap=True)
        for figure in figures:
            table.add_row(*map(escape, _row(figure)))
        console.print(table)
    if len(report.figures) > 1:
        console.print(_side_by_side(report))
    for warning in report.warnings:
        console.print(escape(f"Note: {warning}"))
    console.print(f"{report.seconds:,.0f} s")


def _row(figure: Figure) -> tuple[str, str, str, str]:
    value = _number(figure.value)
    if figure.low is not None and figure.high is not None:
        value += f"\n{_number(figure.low)} … {_number(figure.high)}"
    against = ", ".join(f"{name} {_number(number)}" for name, number in figure.against.items())
    measure = figure.measure + (f"\n  {figure.note}" if figure.note else "")
    return measure, value, against, _WORDS[figure.better]


def _side_by_side(report: Report) -> Any:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title="Side by side", title_justify="left")
    table.add_column("measure", overflow="fold")
    for source in report.figures:
        table.add_column(escape(source), justify="right", no_wrap=True)
    by_source = [{f.measure: f for f in found} for found in report.figures.values()]
    for measure in by_source[0]:
        cells = [_number(one[measure].value) if measure in one else "" for one in by_source]
        table.add_row(escape(measure), *cells)
    return table


def _number(value: float) -> str:
    size = abs(value)
    if value != value or size == float("inf"):  # noqa: PLR0124 - NaN alone differs from itself
        return "none"
    return f"{value:,.0f}" if size >= 1000 else f"{value:.1f}" if size >= 100 else f"{value:.3f}"
