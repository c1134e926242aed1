"""What a model is, as data: the part of a model folder's `model.json` that everybody reads."""

from __future__ import annotations

import hashlib
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from ssldiff_gui.core.geometry import Scale

Prediction = Literal["epsilon", "v", "x0"]


class Frozen(BaseModel):
    """Data that never changes and knows all its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class PixelSize(Frozen):
    """The resolution a model was trained at.

    Parameters
    ----------
    size
        Width of a pixel in `unit`.
    unit
        "µm" for slides, "m" for scenes.
    """

    size: float = Field(gt=0)
    unit: Literal["µm", "m"]

    @property
    def scale(self) -> Scale:
        """The same as a `Scale`."""
        return Scale(self.size, self.size, self.unit)


class Licence(Frozen):
    """What one may do with a model, and what has to be done before it can be had.

    Parameters
    ----------
    name
        SPDX identifier, or the name its owners gave it.
    url
        Where the terms are.
    commercial
        Whether commercial use is allowed; None when its owners contradict themselves.
    gate
        Where one asks for access; None when it is open to all.
    """

    name: str
    url: str = ""
    commercial: bool | None = None
    gate: str | None = None


class EncoderSpec(Frozen):
    """An encoder: pixels → vectors.

    Parameters
    ----------
    id
        Name and a short hash over weights and preprocessing; grids carry it.
    name
        Short name for the command line.
    architecture
        timm's name of the network, and the arguments it is made with.
    dim
        Number of values of one embedding.
    input
        Side of the network's input, in pixels.
    cell
        Side of a cell in pixels at `pixel`, before it is resized to `input`.
    pixel
        The resolution it was trained at; None for natural images.
    mean, std
        Of the normalisation, for values from 0 to 1.
    interpolation
        Of the resize from cell to input.
    crop
        Share of the resized cell that the central crop keeps.
    pool
        How tokens become one vector: "network" leaves it to timm's `forward`; "cls" and
        "cls+mean" are said by some model cards.
    """

    id: str
    name: str
    architecture: str
    arguments: dict[str, JsonValue] = Field(default={})
    dim: int = Field(gt=0)
    input: int = Field(gt=0)
    cell: int = Field(gt=0)
    pixel: PixelSize | None = None
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: Literal["bilinear", "bicubic", "nearest", "lanczos"] = "bicubic"
    crop: float = Field(default=1.0, gt=0, le=1)
    pool: Literal["network", "cls", "cls+mean"] = "network"


class ScheduleSpec(Frozen):
    """The noise a network was trained with.

    Parameters
    ----------
    kind
        As diffusers names them: LDM's "linear" is "scaled_linear" here.
    start, end
        First and last beta; not used by the cosine schedule.
    steps
        Number of training steps.
    """

    kind: Literal["scaled_linear", "linear", "squaredcos_cap_v2"] = "scaled_linear"
    start: float = 0.0015
    end: float = 0.0195
    steps: int = Field(default=1000, gt=1)


class PartSpec(Frozen):
    """One network of a model folder.

    Parameters
    ----------
    type
        Name of a class we know, or of an entry point in the group "ssldiff_gui.networks".
    config
        What it is made with.
    file
        Its weights, safetensors beside `model.json`; None when it has none.
    """

    type: str
    config: dict[str, JsonValue] = Field(default={})
    file: str | None = None


_NEWER = ("classes", "layout", "layout_form")
"""Fields of a generator that older ones do not say: left unsaid, its digest is as it was."""


class GeneratorSpec(Frozen):
    """A generator: condition and noise → picture.

    Parameters
    ----------
    name, title
        Short name for the command line, and the one people read.
    channels
        Of the latents.
    factor
        Pixels for each latent, along one axis.
    window
        Side of what the network sees at once, in latents.
    cell
        Side of a grid cell, in latents.
    encoder
        Id of the encoder whose grids it takes; None when it takes none.
    pixel
        The resolution of what it makes; None for natural images.
    prediction
        What the network answers.
    schedule
        The noise it was trained with.
    latent_scale, latent_shift
        ``z = (encoded - shift) · scale``.
    local_decoder
        Whether a pixel depends on its own latent only: decoding needs then no overlap.
    network, autoencoder, conditioner
        The three parts. A conditioner's `type` is one of "none", "embedding", "embeddings",
        "class", "text", "maps" or a plugin's.
    tokens
        Cells on a side that condition one window: 1 takes the window's place between four cells
        (slerp); n > 1 takes the block of n × n cells at the window, row by row.
    guidance
        Scale that suits it, in the form ``null + scale · (conditional - null)``.
    channels_used
        Of the network's output: PixArt's learned sigma is dropped by taking the first ones.
    classes
        Names, in the order of their numbers, when it is conditioned on a class.
    layout
        Classes of the maps, in the order of their channels; the one name "" stands for all.
    layout_form
        Whether an area is drawn into the maps as it is, or as the box around it.
    """

    name: str
    title: str
    channels: int = Field(gt=0)
    factor: int = Field(gt=0)
    window: int = Field(gt=0)
    cell: int = Field(gt=0)
    encoder: str | None = None
    dim: int | None = None
    pixel: PixelSize | None = None
    prediction: Prediction = "epsilon"
    schedule: ScheduleSpec = ScheduleSpec()
    latent_scale: float = 1.0
    latent_shift: float = 0.0
    local_decoder: bool = False
    network: PartSpec
    autoencoder: PartSpec
    conditioner: PartSpec = PartSpec(type="none")
    tokens: int = Field(default=1, gt=0)
    guidance: float = 2.0
    channels_used: int | None = None
    classes: tuple[str, ...] = ()
    layout: tuple[str, ...] = ()
    layout_form: Literal["boxes", "masks"] = "masks"

    def digest(self) -> str:
        """Return a SHA-256 over all that is said here: the same weights, told otherwise, differ."""
        fields = type(self).model_fields
        unsaid = {name for name in _NEWER if getattr(self, name) == fields[name].default}
        return hashlib.sha256(self.model_dump_json(exclude=unsaid).encode()).hexdigest()


class AutoencoderSpec(Frozen):
    """Between pictures and latents, before a diffusion network is trained on them.

    Parameters
    ----------
    name, title
        Short name for the command line, and the one people read.
    channels, factor, pixel, latent_scale, latent_shift, local_decoder
        As `GeneratorSpec` has them.
    autoencoder
        Its network.
    """

    name: str
    title: str
    channels: int = Field(gt=0)
    factor: int = Field(gt=0)
    pixel: PixelSize | None = None
    latent_scale: float = 1.0
    latent_shift: float = 0.0
    local_decoder: bool = False
    autoencoder: PartSpec


class PriorSpec(Frozen):
    """A prior: text or a class → a grid of embeddings.

    Parameters
    ----------
    name, title
        Short name for the command line, and the one people read.
    encoder, dim
        Whose embeddings it makes, and their number of values.
    cell, pixel
        Side of a cell in pixels, and their size.
    window
        Side in cells of what the network sees at once.
    classes
        Names, in the order of their numbers.
    captions
        What each class means, in words.
    prediction, schedule, guidance
        As `GeneratorSpec` has them.
    network, reader
        The network over the embeddings' components, and what reads a text.
    """

    name: str
    title: str
    encoder: str
    dim: int = Field(gt=0)
    cell: int = Field(gt=0)
    pixel: PixelSize | None = None
    window: int = Field(gt=0)
    classes: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()
    prediction: Prediction = "v"
    schedule: ScheduleSpec = ScheduleSpec()
    guidance: float = 1.5
    network: PartSpec
    reader: PartSpec | None = None


Pool = Literal["mean", "mean+std"]
"""How the embeddings of a picture's cells become those of the picture."""


class ClassifierSpec(Frozen):
    """A classifier: the embeddings of a picture's cells → its class.

    Parameters
    ----------
    name, title
        Short name for the command line, and the one people read.
    encoder
        Whose embeddings it takes.
    pool
        What it takes of the cells of a picture: their mean, or their mean and, after it, their
        standard deviation.
    dim
        Number of those values: the embedding's, or twice as many.
    classes
        Names, in the order of their numbers.
    network
        Pooled embeddings (batch, dim) → logits (batch, classes).
    """

    name: str
    title: str
    encoder: str
    pool: Pool = "mean"
    dim: int = Field(gt=0)
    classes: tuple[str, ...] = Field(min_length=2)
    network: PartSpec


ModelKind = Literal["encoder", "generator", "autoencoder", "prior", "classifier"]


class ModelFile(Frozen):
    """`model.json`: what a model folder holds.

    Parameters
    ----------
    format
        Version of this layout.
    kind
        Which one of the five that follow is filled.
    files
        SHA-256 of every other file of the folder, by name.
    licence
        Terms of the weights.
    provenance
        Where the weights come from: data, recipe, converted file and its hash.
    """

    format: Literal[1] = 1
    kind: ModelKind
    encoder: EncoderSpec | None = None
    generator: GeneratorSpec | None = None
    autoencoder: AutoencoderSpec | None = None
    prior: PriorSpec | None = None
    classifier: ClassifierSpec | None = None
    files: dict[str, str] = Field(default={})
    licence: Licence
    provenance: dict[str, Any] = Field(default={})

    @property
    def consistent(self) -> bool:
        """Whether it describes what it says it is, and nothing else."""
        kinds = get_args(ModelKind)
        return all((kind == self.kind) == (getattr(self, kind) is not None) for kind in kinds)

    def parts(self) -> list[PartSpec]:
        """Return the networks that it describes in parts; an encoder is described otherwise."""
        parts: list[PartSpec | None] = []
        if (made := self.generator) is not None:
            parts = [made.network, made.autoencoder, made.conditioner]
        elif self.autoencoder is not None:
            parts = [self.autoencoder.autoencoder]
        elif self.prior is not None:
            parts = [self.prior.network, self.prior.reader]
        elif self.classifier is not None:
            parts = [self.classifier.network]
        return [part for part in parts if part is not None]
