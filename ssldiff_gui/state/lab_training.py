"""Training, as a person asks for it: what, on which pictures, for how long."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache

from pydantic import JsonValue

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.lab.train import TrainRequest
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.resources import resource_path
from ssldiff_gui.state.lab_fields import (
    DEVICE,
    PIXEL,
    Budget,
    LabField,
    LabMethod,
    Values,
    number_of,
    text_of,
)

OWN_FILE = "file"
"""Stands for a configuration of one's own."""

USUAL = "starter-histology"
"""The family that is offered first."""

LARGE = "-gpu"
"""How the names of families for a GPU end."""


_APART = re.compile(r",(?![^\[{]*[\]}])|\n")
"""Between settings: a comma that is in no list."""


@dataclass(frozen=True, slots=True)
class RecipeName:
    """A configuration that the package carries: "starter-histology/encoder", and its first line."""

    name: str
    kind: str
    about: str

    @property
    def family(self) -> str:
        """The models that are trained together."""
        return self.name.partition("/")[0].removesuffix(LARGE)


@cache
def recipe_names() -> tuple[RecipeName, ...]:
    """Return the configurations that the package carries; training itself reads them."""
    try:
        place = resource_path("recipes")
    except FileNotFoundError:
        return ()
    found = []
    for path in sorted(place.glob("*/*.toml")):
        first = path.read_text("utf-8").split("\n", 1)[0]
        about = first.lstrip("# ").partition("`")[0].strip() if first.startswith("#") else ""
        found.append(RecipeName(f"{path.parent.name}/{path.stem}", path.stem, about))
    return tuple(found)


def families(kind: str) -> tuple[tuple[str, str], ...]:
    """Return the families that have a recipe of a kind, and a file of one's own."""
    names = dict.fromkeys(recipe.family for recipe in recipe_names() if recipe.kind == kind)
    shown = [(name, name.replace("-", " ").capitalize()) for name in names]
    return (*shown, (OWN_FILE, "A configuration of my own…"))


def changes_of(text: str | None) -> dict[str, JsonValue]:
    """Return settings that were written as ``run.steps=100, model.cell=32``.

    Raises
    ------
    BadRequest
        There is no "=" in one of them.
    """
    found: dict[str, JsonValue] = {}
    for part in _APART.split(text or ""):
        if not part.strip():
            continue
        key, equals, value = part.partition("=")
        if not equals:
            raise BadRequest(
                f"“{part.strip()}” is no setting.", "Write it like run.steps=100, run.batch=8."
            )
        try:
            found[key.strip()] = json.loads(value)
        except ValueError:
            found[key.strip()] = value.strip()
    return found


def _trained(
    values: Values, budget: Budget, what: str, changes: dict[str, JsonValue]
) -> dict[str, object]:
    """Return the parts of a request that all trainings share."""
    family = text_of(values, "recipe") or ""
    if family == OWN_FILE:
        config = text_of(values, "config") or ""
    else:
        large = f"{family}{LARGE}/{what}"
        there = budget == "gpu" and any(recipe.name == large for recipe in recipe_names())
        config = large if there else f"{family}/{what}"
    minutes = number_of(values, "minutes", 0.0)
    device = text_of(values, "device") or "auto"
    pixel = values.get("pixel")
    return {
        "what": what,
        "config": config,
        "data": text_of(values, "data"),
        "changes": {**changes, **changes_of(text_of(values, "changes"))},
        "minutes": minutes or None,
        "device": "cuda" if budget == "gpu" and device == "auto" else device,
        "pixel": None if not isinstance(pixel, dict) else PixelSize.model_validate(pixel),
    }


def _fields(kind: str, more: tuple[LabField, ...] = ()) -> tuple[LabField, ...]:
    names = families(kind)
    usual = next((name for name, _ in names if name == USUAL), names[0][0])
    return (
        LabField("data", "Pictures", "folder",
                 "A folder of pictures or slides, one folder a class where classes matter.",
                 needed=True),
        *more,
        LabField("recipe", "Recipe", "choice", "How large the network is, and how it learns.",
                 usual, choices=names),
        LabField("config", "Configuration", "file", "A TOML file.", needed=True,
                 when=("recipe", (OWN_FILE,))),
        LabField("minutes", "Stop after", "number",
                 "It can go on later from where it was; 0 takes all steps of the recipe.",
                 15, high=10_000, unit=" min"),
        LabField("changes", "Settings", "text",
                 "Instead of the recipe's: run.steps=400, run.batch=8.", "", advanced=True),
        PIXEL,
        DEVICE,
    )  # fmt: skip


_BUDGETS = (
    "A small network; the recipe that trains on two cores in minutes to hours.",
    "The recipe with a larger network and more steps, on a CUDA device.",
)

_ENCODER = LabField(
    "encoder", "Encoder", "model", "Whose embeddings; the recipe's own when nothing is chosen.",
    models=("encoder",), advanced=True,
)  # fmt: skip


def _plain(what: str, title: str, glyph: str, about: str, *more: LabField) -> LabMethod:
    def make(values: Values, budget: Budget) -> TrainRequest:
        changes: dict[str, JsonValue] = {}
        for key in ("encoder", "autoencoder"):
            if (name := text_of(values, key)) is not None:
                changes[f"model.{key}"] = name
        return TrainRequest.model_validate(_trained(values, budget, what, changes))

    return LabMethod(
        f"train-{what}", title, "Train", glyph, about, _fields(what, more), make, _BUDGETS
    )


CONDITIONS = (
    ("class", "the class of the folder"),
    ("cluster", "clusters it found itself"),
    ("text", "a text for each class"),
    ("boxes", "boxes it found itself"),
    ("masks", "masks it made itself"),
    ("none", "nothing at all"),
)
"""What a generator can be told, beside a grid of embeddings."""


def _told(values: Values, budget: Budget) -> TrainRequest:
    condition = text_of(values, "condition") or "class"
    changes: dict[str, JsonValue] = {"model.condition": condition}
    if condition == "text":
        changes["model.texts"] = values.get("texts") or {}
    if (counted := {"cluster": "clusters", "masks": "areas"}.get(condition)) is not None:
        changes[f"model.{counted}"] = round(number_of(values, "clusters", 12))
    for key in ("encoder", "autoencoder"):
        if (name := text_of(values, key)) is not None:
            changes[f"model.{key}"] = name
    return TrainRequest.model_validate(_trained(values, budget, "diffusion", changes))


_AUTOENCODER = LabField(
    "autoencoder", "Autoencoder", "model",
    "Whose latents it draws; the recipe's own when nothing is chosen.",
    models=("autoencoder", "generator"), advanced=True,
)  # fmt: skip

TRAINING: tuple[LabMethod, ...] = (
    _plain(
        "encoder", "Train an encoder", "eye-outline",
        "Learns without labels to turn each cell of a picture into a vector.",
    ),
    _plain(
        "autoencoder", "Train an autoencoder", "arrow-collapse-horizontal",
        "Learns the small latents that a generator draws in, and how to bring them back.",
    ),
    _plain(
        "diffusion", "Train a generator", "creation",
        "Learns to draw the picture that a grid of embeddings stands for.",
        _ENCODER, _AUTOENCODER,
    ),
    LabMethod(
        "train-condition", "Train a generator on labels", "Train", "tag-outline",
        "Learns to draw what a class, a text, or labels that the machine found itself ask for.",
        _fields(
            "diffusion",
            (
                LabField("condition", "It is told", "choice",
                         "Clusters, boxes and masks need no labels from anybody.", "class",
                         choices=CONDITIONS),
                LabField("texts", "Texts", "captions", "A sentence for each class.", {},
                         needed=True, when=("condition", ("text",))),
                LabField("clusters", "How many kinds", "number", default=12, low=2, high=255,
                         when=("condition", ("cluster", "masks"))),
                _ENCODER,
                _AUTOENCODER,
            ),
        ),
        _told,
        _BUDGETS,
    ),
    _plain(
        "prior", "Train a prior", "text-box-outline",
        "Learns to draw grids of embeddings from a text or a class alone.",
        _ENCODER,
    ),
    _plain(
        "classifier", "Train a classifier", "shape-outline",
        "Learns to name the class of a picture from its embeddings.",
        _ENCODER,
    ),
)  # fmt: skip
