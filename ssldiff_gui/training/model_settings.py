"""The `[model]` table of a configuration: one for each kind of run."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

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

    Or whatever `start` holds, which then goes on to learn the run's own pictures.

    Parameters
    ----------
    start
        An autoencoder's folder, or a generator's, to start from: linear patches, or an
        AutoencoderKL or VQModel of diffusers. Its kind, factor and channels then stay.
    decoder_only
        Whether its latents stay as they are, so that networks over them still fit.
    scale
        Of the latents: "kept" as it was, or "measured", so that their standard deviation is 1.
    kl, commitment
        Weight of the term that keeps latents near a normal distribution (AutoencoderKL), and of
        the one that keeps them near their codes (VQModel).
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
    start: str | None = None
    decoder_only: bool = False
    scale: Literal["kept", "measured"] = "kept"
    kl: float = Field(default=1e-6, ge=0)
    commitment: float = Field(default=1.0, ge=0)


class DiffusionModel(Frozen):
    """A diffusion network over latents.

    Parameters
    ----------
    condition
        What it is conditioned on: embeddings, the pictures' classes, the cluster of their mean
        embedding (labels made by the machine itself), a text, or nothing. "boxes" and "masks"
        are short for nothing but such a layout.
    layout
        What it is told beside that of what stands where: "boxes" around things, on one map, or
        "masks", a map for each class.
    encoder, autoencoder
        Model folders, or names of installed ones. The encoder makes the embeddings, and the
        labels that the machine makes itself. The autoencoder's folder is what `ssldiff train
        autoencoder` writes, or any generator's.
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
        A generator's folder to start from. It may be conditioned on something else: what is new
        then says nothing at first.
    clusters, areas
        How many clusters of pictures for "cluster", and how many classes of masks, when the
        machine makes them itself.
    labels
        Where clusters, boxes and masks come from: "self", or a folder with `labels.json`, as
        `ssldiff label` writes it or people have corrected it.
    texts
        A text for each class, for "text".
    captions
        Whose texts are read: those of a "class", or those of each "picture", from a file
        NAME.txt beside it or from `captions.csv` (file,caption) in the source's folder.
    budget
        Tokens of a text; what is longer is cut off.
    reader
        Folder of a CLIP-like text tower with its tokenizer, in transformers' form. It stays as
        it is; None trains a small one along.
    """

    condition: Literal["embeddings", "class", "cluster", "text", "none"] = "embeddings"
    layout: Literal["boxes", "masks"] | None = None
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
    areas: int = Field(default=8, gt=1, le=255)
    labels: str = "self"
    texts: dict[str, str] = Field(default={})
    captions: Literal["class", "picture"] = "class"
    budget: int = Field(default=35, gt=2, le=512)
    reader: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, told: Any) -> Any:
        if isinstance(told, dict) and told.get("condition") in ("boxes", "masks"):
            return {**told, "condition": "none", "layout": told["condition"]}
        return told


class PriorModel(Frozen):
    """From a text, a class or a case's features to a grid of embeddings.

    Parameters
    ----------
    condition
        "text" takes the pictures' classes and captions of them, "class" the classes alone,
        "table" a line of features for each case, such as genomic ones.
    encoder
        Whose embeddings it makes.
    reader
        What reads the captions: "words", the built-in one, which knows the captions' own words;
        or the folder of a CLIP in transformers' layout, whose text tower stays as it is.
    table
        For "table": a file of CSV or TSV, seen from the folder of the data; its first column
        names the case, all others are features.
    columns
        The features to take; none named takes all.
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

    condition: Literal["text", "class", "table"] = "text"
    encoder: str
    reader: str = "words"
    table: str | None = None
    columns: list[str] = Field(default=[])
    components: int = Field(default=48, gt=0)
    side: int = Field(default=8, gt=1)
    width: int = Field(default=128, gt=0)
    depth: int = Field(default=6, gt=0)
    dropped: float = Field(default=0.15, ge=0, lt=1)
    views: int = Field(default=4, gt=0)
    guidance: float = 1.5
    texts: dict[str, list[str]] = Field(default={})


class ClassifierModel(Frozen):
    """Classes from embeddings, or from latents.

    Parameters
    ----------
    on
        What it is trained on. One of latents can lead a generator.
    encoder
        Whose embeddings.
    hidden
        Width of a hidden layer; 0 has none.
    pool
        What is taken of the cells of a picture: "mean", or "mean+std", their standard deviation
        beside it.
    views
        How often each picture is embedded: as it is, then flipped, turned and stained anew.
    autoencoder
        Whose latents: an autoencoder's folder, or a generator's, whose noise it then learns.
    noise
        Whether it is trained on noisy latents too, and told the step; without, on clean latents
        only, as HistoDiffusion's is.
    window
        Side in latents of what it sees in training.
    widths, blocks
        Of the network over latents: features at each level, and blocks.
    """

    on: Literal["embeddings", "latents"] = "embeddings"
    encoder: str | None = Field(default=None, validate_default=True)
    hidden: int = Field(default=0, ge=0)
    pool: Pool = "mean+std"
    views: int = Field(default=4, gt=0)
    autoencoder: str | None = Field(default=None, validate_default=True)
    noise: bool = False
    window: int = Field(default=16, gt=0)
    widths: tuple[int, ...] = Field(default=(64, 96, 128), min_length=1)
    blocks: int = Field(default=1, gt=0)

    @field_validator("encoder", "autoencoder")
    @classmethod
    def _named(cls, value: str | None, info: ValidationInfo) -> str | None:
        wanted = {"encoder": "embeddings", "autoencoder": "latents"}[str(info.field_name)]
        if value is None and info.data.get("on") == wanted:
            raise ValueError(f"a classifier of {wanted} needs one")
        return value


Model = EncoderModel | AutoencoderModel | DiffusionModel | PriorModel | ClassifierModel

MODELS: dict[str, type[Model]] = {
    "encoder": EncoderModel,
    "autoencoder": AutoencoderModel,
    "diffusion": DiffusionModel,
    "prior": PriorModel,
    "classifier": ClassifierModel,
}
"""The table of each kind."""
