"""`ssldiff info`: what a file is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ssldiff_gui.commands.info_kinds import describe_other, rows_of
from ssldiff_gui.commands.output import print_json, reporting

if TYPE_CHECKING:
    from ssldiff_gui.slides.scene import Scene
    from ssldiff_gui.slides.slide import Slide


def info(
    file: Annotated[str, typer.Argument(help="A slide, scene, picture, grid or model.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    remote: Annotated[
        bool, typer.Option("--remote", help="Take FILE as an address when it is one.")
    ] = False,
) -> None:
    """Print what a file is: size, levels, scale, place, bands and fingerprint."""
    with reporting(as_json=as_json):
        found = None if remote else describe_other(Path(file).expanduser())
        facts = {"path": file} | (found or _of_picture(file, remote=remote))
    if as_json:
        print_json(facts)
    else:
        _print_table(Path(file).name, facts)


def _of_picture(file: str, *, remote: bool) -> dict[str, Any]:
    from ssldiff_gui.slides import open_slide

    with open_slide(file, remote=remote) as slide:
        return describe(slide) | {"path": file}


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
        "synthetic": _synthetic(slide.path),
        "associated": sorted(slide.associated),
        "scenes": scenes,
    }


def _synthetic(path: Path) -> dict[str, Any] | None:
    """Return how a picture of ours was made; None says nothing about where it comes from."""
    from dataclasses import asdict

    from ssldiff_gui.storage.summaries import summary_of

    found = summary_of(path)
    return None if found is None else asdict(found)


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
    if "scenes" not in facts:
        return rows_of(facts)
    rows = [("format", facts["format"])]
    if facts["synthetic"] is not None:
        rows.append(("synthetic", _synthetic_words(facts["synthetic"])))
    several = len(facts["scenes"]) > 1
    for number, scene in enumerate(facts["scenes"]):
        if several:
            rows.append((f"scene {number + 1}", scene["name"]))
        rows += _scene_rows(scene)
    rows.append(("associated", ", ".join(facts["associated"]) or "none"))
    rows.append(("fingerprint", facts["fingerprint"]))
    return rows


def _synthetic_words(found: dict[str, Any]) -> str:
    if found["model"] is None:
        return "yes; the record of how it was made is damaged"
    return f"yes, model {found['model']}, seed {found['seed']}"


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
