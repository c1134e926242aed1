"""The classifier that leads a generator: found by a request or by a recipe, and put around it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssldiff_gui.core.errors import BadRequest, DamagedModel, MissingModel
from ssldiff_gui.core.protocols import Generator
from ssldiff_gui.core.recipe import LedBy
from ssldiff_gui.core.requests import Lead
from ssldiff_gui.models.folders import find_model, installed_models, read_model

if TYPE_CHECKING:
    from ssldiff_gui.core.specs import ModelFile


def led_by(lead: Lead | None) -> LedBy | None:
    """Return what a recipe says of the classifier that a request names.

    Raises
    ------
    MissingModel
        It is not there.
    BadRequest
        It does not know the class; the hint says which it knows.
    """
    if lead is None:
        return None
    folder, model = _found(lead.classifier)
    _number(model, lead.label)
    return LedBy(
        classifier=folder.name, files=dict(model.files), label=lead.label, scale=lead.scale
    )


def led_generator(generator: Generator, lead: Lead | None) -> Generator:
    """Return a generator that a classifier leads; the same one when none does."""
    if lead is None:
        return generator
    from ssldiff_gui.sampling.led import led

    folder, model = _found(lead.classifier)
    number = _number(model, lead.label)
    return led(generator, _loaded(folder, model, str(generator.device)), number, lead.scale)


def lead_of(told: LedBy | None) -> Lead | None:
    """Return what a request says to be led as a recipe tells: the same classifier to the byte.

    Raises
    ------
    MissingModel, DamagedModel
        It is not here, or not the same.
    """
    if told is None:
        return None
    for entry in installed_models():
        if entry.model is not None and dict(entry.model.files) == told.files:
            return Lead(classifier=str(entry.folder), label=told.label, scale=told.scale)
    try:
        folder = find_model(Path(told.classifier).name)
    except MissingModel as error:
        raise MissingModel(
            f"The picture was led by the classifier {told.classifier[:100]}, which is not here.",
            "Install it under that name.",
        ) from error
    raise DamagedModel(
        f"{folder.name} is not the classifier that led the picture.", "Install that one."
    )


def _found(name: str) -> tuple[Path, ModelFile]:
    """Return the folder of a classifier, or of a generator that came with one."""
    folder = find_model(name)
    model = read_model(folder)
    if model.kind not in ("classifier", "generator"):
        raise MissingModel(
            f"{folder.name} is no classifier.", "Name another model: ssldiff models list."
        )
    if model.classifier is not None and model.classifier.on != "latents":
        raise BadRequest(
            f"{folder.name} tells embeddings apart, and cannot lead a generator.",
            "Train one of latents: ssldiff train classifier.",
        )
    return folder, model


def _number(model: ModelFile, label: str) -> int:
    if model.classifier is None:
        if label.isdecimal():
            return int(label)
        raise BadRequest(
            "A classifier that came with a generator has no names for its classes.",
            "Give the number of the class.",
        )
    names = model.classifier.classes
    if label not in names:
        raise BadRequest(
            f"{model.classifier.title} knows no class “{label[:80]}”.",
            f"It knows: {', '.join(names)}.",
        )
    return names.index(label)


def _loaded(folder: Path, model: ModelFile, device: str) -> Any:
    if model.classifier is None:
        from ssldiff_gui.models.classifiers import load_classifier

        return load_classifier(folder, device)
    from ssldiff_gui.models.latent_classifiers import load_latent_classifier

    return load_latent_classifier(folder, device)
