"""Models and pictures for measuring what training takes: all made here, with random weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

from ssldiff_gui.core.specs import AutoencoderSpec, Licence, ModelFile, PartSpec
from ssldiff_gui.models.folders import write_model
from ssldiff_gui.models.generators.autoencoders import build_autoencoder
from ssldiff_gui.models.generators.loading import AUTOENCODER
from ssldiff_gui.resources import resource_path
from ssldiff_gui.training.settings import Settings, settings_of

TEXTS = {
    "slide": "tissue stained with haematoxylin and eosin, nuclei in blue, matrix in pink",
    "scene": "land seen from above, fields, roads and the roofs of houses",
}
BUDGET = 77

SIZES: dict[str, dict[str, Any]] = {
    "small": {
        "side": 128, "coder": 32, "tower": {"hidden_size": 128, "layers": 4},
        "network": {"block_out_channels": [32, 64, 128], "layers_per_block": 1,
                    "attention_head_dim": 32},
    },
    "full": {
        "side": 256, "coder": 128, "tower": {"hidden_size": 512, "layers": 12},
        "network": {"block_out_channels": [192, 384, 576, 960], "layers_per_block": 2,
                    "attention_head_dim": 32},
    },
}  # fmt: skip
"""What two cores can train, and what is published: LDM-192, VQ-f4 and CLIP's text tower."""


def write_parts(folder: Path, size: str) -> None:
    """Write pictures, an autoencoder like VQ-f4, and a text tower with its tokenizer."""
    told = SIZES[size]
    _pictures(folder / "pictures", told["side"])
    _coder(folder / "coder", told["coder"])
    _tower(folder / "tower", told["tower"])


def settings(folder: Path, size: str, run: dict[str, Any]) -> Settings:
    """Describe a run; `run` says how its steps are taken."""
    told = SIZES[size]
    levels = len(told["network"]["block_out_channels"])
    network = told["network"] | {
        "down_block_types": ["DownBlock2D"] + ["CrossAttnDownBlock2D"] * (levels - 1),
        "up_block_types": ["CrossAttnUpBlock2D"] * (levels - 1) + ["UpBlock2D"],
    }
    window = told["side"] // 4
    model = {
        "condition": "text", "texts": TEXTS, "budget": BUDGET, "reader": str(folder / "tower"),
        "autoencoder": "coder", "window": window, "views": 1, "network": "UNet2DConditionModel",
        "arguments": network,
    }  # fmt: skip
    data = {
        "pixel": {"size": 0.5, "unit": "µm"}, "smallest": told["side"], "stain": 0, "flips": False,
        "sources": [{"path": "pictures", "pixel": 0.5, "share": 0.2}],
    }  # fmt: skip
    steps = {"show_every": 10**6, "save_every": 10**6, "warm_up": 10, "rate": 3e-4} | run
    return settings_of({
        "name": "measured", "kind": "diffusion", "data": data, "run": steps, "model": model,
    })  # fmt: skip


def _pictures(folder: Path, side: int) -> None:
    """Cut pictures out of the samples that the package carries."""
    random = np.random.default_rng(0)
    for label in TEXTS:
        with Image.open(resource_path("samples", f"sample-{label}.tif")) as opened:
            whole = np.asarray(opened.convert("RGB"))
        (folder / label).mkdir(parents=True, exist_ok=True)
        for k in range(48):
            top, left = (int(random.integers(n - side + 1)) for n in whole.shape[:2])
            part = whole[top : top + side, left : left + side]
            Image.fromarray(part).save(folder / label / f"{k:02}.png")


def _coder(folder: Path, width: int) -> None:
    torch.manual_seed(0)
    config: dict[str, Any] = {
        "block_out_channels": [width, 2 * width, 4 * width], "layers_per_block": 2,
        "latent_channels": 3, "num_vq_embeddings": 8192, "vq_embed_dim": 3,
        "down_block_types": ["DownEncoderBlock2D"] * 3, "up_block_types": ["UpDecoderBlock2D"] * 3,
    }  # fmt: skip
    part = PartSpec(type="VQModel", config=config, file=AUTOENCODER)
    made = build_autoencoder(part)
    with torch.no_grad():
        spread = float(made.encode(torch.rand(2, 3, 128, 128) * 2 - 1).std())
    spec = AutoencoderSpec(
        name="coder", title="Coder", channels=3, factor=4, latent_scale=1 / spread,
        autoencoder=part,
    )  # fmt: skip
    model = ModelFile(kind="autoencoder", autoencoder=spec, licence=Licence(name="CC0-1.0"))
    write_model(folder, model, "# Random\n", {AUTOENCODER: made.module.state_dict()})


def _tower(folder: Path, told: dict[str, int]) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    words = sorted({word for text in TEXTS.values() for word in text.replace(",", " ,").split()})
    known = {word: k for k, word in enumerate(["<pad>", "<start>", "<end>", "<?>", *words])}
    width = told["hidden_size"]
    config = CLIPTextConfig(
        vocab_size=49408, hidden_size=width, intermediate_size=4 * width,
        num_hidden_layers=told["layers"], num_attention_heads=width // 64,
        max_position_embeddings=BUDGET, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config.to_dict()), "utf-8")
    state = {k: v.contiguous().clone() for k, v in CLIPTextModel(config).state_dict().items()}
    named = {f"text_model.{k.removeprefix('text_model.')}": v for k, v in state.items()}
    save_file(named, folder / "model.safetensors")
    made = Tokenizer(models.WordLevel(known, unk_token="<?>"))  # noqa: S106 - a word
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single="<start> $A <end>", special_tokens=[("<start>", 1), ("<end>", 2)]
    )
    made.save(str(folder / "tokenizer.json"))
