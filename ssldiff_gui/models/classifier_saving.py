"""Classifiers → model folders, whatever they tell apart."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssldiff_gui.core.specs import ClassifierSpec, Licence, ModelFile
from ssldiff_gui.models.folders import write_model
from ssldiff_gui.models.weights import load_into

if TYPE_CHECKING:
    import torch
    from torch import nn

WEIGHTS = "classifier.safetensors"


def save_classifier(
    folder: str | Path,
    spec: ClassifierSpec,
    network: nn.Module,
    state: Mapping[str, torch.Tensor],
    *,
    licence: Licence,
    card: str = "",
    provenance: Mapping[str, Any] | None = None,
) -> ModelFile:
    """Write a classifier's folder, after its tensors were found to fit its network.

    Parameters
    ----------
    folder
        Where; see `models.folders.write_model`.
    spec
        What it is; the name of its file is filled in here.
    network
        As it describes one.
    state
        Weights by name.
    licence, card, provenance
        What the folder says of the weights.
    """
    load_into(network, state)
    part = spec.network.model_copy(update={"file": WEIGHTS})
    model = ModelFile(
        kind="classifier",
        classifier=spec.model_copy(update={"network": part}),
        licence=licence,
        provenance=dict(provenance or {}),
    )
    return write_model(folder, model, card or f"# {spec.title}\n", {WEIGHTS: dict(state)})
