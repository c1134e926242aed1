"""Each kind of network gets what it is to be told, in its own words."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest
import torch
from torch import nn

from ssldiff_gui.core.errors import DamagedModel, MissingPart
from ssldiff_gui.core.protocols import Condition
from ssldiff_gui.core.specs import PartSpec
from ssldiff_gui.models.generators import plugins
from ssldiff_gui.models.generators.networks import build_network

UNET = {
    "sample_size": 8, "in_channels": 4, "out_channels": 4, "block_out_channels": [8, 8],
    "layers_per_block": 1, "norm_num_groups": 4, "attention_head_dim": 4,
}  # fmt: skip
CROSS = {
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
    "cross_attention_dim": 6,
}
PLAIN = {
    "down_block_types": ["DownBlock2D", "DownBlock2D"],
    "up_block_types": ["UpBlock2D", "UpBlock2D"],
}
PIXART = {
    "num_attention_heads": 2, "attention_head_dim": 8, "in_channels": 4, "out_channels": 8,
    "num_layers": 1, "cross_attention_dim": 16, "sample_size": 8, "caption_channels": 6,
}  # fmt: skip


@pytest.fixture
def x():
    return torch.randn(2, 4, 8, 8)


STEP = torch.tensor([10.0, 500.0])


def call(network, x, step=STEP, **condition):
    with torch.no_grad():
        return network(x, step, Condition(**condition))


def test_a_conditional_unet_attends_to_tokens(x):
    network = build_network(PartSpec(type="UNet2DConditionModel", config={**UNET, **CROSS}))
    tokens = torch.randn(2, 3, 6)
    found = call(network, x, tokens=tokens)
    with torch.no_grad():
        expected = network.module(x, STEP.long(), encoder_hidden_states=tokens).sample
    torch.testing.assert_close(found, expected)
    assert not torch.allclose(found, call(network, x, tokens=torch.randn(2, 3, 6)))


def test_vectors_go_to_the_time_embedding(x):
    config = {**UNET, **CROSS, "class_embed_type": "simple_projection",
              "projection_class_embeddings_input_dim": 5}  # fmt: skip
    network = build_network(PartSpec(type="UNet2DConditionModel", config=config))
    tokens, labels = torch.randn(2, 1, 6), torch.randn(2, 5)
    found = call(network, x, tokens=tokens, labels=labels)
    assert not torch.allclose(found, call(network, x, tokens=tokens, labels=-labels))


def test_class_numbers_go_to_the_networks_own_table(x):
    config = {**UNET, **PLAIN, "num_class_embeds": 3}
    network = build_network(PartSpec(type="UNet2DModel", config=config))
    found = call(network, x, labels=torch.tensor([[0], [2]]))
    with torch.no_grad():
        expected = network.module(x, STEP, class_labels=torch.tensor([0, 2])).sample
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("UNet2DModel", {**UNET, **PLAIN}),
        ("UNet2DConditionModel", {**UNET, **CROSS}),
        ("PixArtTransformer2DModel", PIXART),
    ],
)
def test_maps_lie_beside_the_latents(x, kind, config):
    network = build_network(PartSpec(type=kind, config={**config, "in_channels": 6}))
    maps = torch.randn(2, 2, 8, 8)
    tokens = torch.randn(2, 1, 6)
    found = call(network, x, maps=maps, tokens=tokens)
    assert not torch.allclose(found, call(network, x, maps=-maps, tokens=tokens))


def test_a_transformer_projects_its_captions_itself(x):
    network = build_network(PartSpec(type="PixArtTransformer2DModel", config=PIXART))
    tokens = torch.randn(2, 4, 6)
    found = call(network, x, tokens=tokens)
    assert found.shape == (2, 8, 8, 8)
    assert not torch.allclose(found, call(network, x, tokens=tokens.flip(1) * 2))
    with torch.no_grad():
        expected = network.module(
            x, encoder_hidden_states=tokens, timestep=STEP.long(), added_cond_kwargs={}
        ).sample
    torch.testing.assert_close(found, expected)


def test_the_scale_of_positions_is_part_of_the_description(x):
    """It leaves no trace among the weights, so that a wrong one would load in silence."""
    plain = build_network(PartSpec(type="PixArtTransformer2DModel", config=PIXART))
    scaled = build_network(
        PartSpec(type="PixArtTransformer2DModel", config={**PIXART, "interpolation_scale": 2})
    )
    scaled.module.load_state_dict(plain.module.state_dict())
    tokens = torch.randn(2, 1, 6)
    assert not torch.allclose(call(plain, x, tokens=tokens), call(scaled, x, tokens=tokens))


def test_words_of_diffusers_own_are_left_out():
    config = {**UNET, **PLAIN, "_class_name": "UNet2DModel", "_diffusers_version": "0.42.1"}
    assert build_network(PartSpec(type="UNet2DModel", config=config)).module is not None


def test_networks_are_ready_to_use_and_not_to_train():
    module = build_network(PartSpec(type="UNet2DModel", config={**UNET, **PLAIN})).module
    assert not module.training
    assert not any(part.requires_grad for part in module.parameters())


@pytest.mark.parametrize(
    "config",
    [
        {"colour": "red"},
        {"block_out_channels": [8]},
        {"norm_num_groups": 0},
        {"norm_num_groups": 3},
        {"in_channels": -1},
        {"in_channels": 2**62},
        {"layers_per_block": "many"},
        {"layers_per_block": 10**9},
        {"layers_per_block": [1, 10**9]},
    ],
    ids=str,
)
def test_a_description_that_does_not_fit_is_the_models(config):
    with pytest.raises(DamagedModel, match="UNet2DModel"):
        build_network(PartSpec(type="UNet2DModel", config={**UNET, **PLAIN, **config}))


class Brought(nn.Module):
    """A plugin's network, with the call that plugins have."""

    def __init__(self, gain):
        super().__init__()
        self.gain = gain

    def forward(self, x, t, tokens, labels):
        return x[:, :4] * self.gain + tokens.mean() + labels.sum() + t[:, None, None, None]


def test_a_plugin_brings_its_own_network(monkeypatch, x):
    entry = EntryPoint("cvlab-unet", f"{__name__}:Brought", plugins.NETWORKS)
    monkeypatch.setattr(EntryPoint, "load", lambda _entry: Brought)
    monkeypatch.setattr(plugins, "entry_points", lambda **_wanted: [entry])
    network = build_network(PartSpec(type="cvlab-unet", config={"gain": 2.0}))
    tokens, maps = torch.ones(2, 1, 6), torch.zeros(2, 1, 8, 8)
    found = call(network, x, tokens=tokens, labels=torch.zeros(2, 3), maps=maps)
    torch.testing.assert_close(found, 2 * x + 1 + STEP[:, None, None, None])


def test_a_missing_plugin_is_named():
    with pytest.raises(MissingPart, match="'zoomldm-unet'") as caught:
        build_network(PartSpec(type="zoomldm-unet"))
    assert "ssldiff-zoomldm" in caught.value.hint
    with pytest.raises(MissingPart) as caught:
        build_network(PartSpec(type="SomethingNew"))
    assert "card" in caught.value.hint


def test_a_broken_plugin_is_named(monkeypatch):
    entry = EntryPoint("cvlab-unet", "ssldiff_gui.nowhere:Network", plugins.NETWORKS)
    monkeypatch.setattr(plugins, "entry_points", lambda **_wanted: [entry])
    with pytest.raises(MissingPart, match="cannot give the part"):
        build_network(PartSpec(type="cvlab-unet"))
