"""The process that reads a checkpoint: encoders of the catalogue, and tensors alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from ssldiff_gui.core.conversion import READERS, ConvertRequest, ConvertResult
from ssldiff_gui.core.errors import DamagedModel, MissingPart, UnknownWeights

if TYPE_CHECKING:
    import torch

    from ssldiff_gui.models.catalogue import CatalogueEntry

    Tensors = Mapping[str, torch.Tensor]


def convert_tensors(request: ConvertRequest) -> ConvertResult:
    """Write the tensors of a checkpoint as they are, as safetensors."""
    from ssldiff_gui.models.folder_writing import save_tensors

    state = read_tensors(Path(request.checkpoint))
    save_tensors(Path(request.output), state)
    return ConvertResult(
        folder=request.output, family="tensors", spec=None, licence=None,
        tensors={"file": len(state)}, left_out=[], notes=[],
    )  # fmt: skip


def convert_encoder(request: ConvertRequest) -> ConvertResult:
    """Write a model folder for a checkpoint of an encoder that the catalogue knows.

    Raises
    ------
    UnknownWeights
        A tensor too many, too few, or of another shape.
    """
    from ssldiff_gui.models.encoders import save_encoder
    from ssldiff_gui.models.obtaining import card_of, fitted, known, spec_beside

    path = Path(request.checkpoint)
    entry = known(request.known_as or "")
    state = read_tensors(path)
    try:
        spec, tensors = fitted(entry, spec_beside(entry, path), state)
        left_out = _left_out(state, tensors)
        made = save_encoder(
            request.output, spec, tensors, licence=entry.licence,
            card=card_of(entry, entry.licence), provenance=_provenance(entry, path, left_out),
        )  # fmt: skip
    except DamagedModel as error:
        raise UnknownWeights(
            path,
            f"{path.name} is not {entry.title}: {error.message}",
            f"Check that it is the checkpoint of {entry.source}.",
        ) from error
    return ConvertResult(
        folder=request.output, family="encoder", spec=made, licence=entry.licence,
        tensors={"network": len(tensors)}, left_out=left_out, notes=[],
    )  # fmt: skip


def read_tensors(path: Path) -> Tensors:
    """Return the tensors of a checkpoint by name; nothing of what it says is run.

    Raises
    ------
    MissingPart
        Nothing that can read one is installed.
    """
    there = sorted(entry_points(group=READERS), key=lambda entry: entry.name)
    if not there:
        raise MissingPart(
            "Nothing that reads checkpoints is installed.", "Install the package ssldiff-cvlab."
        )
    try:
        read = there[0].load()
    except (ImportError, AttributeError) as error:
        raise MissingPart(
            f"What reads checkpoints does not start: {error}.", "Install ssldiff-cvlab again."
        ) from error
    state: Tensors = read(path)
    return state


def _left_out(state: Tensors, tensors: Tensors) -> list[str]:
    """Return the names of what a checkpoint holds besides the encoder: heads, another network.

    A tensor that was resampled has its old name still, and attention that came in parts is whole.
    """
    kept = {id(tensor) for tensor in tensors.values()}
    return sorted(
        name
        for name, tensor in state.items()
        if id(tensor) not in kept
        and not re.search(r"attention\.(query|key|value)\.|pos(ition)?_embed", name)
    )


def _provenance(entry: CatalogueEntry, path: Path, left_out: list[str]) -> dict[str, object]:
    from ssldiff_gui.models.weights import sha256_of

    return {
        "source": entry.source,
        "converted from": {"checkpoint": {"name": path.name, "sha256": sha256_of(path)}},
        "left out": left_out,
    }
