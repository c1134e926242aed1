"""Starting from a network that is there, also when it shall be told something else.

What is new says nothing at first: the network then draws what it drew before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.specs import GeneratorSpec, PartSpec
from ssldiff_gui.models.generators.conditioners import Conditioner, build_conditioner
from ssldiff_gui.models.generators.latent import LatentDiffusion
from ssldiff_gui.models.generators.networks import Network, build_network

_TOLD = {
    "GridUNet": ("dim", "tokens", "cell", "maps"),
    "UNet2DModel": ("in_channels",),
    "UNet2DConditionModel": ("in_channels", "cross_attention_dim"),
}
"""What a network is made with that its condition decides."""

_HEARING = ("read.1.", "around.bias")
"""Layers of a GridUNet that hear tokens first."""

_INTO = ("into.weight", "conv_in.weight")
"""The layer that sees the maps."""


def started(
    begun: LatentDiffusion, spec: GeneratorSpec
) -> tuple[GeneratorSpec, Network, Conditioner]:
    """Return what a run goes on with.

    Parameters
    ----------
    begun
        What it starts from.
    spec
        What it is to become; its noise, its prediction and its network are then those of the
        start.

    Raises
    ------
    BadRequest
        The two draw different latents, or the network cannot be told something else.
    """
    old = begun.spec
    if old.channels != spec.channels:
        raise BadRequest(
            f"{old.title} draws latents of {old.channels} channels, and the autoencoder has "
            f"{spec.channels}.",
            "Name the autoencoder that it was trained with: model.autoencoder.",
        )
    same = _bare(old.conditioner) == _bare(spec.conditioner)
    made = spec.model_copy(
        update={"schedule": old.schedule, "prediction": old.prediction,
                "channels_used": old.channels_used,
                "network": old.network if same else _retold(old.network, spec)}
    )  # fmt: skip
    if same:
        return made, begun.network, begun.conditioner
    network, teller = build_network(made.network), build_conditioner(made)
    _carry(begun.network.module, network.module, made.channels)
    if teller.module is not None and begun.conditioner.module is not None:
        _carry_alike(begun.conditioner.module, teller.module)
    return made, network, teller


def _bare(part: PartSpec) -> PartSpec:
    return part.model_copy(update={"file": None})


def _retold(network: PartSpec, spec: GeneratorSpec) -> PartSpec:
    """Return the network of the start, made for another condition."""
    told = _TOLD.get(network.type)
    if told is None or spec.network.type != network.type:
        raise BadRequest(
            f"A {network.type} cannot be started from and told something else in a run of a "
            f"{spec.network.type}.",
            f"Set model.network to one of {', '.join(_TOLD)}, as the start has it; or keep the "
            "start's condition.",
        )
    config = {name: value for name, value in network.config.items() if name not in told}
    config |= {name: spec.network.config[name] for name in told if name in spec.network.config}
    return PartSpec(type=network.type, config=config)


def _carry(old: nn.Module, new: nn.Module, channels: int) -> None:
    """Copy what fits, let the layer that sees maps see the latents only, silence what is new."""
    before, after = old.state_dict(), new.state_dict()
    for name, value in after.items():
        known = before.get(name)
        if known is not None and known.shape == value.shape and name not in _INTO:
            value.copy_(known)
        elif name in _INTO and known is not None:
            value.zero_()
            for target, source in _segments(new, old, channels, value, known):
                value[:, target].copy_(known[:, source])
        elif name.startswith(_HEARING) or name.endswith("attn2.to_v.weight"):
            value.zero_()


def _segments(
    new: Any, old: Any, channels: int, value: torch.Tensor, known: torch.Tensor
) -> list[tuple[slice, slice]]:
    """Return which input channels of one layer are which of another: latents, maps, drawings."""
    counts = [getattr(one, "maps", weight.shape[1] - channels)
              for one, weight in ((new, value), (old, known))]  # fmt: skip
    found = [(slice(0, channels), slice(0, channels))]
    if counts[0] == counts[1]:
        inside = slice(channels, channels + counts[0])
        found.append((inside, inside))
    rest = [slice(channels + count, None) for count in counts]
    if value[:, rest[0]].shape == known[:, rest[1]].shape:
        found.append((rest[0], rest[1]))
    return found


def _carry_alike(old: nn.Module, new: nn.Module) -> None:
    before: Mapping[str, torch.Tensor] = old.state_dict()
    for name, value in new.state_dict().items():
        known = before.get(name)
        if known is not None and known.shape == value.shape:
            value.copy_(known)
