"""The configurations of self-guided diffusion, as far as they say what a network is.

Entries that only matter in training are passed over. An entry that changes what a network
computes, in a way that nobody here knows, is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from ssldiff_cvlab.settings import Channels, Few, Known, Levels, PassedOver, Target, parse

from ssldiff_gui.core.errors import UnsupportedFile

Condition = Literal["cluster", "clusterlayout", "stegoclusterlayout"]
"""A cluster; a cluster and boxes; or a mask, of which the label follows."""

JOINED, ATTENDING = "openaimodel", "openaimodel_ca"
"""Modules in which the original has its two networks, both called UNetModel."""


class LayoutSettings(PassedOver):
    """What is put beside the colours."""

    layout_dim: Annotated[int, Field(gt=0, le=4096)]


class ConditionSettings(PassedOver):
    """How the original conditions, and guides."""

    scale_type: Literal["imagen"] = "imagen"
    clusterlayout: LayoutSettings | None = None
    stegoclusterlayout: LayoutSettings | None = None


class NetworkSettings(Known):
    """The U-Net of both modules, in its own words."""

    image_size: Channels
    in_channels: Literal[3]
    out_channels: Literal[3]
    model_channels: Channels
    attention_resolutions: list[int]
    num_res_blocks: Few
    channel_mult: Levels
    cond_dim: Annotated[int, Field(gt=0, le=1 << 17)]
    condition_method: Condition
    condition: ConditionSettings = ConditionSettings()
    num_heads: int = -1
    num_head_channels: int = -1
    use_scale_shift_norm: bool = False
    resblock_updown: bool = False
    cond_token_num: Literal[1] = 1
    context_dim: Channels | None = None
    use_ca_block: bool = False
    transformer_depth: Literal[1] = 1
    use_cls_token_as_pooled: Literal[True] = True
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

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.num_heads < 1 and self.num_head_channels < 1:
            raise ValueError("num_heads or num_head_channels has to be given")
        if self.use_ca_block and self.context_dim is None:
            raise ValueError("use_ca_block needs context_dim")
        if self.condition_method != "cluster" and self.layout is None:
            raise ValueError(f"condition has no {self.condition_method}")
        if self.condition_method == "stegoclusterlayout" and self.maps != self.cond_dim:
            raise ValueError("a mask's label has a value for each of its maps")
        return self

    @property
    def layout(self) -> LayoutSettings | None:
        """What is put beside the colours; None when nothing is."""
        if self.condition_method == "cluster":
            return None
        if self.condition_method == "clusterlayout":
            return self.condition.clusterlayout
        return self.condition.stegoclusterlayout

    @property
    def maps(self) -> int:
        """Number of channels beside the colours."""
        return 0 if self.layout is None else self.layout.layout_dim


class DiffusionSettings(PassedOver):
    """`ddpm.LatentDiffusion`, which is over pixels here, in its own words."""

    beta_schedule: Literal["linear", "sqrt_linear", "cosine"] = "linear"
    linear_start: Annotated[float, Field(gt=0, lt=1)] = 1e-4
    linear_end: Annotated[float, Field(gt=0, lt=1)] = 2e-2
    cosine_s: Annotated[float, Field(ge=0.008, le=0.008)] = 0.008  # the one that is known
    timesteps: Annotated[int, Field(gt=1, le=100_000, alias="num_timesteps")] = 1000
    parameterization: Literal["eps"] = "eps"
    given_betas: None = None
    learn_logvar: Literal[False] = False


class TrainingSettings(PassedOver):
    """What the training says of the weights and of the way to sample."""

    use_ema: bool = True
    cond_scale: Annotated[float, Field(ge=0, le=1000)] = 2.0


class Settings(PassedOver):
    """A whole configuration, read.

    Parameters
    ----------
    attending
        Whether its network is the one that looks at tokens.
    network, diffusion, training
        What it says of each.
    """

    attending: bool
    network: NetworkSettings
    diffusion: DiffusionSettings
    training: TrainingSettings


def network_of(config: Mapping[str, Any]) -> str | None:
    """Return the module of a configuration's network; None when it is not one of the two."""
    place = config.get("dynamic")
    target = place.get("target") if isinstance(place, Mapping) else None
    if not isinstance(target, str) or not target.endswith(".UNetModel"):
        return None
    module = target.split(".")[-2]
    return module if module in (JOINED, ATTENDING) else None


def settings_of(config: Mapping[str, Any], path: Path) -> Settings:
    """Return what a configuration says.

    Raises
    ------
    UnsupportedFile
        An entry is missing, or asks for what nobody here knows; the message names it.
    """
    attending = network_of(config) == ATTENDING
    target = parse(Target, config.get("dynamic"), path, "dynamic")
    model = parse(Target, config.get("model"), path, "model")
    network = parse(NetworkSettings, target.params, path, "dynamic.params")
    if network.use_ca_block != attending:
        raise UnsupportedFile(
            path,
            f"The configuration of {path.name} asks for what this converter does not know: "
            f"dynamic.params.use_ca_block is {network.use_ca_block} for {target.target}.",
            "Check that it is the configuration that the checkpoint was trained with.",
        )
    return Settings(
        attending=attending,
        network=network,
        diffusion=parse(DiffusionSettings, model.params, path, "model.params"),
        training=parse(TrainingSettings, config.get("sg", {}), path, "sg"),
    )
