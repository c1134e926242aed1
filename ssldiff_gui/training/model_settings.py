"""The `[model]` table of a configuration: one for each kind of run."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ssldiff_gui.core.specs import Frozen, Pool


class EncoderModel(Frozen):
    """A self-supervised encoder.

    Parameters
    ----------
    architecture, arguments
        timm's network.
    cell
        Side of what it sees, in pixels.
    temperature
        Of the contrast between pictures.
    jitter, blur, shift
        How far two views of a cell differ: colours (a share), sharpness (pixels), place (pixels).
    contrast
        Weight of telling cells apart.
    recall, recalled
        Weight of drawing the cell again from its embedding, and the side of that drawing.
    """

    architecture: str
    arguments: dict[str, Any] = Field(default={})
    cell: int = Field(gt=0)
    temperature: float = Field(default=0.15, gt=0)
    jitter: float = Field(default=0.15, ge=0)
    blur: float = Field(default=1.0, ge=0)
    shift: int = Field(default=4, ge=0)
    contrast: float = Field(default=1.0, ge=0)
    recall: float = Field(default=1.0, ge=0)
    recalled: int = Field(default=8, gt=0)


class AutoencoderModel(Frozen):
    """Linear patches for latents, and a network that draws what they leave out.

    Parameters
    ----------
    factor, channels
        Pixels for each latent along one axis, and values of each.
    width, depth
        Of the drawing network; no depth leaves the linear patches alone.
    side
        Of the pictures it is trained on, in pixels.
    gradient
        Weight of the difference between neighbouring pixels.
    adversary
        Weight of a network that tells real from drawn; 0 leaves it out.
    adversary_after
        Steps before that weight counts.
    """

    factor: int = Field(default=8, gt=0)
    channels: int = Field(default=32, gt=0)
    width: int = Field(default=128, gt=0)
    depth: int = Field(default=2, ge=0)
    side: int = Field(default=128, gt=0)
    gradient: float = Field(default=1.0, ge=0)
    adversary: float = Field(default=0.0, ge=0)
    adversary_after: int = Field(default=0, ge=0)


class DiffusionModel(Frozen):
    """A diffusion network over latents.

    Parameters
    ----------
    condition
        What it is conditioned on: embeddings, the pictures' classes, the cluster of their mean
        embedding (labels made by the machine itself), a text for each class, or nothing.
    encoder, autoencoder
        Model folders, or names of installed ones. The autoencoder's folder is what `ssldiff
        train autoencoder` writes, or any generator's.
    network, arguments
        Type of the network by the names that `model.json` knows, and what it is made with.
    window
        Side in latents of what it sees.
    tokens
        Cells of the grid along a window's side.
    dropped
        How often the condition is left out.
    guidance
        Scale that the model names as its own.
    snr_limit
        Of the weights by min-SNR (Hang et al. 2023).
    views
        How often each picture is looked at for the cache, each time flipped and stained anew.
    start
        A generator's folder to start from.
    clusters
        How many, for "cluster".
    texts
        A text for each class, for "text".
    """

    condition: Literal["embeddings", "class", "cluster", "text", "none"] = "embeddings"
    encoder: str | None = None
    autoencoder: str
    network: str = "GridUNet"
    arguments: dict[str, Any] = Field(default={})
    window: int = Field(default=16, gt=0)
    tokens: int = Field(default=1, gt=0)
    dropped: float = Field(default=0.1, ge=0, lt=1)
    guidance: float = 1.0
    snr_limit: float = Field(default=5.0, gt=0)
    views: int = Field(default=2, gt=0)
    start: str | None = None
    clusters: int = Field(default=16, gt=1)
    texts: dict[str, str] = Field(default={})


class PriorModel(Frozen):
    """From text and class to a grid of embeddings.

    Parameters
    ----------
    encoder
        Whose embeddings it makes.
    components
        How many principal components of the embeddings it draws; the rest follows linearly.
    side
        Of the grids it is trained on, in cells.
    width, depth
        Of its network.
    dropped
        How often the condition is left out.
    views
        How often each picture is embedded: as it is, then flipped, turned and stained anew.
    guidance
        Scale that the model names as its own.
    texts
        For each class, sentences that mean it; the first is its caption.
    """

    encoder: str
    components: int = Field(default=48, gt=0)
    side: int = Field(default=8, gt=1)
    width: int = Field(default=128, gt=0)
    depth: int = Field(default=6, gt=0)
    dropped: float = Field(default=0.15, ge=0, lt=1)
    views: int = Field(default=4, gt=0)
    guidance: float = 1.5
    texts: dict[str, list[str]] = Field(default={})


class ClassifierModel(Frozen):
    """Classes from embeddings.

    Parameters
    ----------
    encoder
        Whose embeddings.
    hidden
        Width of a hidden layer; 0 has none.
    pool
        What is taken of the cells of a picture: "mean", or "mean+std", their standard deviation
        beside it.
    views
        How often each picture is embedded: as it is, then flipped, turned and stained anew.
    """

    encoder: str
    hidden: int = Field(default=0, ge=0)
    pool: Pool = "mean+std"
    views: int = Field(default=4, gt=0)


Model = EncoderModel | AutoencoderModel | DiffusionModel | PriorModel | ClassifierModel

MODELS: dict[str, type[Model]] = {
    "encoder": EncoderModel,
    "autoencoder": AutoencoderModel,
    "diffusion": DiffusionModel,
    "prior": PriorModel,
    "classifier": ClassifierModel,
}
"""The table of each kind."""
