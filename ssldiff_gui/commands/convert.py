"""`ssldiff convert`: from a published checkpoint to a model folder, or to safetensors."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ssldiff_gui.commands.output import AsJson, Bar, print_json, reporting

if TYPE_CHECKING:
    from ssldiff_gui.core.conversion import ConvertResult
    from ssldiff_gui.core.specs import PixelSize

UNITS = {"um": "µm", "µm": "µm", "μm": "µm", "m": "m"}  # both of Unicode's mu


Weights = Annotated[Path, typer.Argument(help="The published checkpoint.")]
Config = Annotated[Path | None, typer.Option(help="The YAML file a generator was trained with.")]
KnownAs = Annotated[str | None, typer.Option("--as", help="Its name in `ssldiff models list`.")]
Output = Annotated[
    Path, typer.Option("--output", "-o", help="The model folder to make, or X.safetensors.")
]
Name = Annotated[str | None, typer.Option(help="Of the model.")]
Base = Annotated[Path | None, typer.Option(help="Gives what a conditioner alone leaves out.")]
Classifier = Annotated[Path | None, typer.Option(help="A classifier of its latents.")]
ClassifierConfig = Annotated[Path | None, typer.Option(help="The classifier's YAML file.")]
Encoder = Annotated[str | None, typer.Option(help="Id of the encoder it was trained with.")]
Pixel = Annotated[str | None, typer.Option(help="Size of the pixels it makes: 0.5um, 1m.")]


def convert(
    checkpoint: Weights,
    *,
    output: Output,
    config: Config = None,
    known_as: KnownAs = None,
    name: Name = None,
    base: Base = None,
    classifier: Classifier = None,
    classifier_config: ClassifierConfig = None,
    encoder: Encoder = None,
    pixel: Pixel = None,
    as_json: AsJson = False,
) -> None:
    """Turn a published checkpoint into a model folder; nothing of what it says is run.

    With --config it is a generator's; with --as it is an encoder's; with neither, its tensors
    are written as safetensors.
    """
    size = None if pixel is None else pixel_size(pixel)
    from ssldiff_gui.core.conversion import ConvertRequest
    from ssldiff_gui.jobs.convert import convert as run

    request = ConvertRequest(
        checkpoint=str(checkpoint),
        output=str(output),
        config=_text(config),
        known_as=known_as,
        name=name,
        base=_text(base),
        classifier=_text(classifier),
        classifier_config=_text(classifier_config),
        encoder=encoder,
        pixel=size,
    )
    with reporting(as_json=as_json), Bar(shown=not as_json) as bar:
        result = run(request, bar)
    if as_json:
        print_json(result.model_dump(mode="json"))
    else:
        _print(result)


def pixel_size(text: str) -> PixelSize:
    """Return the size of a pixel, such as 0.5um, 0.25 µm or 1m."""
    from ssldiff_gui.core.specs import PixelSize

    found = re.fullmatch(r"\s*(\d*\.?\d+)\s*(\S*?)(?:/px)?\s*", text)
    unit = UNITS.get(found[2].lower()) if found else None
    if found is None or unit is None or not float(found[1]):
        raise typer.BadParameter(f"{text!r} is no size of a pixel: give 0.5um, or 1m.")
    return PixelSize.model_validate({"size": float(found[1]), "unit": unit})


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _print(result: ConvertResult) -> None:
    from ssldiff_gui.core.specs import GeneratorSpec

    spec = result.spec
    if spec is None:
        typer.echo(f"{sum(result.tensors.values())} tensors → {result.folder}")
        return
    if isinstance(spec, GeneratorSpec):
        side = spec.window * spec.factor
        typer.echo(f"{spec.title} ({result.family}) → {result.folder}")
        typer.echo(f"  window   {side} × {side} pixels, {spec.window} × {spec.window} latents")
    else:
        typer.echo(f"{spec.id} → {result.folder}")
        typer.echo(f"  gives    {spec.dim} values for a cell of {spec.cell} × {spec.cell} pixels")
    parts = ", ".join(f"{part} {count}" for part, count in result.tensors.items())
    typer.echo(f"  tensors  {parts}; {len(result.left_out)} of no use were left out")
    if result.licence is not None:
        typer.echo(f"  licence  {result.licence.name} {result.licence.url}".rstrip())
    for note in result.notes:
        typer.echo(f"  note     {note}")
