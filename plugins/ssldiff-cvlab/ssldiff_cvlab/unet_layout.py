"""The U-Net of latent diffusion in diffusers' terms, or in ours where diffusers has none."""

from __future__ import annotations

import re
from typing import Any

import torch
from torch import nn

from ssldiff_cvlab.accounts import Rule
from ssldiff_cvlab.classifier import LatentClassifier
from ssldiff_cvlab.settings import ClassifierSettings, UNetSettings
from ssldiff_cvlab.unet import UNet
from ssldiff_gui.core.specs import PartSpec

ENDS = {
    "time_embed.0.": "time_embedding.linear_1.",
    "time_embed.2.": "time_embedding.linear_2.",
    "input_blocks.0.0.": "conv_in.",
    "out.0.": "conv_norm_out.",
    "out.2.": "conv_out.",
    "middle_block.0.": "mid_block.resnets.0.",
    "middle_block.1.": "mid_block.attentions.0.",
    "middle_block.2.": "mid_block.resnets.1.",
}
RESIDUAL = {
    "in_layers.0.": "norm1.",
    "in_layers.2.": "conv1.",
    "emb_layers.1.": "time_emb_proj.",
    "out_layers.0.": "norm2.",
    "out_layers.3.": "conv2.",
    "skip_connection.": "conv_shortcut.",
}
NUMBERED = re.compile(r"(input|output)_blocks\.(\d+)\.(\d+)\.(.+)")


def describe(settings: UNetSettings) -> PartSpec:
    """Return what the network is made with."""
    if not settings.use_spatial_transformer:
        return PartSpec(type="cvlab-unet", config=_own(settings))
    levels = len(settings.channel_mult)
    looks = [2**level in settings.attention_resolutions for level in range(levels)]
    down = ["CrossAttnDownBlock2D" if look else "DownBlock2D" for look in looks]
    up = ["CrossAttnUpBlock2D" if look else "UpBlock2D" for look in reversed(looks)]
    channels = [settings.model_channels * factor for factor in settings.channel_mult]
    by_width = settings.num_head_channels > 0
    heads = [width // settings.num_head_channels for width in channels] if by_width else None
    config = {
        "sample_size": settings.image_size,
        "in_channels": settings.in_channels,
        "out_channels": settings.out_channels,
        "down_block_types": down,
        "up_block_types": up,
        "block_out_channels": channels,
        "layers_per_block": settings.num_res_blocks,
        "cross_attention_dim": settings.context_dim,
        "transformer_layers_per_block": settings.transformer_depth,
        # By this name diffusers takes the number of heads, whatever it says.
        "attention_head_dim": heads or settings.num_heads,
        "resnet_time_scale_shift": "scale_shift" if settings.use_scale_shift_norm else "default",
    }
    return PartSpec(type="UNet2DConditionModel", config=config)


def describe_classifier(settings: ClassifierSettings) -> PartSpec:
    """Return what the classifier is made with."""
    config = _shape(settings) | {"side": settings.image_size, "classes": settings.out_channels}
    return PartSpec(type="cvlab-classifier", config=config)


def empty(part: PartSpec) -> nn.Module:
    """Return the network without memory for its weights: names and shapes."""
    config: dict[str, Any] = dict(part.config)
    with torch.device("meta"):
        if part.type == "cvlab-unet":
            return UNet(**config)
        if part.type == "cvlab-classifier":
            return LatentClassifier(**config)
        from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

        made: nn.Module = UNet2DConditionModel(**config)
        return made


def renaming(part: PartSpec) -> Rule | None:
    """Return how the checkpoint's names become the network's; None when they are the same."""
    if part.type != "UNet2DConditionModel":
        return None
    layers: Any = part.config["layers_per_block"]
    return lambda name, tensor: (_diffusers(name, layers + 1), tensor)


def _shape(settings: UNetSettings | ClassifierSettings) -> dict[str, Any]:
    by_width = settings.num_head_channels > 0
    return {
        "in_channels": settings.in_channels,
        "width": settings.model_channels,
        "multipliers": settings.channel_mult,
        "depth": settings.num_res_blocks,
        "attention": settings.attention_resolutions,
        "heads": None if by_width else settings.num_heads,
        "head_width": settings.num_head_channels if by_width else None,
        "scale_shift": settings.use_scale_shift_norm,
        "residual_resampling": settings.resblock_updown,
    }


def _own(settings: UNetSettings) -> dict[str, Any]:
    return _shape(settings) | {"out_channels": settings.out_channels}


def _diffusers(name: str, stages: int) -> str:
    """Return diffusers' name; `stages` is the number of stages that make up a level."""
    for old, new in ENDS.items():
        if name.startswith(old):
            return new + _residual(name.removeprefix(old))
    found = NUMBERED.fullmatch(name)
    if found is None:
        return name
    way, stage, layer, rest = found[1], int(found[2]), found[3], found[4]
    if way == "input":
        stage -= 1
    place = f"{'down' if way == 'input' else 'up'}_blocks.{stage // stages}"
    if way == "input" and rest.startswith("op."):
        return f"{place}.downsamplers.0.conv.{rest.removeprefix('op.')}"
    if way == "output" and rest.startswith("conv."):
        return f"{place}.upsamplers.0.{rest}"
    kind = "resnets" if layer == "0" else "attentions"
    return f"{place}.{kind}.{stage % stages}.{_residual(rest)}"


def _residual(rest: str) -> str:
    for old, new in RESIDUAL.items():
        if rest.startswith(old):
            return new + rest.removeprefix(old)
    return rest
