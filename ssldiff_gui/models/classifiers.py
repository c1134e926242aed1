"""Classifiers of latents that go with a generator: their gradient leads it to a class."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from ssldiff_gui.core.errors import DamagedModel, MissingPart
from ssldiff_gui.core.specs import PartSpec
from ssldiff_gui.models import devices
from ssldiff_gui.models.folders import read_model
from ssldiff_gui.models.weights import load_into, load_tensors

if TYPE_CHECKING:
    import torch

CLASSIFIER = "classifier.json"


def load_classifier(folder: str | Path, device: str = "auto") -> torch.nn.Module:
    """Load the classifier that was converted with a generator.

    Parameters
    ----------
    folder
        The generator's.
    device
        As `models.devices` has them.

    Returns
    -------
    Module
        ``(latents, (batch,) training steps) → (batch, classes)`` logits, in float32.

    Raises
    ------
    MissingPart
        The generator came without one, or the plugin that knows it is not installed.
    DamagedModel
        A file is not what its hash says, or its tensors do not fit.
    """
    from ssldiff_gui.models.generators import plugins
    from ssldiff_gui.models.generators.networks import make_module

    folder = Path(folder)
    if CLASSIFIER not in read_model(folder).files:
        raise MissingPart(
            f"The model {folder.name} has no classifier.",
            "Convert it again with --classifier and --classifier-config.",
        )
    part = _part(folder)
    module = make_module(plugins.find_maker(plugins.NETWORKS, part.type), part)
    load_into(module, load_tensors(folder / str(part.file)))
    return module.to(devices.choose(device))


def _part(folder: Path) -> PartSpec:
    try:
        part = PartSpec.model_validate_json((folder / CLASSIFIER).read_bytes())
    except (ValidationError, OSError) as error:
        raise _damaged(folder) from error
    if part.file is None or part.file not in read_model(folder).files:
        raise _damaged(folder)
    return part


def _damaged(folder: Path) -> DamagedModel:
    return DamagedModel(
        f"{CLASSIFIER} of the model {folder.name} cannot be used.", "Convert the model again."
    )
