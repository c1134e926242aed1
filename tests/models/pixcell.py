"""PixCell's diffusers folders as our model folders."""

from __future__ import annotations

import json

import pytest
from safetensors.torch import load_file

from ssldiff_gui.core.specs import GeneratorSpec, Licence, PartSpec, ScheduleSpec
from ssldiff_gui.models.generators import load_generator, save_generator

SIDES = {"256": 1, "1024": 4}
WINDOWS = {"256": 16, "1024": 32}
NULL, POSITIONS = "caption_projection.uncond_embedding", "y_pos_embed.y_pos_embed"


def config(folder):
    return json.loads((folder / "config.json").read_text("utf-8"))


def weights(folder):
    return load_file(folder / "diffusion_pytorch_model.safetensors")


def make(folder, parity, size, **changed):
    """Write a model folder from one of diffusers."""
    source = parity / "pixcell"
    if not source.is_dir():
        pytest.skip("PixCell's answers are not in the folder of the others")
    transformer, coder = source / f"pixcell-{size}" / "transformer", source / "pixcell-1024" / "vae"
    state, described = weights(transformer), config(transformer)
    count = SIDES[size] ** 2
    conditioner = {"nulls": state.pop(NULL)}
    if POSITIONS in state:
        conditioner["positions"] = state.pop(POSITIONS)[0]
    spec = GeneratorSpec(
        name="pixcell", title="PixCell", channels=16, factor=8, window=WINDOWS[size],
        cell=WINDOWS[size] // SIDES[size], encoder="uni2@000000000000",
        dim=described["caption_channels"], tokens=SIDES[size], channels_used=16,
        schedule=ScheduleSpec(kind="linear", start=1e-4, end=0.02),
        latent_scale=1.5305, latent_shift=0.0609,
        network=PartSpec(type="PixArtTransformer2DModel", config={**described, **changed}),
        autoencoder=PartSpec(type="AutoencoderKL", config=config(coder)),
        conditioner=PartSpec(type="embeddings", config={
            "dims": [described["caption_channels"]] * count, "linear": "none", "null": "stored",
            "positions": "positions" in conditioner,
        }),
    )  # fmt: skip
    licence = Licence(name="of the fixture")
    save_generator(folder, spec, state, weights(coder), conditioner, licence=licence)
    return load_generator(folder, "cpu", "float32")
