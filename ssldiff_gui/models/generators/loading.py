"""Model folders → generators, and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ssldiff_gui.core.errors import MissingModel
from ssldiff_gui.core.specs import GeneratorSpec, Licence, ModelFile, PartSpec
from ssldiff_gui.models import devices
from ssldiff_gui.models.folder_writing import Content
from ssldiff_gui.models.folders import read_model, write_model
from ssldiff_gui.models.generators.acceleration import accelerate
from ssldiff_gui.models.generators.building import build_parts
from ssldiff_gui.models.generators.latent import LatentDiffusion
from ssldiff_gui.models.generators.memory import room_for
from ssldiff_gui.models.weights import fill_part, load_into

NETWORK = "network.safetensors"
AUTOENCODER = "autoencoder.safetensors"
CONDITIONER = "conditioner.safetensors"

State = Mapping[str, torch.Tensor]


def load_generator(
    folder: str | Path,
    device: str = "auto",
    precision: str = "auto",
    *,
    compiled: bool = False,
) -> LatentDiffusion:
    """Load a generator from a model folder.

    Parameters
    ----------
    folder
        With `model.json`; see `models.folders.find_model` for names.
    device, precision
        As `models.devices` has them.
    compiled
        Compile the network, on a GPU: see `acceleration.accelerate`.

    Raises
    ------
    MissingModel
        The folder holds no generator.
    DamagedModel
        A file is not what its hash says, or its tensors do not fit the network.
    MissingPart
        A part belongs to a plugin that is not installed.
    OutOfMemory
        The device has no room for it.
    """
    folder = Path(folder)
    model = read_model(folder)
    spec = model.generator
    if spec is None:
        raise MissingModel(
            f"{folder.name} is no generator ({model.kind}), and one is wanted here.",
            "`ssldiff models` lists what is installed.",
        )
    place = devices.choose(device)
    dtype = devices.precision(place, precision)
    with room_for(spec.title, place):
        network, autoencoder, conditioner = build_parts(spec)
        fill_part(network.module, folder, spec.network)
        fill_part(autoencoder.module, folder, spec.autoencoder)
        nn.Module.to(network.module, place, dtype)  # that of diffusers does no more, and warns
        autoencoder.place(place, dtype)
        if conditioner.module is not None:
            fill_part(conditioner.module, folder, spec.conditioner)
            nn.Module.to(conditioner.module, place, torch.float32)
        network = accelerate(network, autoencoder, place, compiled=compiled)
        return LatentDiffusion(spec, network, autoencoder, conditioner, device=place, dtype=dtype)


def save_generator(
    folder: str | Path,
    spec: GeneratorSpec,
    network: State,
    autoencoder: State,
    conditioner: State | None = None,
    *,
    licence: Licence,
    provenance: Mapping[str, Any] | None = None,
    card: str = "",
    files: Mapping[str, Content] | None = None,
) -> ModelFile:
    """Write a generator's folder, after its tensors were found to fit its description.

    Parameters
    ----------
    folder
        Where; see `models.folders.write_model`.
    spec
        What it is; the names of the parts' files are filled in here.
    network, autoencoder, conditioner
        Weights by name, as the state dictionaries of the parts' modules have them.
    licence, provenance, card
        As `ModelFile` and the folder's `README.md` have them.
    files
        What else belongs to it, by name: a text tower's `tokenizer.json`, what it has seen.

    Raises
    ------
    DamagedModel
        A tensor is missing, left over, or of another shape; the message names it.
    """
    states = {NETWORK: network, AUTOENCODER: autoencoder, CONDITIONER: conditioner or {}}
    contents = {name: dict(state) for name, state in states.items() if state}
    spec = spec.model_copy(
        update={
            "network": _with_file(spec.network, NETWORK, contents),
            "autoencoder": _with_file(spec.autoencoder, AUTOENCODER, contents),
            "conditioner": _with_file(spec.conditioner, CONDITIONER, contents),
        }
    )
    parts = build_parts(spec)
    modules = parts.network.module, parts.autoencoder.module, parts.conditioner.module
    for module, state in zip(modules, states.values(), strict=True):
        load_into(module or nn.Module(), state)
    model = ModelFile(
        kind="generator", generator=spec, licence=licence, provenance=dict(provenance or {})
    )
    return write_model(folder, model, card or f"# {spec.title}\n", {**contents, **(files or {})})


def _with_file(part: PartSpec, name: str, contents: Mapping[str, Any]) -> PartSpec:
    return part.model_copy(update={"file": name if name in contents else None})
