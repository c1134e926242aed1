"""Encoders small enough for tests: real timm networks with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from ssldiff_gui.core.specs import EncoderSpec, Licence, PixelSize
from ssldiff_gui.models.encoder_networks import make_network
from ssldiff_gui.models.encoders import save_encoder

LICENCE = Licence(name="CC0-1.0", commercial=True)
MICROSCOPE = PixelSize(size=0.5, unit="µm")


def tiny_encoder_spec(
    name: str = "tiny", *, dim: int = 24, cell: int = 32, pixel: PixelSize | None = MICROSCOPE,
    **changes: Any,
) -> EncoderSpec:  # fmt: skip
    """Describe a vision transformer of two blocks that sees cells without a resize."""
    facts: dict[str, Any] = {
        "id": "",
        "name": name,
        "architecture": "vit_tiny_patch16_224",
        "arguments": {
            "img_size": cell, "patch_size": 8, "embed_dim": dim, "depth": 2, "num_heads": 3,
        },
        "dim": dim,
        "input": cell,
        "cell": cell,
        "pixel": pixel,
        "mean": (0.5, 0.5, 0.5),
        "std": (0.25, 0.25, 0.25),
    }  # fmt: skip
    return EncoderSpec(**(facts | changes))


def tiny_tensors(spec: EncoderSpec, seed: int = 0) -> dict[str, torch.Tensor]:
    """Return random weights, large enough that different cells differ."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = make_network(spec.architecture, spec.arguments)
        for value in network.parameters():
            if value.ndim > 1:
                value.normal_(std=0.15)
    return network.state_dict()


def tiny_encoder_folder(
    path: Path, seed: int = 0, dim: int = 24, cell: int = 32, **changes: Any
) -> EncoderSpec:
    """Write a model folder with a tiny encoder; return its specification, id included."""
    spec = tiny_encoder_spec(changes.pop("name", path.name), dim=dim, cell=cell, **changes)
    return save_encoder(path, spec, tiny_tensors(spec, seed), licence=LICENCE)
