"""Classifiers of pictures: from the embeddings of a picture's cells to its class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from pydantic import ValidationError
from torch import nn

from ssldiff_gui.core.errors import BadNumbers, BadRequest, DamagedModel, MissingModel
from ssldiff_gui.core.grid import Vectors
from ssldiff_gui.core.specs import ClassifierSpec, Frozen, PartSpec, Pool
from ssldiff_gui.models import devices
from ssldiff_gui.models.folders import read_model
from ssldiff_gui.models.weights import fill_part

_TYPE = "Layers"


class _Config(Frozen):
    hidden: int = 0


class ClassifierNetwork(nn.Module):
    """Pooled embeddings, brought to mean 0 and spread 1, then one layer or two.

    Parameters
    ----------
    dim, classes
        Values that come in, and that go out.
    hidden
        Width of the layer between; 0 has none.
    """

    mean: torch.Tensor
    spread: torch.Tensor

    def __init__(self, dim: int, classes: int, hidden: int = 0) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("spread", torch.ones(dim))
        self.layers = nn.Sequential(
            *([nn.Linear(dim, hidden), nn.GELU()] if hidden else []),
            nn.Linear(hidden or dim, classes),
        )

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return (batch, classes) logits of (batch, dim)."""
        logits: torch.Tensor = self.layers((vectors - self.mean) / self.spread)
        return logits


class Predictor:
    """A classifier with its weights.

    Parameters
    ----------
    spec
        What it is.
    network
        Pooled embeddings → logits.
    device
        Where it computes.
    """

    def __init__(
        self, spec: ClassifierSpec, network: ClassifierNetwork, device: torch.device
    ) -> None:
        self.spec = spec
        self.device = device
        self._network = network.to(device).eval()

    def probabilities(self, vectors: npt.ArrayLike) -> Vectors:
        """Return (n, classes) float32: how likely each class is.

        Parameters
        ----------
        vectors
            (n, `spec.dim`), as `pooled` makes them of a picture's cells.

        Raises
        ------
        BadRequest
            They have another shape.
        BadNumbers
            They hold NaN or infinity.
        """
        given = np.array(vectors, np.float32)
        if given.ndim != 2 or given.shape[1] != self.spec.dim:
            raise BadRequest(
                f"{self.spec.title} takes (n, {self.spec.dim}) values, "
                f"and is given the shape {given.shape}.",
                f"Pool the embeddings of {self.spec.encoder} by “{self.spec.pool}”.",
            )
        if not np.isfinite(given).all():
            raise BadNumbers(
                f"{self.spec.title} is given NaN or infinity.", "Embed the pictures again."
            )
        with torch.inference_mode():
            logits = self._network(torch.from_numpy(given).to(self.device))
            return np.asarray(logits.softmax(dim=1).cpu().numpy(), np.float32)

    def of_cells(self, pictures: list[npt.NDArray[Any]]) -> Vectors:
        """Return (pictures, classes): how likely each class is, from (…, dim) of their cells."""
        if not pictures:
            return np.zeros((0, len(self.spec.classes)), np.float32)
        return self.probabilities(np.stack([pooled(cells, self.spec.pool) for cells in pictures]))


def pooled(cells: npt.NDArray[Any], pool: Pool) -> Vectors:
    """Return what a classifier takes of a picture.

    Parameters
    ----------
    cells
        (…, dim): the embeddings of its cells, in any order.
    pool
        See `ClassifierSpec.pool`.
    """
    flat = np.asarray(cells, np.float32).reshape(-1, cells.shape[-1])
    mean = flat.mean(axis=0)
    if pool == "mean":
        return np.asarray(mean)
    return np.concatenate([mean, flat.std(axis=0)])


def load_predictor(folder: str | Path, device: str = "auto") -> Predictor:
    """Load a classifier of pictures from a model folder.

    Parameters
    ----------
    folder
        With `model.json`; see `models.folders.find_model` for names.
    device
        As `models.devices` has it.

    Raises
    ------
    MissingModel
        The folder holds no classifier.
    DamagedModel
        A file is not what its hash says, or its tensors do not fit the network.
    """
    folder = Path(folder)
    spec = read_model(folder).classifier
    if spec is None:
        raise MissingModel(
            f"{folder.name} is no classifier, and one is wanted here.",
            "`ssldiff models` lists what is installed.",
        )
    if spec.on != "embeddings":
        raise MissingModel(
            f"{folder.name} tells {spec.on} apart; one of pictures' embeddings is wanted here.",
            "Name another classifier: `ssldiff models` lists what is installed.",
        )
    place = devices.choose(device)
    network = network_of(spec)
    fill_part(network, folder, spec.network)
    return Predictor(spec, network, place)


def network_part(hidden: int) -> PartSpec:
    """Describe a network with a hidden layer of a width, or with none."""
    return PartSpec(type=_TYPE, config={"hidden": hidden})


def network_of(spec: ClassifierSpec) -> ClassifierNetwork:
    """Make the network that is described; its weights are to be filled in."""
    if spec.network.type != _TYPE:
        raise _unclear(spec, f"there is no network {spec.network.type!r} here")
    try:
        config = _Config.model_validate(spec.network.config)
    except ValidationError as error:
        raise _unclear(spec, "its network is described in other words than ours") from error
    if not 0 <= config.hidden <= 1 << 16 or spec.dim > 1 << 20:
        raise _unclear(spec, "its network would be absurdly large")
    return ClassifierNetwork(spec.dim, len(spec.classes), config.hidden)


def _unclear(spec: ClassifierSpec, reason: str) -> DamagedModel:
    return DamagedModel(
        f"The classifier {spec.name} cannot be used: {reason}.",
        "Get the model again, or update the studio when a newer version has written it.",
    )
