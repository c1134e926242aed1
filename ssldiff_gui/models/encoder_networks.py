"""Networks of encoders: timm's, made from plain data that may come from anywhere.

timm's `create_model` can also download and unpickle when it is told to. What it is told here
comes from files, so that only names of architectures and of their sizes are let through.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue

from ssldiff_gui.core.errors import DamagedModel
from ssldiff_gui.models.weights import load_into

if TYPE_CHECKING:
    import torch

ARGUMENTS = frozenset(
    {
        "act_layer", "block_size", "class_token", "depth", "depths", "dims", "dynamic_img_pad",
        "dynamic_img_size", "embed_dim", "embed_layer", "global_pool", "head_dim", "img_size",
        "init_values", "layers", "ls_init_value", "mlp_layer", "mlp_ratio", "no_embed_class",
        "norm_eps", "num_heads", "patch_size", "pos_embed", "pre_norm", "proj_bias", "qk_norm",
        "qkv_bias", "reg_tokens", "rope_type", "stem_type", "use_rot_pos_emb", "window_size",
    }
)  # fmt: skip
"""What a model's file may say about its network; `norm_eps` is our word for the layer norms'."""


def make_network(architecture: str, arguments: Mapping[str, JsonValue]) -> torch.nn.Module:
    """Make a network without weights and without a classifier.

    Parameters
    ----------
    architecture
        timm's name, without the part after the dot that names weights.
    arguments
        Some of `ARGUMENTS`; layers by the names in `_layers`.

    Raises
    ------
    DamagedModel
        There is no such architecture, or it does not take these arguments.
    """
    import timm

    unknown = sorted(set(arguments) - ARGUMENTS)
    if not re.fullmatch(r"[a-z0-9_]+", architecture) or not timm.is_model(architecture):
        raise _unclear(f"timm has no architecture {architecture!r}")
    if unknown:
        raise _unclear(f"{', '.join(unknown)} cannot be set from a file")
    try:
        made = timm.create_model(
            architecture, pretrained=False, num_classes=0, **_resolved(arguments)
        )
    except (TypeError, ValueError, AssertionError, RuntimeError, KeyError) as error:
        raise _unclear(f"{architecture} does not take its arguments ({error})") from error
    network: torch.nn.Module = made.eval().requires_grad_(requires_grad=False)
    return network


def check_network(architecture: str, arguments: Mapping[str, JsonValue]) -> None:
    """Raise unless `make_network` can make it; no memory is taken for its weights."""
    import torch

    with torch.device("meta"):
        make_network(architecture, arguments)


def filled_network(
    architecture: str, arguments: Mapping[str, JsonValue], tensors: Mapping[str, torch.Tensor]
) -> torch.nn.Module:
    """Make a network and fill it with weights.

    Parameters
    ----------
    architecture, arguments
        As for `make_network`.
    tensors
        Weights by name; each must have its place.
    """
    import torch

    with torch.device("meta"):  # sizes are compared before any memory is taken for them
        network = make_network(architecture, arguments)
    computed = {name for name, _ in network.named_buffers()} - set(network.state_dict())
    load_into(network, tensors, assign=True)
    if not computed:
        return network
    network = make_network(architecture, arguments)  # tables that are computed, not stored
    load_into(network, tensors)
    return network


def tokens_of(network: torch.nn.Module, pictures: torch.Tensor, pool: str) -> torch.Tensor:
    """Return (n, dim): what a network says of pictures.

    Parameters
    ----------
    network
        Of `make_network`.
    pictures
        (n, 3, side, side), normalised.
    pool
        As `EncoderSpec.pool` says.
    """
    import torch

    net: Any = network
    if pool == "network":
        found: torch.Tensor = net(pictures)
        return found
    tokens: torch.Tensor = net.forward_features(pictures)
    first = tokens[:, 0]
    if pool == "cls":
        return first
    return torch.cat([first, tokens[:, net.num_prefix_tokens :].mean(dim=1)], dim=-1)


def _resolved(arguments: Mapping[str, JsonValue]) -> dict[str, Any]:
    """Put classes in the place of their names."""
    made: dict[str, Any] = dict(arguments)
    layers = _layers()
    for key in ("act_layer", "mlp_layer", "embed_layer"):
        if key in made:
            if made[key] not in layers:
                raise _unclear(f"there is no layer {made[key]!r} here")
            made[key] = layers[made[key]]
    if "norm_eps" in made:
        made["norm_layer"] = partial(layers["LayerNorm"], eps=float(made.pop("norm_eps")))
    return made


def _layers() -> dict[object, Any]:
    import timm.layers
    import torch

    from ssldiff_gui.models.convolutional_stem import ConvolutionalStem

    timms: Any = timm.layers
    return {
        "LayerNorm": timms.LayerNorm,
        "GELU": torch.nn.GELU,
        "SiLU": torch.nn.SiLU,
        "Mlp": timms.Mlp,
        "GluMlp": timms.GluMlp,
        "SwiGLU": timms.SwiGLU,
        "SwiGLUPacked": timms.SwiGLUPacked,
        "ConvolutionalStem": ConvolutionalStem,
    }


def _unclear(reason: str) -> DamagedModel:
    return DamagedModel(
        f"The network of this encoder cannot be made: {reason}.",
        "Check the architecture in its model.json, or update timm.",
    )
