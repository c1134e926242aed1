"""`ssldiff label`: labels that nobody had to draw."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import typer

from ssldiff_gui.commands.convert import pixel_size
from ssldiff_gui.commands.output import AsJson, Bar, Yes, print_json, reporting
from ssldiff_gui.commands.regions import METAVAR, region_of

Method = Literal["clusters", "boxes", "masks"]
Form = Literal["consistent", "published"]

Output = Annotated[
    Path,
    typer.Option("--output", "-o", help="A folder; for a slide or scene, GeoJSON or GeoPackage."),
]
Ways = Annotated[str, typer.Option("--method", metavar="|".join(get_args(Method)), help="Of what.")]
Encoder = Annotated[str, typer.Option("--encoder", help="Name or folder.")]
Count = Annotated[int, typer.Option("--count", min=2, help="Clusters, or classes of masks.")]
Forms = Annotated[
    str,
    typer.Option("--form", metavar="|".join(get_args(Form)), help="How clusters are assigned."),
]
Boxes = Annotated[int, typer.Option("--boxes", min=1, max=100, help="Most boxes in a picture.")]
Expansion = Annotated[int, typer.Option("--expansion", min=1, help="Patches that help a seed.")]
Edges = Annotated[bool, typer.Option("--edges/--no-edges", help="Move masks' borders to colours'.")]
Part = Annotated[
    str | None, typer.Option("--region", metavar=METAVAR, help="A part of a slide or scene.")
]
SceneNumber = Annotated[int, typer.Option("--scene", help="Which image of the file.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of the clustering.")]
Pixel = Annotated[str | None, typer.Option("--pixel", help="Size of a pixel: 0.25um, 0.6m.")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, mps.")]


def label(
    source: Annotated[str, typer.Argument(help="A folder of pictures, a slide or a scene.")],
    *,
    output: Output,
    encoder: Encoder,
    method: Ways = "clusters",
    count: Count = 8,
    form: Forms = "consistent",
    boxes: Boxes = 1,
    expansion: Expansion = 100,
    edges: Edges = True,
    region: Part = None,
    scene: SceneNumber = 0,
    seed: Seed = 0,
    pixel: Pixel = None,
    device: Device = "auto",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Label pictures by what an encoder sees: clusters, boxes around things, or masks.

    A folder gets `labels.json`, masks and a sheet to look at. A slide or a scene gets annotations
    that can be corrected in the studio.
    """
    after = "Nothing was written."
    with reporting(as_json=as_json), Bar(shown=not as_json, after=after) as bar:
        from pydantic import ValidationError

        from ssldiff_gui.core.errors import BadRequest
        from ssldiff_gui.core.lab.label import LabelRequest
        from ssldiff_gui.jobs.label import label as run

        told = {
            "source": source, "output": str(output), "method": method, "encoder": encoder,
            "count": count, "form": form, "boxes": boxes, "expansion": expansion, "edges": edges,
            "region": region_of(region), "scene": scene, "seed": seed,
            "pixel": None if pixel is None else pixel_size(pixel), "device": device,
        }  # fmt: skip
        try:
            request = LabelRequest.model_validate(told)
        except ValidationError as error:
            first = error.errors()[0]
            raise BadRequest(
                f"--{first['loc'][0]}: {first['msg']}.", "`ssldiff label --help` lists them."
            ) from error
        result = run(request, bar, yes=yes)
    if as_json:
        print_json(dict(result))
    else:
        _print(result)


def _print(result: dict[str, Any]) -> None:
    typer.echo(f"{result['output']}: {result['method']}")
    for name, size in result["classes"].items():
        typer.echo(f"  {name}: {size}")
    for name in ("silhouette", "nmi", "nmi_by_chance", "purity", "sheet"):
        if name in result:
            typer.echo(f"{name}: {result[name]}")
    for note in result["notes"]:
        typer.echo(note, err=True)
