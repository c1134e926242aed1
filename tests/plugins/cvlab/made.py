"""Checkpoints in the layout of latent diffusion, made here: small, random, with all their names."""

from __future__ import annotations

import copy
from pathlib import Path

import torch
import yaml
from ssldiff_cvlab.text_tower import TextTower
from ssldiff_cvlab.unet import UNet

UNET = {
    "image_size": 8,
    "in_channels": 3,
    "out_channels": 3,
    "model_channels": 32,
    "attention_resolutions": [2],
    "num_res_blocks": 1,
    "channel_mult": [1, 2],
}
TRANSFORMER = {
    "num_heads": 1,
    "use_spatial_transformer": True,
    "transformer_depth": 1,
    "context_dim": 16,
}
HISTO = {"num_heads": 8, "use_scale_shift_norm": True, "resblock_updown": True}
PICTURES = {
    "double_z": True,
    "z_channels": 3,
    "resolution": 16,
    "in_channels": 3,
    "out_ch": 3,
    "ch": 32,
    "ch_mult": [1, 2],
    "num_res_blocks": 1,
    "attn_resolutions": [],
    "dropout": 0.0,
}
CONDITIONS = {
    "PatchEmbedder": {
        "patch_ssl_key": "feat_patch",
        "patch_embed_dim": 6,
        "target_dim": 16,
        "normalize_ssl": True,
    },
    "SSLEmbedder": {
        "patch_ssl_key": "feat_20x",
        "region_ssl_key": "feat_5x",
        "patch_embed_dim": 6,
        "region_embed_dim": 10,
        "target_dim": 16,
        "normalize_ssl": True,
    },
    "ClassEmbedder": {"n_classes": 4, "embed_dim": 16, "key": "class_label"},
    "FrozenCLIPEmbedder": {"version": "vinid/plip", "max_length": 10},
}
TOWER = {"vocabulary": 30, "positions": 5, "width": 16, "layers": 2, "hidden": 24}


def config_of(condition="PatchEmbedder", *, quantised=False, pictures=None, unet=None, **params):
    """Return a configuration in the original's words.

    Parameters
    ----------
    condition
        Class of the conditioner; None for none.
    quantised
        Whether the autoencoder has a codebook.
    pictures, unet
        Entries of the autoencoder's `ddconfig` and of the network that are different.
    params
        Entries of the diffusion that are different.
    """
    kind = "VQModelInterface" if quantised else "AutoencoderKL"
    first = {"embed_dim": 3, "ddconfig": {**PICTURES, "double_z": not quantised}}
    first["ddconfig"].update(pictures or {})
    first |= {"n_embed": 20} if quantised else {}
    stage = "__is_unconditional__"
    if condition is not None:
        params_of = copy.deepcopy(CONDITIONS[condition])
        stage = {"target": f"ldm.modules.encoders.modules.{condition}", "params": params_of}
    network = {**UNET, **(HISTO if condition is None else TRANSFORMER), **(unet or {})}
    settings = {
        "linear_start": 0.0015,
        "linear_end": 0.0195,
        "timesteps": 1000,
        "image_size": 8,
        "channels": 3,
        "use_ema": condition is None,
        "scale_by_std": condition is None,
        "monitor": "val/loss",
        "unet_config": {"target": "ldm.openaimodel.UNetModel", "params": network},
        "first_stage_config": {"target": f"ldm.models.autoencoder.{kind}", "params": first},
        "cond_stage_config": stage,
    }
    return {"model": {"target": "ldm.LatentDiffusion", "params": settings | params}}


def state_of(config):
    """Return the tensors of a checkpoint with that configuration."""
    torch.manual_seed(0)
    settings = config["model"]["params"]
    state = schedule_of(settings)
    network = network_of(settings["unet_config"]["params"])
    state |= {f"model.diffusion_model.{name}": value for name, value in network.items()}
    if settings["use_ema"]:
        state |= {"model_ema.decay": torch.tensor(0.9), "model_ema.num_updates": torch.tensor(3)}
        for name, value in network.items():
            state[f"model_ema.diffusion_model{name.replace('.', '')}"] = value + 1
    if settings["scale_by_std"]:
        state["scale_factor"] = torch.tensor(0.5)
    first = settings["first_stage_config"]["params"]
    state |= {f"first_stage_model.{name}": value for name, value in autoencoder_of(first).items()}
    stage = settings["cond_stage_config"]
    if isinstance(stage, dict):
        found = condition_of(stage["target"].rpartition(".")[2], stage["params"])
        state |= {f"cond_stage_model.{name}": value for name, value in found.items()}
    return state


def write(folder: Path, config, state, name="model"):
    """Write a checkpoint as Lightning does, and its configuration; return both paths."""
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint, settings = folder / f"{name}.ckpt", folder / f"{name}.yaml"
    whole = {"epoch": 3, "global_step": 7, "state_dict": state, "optimizer_states": []}
    torch.save(whole, checkpoint)
    settings.write_text(yaml.safe_dump(config), "utf-8")
    return checkpoint, settings


def schedule_of(settings):
    """Return the buffers of the noise schedule."""
    start, end = settings["linear_start"] ** 0.5, settings["linear_end"] ** 0.5
    betas = torch.linspace(start, end, settings["timesteps"], dtype=torch.float64) ** 2
    kept = torch.cumprod(1 - betas, 0)
    return {"betas": betas.float(), "alphas_cumprod": kept.float(), "logvar": kept.float()}


def network_of(settings):
    """Return the tensors of a U-Net; attention is replaced by transformers where they are."""
    module = UNet(
        in_channels=settings["in_channels"],
        out_channels=settings["out_channels"],
        width=settings["model_channels"],
        multipliers=settings["channel_mult"],
        depth=settings["num_res_blocks"],
        attention=settings["attention_resolutions"],
        heads=settings.get("num_heads", 1),
        scale_shift=settings.get("use_scale_shift_norm", False),
        residual_resampling=settings.get("resblock_updown", False),
    )
    state = dict(module.state_dict())
    if settings.get("use_spatial_transformer"):
        for name in [name for name in state if name.endswith("qkv.weight")]:
            place, channels = name.removesuffix("qkv.weight"), state[name].shape[1]
            for old in ("norm", "qkv", "proj_out"):
                del state[f"{place}{old}.weight"], state[f"{place}{old}.bias"]
            state |= transformer(place, channels, settings)
    return state


def transformer(place, channels, settings):
    """Return the tensors of a spatial transformer."""
    made = {}
    wide = settings["context_dim"]
    for name in ("proj_in", "proj_out"):
        made |= layer(f"{place}{name}", channels, channels, 1, 1)
    made |= norm(f"{place}norm", channels)
    for depth in range(settings["transformer_depth"]):
        block = f"{place}transformer_blocks.{depth}."
        for attention, width in (("attn1", channels), ("attn2", wide)):
            for part in ("to_q", "to_k", "to_v"):
                seen = channels if part == "to_q" else width
                made[f"{block}{attention}.{part}.weight"] = torch.randn(channels, seen)
            made |= layer(f"{block}{attention}.to_out.0", channels, channels)
        made |= layer(f"{block}ff.net.0.proj", 8 * channels, channels)
        made |= layer(f"{block}ff.net.2", channels, 4 * channels)
        for number in (1, 2, 3):
            made |= norm(f"{block}norm{number}", channels)
    return made


def autoencoder_of(settings):
    """Return the tensors of an autoencoder."""
    first, embed = settings["ddconfig"], settings["embed_dim"]
    deep, both = first["z_channels"], 2 if first["double_z"] else 1
    made = half("encoder", first, first["in_channels"], both * deep)
    made |= half("decoder", first, deep, first["out_ch"])
    made |= layer("quant_conv", both * embed, both * deep, 1, 1)
    made |= layer("post_quant_conv", deep, embed, 1, 1)
    if "n_embed" in settings:
        made["quantize.embedding.weight"] = torch.randn(settings["n_embed"], embed)
    return made


def half(name, settings, come_in, go_out):
    """Return the tensors of an encoder, or of a decoder."""
    widths = [settings["ch"] * factor for factor in settings["ch_mult"]]
    down = name == "encoder"
    levels = list(range(len(widths))) if down else list(reversed(range(len(widths))))
    channels = settings["ch"] if down else widths[-1]
    made = layer(f"{name}.conv_in", channels, come_in, 3, 3)
    way = "down" if down else "up"
    for level in levels:
        for number in range(settings["num_res_blocks"] + (not down)):
            made |= residual(f"{name}.{way}.{level}.block.{number}", channels, widths[level])
            channels = widths[level]
            if settings["resolution"] >> level in settings["attn_resolutions"]:
                made |= attention(f"{name}.{way}.{level}.attn.{number}", channels)
        if level != levels[-1]:
            made |= layer(f"{name}.{way}.{level}.{way}sample.conv", channels, channels, 3, 3)
    middle = widths[-1]
    made |= residual(f"{name}.mid.block_1", middle, middle)
    made |= attention(f"{name}.mid.attn_1", middle)
    made |= residual(f"{name}.mid.block_2", middle, middle)
    made |= norm(f"{name}.norm_out", channels)
    return made | layer(f"{name}.conv_out", go_out, channels, 3, 3)


def residual(name, come_in, go_out):
    """Return the tensors of a residual block."""
    made = norm(f"{name}.norm1", come_in) | layer(f"{name}.conv1", go_out, come_in, 3, 3)
    made |= norm(f"{name}.norm2", go_out) | layer(f"{name}.conv2", go_out, go_out, 3, 3)
    if come_in != go_out:
        made |= layer(f"{name}.nin_shortcut", go_out, come_in, 1, 1)
    return made


def attention(name, channels):
    """Return the tensors of an attention layer."""
    made = norm(f"{name}.norm", channels)
    for part in ("q", "k", "v", "proj_out"):
        made |= layer(f"{name}.{part}", channels, channels, 1, 1)
    return made


def condition_of(kind, settings):
    """Return the tensors of a conditioner."""
    if kind == "ClassEmbedder":
        return {"embedding.weight": torch.randn(settings["n_classes"], settings["embed_dim"])}
    if kind == "FrozenCLIPEmbedder":
        tower = TextTower(**TOWER, heads=8, length=10, start=28, end=29, padding=29)
        state = {f"transformer.text_model.{k}": v for k, v in tower.state_dict().items()}
        return state | {"transformer.text_model.embeddings.position_ids": torch.arange(5)[None]}
    made = layer("patch_fc", settings["target_dim"], settings["patch_embed_dim"])
    if "region_embed_dim" in settings:
        made |= layer("region_fc", settings["target_dim"], settings["region_embed_dim"])
    return made


def layer(name, out, *come_in):
    """Return the tensors of a layer with a bias."""
    return {f"{name}.weight": torch.randn(out, *come_in) / 9, f"{name}.bias": torch.randn(out) / 9}


def norm(name, channels):
    """Return the tensors of a norm."""
    return {f"{name}.weight": torch.randn(channels), f"{name}.bias": torch.randn(channels)}
