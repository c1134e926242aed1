"""`ssldiff train`: from pictures to a model folder."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ssldiff_gui.commands.convert import pixel_size
from ssldiff_gui.commands.output import PARTLY, AsJson, Bar, print_json, reporting
from ssldiff_gui.core.errors import BadRequest

if TYPE_CHECKING:
    from ssldiff_gui.core.lab.train import TrainRequest
    from ssldiff_gui.core.progress import Progress
    from ssldiff_gui.jobs.train import TrainResult
    from ssldiff_gui.jobs.train_recipes import Recipe

_SAID_EVERY = 30.0


class What(StrEnum):
    """What can be trained."""

    ENCODER = "encoder"
    AUTOENCODER = "autoencoder"
    DIFFUSION = "diffusion"
    PRIOR = "prior"
    CLASSIFIER = "classifier"
    ALL = "all"


Wanted = Annotated[What | None, typer.Argument(help="What to train; all: a family, in turn.")]
Config = Annotated[
    str | None, typer.Option("--config", help="A TOML file, or a recipe that --list lists.")
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="What the configuration's paths are relative to; or pictures, slides, an archive of"
        " your own, in place of the configuration's.",
    ),
]
Out = Annotated[Path | None, typer.Option("--out", help="Folder of the run: checkpoints, model.")]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Such as run.steps=100; again for more."),
]
Condition = Annotated[
    str | None,
    typer.Option(
        "--condition",
        help="What the model is told. prior: text, class, table; diffusion: embeddings, class,"
        " cluster, boxes, masks, text, none.",
    ),
]
Minutes = Annotated[
    float | None,
    typer.Option(min=0, help="Stop after so long, with a checkpoint; run again to go on."),
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")]
Pixel = Annotated[
    str | None, typer.Option(help="Size of a pixel of your own files that do not say it: 0.5um.")
]
Install = Annotated[bool, typer.Option("--install", help="Put it among the installed models.")]
Listed = Annotated[bool, typer.Option("--list", help="List the recipes that are carried.")]


def train(
    what: Wanted = None,
    *,
    config: Config = None,
    data: Data = None,
    out: Out = None,
    changes: Changes = None,
    condition: Condition = None,
    minutes: Minutes = None,
    device: Device = "auto",
    pixel: Pixel = None,
    install: Install = False,
    listed: Listed = False,
    as_json: AsJson = False,
) -> None:
    """Train an encoder, an autoencoder, a diffusion network, a prior, a classifier, or all.

    Stopped by Ctrl-C, --minutes or a crash, the same command goes on from the last checkpoint.
    Exit code 4 says that steps are left. Several GPUs: torchrun --nproc-per-node 4 -m
    ssldiff_gui.cli train ...
    """
    if listed:
        _list(as_json=as_json)
        return
    if what is None or config is None:
        raise typer.BadParameter("name what to train, and --config; --list lists recipes.")
    size = None if pixel is None else pixel_size(pixel)
    told = {} if condition is None else {"model.condition": condition}
    kept = "What was finished is kept: the same command goes on from there."
    with reporting(as_json=as_json), Bar(shown=not as_json, after=kept) as bar, _ending_softly():
        from ssldiff_gui.core.lab.train import TrainRequest

        request = TrainRequest(
            what=what.value, config=config, data=None if data is None else str(data),
            out=None if out is None else str(out), changes=values_of(changes or []) | told,
            minutes=minutes, device=device, pixel=size, install=install,
        )  # fmt: skip
        watch = bar if as_json or sys.stderr.isatty() else _Lines(bar)
        done = list(_run(request, watch, family=what is What.ALL, as_json=as_json))
    if not done[-1].main:
        return  # the first of several processes speaks for all
    if as_json:
        from ssldiff_gui.jobs.train import became

        found = [became(result) for result in done]
        print_json({"models": found} if what is What.ALL else found[0])
    if not done[-1].finished:
        raise typer.Exit(PARTLY)


def _run(
    request: TrainRequest, watch: Progress, *, family: bool, as_json: bool
) -> Iterator[TrainResult]:
    """Train one model, or a family, and say of each what became of it."""
    from ssldiff_gui.jobs.train import train as one
    from ssldiff_gui.jobs.train import train_family

    for result in train_family(request, watch) if family else [one(request, watch)]:
        if result.main and not as_json:
            _print(result)
        yield result


def _print(result: TrainResult) -> None:
    typer.echo(f"{result.name}: trained on {result.trained_on}")
    typer.echo(f"  {result.counted}")
    figures = ", ".join(f"{name} {value:.4g}" for name, value in result.figures.items()
                        if name != "step")  # fmt: skip
    typer.echo(
        f"  {result.steps:,} of {result.wanted:,} steps, {result.seconds / 60:,.1f} min"
        f" on {result.device}" + (f": {figures}" if figures else "")
    )
    typer.echo(f"  {result.model}" + ("" if result.finished else ", as far as it is"))
    if result.installed is not None:
        typer.echo(f"  installed as {result.installed.name}")
    if not result.finished:
        typer.echo("  The same command goes on from here.")


def _list(*, as_json: bool) -> None:
    with reporting(as_json=as_json):
        from ssldiff_gui.jobs.train_recipes import recipes

        there = recipes()
    if as_json:
        print_json({"recipes": [_told(recipe) for recipe in there]})
        return
    for recipe in there:
        typer.echo(f"{recipe.name:34} makes {recipe.model}")
    if not there:
        typer.echo("No recipe is carried.")


def _told(recipe: Recipe) -> dict[str, str]:
    return {
        "name": recipe.name, "kind": recipe.kind, "model": recipe.model, "about": recipe.about,
    }  # fmt: skip


def values_of(changes: list[str]) -> dict[str, Any]:
    """Return what `--set` says: values as TOML has them, or plain words."""
    import tomllib

    found: dict[str, Any] = {}
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals or not key.strip():
            raise BadRequest(f"--set {change!r} is no KEY=VALUE.", "Say --set run.steps=100.")
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text.strip()
        found[key.strip()] = value
    return found


@contextmanager
def _ending_softly() -> Iterator[None]:
    """Take a cluster's wish to end (SIGTERM) as Ctrl-C is taken: with a checkpoint."""
    try:
        before = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    except ValueError:  # not in the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Lines:
    """Says now and then, in lines, how far it is: for logs, where no bar can be drawn.

    Parameters
    ----------
    bar
        Knows whether an end was asked for.
    """

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._begun: tuple[float, float, float] | None = None
        self._said = time.monotonic()

    def report(self, done: float, total: float, words: str = "") -> None:
        """Say how much is done, and about how long the rest takes."""
        now = time.monotonic()
        if self._begun is None or self._begun[2] != total or done < self._begun[1]:
            self._begun = (now, done, total)
        if now - self._said < _SAID_EVERY and done < total:
            return
        self._said = now
        began, first, _ = self._begun
        left = (total - done) * (now - began) / (done - first) if done > first else None
        rest = "" if left is None or done >= total else f", {_duration(left)} left"
        typer.echo(f"{words} ({done / max(total, 1):.0%}{rest})", err=True)

    def check(self) -> None:
        """Raise `Cancelled` once Ctrl-C was pressed."""
        self._bar.check()


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
