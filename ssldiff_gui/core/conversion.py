"""The contract of converters: from a published checkpoint to the parts of a model folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import Field

from ssldiff_gui.core.specs import EncoderSpec, Frozen, GeneratorSpec, Licence, PartSpec, PixelSize

if TYPE_CHECKING:
    import torch

CONVERTERS = "ssldiff_gui.converters"
"""Entry points of this group are converters; their names are the families'."""

READERS = "ssldiff_gui.readers"
"""Entry points of this group return the tensors of a checkpoint by name, running nothing of it."""


class ConvertRequest(Frozen):
    """Turn a published checkpoint into a model folder, or into safetensors.

    With `config` it is a generator's, with `known_as` an encoder's; with neither, its tensors
    are written as they are.

    Parameters
    ----------
    checkpoint
        Path of the checkpoint.
    output
        The model folder to make, or a file that ends with .safetensors.
    config
        Path of the YAML file that a generator was made with.
    known_as
        Name that the catalogue has for an encoder.
    name
        Of the model; None takes the folder's.
    base
        Path of the checkpoint whose networks go with a conditioner alone.
    classifier, classifier_config
        Paths of a classifier of its latents, and of that one's YAML file.
    encoder
        Id of the encoder whose embeddings it was trained on.
    pixel
        Resolution of what it makes.
    memory
        Bytes that reading may take; None is what the machine has free.
    """

    kind: Literal["convert"] = "convert"
    checkpoint: str
    output: str
    config: str | None = None
    known_as: str | None = None
    name: str | None = None
    base: str | None = None
    classifier: str | None = None
    classifier_config: str | None = None
    encoder: str | None = None
    pixel: PixelSize | None = None
    memory: int | None = Field(default=None, gt=0)


class ConvertResult(Frozen):
    """What a conversion has made.

    Parameters
    ----------
    folder
        Path of the model folder, or of the file.
    family
        Name of the converter that knew the checkpoint; "encoder"; or "tensors".
    spec
        What the model is; None for tensors alone.
    licence
        Terms of its weights, where they are known.
    tensors
        Number of tensors by part.
    left_out
        Names of tensors that are of no use after the training.
    notes
        What a person should know or still has to say.
    """

    folder: str
    family: str
    spec: GeneratorSpec | EncoderSpec | None
    licence: Licence | None
    tensors: dict[str, int]
    left_out: list[str]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Files of a published model, not read yet.

    Parameters
    ----------
    path
        The checkpoint, most likely a pickle.
    config
        What it was made with: the YAML file beside it, read.
    folder
        Where that YAML file lies; files that it names are looked for there and nowhere else.
    base
        Another checkpoint, with the networks that this one leaves out.
    classifier
        A classifier of its latents that was published with it.
    """

    path: Path
    config: Mapping[str, Any]
    folder: Path
    base: Path | None = None
    classifier: Checkpoint | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Extra:
    """A network that goes with a model but is no part of it, such as a classifier.

    Parameters
    ----------
    part
        What it is made with.
    tensors
        Its weights, by name.
    """

    part: PartSpec
    tensors: Mapping[str, torch.Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Converted:
    """What a checkpoint holds, in our terms.

    Parameters
    ----------
    spec
        The generator; whoever writes the folder names the files of its parts.
    tensors
        Weights by part ("network", "autoencoder", "conditioner"), then by name; float32, none
        shares memory with another.
    licence
        Terms of the weights.
    card
        Text of the model's README.
    provenance
        Where it comes from: paper, address, which weights were taken.
    left_out
        Names of tensors that are of no use after the training.
    notes
        What a person should know or still has to say.
    extras
        Further networks, by name.
    """

    spec: GeneratorSpec
    tensors: Mapping[str, Mapping[str, torch.Tensor]]
    licence: Licence
    card: str
    provenance: Mapping[str, Any] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    extras: Mapping[str, Extra] = field(default_factory=dict)


class Converter(Protocol):
    """What knows the checkpoints of a family. It runs in a process of its own."""

    def recognises(self, config: Mapping[str, Any]) -> bool:
        """Whether a checkpoint with this configuration is one of the family's."""
        ...

    def convert(self, checkpoint: Checkpoint) -> Converted:
        """Read a checkpoint, running nothing of what it says; account for every tensor.

        Raises
        ------
        UnsafeFile
            It holds more than tensors and plain values.
        UnknownWeights
            A tensor too many, too few, or of another shape.
        UnsupportedFile
            The configuration asks for what nobody here knows.
        """
        ...
