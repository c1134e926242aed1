"""Checkpoints of transformers, of DINO and of CTransPath, in timm's networks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
import transformers
from safetensors.torch import save_file

from ssldiff_gui.core.errors import DamagedModel
from ssldiff_gui.models.catalogue import catalogue
from ssldiff_gui.models.encoder_keys import for_network, from_transformers, without_wrappers
from ssldiff_gui.models.encoder_networks import make_network
from ssldiff_gui.models.encoders import load_encoder
from ssldiff_gui.models.weights import load_into

SIZES: dict[str, Any] = {
    "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "image_size": 32,
    "patch_size": 8,
}  # fmt: skip
MADE: dict[str, tuple[type[Any], Any]] = {
    "vit": (transformers.ViTModel,
            transformers.ViTConfig(**SIZES, intermediate_size=50, layer_norm_eps=1e-3)),
    "dinov2": (transformers.Dinov2Model, transformers.Dinov2Config(**SIZES, mlp_ratio=4)),
    "swiglu": (transformers.Dinov2Model,
               transformers.Dinov2Config(**SIZES, mlp_ratio=4, use_swiglu_ffn=True)),
}  # fmt: skip


@pytest.fixture(params=sorted(MADE))
def published(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Any, Path]:
    """A network of transformers with random weights, and its folder as the hub has it."""
    kind, config = MADE[request.param]
    torch.manual_seed(1)
    network = kind(config).eval()
    for value in network.parameters():
        value.data.normal_(std=0.3)
    network.save_pretrained(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text(json.dumps({
        "image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.2, 0.2], "resample": 3,
        "size": {"shortest_edge": 32},
    }))  # fmt: skip
    return network, tmp_path


def test_a_network_of_transformers_gives_the_same_in_timm(published: tuple[Any, Path]) -> None:
    network, folder = published
    encoder = load_encoder(folder, "cpu")
    assert encoder.spec.mean == (0.5, 0.4, 0.3)
    assert encoder.spec.pool == "cls"
    cells = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    values = torch.from_numpy(cells).permute(0, 3, 1, 2) / 255
    values = (values - torch.tensor([0.5, 0.4, 0.3]).view(3, 1, 1)) / 0.2
    with torch.inference_mode():
        expected = network(pixel_values=values).last_hidden_state[:, 0].numpy()
    np.testing.assert_allclose(encoder.embed(cells), expected, rtol=1e-3, atol=1e-4)


def test_a_lost_part_of_an_attention_is_said(published: tuple[Any, Path]) -> None:
    from ssldiff_gui.models.weights import load_tensors

    tensors = load_tensors(published[1] / "model.safetensors")
    del tensors["encoder.layer.1.attention.attention.key.weight"]
    with pytest.raises(DamagedModel, match=r"blocks\.1\.attn\.qkv\.weight"):
        from_transformers(tensors)


def test_the_teachers_backbone_is_taken_from_a_training_checkpoint() -> None:
    network = make_network("vit_tiny_patch16_224", SMALL)
    state = network.state_dict()
    trained = {f"teacher.backbone.{name}": value for name, value in state.items()}
    trained |= {f"student.module.backbone.{name}": value * 2 for name, value in state.items()}
    trained |= {"teacher.head.mlp.0.weight": torch.ones(3, 3)}
    found = without_wrappers(trained)
    assert set(found) == set(state)
    assert all(torch.equal(found[name], value) for name, value in state.items())


SMALL: dict[str, Any] = {
    "img_size": 32, "patch_size": 8, "embed_dim": 24, "depth": 1, "num_heads": 3
}  # fmt: skip


def test_position_embeddings_are_resampled_and_the_classifier_dropped() -> None:
    large = timm.create_model("vit_tiny_patch16_224", num_classes=5, **SMALL | {"img_size": 64})
    network = make_network("vit_tiny_patch16_224", SMALL)
    found = for_network(large.state_dict(), "vit_tiny_patch16_224", network)
    assert found["pos_embed"].shape == (1, 17, 24)
    load_into(network, found)


def test_ctranspath_in_its_original_layout_is_taken() -> None:
    entry = catalogue()["ctranspath"].encoder
    assert entry is not None
    network = make_network(entry.architecture, entry.arguments)
    # timm 0.5.4, which CTransPath was made with, kept a downsample with the stage before it, and
    # stored what later versions compute.
    state = network.state_dict()
    old = {}
    for name, value in state.items():
        stage = name.split(".")[1] if name.startswith("layers.") else "0"
        later, earlier = f"layers.{stage}.downsample.", f"layers.{int(stage) - 1}.downsample."
        renamed = name.replace(later, earlier) if later in name else name
        old[renamed] = value
    old["layers.0.blocks.1.attn_mask"] = torch.zeros(64, 49, 49)
    old["layers.0.blocks.0.attn.relative_position_index"] = torch.zeros(49, 49)
    old["head.weight"] = torch.zeros(3, 768)
    found = for_network(old, entry.architecture, network)
    assert {name: value.shape for name, value in found.items()} == {
        name: value.shape for name, value in state.items()
    }
    assert network(torch.zeros(1, 3, 224, 224)).shape == (1, 768)


def test_what_is_left_over_is_not_hidden(tmp_path: Path) -> None:
    network = make_network("vit_tiny_patch16_224", SMALL)
    save_file(network.state_dict() | {"adapter.weight": torch.ones(2)},
              tmp_path / "model.safetensors")  # fmt: skip
    config = {"architecture": "vit_tiny_patch16_224", "model_args": SMALL}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(DamagedModel, match=r"left over: adapter\.weight"):
        load_encoder(tmp_path, "cpu")
