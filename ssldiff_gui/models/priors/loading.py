"""Model folders → priors, and back."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ssldiff_gui.core.errors import DamagedModel, MissingModel
from ssldiff_gui.core.specs import Licence, ModelFile, PartSpec, PriorSpec
from ssldiff_gui.models import devices
from ssldiff_gui.models.folder_writing import Content
from ssldiff_gui.models.folders import read_model, write_model
from ssldiff_gui.models.generators.networks import make_module
from ssldiff_gui.models.priors.clip_reader import TOKENIZER, ClipReader
from ssldiff_gui.models.priors.network import PriorNetwork
from ssldiff_gui.models.priors.prior import Prior
from ssldiff_gui.models.priors.reader import WordReader
from ssldiff_gui.models.priors.table_reader import TableReader
from ssldiff_gui.models.weights import fill_part, load_into

NETWORK = "network.safetensors"
READER = "reader.safetensors"
TABLE = "table.safetensors"
_EXACT = frozenset({"mean", "components", "scales", "norms", "centre", "spread"})

State = Mapping[str, torch.Tensor]
Reader = WordReader | ClipReader


@dataclass(frozen=True, slots=True)
class Parts:
    """What a prior is made of.

    Parameters
    ----------
    network, reader, table
        Over the embeddings; of texts; of tables.
    """

    network: PriorNetwork
    reader: Reader | None = None
    table: TableReader | None = None


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
    model = read_model(folder)
    spec = model.prior
    if spec is None:
        raise MissingModel(
            f"{folder.name} is no prior, and one is wanted here.",
            "`ssldiff models` lists what is installed.",
        )
    place = devices.choose(device)
    parts = build_parts(spec)
    fill_part(parts.network, folder, spec.network)
    for module, part in ((parts.reader, spec.reader), (parts.table, spec.table)):
        if module is not None and part is not None:
            fill_part(module, folder, part)
            module.to(place)
    if isinstance(parts.reader, ClipReader):
        if TOKENIZER not in model.files:
            raise DamagedModel(
                f"The model {folder.name} has no {TOKENIZER}, which its texts are read with.",
                "Get the model again.",
            )
        parts.reader.take_tokenizer(folder / TOKENIZER)
    return Prior(spec, parts.network.to(place), parts.reader, place, parts.table)


def save_prior(
    folder: str | Path,
    spec: PriorSpec,
    network: State,
    reader: State | None = None,
    table: State | None = None,
    *,
    licence: Licence,
    provenance: Mapping[str, Any] | None = None,
    card: str = "",
    tokenizer: str | None = None,
) -> ModelFile:
    """Write a prior's folder in half precision, after its tensors were found to fit.

    Parameters
    ----------
    folder
        Where; see `models.folders.write_model`.
    spec
        What it is; the names of the parts' files are filled in here.
    network, reader, table
        Weights by name, as the state dictionaries of `Parts` have them.
    licence, provenance, card
        As `ModelFile` and the folder's `README.md` have them.
    tokenizer
        Content of a `ClipReader`'s file of rules.
    """
    parts = build_parts(spec)
    made = (
        ("network", NETWORK, parts.network, network),
        ("reader", READER, parts.reader, reader),
        ("table", TABLE, parts.table, table),
    )
    contents: dict[str, Content] = {}
    changes = {}
    for name, file, module, state in made:
        if module is not None:
            load_into(module, state or {})
            contents[file] = _halved(state or {})
            changes[name] = getattr(spec, name).model_copy(update={"file": file})
    model = ModelFile(
        kind="prior", prior=spec.model_copy(update=changes), licence=licence,
        provenance=dict(provenance or {}),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as aside:
        if tokenizer is not None:
            contents[TOKENIZER] = Path(aside) / TOKENIZER
            (Path(aside) / TOKENIZER).write_text(tokenizer, "utf-8", newline="\n")
        return write_model(folder, model, card or f"# {spec.title}\n", contents)


def build_parts(spec: PriorSpec) -> Parts:
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
    reader: Reader | None = None
    table: TableReader | None = None
    if spec.reader is not None:
        kind = ClipReader if spec.reader.type == "ClipReader" else WordReader
        read = make_module(kind, _known(spec.reader, kind.__name__))
        assert isinstance(read, WordReader | ClipReader)  # noqa: S101 - just made
        _check_width(spec, read.width, network.width)
        reader = read
    if spec.table is not None:
        lines = make_module(TableReader, _known(spec.table, "TableReader"))
        assert isinstance(lines, TableReader)  # noqa: S101 - just made
        _check_width(spec, lines.width, network.width)
        table = lines
    return Parts(network, reader, table)


def _check_width(spec: PriorSpec, given: int, taken: int) -> None:
    if given != taken:
        raise DamagedModel(
            f"The parts of {spec.title} do not fit each other: its reader gives {given} "
            f"values, and its network takes {taken}.",
            "Get the model again.",
        )


def _known(part: PartSpec, name: str) -> PartSpec:
    if part.type != name:
        raise DamagedModel(
            f"A prior has no such part {part.type!r}, where {name} is.",
            "Update the studio when a newer version has written the model.",
        )
    return part


def _halved(state: State) -> dict[str, torch.Tensor]:
    """Return weights in half precision; what embeddings are measured by stays exact."""
    return {
        name: value if name in _EXACT or not value.is_floating_point() else value.half()
        for name, value in state.items()
    }
