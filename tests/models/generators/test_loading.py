"""Model folders that are whole, and those that are not."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file

from ssldiff_gui.core.errors import DamagedModel, MissingModel, OutOfMemory
from ssldiff_gui.core.specs import GeneratorSpec, Licence, PartSpec
from ssldiff_gui.models import weights
from ssldiff_gui.models.folders import read_model
from ssldiff_gui.models.generators import load_generator, save_generator
from ssldiff_gui.models.generators.building import Unfilled
from ssldiff_gui.models.generators.networks import build_network
from tests.models.tiny import tiny_generator_folder, tiny_given

LICENCE = Licence(name="BSD-3-Clause")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_generator_folder(tmp_path_factory.mktemp("made") / "model")


def parts(folder):
    """Return a folder's description and its states, to be changed."""
    names = ("network", "autoencoder", "conditioner")
    states = [load_file(folder / f"{name}.safetensors") for name in names]
    return read_model(folder).generator, *states


def test_a_folder_holds_its_parts_their_hashes_its_terms_and_a_card(folder):
    model = read_model(folder)
    assert sorted(model.files) == [
        "README.md",
        "autoencoder.safetensors",
        "conditioner.safetensors",
        "network.safetensors",
    ]
    assert model.kind == "generator"
    assert model.licence.name == "BSD-3-Clause"
    assert model.provenance
    assert model.generator.network.file == "network.safetensors"


def test_what_was_saved_is_loaded(folder):
    made = load_generator(folder, device="cpu")
    spec, network, autoencoder, conditioner = parts(folder)
    assert made.spec == spec
    for module, state in (
        (made.network.module, network),
        (made.autoencoder.module, autoencoder),
        (made.conditioner.module, conditioner),
    ):
        found = module.state_dict()
        assert found.keys() == state.keys()
        assert all(torch.equal(found[name], state[name]) for name in state)


def test_a_tiny_model_is_the_same_whenever_it_is_made(folder, tmp_path):
    again = tiny_generator_folder(tmp_path / "again")
    assert read_model(again).files == read_model(folder).files
    other = tiny_generator_folder(tmp_path / "other", seed=1)
    assert read_model(other).files != read_model(folder).files


def test_bfloat16_is_for_the_network_and_its_convolutions_only(folder, tmp_path):
    made = load_generator(folder, device="cpu", precision="bfloat16")
    assert made.dtype == torch.bfloat16
    assert made.network.module.dtype == made.autoencoder.dtype == torch.bfloat16
    assert made.conditioner.module.linear.weight.dtype == torch.float32
    patch = tiny_generator_folder(tmp_path / "patch", autoencoder="patch")
    made = load_generator(patch, device="cpu", precision="bfloat16")
    assert made.autoencoder.dtype == torch.float32


@pytest.mark.parametrize("settings", [{}, {"kind": "pixart"}], ids=str)
def test_bfloat16_stays_near_float32(tmp_path, settings):
    folder = tiny_generator_folder(tmp_path / "model", **settings)
    exact, fast = (load_generator(folder, "cpu", kind) for kind in ("float32", "bfloat16"))
    given, x = tiny_given(exact.spec, 2), torch.randn(2, 4, 8, 8)
    expected = exact.denoise(x, 1.0, exact.condition(given))
    found = fast.denoise(x, 1.0, fast.condition(given))
    assert (found - expected).abs().mean() < 0.03 * expected.abs().mean()
    with fast.full_precision():
        again = fast.denoise(x, 1.0, fast.condition(given))
    assert (again - expected).abs().mean() < 0.01 * expected.abs().mean()
    assert torch.equal(fast.denoise(x, 1.0, fast.condition(given)), found)


@pytest.mark.parametrize("part", [1, 2, 3])
@pytest.mark.parametrize("harm", ["missing", "left over", "of another shape"])
def test_tensors_that_do_not_fit_are_named_and_nothing_is_written(folder, tmp_path, part, harm):
    spec, *states = parts(folder)
    state = states[part - 1]
    name = min(state)
    if harm == "missing":
        del state[name]
    elif harm == "left over":
        name = "one.too.many"
        state[name] = torch.zeros(1)
    else:
        state[name] = state[name][:-1].clone()
    with pytest.raises(DamagedModel, match=f"1 {harm}: {name}"):
        save_generator(tmp_path / "model", spec, *states, licence=LICENCE)
    assert not (tmp_path / "model").exists()


def rewrite(folder, change):
    """Change the description of a folder, as somebody with an editor would."""
    path = folder / "model.json"
    model = json.loads(path.read_text("utf-8"))
    change(model)
    path.write_text(json.dumps(model), "utf-8")


def swap_layers(model):
    model["generator"]["network"]["config"]["layers_per_block"] = 2


def drop_conditioner(model):
    model["generator"]["conditioner"]["file"] = None


def unknown_setting(model):
    model["generator"]["network"]["config"]["colour"] = "red"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (swap_layers, "network.safetensors: .* missing: down_blocks"),
        (drop_conditioner, "no file: .* missing: linear.weight"),
        (unknown_setting, "colour"),
    ],
)
def test_a_description_that_does_not_fit_its_weights_is_refused(tmp_path, change, message):
    folder = tiny_generator_folder(tmp_path / "model")
    rewrite(folder, change)
    with pytest.raises(DamagedModel, match=message):
        load_generator(folder, device="cpu")


def test_changed_weights_are_refused(tmp_path):
    folder = tiny_generator_folder(tmp_path / "model")
    path = folder / "network.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedModel, match="of the model model is not the file"):
        load_generator(folder, device="cpu")


@pytest.mark.parametrize(
    ("name", "value"), [("channels", 5), ("channels_used", 2), ("channels_used", 9)]
)
def test_parts_that_do_not_fit_each_other_are_refused(folder, tmp_path, name, value):
    spec, *states = parts(folder)
    wrong = spec.model_copy(update={name: value})
    with pytest.raises(DamagedModel, match="channels"):
        save_generator(tmp_path / "model", wrong, *states, licence=LICENCE)


def test_an_encoder_is_no_generator(tmp_path):
    (tmp_path / "model.json").write_text(
        json.dumps(
            {
                "kind": "encoder",
                "licence": {"name": "MIT"},
                "files": {},
                "encoder": {
                    "id": "e@0", "name": "e", "architecture": "a", "dim": 1, "input": 1,
                    "cell": 1, "mean": [0, 0, 0], "std": [1, 1, 1],
                },
            }
        ),
        "utf-8",
    )  # fmt: skip
    with pytest.raises((MissingModel, DamagedModel)):
        load_generator(tmp_path, device="cpu")


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
    ],
    ids=str,
)
def test_no_memory_is_said_in_words(folder, monkeypatch, error):
    def fail(path):
        raise error

    monkeypatch.setattr(weights, "load_tensors", fail)
    with pytest.raises(OutOfMemory, match="does not fit into the memory of CPU"):
        load_generator(folder, device="cpu")


def test_other_failures_are_not_taken_for_a_lack_of_memory(folder, monkeypatch):
    def fail(path):
        raise RuntimeError("something else")

    monkeypatch.setattr(weights, "load_tensors", fail)
    with pytest.raises(RuntimeError, match="something else"):
        load_generator(folder, device="cpu")


def test_networks_made_to_be_filled_draw_no_random_numbers():
    config = {
        "sample_size": 8, "block_out_channels": [8, 8], "norm_num_groups": 4,
        "attention_head_dim": 4, "cross_attention_dim": 6, "layers_per_block": 1,
        "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
        "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
    }  # fmt: skip
    before = torch.get_rng_state()
    with Unfilled():
        build_network(PartSpec(type="UNet2DConditionModel", config=config))
    assert torch.equal(torch.get_rng_state(), before)
    build_network(PartSpec(type="UNet2DConditionModel", config=config))
    assert not torch.equal(torch.get_rng_state(), before)


def test_positions_which_no_file_holds_are_there_after_loading(tmp_path):
    folder = tiny_generator_folder(tmp_path / "model", kind="pixart")
    spec: GeneratorSpec = read_model(folder).generator
    made = load_generator(folder, device="cpu")
    expected = build_network(spec.network).module.pos_embed.pos_embed
    assert "pos_embed.pos_embed" not in made.network.module.state_dict()
    torch.testing.assert_close(made.network.module.pos_embed.pos_embed, expected)
    assert expected.std() > 0.1
