"""`ssldiff augment`: synthetic pictures beside a labelled folder."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ssldiff_gui.commands.convert import pixel_size
from ssldiff_gui.commands.output import AsJson, Bar, print_json, reporting
from ssldiff_gui.core.errors import BadRequest

if TYPE_CHECKING:
    from ssldiff_gui.core.lab.augment import AugmentRequest


class Way(StrEnum):
    """How pictures are made."""

    REPRESENTATION = "representation"
    GUIDED = "guided"
    CLASS = "class"
    TEXT = "text"


class Select(StrEnum):
    """What has to agree with the class."""

    NONE = "none"
    CENTROID = "centroid"
    CONFIDENCE = "confidence"
    BOTH = "both"


Folder = Annotated[Path, typer.Argument(help="Real pictures, one folder a class.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="Folder to make.")]
Method = Annotated[
    Way,
    typer.Option(
        "--method",
        help="Vary real pictures; lead a generator by a classifier; or ask one for a class or a"
        " text.",
    ),
]
Model = Annotated[
    str | None, typer.Option("--model", help="A generator: name or folder; else the one that fits.")
]
Classifier = Annotated[
    str | None,
    typer.Option(
        "--classifier",
        help="For guided: a latent classifier; else one is trained on the pictures that are seen.",
    ),
]
ClassifierSteps = Annotated[
    int, typer.Option("--classifier-steps", min=1, help="How long that one is trained.")
]
CleanOnly = Annotated[
    bool,
    typer.Option("--clean-only", help="Train it on latents without noise only, as published."),
]
Captions = Annotated[
    list[str] | None,
    typer.Option("--caption", metavar="CLASS=TEXT", help="For text: one for each class."),
]
Count = Annotated[int, typer.Option("--count", min=1, help="Pictures kept of each class, at most.")]
Draw = Annotated[float, typer.Option("--draw", min=1, help="Drawn for each one that is kept.")]
Strength = Annotated[
    float,
    typer.Option(min=0, max=1, help="0 repeats a picture's grid, 1 goes to another of its class."),
]
Scale = Annotated[
    float,
    typer.Option(
        "--scale", min=0, help="Of the classifier's gradient: 1 is Bayes' rule, 10 as published."
    ),
]
Selecting = Annotated[Select, typer.Option("--select", help="What has to agree with the class.")]
Judge = Annotated[
    str | None, typer.Option("--judge", help="Encoder whose features decide; else the model's.")
]
SplitFile = Annotated[Path | None, typer.Option("--split", help="A split.json of these pictures.")]
HeldOut = Annotated[
    float, typer.Option("--held-out", min=0, max=0.49, help="Share for test; as much to validate.")
]
Groups = Annotated[
    str, typer.Option(help="What is not parted: alike, file, or a pattern that finds the case.")
]
Fraction = Annotated[
    float,
    typer.Option("--labels-fraction", min=1e-6, max=1, help="Of the training pictures: seen."),
]
Large = Annotated[
    int | None, typer.Option("--large", min=1, help="Side in pixels; else that of the real ones.")
]
Pixel = Annotated[str | None, typer.Option(help="Size of a pixel of the pictures: 0.5um, 10m.")]
Steps = Annotated[int | None, typer.Option("--steps", min=1, help="More are slower and finer.")]
Guidance = Annotated[float | None, typer.Option("--guidance", help="Instead of the model's.")]
Preset = Annotated[str, typer.Option("--preset", help="A way to render.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Another seed, other pictures.")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1, mps.")]


def augment(
    folder: Folder,
    *,
    output: Output,
    method: Method = Way.REPRESENTATION,
    model: Model = None,
    classifier: Classifier = None,
    classifier_steps: ClassifierSteps = 600,
    clean_only: CleanOnly = False,
    caption: Captions = None,
    count: Count = 50,
    draw: Draw = 2.0,
    strength: Strength = 0.3,
    scale: Scale = 10.0,
    select: Selecting = Select.CENTROID,
    judge: Judge = None,
    split: SplitFile = None,
    held_out: HeldOut = 0.2,
    groups: Groups = "alike",
    labels_fraction: Fraction = 1.0,
    large: Large = None,
    pixel: Pixel = None,
    steps: Steps = None,
    guidance: Guidance = None,
    preset: Preset = "default",
    seed: Seed = 0,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Make synthetic pictures for a labelled folder; only its training part is looked at.

    Stopped or killed, the same command goes on from the pictures that are there.
    """
    told = dict(locals())
    after = "What was drawn is kept: the same command goes on."
    with reporting(as_json=as_json), Bar(shown=not as_json, after=after) as bar:
        from ssldiff_gui.jobs.augment import augment as run

        result = run(_request(_words(told)), bar)
    if as_json:
        print_json(result)
    else:
        _print(result)


def _words(told: dict[str, Any]) -> dict[str, Any]:
    """Return what was said as a request has it."""
    pixel, split = told["pixel"], told["split"]
    same = ("model", "classifier", "classifier_steps", "count", "draw", "strength", "scale",
            "judge", "held_out", "groups", "labels_fraction", "large", "steps", "guidance",
            "preset", "seed", "device")  # fmt: skip
    return {
        **{name: told[name] for name in same},
        "folder": str(told["folder"]),
        "output": str(told["output"]),
        "method": told["method"].value,
        "select": told["select"].value,
        "noise_aware": not told["clean_only"],
        "captions": _captions(told["caption"] or []),
        "split": None if split is None else str(split),
        "pixel": None if pixel is None else pixel_size(pixel),
    }


def _captions(given: list[str]) -> dict[str, str]:
    found = {}
    for text in given:
        label, sign, words = text.partition("=")
        if not sign or not label.strip() or not words.strip():
            raise BadRequest(
                f"--caption {text!r} is no CLASS=TEXT.", 'Write --caption "forest=dense trees".'
            )
        found[label.strip()] = words.strip()
    return found


def _request(words: dict[str, Any]) -> AugmentRequest:
    from pydantic import ValidationError

    from ssldiff_gui.core.lab.augment import AugmentRequest

    try:
        return AugmentRequest.model_validate(words)
    except ValidationError as error:
        first = error.errors()[0]
        option = "-".join(map(str, first["loc"])).replace("_", "-")
        raise BadRequest(f"--{option}: {first['msg']}.", "Correct that option.") from error


def _print(result: dict[str, Any]) -> None:
    for label, kept in result["kept"].items():
        typer.echo(f"{label}: {kept:,} of {result['drawn'][label]:,} kept")
    typer.echo(f"{result['output']}: synthetic pictures, a folder a class")
    for note in result["notes"]:
        typer.echo(note, err=True)
