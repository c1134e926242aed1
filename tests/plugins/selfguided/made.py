"""Checkpoints in the layout of self-guided diffusion, made here: small, random, all their names."""

from __future__ import annotations

from pathlib import Path

import torch
import yaml
from ssldiff_selfguided.attending import AttendingUNet
from ssldiff_selfguided.joined import JoinedUNet

SIDE = 8
CLUSTERS, MAPS, CONTEXT = 6, {"cluster": 0, "clusterlayout": 1, "stegoclusterlayout": 6}, 8
NETWORK = {
    "image_size": SIDE,
    "in_channels": 3,
    "out_channels": 3,
    "model_channels": 32,
    "attention_resolutions": [2],
    "num_res_blocks": 1,
    "channel_mult": [1, 2],
    "num_heads": 4,
    "use_scale_shift_norm": True,
    "cond_dim": CLUSTERS,
    "dropout": 0.1,
}
ATTENDING = {
    "use_ca_block": True,
    "transformer_depth": 1,
    "legacy": False,
    "cond_token_num": 1,
    "context_dim": CONTEXT,
    "use_cls_token_as_pooled": True,
}


def config_of(condition="cluster", *, attending=False, ema=True, network=None, **model):
    """Return a configuration in the original's words.

    Parameters
    ----------
    condition
        Its `condition_method`.
    attending
        Which of its two networks it is.
    ema
        Whether averaged weights are kept.
    network, model
        Entries of the network, and of the diffusion, that are different.
    """
    own = ATTENDING if attending else {"resblock_updown": True}
    params = {
        **NETWORK,
        **own,
        "condition_method": condition,
        "condition": {
            "scale_type": "imagen",
            "clusterlayout": {"how": "lost", "layout_dim": 1},
            "stegoclusterlayout": {"how": "stego", "layout_dim": 6},
        },
        **(network or {}),
    }
    module = "openaimodel_ca" if attending else "openaimodel"
    settings = {"beta_schedule": "linear", "linear_start": 1e-4, "linear_end": 0.02,
                "num_timesteps": 1000, "parameterization": "eps", "device": "cuda"}  # fmt: skip
    return {
        "dynamic": {"target": f"dynamic.diffusionmodules.{module}.UNetModel", "params": params},
        "model": {"target": "diffusion.ddpm.LatentDiffusion", "params": {**settings, **model}},
        "sg": {"use_ema": ema, "cond_scale": 2.0, "cond_drop_prob": 0.1},
    }


def module_of(config):
    """Return the network of a configuration, with random weights."""
    params = config["dynamic"]["params"]
    torch.manual_seed(0)
    shape = {
        "in_channels": 3 + MAPS[params["condition_method"]],
        "out_channels": 3,
        "width": params["model_channels"],
        "multipliers": params["channel_mult"],
        "depth": params["num_res_blocks"],
        "attention": params["attention_resolutions"],
        "heads": params["num_heads"],
        "scale_shift": params["use_scale_shift_norm"],
        "residual_resampling": params.get("resblock_updown", False),
        "classes": params["cond_dim"],
    }
    if not params.get("use_ca_block"):
        return JoinedUNet(told=20, **shape).eval()
    return AttendingUNet(
        context=CONTEXT, time_tokens=2, label_tokens=3, time_hidden=12, label_hidden=16, **shape
    ).eval()


def state_of(config, *, raw=0.5):
    """Return the tensors of a checkpoint, whose raw weights are `raw` beside the averaged ones."""
    params = config["dynamic"]["params"]
    weights = module_of(config).state_dict()
    state = {"model.null_cond_emb": torch.zeros(1, params["cond_dim"])}
    if MAPS[params["condition_method"]]:
        state["model.null_layout_emb"] = torch.zeros(1, 1, SIDE, SIDE)
    if params.get("use_ca_block"):
        state["model.to_cond_tokens_2d.0.weight"] = torch.randn(9, 6)
    averaged = config["sg"]["use_ema"]
    for name, value in weights.items():
        trained = averaged and not name.endswith(".beta")
        state[f"model.{name}"] = value + raw if trained else value
        if trained:
            state[f"model_ema.{name.replace('.', '')}"] = value
    if averaged:
        state |= {"model_ema.decay": torch.tensor(0.9), "model_ema.num_updates": torch.tensor(3)}
    return state | schedule_of(config["model"]["params"])


def schedule_of(settings):
    """Return the buffers of the noise schedule."""
    start, end = settings["linear_start"] ** 0.5, settings["linear_end"] ** 0.5
    betas = torch.linspace(start, end, settings["num_timesteps"], dtype=torch.float64) ** 2
    kept = torch.cumprod(1 - betas, 0)
    found = {"betas": betas, "alphas_cumprod": kept, "snr_derivative": kept, "SNR": kept}
    return {f"diffusion.sampler.{name}": value.float() for name, value in found.items()}


def write(folder: Path, config, state, name="model"):
    """Write a checkpoint as Lightning does, and its configuration; return both paths."""
    checkpoint, settings = folder / f"{name}.ckpt", folder / f"{name}.yaml"
    torch.save({"epoch": 3, "global_step": 7, "state_dict": state}, checkpoint)
    settings.write_text(yaml.safe_dump(config), "utf-8")
    return checkpoint, settings
