"""The autoencoders of latent diffusion in diffusers' terms."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ssldiff_cvlab.accounts import Rule
from ssldiff_cvlab.settings import FirstStageSettings, Target, parse
from ssldiff_gui.core.errors import UnsupportedFile
from ssldiff_gui.core.specs import PartSpec

KINDS = {"AutoencoderKL": "AutoencoderKL", "VQModelInterface": "VQModel", "VQModel": "VQModel"}
"""Class of the original → diffusers'."""

RULES = (
    (r"\.mid\.block_1\.", ".mid_block.resnets.0."),
    (r"\.mid\.block_2\.", ".mid_block.resnets.1."),
    (r"\.mid\.attn_1\.", ".mid_block.attentions.0."),
    (r"\.block\.(\d+)\.", r".resnets.\1."),
    (r"\.attn\.(\d+)\.", r".attentions.\1."),
    (r"\.(down|up)sample\.conv\.", r".\1samplers.0.conv."),
    (r"\.nin_shortcut\.", ".conv_shortcut."),
    (r"\.norm_out\.", ".conv_norm_out."),
    (r"(\.attentions\.\d+)\.norm\.", r"\1.group_norm."),
    (r"(\.attentions\.\d+)\.([qkv])\.", r"\1.to_\2."),
    (r"(\.attentions\.\d+)\.proj_out\.", r"\1.to_out.0."),
)
LEVEL = re.compile(r"\.(down|up)\.(\d+)\.")


def settings_of(target: Target, path: Path) -> FirstStageSettings:
    """Return the settings of an autoencoder that is known here."""
    where = "model.params.first_stage_config"
    if target.name not in KINDS:
        raise UnsupportedFile(
            path,
            f"{path.name} has an autoencoder of the class {target.name}, which nobody here knows.",
            f"Known are {', '.join(KINDS)}.",
        )
    settings = parse(FirstStageSettings, target.params, path, f"{where}.params")
    quantised = KINDS[target.name] == "VQModel"
    pictures = settings.ddconfig
    wrong = [
        (pictures.double_z == quantised, "double_z"),
        ((settings.n_embed is None) == quantised, "n_embed"),
        (not quantised and settings.embed_dim != pictures.z_channels, "embed_dim"),
    ]
    for is_wrong, entry in wrong:
        if is_wrong:
            raise UnsupportedFile(
                path,
                f"The configuration of {path.name} asks for what this converter does not know: "
                f"{where}: {entry} does not go with {target.name}.",
                "Check that it is the configuration that the checkpoint was trained with.",
            )
    return settings


def describe(target: Target, settings: FirstStageSettings) -> PartSpec:
    """Return what the autoencoder is made with."""
    pictures = settings.ddconfig
    levels = range(len(pictures.ch_mult))
    looks = [pictures.resolution >> level in pictures.attn_resolutions for level in levels]
    down = ["AttnDownEncoderBlock2D" if look else "DownEncoderBlock2D" for look in looks]
    up = ["AttnUpDecoderBlock2D" if look else "UpDecoderBlock2D" for look in reversed(looks)]
    config: dict[str, Any] = {
        "in_channels": pictures.in_channels,
        "out_channels": pictures.out_ch,
        "down_block_types": down,
        "up_block_types": up,
        "block_out_channels": [pictures.ch * factor for factor in pictures.ch_mult],
        "layers_per_block": pictures.num_res_blocks,
        "latent_channels": pictures.z_channels,
        "sample_size": pictures.resolution,
        # The generator scales by itself; diffusers would fill in Stable Diffusion's 0.18215.
        "scaling_factor": 1.0,
    }
    kind = KINDS[target.name]
    if kind == "VQModel":
        config |= {"num_vq_embeddings": settings.n_embed, "vq_embed_dim": settings.embed_dim}
    return PartSpec(type=kind, config=config)


def empty(part: PartSpec) -> nn.Module:
    """Return the autoencoder without memory for its weights: names and shapes."""
    config: dict[str, Any] = dict(part.config)
    with torch.device("meta"):
        if part.type == "VQModel":
            from diffusers.models.autoencoders.vq_model import VQModel

            quantised: nn.Module = VQModel(**config)
            return quantised
        from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

        made: nn.Module = AutoencoderKL(**config)
        return made


def renaming(part: PartSpec) -> Rule:
    """Return how the checkpoint's names and shapes become diffusers'."""
    channels: Any = part.config["block_out_channels"]
    return lambda name, tensor: _renamed(name, tensor, len(channels))


def _renamed(name: str, tensor: torch.Tensor, levels: int) -> tuple[str, torch.Tensor]:
    for old, new in RULES:
        name = re.sub(old, new, name)
    name = LEVEL.sub(lambda found: _level(found, levels), name)
    if ".attentions." in name and tensor.ndim == 4 and tensor.shape[2:] == (1, 1):
        tensor = tensor[:, :, 0, 0]  # there, attention projects by convolutions of one pixel
    return name, tensor


def _level(found: re.Match[str], levels: int) -> str:
    """Count the decoder's levels from the coarsest, as diffusers does."""
    way, level = found[1], int(found[2])
    return f".{way}_blocks.{level if way == 'down' else levels - 1 - level}."
