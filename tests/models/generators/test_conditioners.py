"""What each kind of condition becomes, and the null of each published system."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from ssldiff_gui.core.errors import BadRequest, DamagedModel, IncompatibleGrid, MissingPart
from ssldiff_gui.core.protocols import Given
from ssldiff_gui.core.specs import GeneratorSpec, PartSpec
from ssldiff_gui.models.generators import plugins
from ssldiff_gui.models.generators.conditioners import build_conditioner

CPU = torch.device("cpu")
NOTHING = np.float32(np.nan)


def conditioner(kind, **config):
    """Return a conditioner with random weights."""
    spec = GeneratorSpec(
        name="t", title="T", channels=4, factor=8, window=8, cell=8,
        network=PartSpec(type="n"), autoencoder=PartSpec(type="a"),
        conditioner=PartSpec(type=kind, config=config),
    )  # fmt: skip
    made = build_conditioner(spec)
    for part in [*made.module.parameters(), *made.module.buffers()] if made.module else ():
        if part.is_floating_point():
            nn.init.normal_(part)
    return made


def vectors(*shape):
    return np.random.default_rng(0).standard_normal(shape, np.float32)


@pytest.mark.parametrize("normalise", [False, True])
def test_an_embedding_is_one_token(normalise):
    made = conditioner("embedding", dim=6, width=5, normalise=normalise)
    given = 3 * vectors(4, 1, 6)
    found = made.condition(Given(vectors=given), CPU)
    features = torch.from_numpy(given[:, 0])
    if normalise:
        features = features / features.norm(dim=1, keepdim=True)
    layer = made.module.linear
    torch.testing.assert_close(found.tokens[:, 0], features @ layer.weight.T + layer.bias)
    assert found.tokens.shape == (4, 1, 5)
    assert found.labels is None
    assert found.maps is None


def test_the_null_of_an_embedding_is_the_bias_of_its_layer():
    made = conditioner("embedding", dim=6, width=5, normalise=True)
    given = vectors(3, 1, 6)
    expected = made.module.linear.bias.expand(3, 1, 5)
    torch.testing.assert_close(made.null(Given(vectors=given), CPU).tokens, expected)
    given[1] = NOTHING
    found = made.condition(Given(vectors=given), CPU).tokens
    torch.testing.assert_close(found[1], expected[1])
    assert torch.isfinite(found).all()
    assert not torch.equal(found[0], expected[0])
    given[1] = 0  # a zero vector has no direction, and is as good as none
    torch.testing.assert_close(made.condition(Given(vectors=given), CPU).tokens, found)


def test_one_broken_value_is_not_mistaken_for_nothing():
    made = conditioner("embedding", dim=6, width=5)
    given = vectors(1, 1, 6)
    given[0, 0, 2] = NOTHING
    assert made.condition(Given(vectors=given), CPU).tokens.isnan().all()


def test_patch_and_region_have_layers_of_their_own():
    made = conditioner("embeddings", dims=[4, 6], width=5)
    patch, region = made.module.linears
    given = vectors(2, 2, 6)
    given[0, 1] = NOTHING
    found = made.condition(Given(vectors=given), CPU).tokens
    values = torch.from_numpy(given)
    torch.testing.assert_close(found[:, 0], patch(values[:, 0, :4]))
    torch.testing.assert_close(found[1, 1], region(values[1, 1]))
    torch.testing.assert_close(found[0, 1], region.bias)
    null = made.null(Given(vectors=given), CPU).tokens
    torch.testing.assert_close(null, torch.stack([patch.bias, region.bias]).expand(2, 2, 5))


def test_a_part_that_is_left_out_is_null():
    made = conditioner("embeddings", dims=[4, 6], width=5)
    given = vectors(2, 1, 4)
    found = made.condition(Given(vectors=given), CPU).tokens
    torch.testing.assert_close(found[:, 1], made.module.linears[1].bias.expand(2, 5))
    torch.testing.assert_close(found[:, 0], made.module.linears[0](torch.from_numpy(given[:, 0])))


def test_many_parts_may_share_a_layer():
    made = conditioner("embeddings", dims=[6] * 4, width=5, linear="shared", null="zeros")
    given = vectors(2, 4, 6)
    given[0, 3] = NOTHING
    found = made.condition(Given(vectors=given), CPU).tokens
    expected = made.module.linear(torch.from_numpy(given))
    torch.testing.assert_close(found[1], expected[1])
    torch.testing.assert_close(found[0, :3], expected[0, :3])
    assert (found[0, 3] == 0).all()
    assert (made.null(Given(vectors=given), CPU).tokens == 0).all()


@pytest.mark.parametrize("positions", [False, True])
def test_raw_embeddings_have_a_stored_null(positions):
    made = conditioner(
        "embeddings", dims=[6] * 16, linear="none", null="stored", positions=positions
    )
    given = vectors(2, 16, 6)
    given[0, 5] = NOTHING
    found = made.condition(Given(vectors=given), CPU).tokens
    added = made.module.positions if positions else torch.zeros(16, 6)
    expected = torch.from_numpy(given) + added
    expected[0, 5] = made.module.nulls[5] + added[5]
    torch.testing.assert_close(found, expected)
    null = made.null(Given(vectors=given), CPU).tokens
    torch.testing.assert_close(null, (made.module.nulls + added).expand(2, 16, 6))


def test_without_a_layer_there_is_no_bias_to_be_the_null():
    with pytest.raises(DamagedModel, match="no bias"):
        conditioner("embeddings", dims=[6], linear="none")


@pytest.mark.parametrize("shape", [(1, 1, 7), (1, 1, 5), (1, 3, 6)])
def test_embeddings_of_another_encoder_are_refused(shape):
    made = conditioner("embeddings", dims=[6, 6], width=5)
    with pytest.raises(IncompatibleGrid, match="not"):
        made.condition(Given(vectors=vectors(*shape)), CPU)


def test_an_embedding_can_go_to_the_time_embedding():
    made = conditioner("embedding", dim=6, width=5, place="labels")
    found = made.condition(Given(vectors=vectors(3, 1, 6)), CPU)
    assert found.tokens is None
    assert found.labels.shape == (3, 5)


def test_the_last_class_is_the_unconditional_one():
    made = conditioner("class", classes=5, width=3)
    given = Given(classes=np.array([0, 3, -1]))
    found = made.condition(given, CPU).tokens
    torch.testing.assert_close(found, made.module.embedding.weight[[0, 3, 4]][:, None])
    null = made.null(given, CPU).tokens
    torch.testing.assert_close(null, made.module.embedding.weight[4].expand(3, 1, 3))


def test_a_network_with_a_table_of_its_own_gets_the_number():
    made = conditioner("class", classes=5, form="number")
    given = Given(classes=np.array([0, 3, -1]))
    assert made.condition(given, CPU).labels.tolist() == [[0], [3], [4]]
    assert made.null(given, CPU).labels.tolist() == [[4], [4], [4]]
    assert made.null(given, CPU).labels.dtype == torch.int64


def test_one_hot_classes_have_zeros_as_their_null():
    made = conditioner("class", classes=3, form="one_hot")
    given = Given(classes=np.array([0, 2, -1]))
    assert made.condition(given, CPU).labels.tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]
    assert (made.null(given, CPU).labels == 0).all()


@pytest.mark.parametrize("config", [{"width": 3}, {"form": "number"}, {"form": "one_hot"}])
def test_a_class_that_is_none_is_refused(config):
    made = conditioner("class", classes=3, **config)
    with pytest.raises(BadRequest, match="no class 3"):
        made.condition(Given(classes=np.array([1, 3])), CPU)


def test_a_class_in_an_unknown_form_is_a_damaged_model():
    with pytest.raises(DamagedModel, match="one_hot"):
        conditioner("class", classes=3, form="colour")


TOWER = {
    "vocab_size": 20, "hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 2,
    "num_attention_heads": 2, "max_position_embeddings": 6, "eos_token_id": 19,
    "bos_token_id": 18, "pad_token_id": 19,
}  # fmt: skip


def test_a_text_is_read_by_its_tower_and_the_null_is_the_empty_one():
    empty = [18, 19, 19, 19, 19, 19]
    made = conditioner("text", config=TOWER, empty=empty)
    text = np.array([[18, 3, 4, 19, 19, 19], empty])
    found = made.condition(Given(text=text), CPU).tokens
    assert found.shape == (2, 6, 8)
    null = made.null(Given(text=text), CPU).tokens
    torch.testing.assert_close(null, found[1:].expand(2, 6, 8))
    assert not torch.allclose(found[0], found[1])


def test_the_keys_of_a_text_tower_are_the_same_in_all_versions_of_transformers():
    made = conditioner("text", config=TOWER, empty=[18, 19])
    assert "tower.embeddings.token_embedding.weight" in made.module.state_dict()
    assert "tower.final_layer_norm.bias" in made.module.state_dict()


def test_a_text_tower_takes_no_setting_that_could_bring_code():
    with pytest.raises(DamagedModel, match="attn_implementation"):
        conditioner("text", config={**TOWER, "attn_implementation": "some/kernel"}, empty=[18, 19])


@pytest.mark.parametrize("config", [{"place": "nowhere"}, {"maps": -1}, {"maps": "two"}])
def test_a_place_that_is_none_is_a_damaged_model(config):
    with pytest.raises(DamagedModel, match="conditioner of T"):
        conditioner("embedding", dim=6, width=5, **config)


def test_maps_are_handed_on_and_their_null_is_zero():
    made = conditioner("maps", channels=2)
    maps = vectors(3, 2, 8, 8)
    found = made.condition(Given(maps=maps), CPU)
    np.testing.assert_array_equal(found.maps.numpy(), maps)
    assert (found.tokens, found.labels) == (None, None)
    null = made.null(Given(maps=maps), CPU).maps
    assert null.shape == (3, 2, 8, 8)
    assert (null == 0).all()
    with pytest.raises(BadRequest, match="maps of the shape"):
        made.condition(Given(maps=vectors(3, 1, 8, 8)), CPU)


def test_tokens_and_maps_go_together():
    made = conditioner("embedding", dim=6, width=5, maps=2)
    given = Given(vectors=vectors(3, 1, 6), maps=vectors(3, 2, 8, 8))
    found = made.condition(given, CPU)
    assert found.tokens.shape == (3, 1, 5)
    np.testing.assert_array_equal(found.maps.numpy(), given.maps)
    without = made.condition(Given(vectors=given.vectors), CPU)
    assert without.maps.shape == (3, 2, 8, 8)
    assert (without.maps == 0).all()
    assert (made.null(given, CPU).maps == 0).all()


def test_a_model_without_a_condition_takes_nothing():
    made = conditioner("none")
    found = made.condition(Given(), CPU)
    assert (found.tokens, found.labels, found.maps) == (None, None, None)


@pytest.mark.parametrize(
    ("kind", "config", "word"),
    [
        ("embedding", {"dim": 6, "width": 5}, "embeddings"),
        ("class", {"classes": 5, "width": 3}, "classes"),
        ("text", {"config": TOWER, "empty": [18, 19]}, "a text"),
    ],
)
def test_a_missing_condition_is_named(kind, config, word):
    with pytest.raises(BadRequest, match=f"conditioned on {word}"):
        conditioner(kind, **config).condition(Given(), CPU)


def test_a_null_can_be_had_before_anything_is_given():
    made = conditioner("embedding", dim=6, width=5)
    assert made.null(Given(), CPU).tokens.shape == (1, 1, 5)


def test_a_null_made_in_inference_mode_can_be_differentiated_through_later():
    made = conditioner("embedding", dim=6, width=5)
    with torch.inference_mode():
        made.null(Given(), CPU)
    token = made.null(Given(), CPU).tokens
    x = torch.randn(1, 1, 5, requires_grad=True)
    (functional.softmax(x * token, dim=2) ** 2).sum().backward()
    assert x.grad is not None


class Plugin(nn.Module):
    """What a plugin brings: its own idea of tokens."""

    def __init__(self, width):
        super().__init__()
        self.width = width

    def forward(self, given):
        return given["vectors"].mean(dim=2, keepdim=True).expand(-1, -1, self.width)

    def null(self, batch):
        return torch.full((batch, 1, self.width), 7.0)


def test_a_plugin_brings_its_own_conditioner(monkeypatch):
    monkeypatch.setattr(plugins, "find_maker", lambda _group, _name: Plugin)
    made = conditioner("zoomldm-vit", width=3, place="tokens")
    given = Given(vectors=np.ones((2, 4, 6), np.float32))
    assert (made.condition(given, CPU).tokens == torch.ones(2, 4, 3)).all()
    assert (made.null(given, CPU).tokens == torch.full((2, 1, 3), 7.0)).all()


def test_a_plugin_that_is_not_there_is_named():
    with pytest.raises(MissingPart, match="cvlab-clip") as caught:
        conditioner("cvlab-clip")
    assert "ssldiff-cvlab" in caught.value.hint
