"""Encoders against timm's own networks with timm's own transforms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import save_file
from timm.data import create_transform, resolve_data_config

from ssldiff_gui.core.errors import BadNumbers, DamagedModel, OutOfMemory
from ssldiff_gui.models import encoders
from ssldiff_gui.models.encoder_networks import make_network
from ssldiff_gui.models.encoders import encoder_id, encoder_spec, load_encoder, save_encoder
from tests.models.tiny_encoders import (
    LICENCE,
    tiny_encoder_folder,
    tiny_encoder_spec,
    tiny_tensors,
)


def cells(count: int, side: int = 32, seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def test_a_folder_gives_the_same_vectors_as_the_network(tmp_path: Path) -> None:
    spec = tiny_encoder_folder(tmp_path / "a")
    encoder = load_encoder(tmp_path / "a", "cpu")
    network = make_network(spec.architecture, spec.arguments)
    network.load_state_dict(tiny_tensors(spec))
    given = cells(5)
    values = torch.from_numpy(given).permute(0, 3, 1, 2).float() / 255
    expected = network((values - 0.5) / 0.25)
    found = encoder.embed(given)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4, atol=1e-5)
    assert encoder.embed(given[:0]).shape == (0, spec.dim)
    assert np.ptp(found, axis=0).min() > 0.01  # different cells differ


@pytest.mark.parametrize(
    ("architecture", "arguments"),
    [
        ("vit_tiny_patch16_224",
         {"img_size": 32, "patch_size": 8, "depth": 1, "embed_dim": 24, "num_heads": 2}),
        ("convnext_atto", {"depths": [1, 1, 1, 1], "dims": [8, 8, 16, 16]}),
        ("resnet10t", {}),
    ],
)  # fmt: skip
def test_a_folder_of_timm_is_preprocessed_as_its_own_configuration_says(
    tmp_path: Path, architecture: str, arguments: dict[str, Any]
) -> None:
    torch.manual_seed(0)
    network = timm.create_model(architecture, num_classes=7, **arguments).eval()
    trained = {
        "input_size": [3, 32, 32], "crop_pct": 0.8, "interpolation": "bicubic",
        "mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6], "num_classes": 7,
    }  # fmt: skip
    config = {"architecture": architecture, "num_classes": 7, "model_args": arguments,
              "pretrained_cfg": trained}  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config), "utf-8")
    save_file(network.state_dict(), tmp_path / "model.safetensors")
    encoder = load_encoder(tmp_path, "cpu")
    network.reset_classifier(0)
    transform = create_transform(**resolve_data_config(trained), is_training=False)
    given = cells(3, 40)
    assert encoder.spec.cell == 40
    expected = network(torch.stack([transform(Image.fromarray(cell)) for cell in given]))
    found = encoder.embed(given)
    assert found.shape == (3, encoder.spec.dim)
    np.testing.assert_allclose(found, expected.detach().numpy(), rtol=0.02, atol=0.02)
    assert encoder_spec(tmp_path).dim == encoder.spec.dim
    assert encoder.spec.id.startswith(f"{tmp_path.name}@")


def test_vectors_are_pooled_as_the_card_says(tmp_path: Path) -> None:
    arguments = tiny_encoder_spec().arguments | {"reg_tokens": 2, "global_pool": ""}
    given = cells(2)
    found = {}
    for pool, dim in (("cls", 24), ("cls+mean", 48)):
        tiny_encoder_folder(tmp_path / pool, arguments=arguments, pool=pool, dim=dim)
        found[pool] = load_encoder(tmp_path / pool, "cpu").embed(given)
    spec = tiny_encoder_spec(arguments=arguments)
    network = make_network(spec.architecture, arguments)
    network.load_state_dict(tiny_tensors(spec))
    tokens = network((torch.from_numpy(given).permute(0, 3, 1, 2) / 255 - 0.5) / 0.25)
    assert tokens.shape[1] == 1 + 2 + 16
    np.testing.assert_allclose(found["cls"], tokens[:, 0].numpy(), rtol=1e-4, atol=1e-5)
    both = torch.cat([tokens[:, 0], tokens[:, 3:].mean(1)], 1).numpy()
    np.testing.assert_allclose(found["cls+mean"], both, rtol=1e-4, atol=1e-5)


def test_the_id_covers_weights_and_preprocessing_and_nothing_else() -> None:
    spec, tensors = tiny_encoder_spec(), tiny_tensors(tiny_encoder_spec())
    first = encoder_id(spec, tensors)
    assert first.startswith("tiny@")
    assert len(first) == len("tiny@") + 12
    assert encoder_id(tiny_encoder_spec(pixel=None), dict(reversed(tensors.items()))) == first
    assert encoder_id(tiny_encoder_spec("other"), tensors).split("@")[1] == first.split("@")[1]
    changed = {name: value.clone() for name, value in tensors.items()}
    changed["norm.bias"][0] += 1e-6
    others = {
        encoder_id(spec, changed),
        *(encoder_id(tiny_encoder_spec(**change), tensors) for change in (
            {"mean": (0.5, 0.5, 0.51)}, {"std": (0.5, 0.5, 0.5)}, {"crop": 0.9},
            {"interpolation": "bilinear"}, {"pool": "cls"}, {"cell": 33, "input": 32},
        )),
    }  # fmt: skip
    assert len(others) == 7
    assert first not in others


def test_weights_of_another_network_are_never_written(tmp_path: Path) -> None:
    spec = tiny_encoder_spec(dim=30)
    with pytest.raises(DamagedModel, match="of another shape"):
        save_encoder(tmp_path / "a", spec, tiny_tensors(tiny_encoder_spec()), licence=LICENCE)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("architecture", "arguments"),
    [
        ("hf-hub:someone/evil", {}),
        ("local-dir:/tmp/evil", {}),
        ("no_such_network", {}),
        ("vit_tiny_patch16_224", {"pretrained": True}),
        ("vit_tiny_patch16_224", {"checkpoint_path": "evil.pt"}),
        ("vit_tiny_patch16_224", {"pretrained_cfg": {"file": "evil.pt"}}),
        ("vit_tiny_patch16_224", {"pretrained_cfg_overlay": {"url": "http://evil"}}),
        ("vit_tiny_patch16_224", {"mlp_layer": "os.system"}),
        ("vit_tiny_patch16_224", {"depth": "many"}),
        ("resnet10t", {"reg_tokens": 3}),
    ],
)
def test_a_file_cannot_make_timm_load_or_run_anything(
    architecture: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(DamagedModel):
        make_network(architecture, arguments)


def test_absurd_sizes_are_refused_before_memory_is_taken(tmp_path: Path) -> None:
    spec = tiny_encoder_folder(tmp_path / "a")
    tensors = tiny_tensors(spec)
    arguments = spec.arguments | {"embed_dim": 3 * 10**6, "depth": 1}
    with pytest.raises(DamagedModel, match="of another shape"):
        encoders.filled_network(spec.architecture, arguments, tensors)


def test_too_little_memory_halves_the_batch_then_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_encoder_folder(tmp_path / "a")
    encoder = load_encoder(tmp_path / "a", "cpu")
    given = cells(7)
    expected = encoder.embed(given)
    original, seen, most = encoders.tokens_of, [], 2

    def small(network: Any, pictures: torch.Tensor, pool: str) -> torch.Tensor:
        if len(pictures) > most:
            raise torch.OutOfMemoryError("no memory")
        seen.append(len(pictures))
        return original(network, pictures, pool)

    monkeypatch.setattr(encoders, "tokens_of", small)
    np.testing.assert_allclose(encoder.embed(given), expected, rtol=1e-4, atol=1e-5)
    assert sum(seen) == 7
    most = 0
    with pytest.raises(OutOfMemory) as caught:
        encoder.embed(given)
    assert "--device cpu" in caught.value.hint


def test_the_cpus_own_words_for_no_memory_are_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_encoder_folder(tmp_path / "a")
    encoder = load_encoder(tmp_path / "a", "cpu")
    words = "DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"

    def full(*_: object) -> torch.Tensor:
        raise RuntimeError(words)

    monkeypatch.setattr(encoders, "tokens_of", full)
    with pytest.raises(OutOfMemory):
        encoder.embed(cells(3))
    words = "something else"
    with pytest.raises(RuntimeError, match="something else"):
        encoder.embed(cells(3))


@pytest.mark.parametrize("change", [{"input": 24, "cell": 24}, {"dim": 23}, {"pool": "cls+mean"}])
def test_a_specification_that_lies_is_one_error(tmp_path: Path, change: dict[str, Any]) -> None:
    spec = tiny_encoder_spec()
    tensors = tiny_tensors(spec)
    lying = spec.model_copy(update=change)
    save_encoder(tmp_path / "a", lying, tensors, licence=LICENCE)
    with pytest.raises(DamagedModel, match="not what its specification says"):
        load_encoder(tmp_path / "a", "cpu").embed(cells(2, lying.cell))


def test_nan_in_a_short_type_is_computed_again_in_float32(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_encoder_folder(tmp_path / "a")
    encoder = load_encoder(tmp_path / "a", "cpu", precision="bfloat16")
    original = encoders.tokens_of

    def fragile(network: Any, pictures: torch.Tensor, pool: str) -> torch.Tensor:
        found = original(network, pictures, pool)
        return found * float("nan") if torch.is_autocast_enabled("cpu") else found

    monkeypatch.setattr(encoders, "tokens_of", fragile)
    full = load_encoder(tmp_path / "a", "cpu", precision="float32").embed(cells(2))
    np.testing.assert_array_equal(encoder.embed(cells(2)), full)
    monkeypatch.setattr(encoders, "tokens_of", lambda n, p, k: original(n, p, k) * float("inf"))
    with pytest.raises(BadNumbers, match="a answered"):
        encoder.embed(cells(2))


def test_bfloat16_is_close_and_comes_out_as_float32(tmp_path: Path) -> None:
    tiny_encoder_folder(tmp_path / "a")
    exact = load_encoder(tmp_path / "a", "cpu").embed(cells(4))
    short = load_encoder(tmp_path / "a", "cpu", precision="bfloat16").embed(cells(4))
    assert short.dtype == np.float32
    assert not np.array_equal(short, exact)
    assert np.abs(short - exact).max() < 0.1 * np.abs(exact).max()


def test_unclear_configurations_are_one_error(tmp_path: Path) -> None:
    save_file({"a": torch.ones(1)}, tmp_path / "model.safetensors")
    bad: list[Any] = [
        "", "[]", "{", {"architecture": "no_such"}, {"model_type": "bert"}, {"architecture": 3},
        {"architecture": "resnet10t", "pretrained_cfg": {"mean": [1, 2]}},
        {"model_type": "vit", "hidden_size": "x"},
        {"architecture": "resnet10t", "model_args": {"in_chans": 4}},
    ]  # fmt: skip
    for config in bad:
        text = config if isinstance(config, str) else json.dumps(config)
        (tmp_path / "config.json").write_text(text, "utf-8")
        with pytest.raises(DamagedModel):
            load_encoder(tmp_path, "cpu")
