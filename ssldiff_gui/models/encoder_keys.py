"""Names of weights: from those that checkpoints carry to those of timm's networks.

Tensors go in and out; which file they came from is no matter of this module. What has no place
in an encoder (classifiers, pooling heads, masks of masked training) is dropped by name; all else
is kept, so that a strict load afterwards finds what does not fit.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ssldiff_gui.core.errors import DamagedModel

if TYPE_CHECKING:
    import torch

    Tensors = dict[str, torch.Tensor]

WRAPPERS = ("module.", "backbone.", "teacher.", "model.", "vit.", "dinov2.", "encoder_q.")
"""What training code puts before every name."""

_VIT = (
    ("embeddings.cls_token", "cls_token"),
    ("embeddings.register_tokens", "reg_token"),
    ("embeddings.position_embeddings", "pos_embed"),
    ("embeddings.patch_embeddings.projection.", "patch_embed.proj."),
    ("encoder.layer.", "blocks."),
    (".attention.output.dense.", ".attn.proj."),
    (".layernorm_before.", ".norm1."),
    (".layernorm_after.", ".norm2."),
    (".intermediate.dense.", ".mlp.fc1."),
    (".output.dense.", ".mlp.fc2."),
    (".layer_scale1.lambda1", ".ls1.gamma"),
    (".layer_scale2.lambda1", ".ls2.gamma"),
    (".mlp.weights_in.", ".mlp.fc1."),
    (".mlp.weights_out.", ".mlp.fc2."),
)
_PARTS = ("query", "key", "value")


def without_wrappers(tensors: Mapping[str, torch.Tensor]) -> Tensors:
    """Take off the words that all names begin with; of a teacher, only its backbone is kept."""
    found = dict(tensors)
    for part in ("teacher.", "backbone."):
        kept = {name: value for name, value in found.items() if f".{part}" in f".{name}"}
        found = kept or found
    while True:
        for word in WRAPPERS:
            if found and all(name.startswith(word) for name in found):
                found = {name.removeprefix(word): value for name, value in found.items()}
                break
        else:
            return found


def from_transformers(tensors: Mapping[str, torch.Tensor]) -> Tensors:
    """Turn a ViT or DINOv2 as transformers stores it into timm's vision transformer.

    Query, key and value become one matrix; the pooling head and the mask token are dropped.
    """
    import torch

    found: Tensors = {}
    apart: dict[str, Tensors] = {}
    for name, value in without_wrappers(tensors).items():
        if name.startswith(("pooler.", "classifier.")) or name == "embeddings.mask_token":
            continue
        match = re.fullmatch(
            r"encoder\.layer\.(\d+)\.attention\.attention\.(query|key|value)\.(weight|bias)", name
        )
        if match:
            block, part, kind = match.groups()
            apart.setdefault(f"blocks.{block}.attn.qkv.{kind}", {})[part] = value
        else:
            found[_renamed(name)] = value
    for name, parts in apart.items():
        if set(parts) != set(_PARTS):
            raise DamagedModel(
                f"The weights lack a part of {name}: only {', '.join(sorted(parts))} are there.",
                "Get the model again.",
            )
        found[name] = torch.cat([parts[part] for part in _PARTS])
    return found


def for_network(
    tensors: Mapping[str, torch.Tensor], architecture: str, network: torch.nn.Module
) -> Tensors:
    """Fit a checkpoint in timm's or its original layout to one network.

    timm's own conversion for the architecture is applied: it also resamples position embeddings
    to the network's input size. Then the classifier goes.

    Parameters
    ----------
    tensors
        By name.
    architecture
        timm's name, which says what the classifier is called.
    network
        That the tensors are for, without a classifier.
    """
    from timm.models import get_pretrained_cfg

    found = without_wrappers(tensors)
    module: Any = sys.modules[type(network).__module__]
    convert = getattr(module, "checkpoint_filter_fn", None)
    if convert is not None:
        try:
            found = dict(convert(found, network))
        except (KeyError, AttributeError, RuntimeError, ValueError, TypeError) as error:
            raise DamagedModel(
                f"The weights are not those of {architecture} ({error}).",
                "Check that the weights belong to this architecture.",
            ) from error
    config = get_pretrained_cfg(architecture, allow_unregistered=True)
    names = (config.classifier if config is not None else None) or "head"
    heads = (names,) if isinstance(names, str) else tuple(names)
    there = set(network.state_dict())
    dropped = tuple(f"{head}." for head in heads)
    return {n: v for n, v in found.items() if n in there or not n.startswith(dropped)}


def _renamed(name: str) -> str:
    if name.startswith("layernorm."):
        return name.replace("layernorm.", "norm.")
    for old, new in _VIT:
        name = name.replace(old, new)
    return name
