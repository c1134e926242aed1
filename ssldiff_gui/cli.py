"""The command line. Every command imports what it needs when it runs, so that help is quick."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ssldiff_gui.core.errors import UserError
    from ssldiff_gui.slides.scene import Scene
    from ssldiff_gui.slides.slide import Slide

app = typer.Typer(
    name="ssldiff",
    help="See a slide or a satellite scene as a grid of embeddings, edit it, render it back.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

FAILED = 1


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


@app.command()
def info(
    file: Annotated[str, typer.Argument(help="A slide, a scene or a picture.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    remote: Annotated[
        bool, typer.Option("--remote", help="Take FILE as an address when it is one.")
    ] = False,
) -> None:
    """Print what a file is: size, levels, scale, place, bands and fingerprint."""
    from ssldiff_gui.core.errors import UserError
    from ssldiff_gui.slides import open_slide

    try:
        with open_slide(file, remote=remote) as slide:
            facts = describe(slide)
    except UserError as error:
        raise typer.Exit(_report(error, as_json=as_json)) from error
    if as_json:
        _print_json(facts)
    else:
        _print_table(Path(file).name, facts)


def describe(slide: Slide) -> dict[str, Any]:
    """Return what `ssldiff info` prints, as plain data.

    Parameters
    ----------
    slide
        An opened file; the facts of its first scene stand at the top level too.
    """
    scenes = [_scene(scene) for scene in slide.scenes]
    return {
        "path": str(slide.path),
        "format": slide.kind,
        **{key: value for key, value in scenes[0].items() if key != "name"},
        "fingerprint": slide.fingerprint,
        "associated": sorted(slide.associated),
        "scenes": scenes,
    }


def _scene(scene: Scene) -> dict[str, Any]:
    scale, place = scene.scale, scene.georeference
    return {
        "name": scene.name,
        "width": scene.width,
        "height": scene.height,
        "levels": [
            {"width": level.width, "height": level.height, "downsample": level.downsample}
            for level in scene.levels
        ],
        "scale": None if scale is None else {"x": scale.x, "y": scale.y, "unit": scale.unit},
        "objective": scene.objective,
        "crs": None if place is None else place.crs,
        "affine": None if place is None else list(place.affine),
        "bands": list(scene.bands),
        "dtype": str(scene.dtype),
        "nodata": _plain(scene.nodata),
    }


def _plain(number: float | None) -> float | str | None:
    """Return a number that JSON has; it has no NaN."""
    import math

    return number if number is None or math.isfinite(number) else str(number)


def _print_json(facts: dict[str, Any]) -> None:
    import json

    typer.echo(json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False))


def _print_table(title: str, facts: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(title), show_header=False, title_justify="left")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _rows(facts):
        table.add_row(name, escape(value))
    Console().print(table)


def _rows(facts: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [("format", facts["format"])]
    several = len(facts["scenes"]) > 1
    for number, scene in enumerate(facts["scenes"]):
        if several:
            rows.append((f"scene {number + 1}", scene["name"]))
        rows += _scene_rows(scene)
    rows.append(("associated", ", ".join(facts["associated"]) or "none"))
    rows.append(("fingerprint", facts["fingerprint"]))
    return rows


def _scene_rows(scene: dict[str, Any]) -> list[tuple[str, str]]:
    levels = "\n".join(
        f"{level['width']:,} × {level['height']:,}  ÷ {level['downsample']:.4g}"
        for level in scene["levels"]
    )
    scale = scene["scale"]
    words = (
        "unknown" if scale is None else f"{scale['x']:.6g} × {scale['y']:.6g} {scale['unit']}/px"
    )
    objective = scene["objective"]
    return [
        ("size", f"{scene['width']:,} × {scene['height']:,}"),
        ("levels", levels),
        ("scale", words),
        ("objective", "unknown" if objective is None else f"{objective:g}×"),
        ("CRS", scene["crs"] or "none"),
        ("bands", ", ".join(scene["bands"])),
        ("dtype", scene["dtype"]),
    ]


def _report(error: UserError, *, as_json: bool) -> int:
    """Say what went wrong on stderr, as data too when that was asked for; return the exit code."""
    if as_json:
        found = {"kind": type(error).__name__, "message": error.message, "hint": error.hint}
        _print_json({"error": found})
    typer.echo(f"{error.message}\n{error.hint}".strip(), err=True)
    return FAILED


def main() -> None:
    """Run the command line; pipes that close early are nobody's error."""
    try:
        app()
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
