"""The models of an augmentation: who draws, who judges, and in which way it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ssldiff_gui.core.errors import BadRequest, IncompatibleGrid, MissingModel
from ssldiff_gui.core.lab.augment import AugmentRequest
from ssldiff_gui.core.protocols import Generator, Given
from ssldiff_gui.core.specs import EncoderSpec, GeneratorSpec, ModelFile
from ssldiff_gui.jobs.augment_drawing import Asking, Draws, Hand, Variations, nothing_for
from ssldiff_gui.jobs.augment_leading import leader_of, trained_leader
from ssldiff_gui.jobs.kept import Kept
from ssldiff_gui.models.folders import find_model, installed_models, own_first, read_model
from ssldiff_gui.models.generators.texts import ids_of, takes_text
from ssldiff_gui.sampling.led import led

if TYPE_CHECKING:
    from ssldiff_gui.models.encoders import TimmEncoder

_PRECISION = "float32"
_FARTHEST = 4.0
"""Between two resolutions: what is enlarged more shows nothing that the judge has learned."""


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The models that a request comes to.

    Parameters
    ----------
    folder, model, generator
        Who draws.
    judge
        Whose features decide what is kept.
    judge_scale
        Pixels of the judge for one of the generator's, along one axis.
    notes
        What a reader must know.
    """

    folder: Path
    model: ModelFile
    generator: Generator
    judge: TimmEncoder
    judge_scale: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """A way to draw.

    Parameters
    ----------
    draws
        Who does it.
    facts, notes
        Of the classifier that leads, if any.
    """

    draws: Draws
    facts: dict[str, Any] | None
    notes: list[str]


def choose(request: AugmentRequest, models: Kept | None) -> Chosen:
    """Load the generator and the encoder that judges.

    Raises
    ------
    BadRequest
        Several would do, or the generator does not do what the method needs.
    MissingModel
        There is none.
    """
    models = models or Kept()
    folder = find_model(request.model or _only_one(request), "generator")
    model = read_model(folder)
    spec = model.generator
    assert spec is not None  # noqa: S101 - find_model saw to it
    _check(request, spec)
    generator = models.generator(folder, request.device, _PRECISION)
    judge = models.encoder(request.judge or spec.encoder or _judge_for(spec), request.device)
    return Chosen(folder, model, generator, judge, *_judge_scale(judge.spec, spec))


def way_of(request: AugmentRequest, chosen: Chosen, hand: Hand, out: Path) -> Way:
    """Return who draws by the method that a request names."""
    spec, labelled = chosen.generator.spec, hand.real.labelled
    if request.method == "representation":
        encoder = chosen.judge
        if encoder.spec.id != spec.encoder:
            encoder = Kept().encoder(str(spec.encoder), request.device)
        return Way(Variations(hand, encoder, request.strength), None, [])
    if request.method == "class":
        numbers = [spec.classes.index(name) for name in labelled.classes]

        def classes(label: int, count: int) -> Given:
            return Given(classes=np.full(count, numbers[label], np.int64))

        return Way(Asking(hand, [chosen.generator] * len(numbers), classes, told=True), None, [])
    if request.method == "text":
        words = [request.captions[name] for name in labelled.classes]
        ids = ids_of(spec, chosen.folder, words)

        def texts(label: int, count: int) -> Given:
            return Given(text=np.repeat(ids[label][None], count, axis=0))

        return Way(Asking(hand, [chosen.generator] * len(words), texts, told=True), None, [])
    return _led(request, chosen, hand, out)


def _led(request: AugmentRequest, chosen: Chosen, hand: Hand, out: Path) -> Way:
    spec = chosen.generator.spec
    place = (chosen.folder, spec)
    if request.classifier is None:
        leader = trained_leader(request, hand.real, place, out, hand.progress)
    else:
        leader = leader_of(request, hand.real.labelled, place, request.device)
    generators = [
        led(chosen.generator, leader.classifier, number, request.scale) for number in leader.numbers
    ]
    empty = ids_of(spec, chosen.folder, [""])[0] if takes_text(spec) else None

    def nothing(_label: int, count: int) -> Given:
        return nothing_for(spec, count, empty)

    return Way(Asking(hand, generators, nothing, told=False), leader.facts, leader.notes)


def how_of(request: AugmentRequest) -> str:
    """Say how pictures are made, as part of a sentence."""
    return {
        "representation": "from the grid of a real picture, varied",
        "guided": "from noise, led by a classifier",
        "class": "from noise and the name of a class",
        "text": "from noise and a text",
    }[request.method]


def _check(request: AugmentRequest, spec: GeneratorSpec) -> None:
    """Refuse a generator that does not do what the method needs."""
    if request.method == "representation" and spec.encoder is None:
        raise IncompatibleGrid(
            f"{spec.title} takes no grids, and variations are drawn from grids.",
            "Choose a model that is conditioned on embeddings, or another --method.",
        )
    if request.method == "text" and not takes_text(spec):
        raise BadRequest(f"{spec.title} takes no text.", "Choose a model that takes one.")
    if request.method == "class" and not spec.classes:
        raise BadRequest(
            f"{spec.title} knows no classes.",
            'Choose a model that was trained with model.condition = "class".',
        )


def require_classes(request: AugmentRequest, spec: GeneratorSpec, classes: tuple[str, ...]) -> None:
    """Raise `BadRequest` unless the generator can be asked for every class of the pictures."""
    if request.method == "text" and (
        missing := [c for c in classes if not request.captions.get(c)]
    ):
        raise BadRequest(
            f"There is no caption for {', '.join(missing)}.",
            'Give one for each class: --caption "CLASS=what it shows".',
        )
    if request.method == "class" and (missing := [c for c in classes if c not in spec.classes]):
        raise BadRequest(
            f"{spec.title} knows no class {', '.join(missing)}.",
            f"It knows: {', '.join(spec.classes)}. Name the folders as it does.",
        )


def _only_one(request: AugmentRequest) -> str:
    """Return the name of the one installed generator that does what a method needs."""
    fits = []
    for entry in installed_models():
        spec = None if entry.model is None else entry.model.generator
        if spec is None or not _does(request, spec):
            continue
        if request.pixel is None or spec.pixel is None or request.pixel.unit == spec.pixel.unit:
            fits.append(entry)
    names = [entry.name for entry in own_first(fits)]
    if not names:
        raise MissingModel(
            f"No installed generator can draw by the method {request.method}.",
            "Train one, or name a model folder with --model.",
        )
    if len(names) > 1:
        raise BadRequest(
            f"Several models can draw by the method {request.method}: {', '.join(names)}.",
            "Choose one with --model.",
        )
    return names[0]


def _does(request: AugmentRequest, spec: GeneratorSpec) -> bool:
    return {
        "representation": spec.encoder is not None,
        "guided": spec.encoder is None and spec.conditioner.type == "none",
        "class": bool(spec.classes),
        "text": takes_text(spec),
    }[request.method]


def _judge_for(spec: GeneratorSpec) -> str:
    """Return the name of the one installed encoder that sees pictures of a generator's scale."""
    fits = []
    for entry in installed_models():
        found = None if entry.model is None else entry.model.encoder
        if found is None:
            continue
        if found.pixel is None or spec.pixel is None or found.pixel.unit == spec.pixel.unit:
            fits.append(entry)
    names = [entry.name for entry in own_first(fits)]
    if len(names) == 1:
        return names[0]
    there = f"several could: {', '.join(names)}" if names else "none is installed that could"
    raise BadRequest(
        f"{spec.title} names no encoder whose features could judge its pictures, and {there}.",
        "Name one with --judge.",
    )


def _judge_scale(judge: EncoderSpec, spec: GeneratorSpec) -> tuple[float, tuple[str, ...]]:
    """Return how many of the judge's pixels one has, and what is to be said of that."""
    if judge.pixel is None or spec.pixel is None:
        return 1.0, ()
    if judge.pixel.unit != spec.pixel.unit:
        raise BadRequest(
            f"The encoder {judge.name} sees pictures in {judge.pixel.unit}, and {spec.title} "
            f"draws in {spec.pixel.unit}.",
            "Name another one with --judge.",
        )
    ratio = spec.pixel.size / judge.pixel.size
    if 1 / _FARTHEST <= ratio <= _FARTHEST:
        return ratio, ()
    note = (
        f"The judge {judge.name} was trained at {judge.pixel.size:g} {judge.pixel.unit}, and the "
        f"pictures have {spec.pixel.size:g}: it sees them pixel for pixel, as other things."
    )
    return 1.0, (note,)
