"""The parts of a generator, made from its description, before their weights are there."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from ssldiff_gui.core.errors import DamagedModel
from ssldiff_gui.core.specs import GeneratorSpec
from ssldiff_gui.models.generators.autoencoders import Autoencoder, build_autoencoder
from ssldiff_gui.models.generators.conditioners import Conditioner, build_conditioner
from ssldiff_gui.models.generators.networks import Network, build_network
from ssldiff_gui.models.generators.patches import PatchTransform
from ssldiff_gui.models.generators.pixels import Identity
from ssldiff_gui.models.generators.refined_patches import RefinedPatches


class Parts(NamedTuple):
    """A generator's three parts."""

    network: Network
    autoencoder: Autoencoder
    conditioner: Conditioner


def build_parts(spec: GeneratorSpec) -> Parts:
    """Make the parts of a generator, on the CPU; their weights are to be filled in.

    Raises
    ------
    MissingPart
        A part is a plugin's that is not installed.
    DamagedModel
        A description does not fit its type, or the parts do not fit each other.
    """
    with Unfilled():
        parts = Parts(
            build_network(spec.network),
            build_autoencoder(spec.autoencoder),
            build_conditioner(spec),
        )
    _check_network(spec, parts)
    _check_autoencoder(spec, parts.autoencoder.module)
    return parts


class Unfilled(TorchFunctionMode):
    """Networks made inside get no random weights: they are filled from a file at once."""

    _RANDOM = frozenset(
        [
            torch.Tensor.normal_,
            torch.Tensor.uniform_,
            nn.init.normal_,
            nn.init.uniform_,
            nn.init.trunc_normal_,
            nn.init.kaiming_normal_,
            nn.init.kaiming_uniform_,
            nn.init.xavier_normal_,
            nn.init.xavier_uniform_,
            nn.init.orthogonal_,
        ]
    )

    def __torch_function__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Leave a tensor as it is where it would be filled with random numbers."""
        if func in self._RANDOM:
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))


def _check_network(spec: GeneratorSpec, parts: Parts) -> None:
    """Compare the channels of a network, as far as it tells them, with those of the latents."""
    config = getattr(parts.network.module, "config", None)
    wanted = spec.channels + parts.conditioner.maps
    if (found := getattr(config, "in_channels", wanted)) != wanted:
        raise _misfit(spec, f"the network takes {found} channels, and is given {wanted}")
    made = getattr(config, "out_channels", None) or spec.channels_used or spec.channels
    if (used := spec.channels_used or made) != spec.channels or used > made:
        raise _misfit(
            spec, f"of the network's {made} channels {used} are used for latents of {spec.channels}"
        )


def _check_autoencoder(spec: GeneratorSpec, module: Any) -> None:
    if isinstance(module, PatchTransform | RefinedPatches):
        channels, factor = len(module.basis), module.factor
    elif isinstance(module, Identity):
        channels, factor = module.channels, module.factor
    else:
        channels = module.config.latent_channels
        factor = 2 ** (len(module.config.block_out_channels) - 1)
    if (channels, factor) != (spec.channels, spec.factor):
        raise _misfit(
            spec,
            f"the autoencoder's latents have {channels} channels for {factor} pixels, "
            f"and not {spec.channels} channels for {spec.factor}",
        )


def _misfit(spec: GeneratorSpec, reason: str) -> DamagedModel:
    return DamagedModel(
        f"The parts of {spec.title} do not fit each other: {reason}.",
        "Get the model again, or convert it again with the settings it was trained with.",
    )
