"""What a model is, as data: the part of a model folder's `model.json` that everybody reads."""

from __future__ import annotations

import hashlib
from typing import Any, Literal, Self, get_args

from pydantic import Field, JsonValue, model_validator

from ssldiff_gui.core.spec_parts import Frozen, Licence, PartSpec, PixelSize, ScheduleSpec

__all__ = [
    "AutoencoderSpec",
    "ClassifierSpec",
    "EncoderSpec",
    "Frozen",
    "GeneratorSpec",
    "Licence",
    "MapSpec",
    "ModelFile",
    "ModelKind",
    "PartSpec",
    "PixelSize",
    "Pool",
    "Prediction",
    "PriorSpec",
    "ScheduleSpec",
]

Prediction = Literal["epsilon", "v", "x0"]


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


_NEWER = ("classes", "layout", "layout_form", "captions")
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
    captions
        Some of the texts that it was trained on, when it is conditioned on a text.
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
    captions: tuple[str, ...] = ()

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
    """A prior: a text, a class or a case's features → a grid of embeddings.

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
    network
        The network over the embeddings' components.
    reader
        What reads a text: "WordReader", or "ClipReader" around the tower of a CLIP.
    table
        What reads a line of a table: "TableReader". Such a prior takes neither text nor class.
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
    table: PartSpec | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The features that it takes; none, when it takes no table."""
        told = None if self.table is None else self.table.config.get("columns")
        return tuple(map(str, told)) if isinstance(told, list) else ()


class MapSpec(Frozen):
    """A map: embeddings of one encoder → those that another gives of the same places.

    Parameters
    ----------
    name, title
        Short name for the command line, and the one people read.
    source, target
        Ids of the two encoders.
    source_dim, target_dim
        Number of values of their embeddings.
    source_cell, source_pixel
        Side of a cell in pixels that it takes, and their size.
    cell, pixel
        The same of what it gives; both cells cover the same place.
    likeness, baseline
        Mean cosine to the target's own embeddings in held-out cells, and that of the mean vector.
    network
        "LinearMap": its weights.
    """

    name: str
    title: str
    source: str
    target: str
    source_dim: int = Field(gt=0, le=1 << 16)
    target_dim: int = Field(gt=0, le=1 << 16)
    source_cell: int = Field(gt=0)
    source_pixel: PixelSize | None = None
    cell: int = Field(gt=0)
    pixel: PixelSize | None = None
    likeness: float
    baseline: float
    network: PartSpec

    @property
    def encoder(self) -> str:
        """Whose embeddings it gives."""
        return self.target

    @property
    def dim(self) -> int:
        """Their number of values."""
        return self.target_dim


Pool = Literal["mean", "mean+std"]
"""How the embeddings of a picture's cells become those of the picture."""


class ClassifierSpec(Frozen):
    """A classifier: the embeddings of a picture's cells, or its latents → its class.

    Parameters
    ----------
    name, title
        Short name for the command line, and the one people read.
    on
        What it takes. Latents may be noisy: such a classifier can lead a generator.
    encoder
        Whose embeddings it takes; "" for latents.
    pool
        What it takes of the cells of a picture: their mean, or their mean and, after it, their
        standard deviation.
    dim
        Number of those values: the embedding's, or twice as many; for latents, their channels.
    classes
        Names, in the order of their numbers.
    network
        Pooled embeddings (batch, dim), or latents and training steps → logits (batch, classes).
    factor, window, pixel, latent_scale, latent_shift
        Of the latents, as `GeneratorSpec` has them.
    schedule
        The noise whose steps it is told.
    noise_aware
        Whether it was trained on noisy latents and is told the step.
    latents
        A hash over what makes the latents.
    """

    name: str
    title: str
    on: Literal["embeddings", "latents"] = "embeddings"
    encoder: str = ""
    pool: Pool = "mean"
    dim: int = Field(gt=0)
    classes: tuple[str, ...] = Field(min_length=2)
    network: PartSpec
    factor: int = Field(default=1, gt=0)
    window: int = Field(default=1, gt=0)
    pixel: PixelSize | None = None
    latent_scale: float = 1.0
    latent_shift: float = 0.0
    schedule: ScheduleSpec = ScheduleSpec()
    noise_aware: bool = False
    latents: str = ""

    @model_validator(mode="after")
    def _told(self) -> Self:
        if self.on == "embeddings" and not self.encoder:
            raise ValueError("encoder: whose embeddings it takes is not said")
        return self


ModelKind = Literal["encoder", "generator", "autoencoder", "prior", "classifier", "map"]


class ModelFile(Frozen):
    """`model.json`: what a model folder holds.

    Parameters
    ----------
    format
        Version of this layout.
    kind
        Which one of the six that follow is filled.
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
    map: MapSpec | None = None
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
            parts = [self.prior.network, self.prior.reader, self.prior.table]
        elif self.classifier is not None:
            parts = [self.classifier.network]
        elif self.map is not None:
            parts = [self.map.network]
        return [part for part in parts if part is not None]
