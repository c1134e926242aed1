"""Model folders → priors, and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ssldiff_gui.core.errors import DamagedModel, MissingModel
from ssldiff_gui.core.specs import Licence, ModelFile, PartSpec, PriorSpec
from ssldiff_gui.models import devices
from ssldiff_gui.models.folders import read_model, write_model
from ssldiff_gui.models.generators.networks import make_module
from ssldiff_gui.models.priors.network import PriorNetwork
from ssldiff_gui.models.priors.prior import Prior
from ssldiff_gui.models.priors.reader import WordReader
from ssldiff_gui.models.weights import fill_part, load_into

NETWORK = "network.safetensors"
READER = "reader.safetensors"
_EXACT = frozenset({"mean", "components", "scales", "norms"})

State = Mapping[str, torch.Tensor]


def load_prior(folder: str | Path, device: str = "auto") -> Prior:
    """Load a prior from a model folder.

    Parameters
    ----------
    folder
        With `model.json`; see `models.folders.find_model` for names.
    device
        As `models.devices` has it.

    Raises
    ------
    MissingModel
        The folder holds no prior.
    DamagedModel
        A file is not what its hash says, or its tensors do not fit the network.
    """
    folder = Path(folder)
    spec = read_model(folder).prior
    if spec is None:
        raise MissingModel(
            f"{folder.name} is no prior, and one is wanted here.",
            "`ssldiff models` lists what is installed.",
        )
    place = devices.choose(device)
    network, reader = build_parts(spec)
    fill_part(network, folder, spec.network)
    if reader is not None and spec.reader is not None:
        fill_part(reader, folder, spec.reader)
        reader.to(place)
    return Prior(spec, network.to(place), reader, place)


def save_prior(
    folder: str | Path,
    spec: PriorSpec,
    network: State,
    reader: State | None = None,
    *,
    licence: Licence,
    provenance: Mapping[str, Any] | None = None,
    card: str = "",
) -> ModelFile:
    """Write a prior's folder in half precision, after its tensors were found to fit.

    Parameters
    ----------
    folder
        Where; see `models.folders.write_model`.
    spec
        What it is; the names of the parts' files are filled in here.
    network, reader
        Weights by name, as the state dictionaries of `PriorNetwork` and `WordReader` have them.
    licence, provenance, card
        As `ModelFile` and the folder's `README.md` have them.
    """
    parts = build_parts(spec)
    load_into(parts[0], network)
    contents = {NETWORK: _halved(network)}
    changes = {"network": spec.network.model_copy(update={"file": NETWORK})}
    if parts[1] is not None and spec.reader is not None:
        load_into(parts[1], reader or {})
        contents[READER] = _halved(reader or {})
        changes["reader"] = spec.reader.model_copy(update={"file": READER})
    model = ModelFile(
        kind="prior", prior=spec.model_copy(update=changes), licence=licence,
        provenance=dict(provenance or {}),
    )  # fmt: skip
    return write_model(folder, model, card or f"# {spec.title}\n", contents)


def build_parts(spec: PriorSpec) -> tuple[PriorNetwork, WordReader | None]:
    """Make the parts of a prior; their weights are to be filled in.

    Raises
    ------
    DamagedModel
        A description is of no type that is known, or does not fit it.
    """
    network = make_module(PriorNetwork, _known(spec.network, "PriorNetwork"))
    assert isinstance(network, PriorNetwork)  # noqa: S101 - just made
    sizes = len(network.mean), len(network.classes)
    if sizes != (spec.dim, len(spec.classes)):
        raise DamagedModel(
            f"The parts of {spec.title} do not fit each other: its network has embeddings of "
            f"{sizes[0]} values and {sizes[1]} classes, and it says {spec.dim} and "
            f"{len(spec.classes)}.",
            "Get the model again.",
        )
    if spec.reader is None:
        return network, None
    reader = make_module(WordReader, _known(spec.reader, "WordReader"))
    assert isinstance(reader, WordReader)  # noqa: S101 - just made
    if reader.width != network.width:
        raise DamagedModel(
            f"The parts of {spec.title} do not fit each other: its reader gives {reader.width} "
            f"values, and its network takes {network.width}.",
            "Get the model again.",
        )
    return network, reader


def _known(part: PartSpec, name: str) -> PartSpec:
    if part.type != name:
        raise DamagedModel(
            f"A prior has no part {part.type!r}, only {name}.",
            "Update the studio when a newer version has written the model.",
        )
    return part


def _halved(state: State) -> dict[str, torch.Tensor]:
    """Return weights in half precision; what embeddings are measured by stays exact."""
    return {
        name: value if name in _EXACT or not value.is_floating_point() else value.half()
        for name, value in state.items()
    }
