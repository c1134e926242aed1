"""The configurations of latent diffusion, as far as they say what a network is.

Entries that only matter in training are passed over. An entry that changes what a network
computes, in a way that nobody here knows, is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ssldiff_gui.core.errors import BadRequest, UnsupportedFile

Channels = Annotated[int, Field(gt=0, le=1 << 16)]
Few = Annotated[int, Field(gt=0, le=64)]
Levels = Annotated[list[Few], Field(min_length=1, max_length=12)]
Model = TypeVar("Model", bound=BaseModel)


class Known(BaseModel):
    """Settings of which every one is known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PassedOver(BaseModel):
    """Settings among which there are some for the training."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Target(PassedOver):
    """A class and what it is made with."""

    target: str
    params: dict[str, Any] = {}

    @property
    def name(self) -> str:
        """Of the class, without its module."""
        return self.target.rpartition(".")[2]


class UNetSettings(Known):
    """`openaimodel.UNetModel`, in its own words."""

    image_size: Channels
    in_channels: Channels
    out_channels: Channels
    model_channels: Channels
    num_res_blocks: Few
    attention_resolutions: list[int]
    channel_mult: Levels = [1, 2, 4, 8]
    num_heads: int = -1
    num_head_channels: int = -1
    use_scale_shift_norm: bool = False
    resblock_updown: bool = False
    use_spatial_transformer: bool = False
    transformer_depth: Few = 1
    context_dim: Channels | None = None
    conv_resample: Literal[True] = True
    dims: Literal[2] = 2
    num_classes: None = None
    n_embed: None = None
    use_new_attention_order: Literal[False] = False
    num_heads_upsample: Literal[-1] = -1
    legacy: bool = True
    dropout: float = 0.0
    use_checkpoint: bool = False
    use_fp16: bool = False
    ckpt_path: str | None = None

    @model_validator(mode="after")
    def _heads(self) -> Self:
        if self.num_heads < 1 and self.num_head_channels < 1:
            raise ValueError("num_heads or num_head_channels has to be given")
        if self.use_spatial_transformer and (self.context_dim is None or self.resblock_updown):
            raise ValueError("a spatial transformer needs context_dim, and no resblock_updown")
        if not self.use_spatial_transformer and self.context_dim is not None:
            raise ValueError("context_dim needs use_spatial_transformer")
        return self


class ClassifierSettings(Known):
    """`openaimodel.EncoderUNetModel`, in its own words."""

    image_size: Channels
    in_channels: Channels
    out_channels: Channels
    model_channels: Channels
    num_res_blocks: Few
    attention_resolutions: list[int]
    channel_mult: Levels = [1, 2, 4, 8]
    num_heads: int = 1
    num_head_channels: Channels
    use_scale_shift_norm: bool = False
    resblock_updown: bool = False
    pool: Literal["attention"]
    conv_resample: Literal[True] = True
    dims: Literal[2] = 2
    use_new_attention_order: Literal[False] = False
    num_heads_upsample: Literal[-1] = -1
    dropout: float = 0.0
    use_checkpoint: bool = False
    use_fp16: bool = False


class PictureSettings(Known):
    """The `ddconfig` of an autoencoder."""

    z_channels: Channels
    resolution: Channels
    in_channels: Channels
    out_ch: Channels
    ch: Channels
    ch_mult: Levels
    num_res_blocks: Few
    attn_resolutions: list[int]
    double_z: bool = True
    resamp_with_conv: Literal[True] = True
    tanh_out: Literal[False] = False
    give_pre_end: Literal[False] = False
    use_linear_attn: Literal[False] = False
    attn_type: Literal["vanilla"] = "vanilla"
    dropout: float = 0.0


class FirstStageSettings(PassedOver):
    """An autoencoder."""

    embed_dim: Channels
    ddconfig: PictureSettings
    n_embed: Channels | None = None
    remap: None = None


class DiffusionSettings(PassedOver):
    """`ddpm.LatentDiffusion`, in its own words."""

    unet_config: Target
    first_stage_config: Target
    cond_stage_config: Target | str
    image_size: Channels
    channels: Channels = 3
    linear_start: float = 1e-4
    linear_end: float = 2e-2
    timesteps: Annotated[int, Field(gt=1, le=100_000)] = 1000
    beta_schedule: Literal["linear", "cosine", "sqrt_linear"] = "linear"
    cosine_s: Annotated[float, Field(ge=0.008, le=0.008)] = 0.008  # the one that is known
    parameterization: Literal["eps", "x0"] = "eps"
    conditioning_key: str | None = None
    concat_mode: bool = True
    scale_factor: float = 1.0
    scale_by_std: bool = False
    use_ema: bool = True


class Embeddings(Known):
    """`PatchEmbedder` and `SSLEmbedder`; the width of the second's tokens is fixed."""

    patch_ssl_key: str
    patch_embed_dim: Channels
    region_ssl_key: str | None = None
    region_embed_dim: Channels | None = None
    target_dim: Channels = 512
    normalize_ssl: bool = False
    p_uncond: float = 0.0


class Classes(Known):
    """`ClassEmbedder`."""

    embed_dim: Channels
    n_classes: Annotated[int, Field(gt=0, le=1 << 20)] = 1000
    key: str = "class"


class Text(Known):
    """`FrozenCLIPEmbedder`."""

    version: str = "openai/clip-vit-large-patch14"
    max_length: Annotated[int, Field(gt=0, le=4096)] = 77
    device: str = "cuda"


class Tower(PassedOver):
    """What a `config.json` says of a CLIP text tower and its weights do not."""

    num_attention_heads: Few
    hidden_act: Literal["quick_gelu", "gelu"] = "quick_gelu"
    layer_norm_eps: float = 1e-5
    bos_token_id: int | None = None
    eos_token_id: int | None = None


def parse(kind: type[Model], values: Any, path: Path, where: str) -> Model:
    """Return settings as `kind` has them.

    Parameters
    ----------
    kind
        One of the classes of this file.
    values
        A part of the configuration.
    path
        The checkpoint it belongs to, for the message.
    where
        The part's name in the configuration, for the message.

    Raises
    ------
    UnsupportedFile
        An entry is missing, or asks for what nobody here knows; the message names it.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        entry = ".".join([where, *map(str, first["loc"])])
        raise UnsupportedFile(
            path,
            f"The configuration of {path.name} asks for what this converter does not know: "
            f"{entry}: {first['msg'].lower()}.",
            "Check that it is the configuration that the checkpoint was trained with.",
        ) from error


def diffusion_of(config: Mapping[str, Any], path: Path) -> DiffusionSettings:
    """Return what a configuration says of the diffusion."""
    if "model" not in config and "cond_stage_config" in config:
        raise BadRequest(
            "The configuration describes a conditioner alone.",
            "Give the configuration of the whole model, with the network and the autoencoder.",
        )
    model = parse(Target, config.get("model"), path, "model")
    return parse(DiffusionSettings, model.params, path, "model.params")
