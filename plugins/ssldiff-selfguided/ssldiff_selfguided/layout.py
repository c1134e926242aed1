"""What a network is made with: most of it from the configuration, some sizes from its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from ssldiff_cvlab.accounts import Account
from ssldiff_cvlab.reading import State
from torch import nn

from ssldiff_gui.core.errors import UnsupportedFile
from ssldiff_gui.core.specs import PartSpec
from ssldiff_selfguided.attending import AttendingUNet
from ssldiff_selfguided.joined import JoinedUNet
from ssldiff_selfguided.settings import NetworkSettings

JOINED, ATTENDING = "selfguided-unet", "selfguided-unet-ca"


def describe(settings: NetworkSettings, state: State, account: Account) -> PartSpec:
    """Return what a network is made with.

    Parameters
    ----------
    settings
        What the configuration says.
    state
        The network's weights by the checkpoint's names; widths that the configuration leaves
        open are theirs.
    account
        For the message when one of those is missing.
    """
    by_width = settings.num_head_channels > 0
    config: dict[str, Any] = {
        "classes": settings.cond_dim,
        "in_channels": settings.in_channels + settings.maps,
        "out_channels": settings.out_channels,
        "width": settings.model_channels,
        "multipliers": settings.channel_mult,
        "depth": settings.num_res_blocks,
        "attention": settings.attention_resolutions,
        "heads": None if by_width else settings.num_heads,
        "head_width": settings.num_head_channels if by_width else None,
        "scale_shift": settings.use_scale_shift_norm,
        "residual_resampling": settings.resblock_updown,
    }
    context = settings.context_dim
    if not settings.use_ca_block or context is None:
        config["told"] = _rows("mlp_cond.0.weight", state, account)
        return PartSpec(type=JOINED, config=config)
    config |= {
        "context": context,
        "time_tokens": _rows("to_time_tokens.2.weight", state, account) // context,
        "label_tokens": _rows("to_cond_tokens.0.weight", state, account) // context,
        "time_hidden": _rows("to_time_tokens.0.weight", state, account),
        "label_hidden": _rows("cond_mlp.0.weight", state, account),
    }
    return PartSpec(type=ATTENDING, config=config)


def empty(part: PartSpec, path: Path) -> nn.Module:
    """Return the network without memory for its weights: names and shapes.

    Raises
    ------
    UnsupportedFile
        There is no network of such sizes.
    """
    config: dict[str, Any] = dict(part.config)
    make = AttendingUNet if part.type == ATTENDING else JoinedUNet
    try:
        with torch.device("meta"):
            return make(**config)
    except (ValueError, RuntimeError, ArithmeticError) as error:
        raise UnsupportedFile(
            path,
            f"No network can be made as the configuration of {path.name} says: {error}.",
            "Check that it is the configuration that the checkpoint was trained with.",
        ) from error


def _rows(name: str, state: State, account: Account) -> int:
    if name not in state:
        raise account.problem("the network lacks", [name])
    return int(state[name].shape[0]) if state[name].ndim else 0
