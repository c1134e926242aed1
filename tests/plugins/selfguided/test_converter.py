"""From checkpoints of self-guided diffusion to model folders: nothing lost, nothing unknown."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from ssldiff_cvlab.converters import HISTODIFFUSION, LID, PATHLDM
from ssldiff_selfguided.converter import SELFGUIDED

from ssldiff_gui.core.conversion import Checkpoint, ConvertRequest
from ssldiff_gui.core.errors import (
    BadRequest,
    BrokenFile,
    DamagedModel,
    UnknownWeights,
    UnsafeFile,
    UnsupportedFile,
)
from ssldiff_gui.core.protocols import Condition, Given
from ssldiff_gui.core.specs import PartSpec
from ssldiff_gui.jobs.convert_child import convert
from ssldiff_gui.models.generators import load_generator
from ssldiff_gui.models.generators.networks import build_network
from tests.plugins.cvlab import made as made_by_cvlab
from tests.plugins.selfguided import made

X, T = torch.linspace(-2, 2, 2 * 3 * 8 * 8).view(2, 3, 8, 8), torch.tensor([3, 700])
LAYOUTS = [(condition, attending) for condition in made.MAPS for attending in (False, True)]


def given_of(condition):
    """Return something to be conditioned on, and the label that it comes to."""
    maps = np.zeros((2, made.MAPS[condition], 8, 8), np.float32)
    maps[:, :1, 2:5, 1:7] = 1
    if condition == "stegoclusterlayout":
        label = torch.zeros(2, 6)
        label[:, 0] = 1
        return Given(maps=maps), label
    label = torch.eye(6)[[4, 1]]
    return Given(classes=np.array([4, 1]), maps=maps if maps.size else None), label


def whole(folder, config, state, **more):
    checkpoint, _ = made.write(folder, config, state)
    return Checkpoint(checkpoint, config, folder, **more)


@pytest.mark.parametrize("ema", [False, True])
@pytest.mark.parametrize(("condition", "attending"), LAYOUTS)
def test_a_converted_folder_gives_the_same_numbers(tmp_path, condition, attending, ema):
    config = made.config_of(condition, attending=attending, ema=ema)
    checkpoint, settings = made.write(tmp_path, config, made.state_of(config))
    output = tmp_path / "made"
    result = convert(
        ConvertRequest(checkpoint=str(checkpoint), config=str(settings), output=str(output))
    )
    assert result.family == "selfguided"
    generator = load_generator(output, "cpu", "float32")
    told, label = given_of(condition)
    maps = torch.zeros(2, 0, 8, 8) if told.maps is None else torch.tensor(told.maps)
    module = made.module_of(config)
    with torch.no_grad():
        seen = generator.network(X, T, generator.condition(told))
        plain = generator.network(X, T, generator.null(told))
        assert torch.equal(seen, module(torch.cat([X, maps], 1), T, None, label))
        assert torch.equal(plain, module(torch.cat([X, 0 * maps], 1), T))
    assert not torch.equal(seen, plain)
    spec = generator.spec
    assert (spec.factor, spec.channels, spec.window, spec.cell) == (1, 3, 8, 8)
    assert (len(spec.layout), spec.guidance) == (made.MAPS[condition], 2.0)
    assert spec.classes[:1] == (() if condition == "stegoclusterlayout" else ("cluster 1",))
    assert torch.equal(generator.decode(generator.encode(X)), X)


def test_families_are_told_apart():
    ours = [made.config_of(attending=attending) for attending in (False, True)]
    theirs = [made_by_cvlab.config_of(condition) for condition in made_by_cvlab.CONDITIONS]
    strange = [{}, {"dynamic": 3}, {"dynamic": {"target": "other.UNetModel"}}]
    assert all(SELFGUIDED.recognises(config) for config in ours)
    assert not any(SELFGUIDED.recognises(config) for config in theirs + strange)
    for other in (LID, PATHLDM, HISTODIFFUSION):
        assert not any(other.recognises(config) for config in ours)


def without(name):
    return lambda state: state.pop(name)


def put(name, value):
    return lambda state: state.update({name: value})


def raw_alone(state):
    for name in [name for name in state if name.startswith("model_ema.")]:
        del state[name]


DAMAGES = {
    "model_ema.out0weight": without("model_ema.out0weight"),
    "out.2.weight": without("model.out.2.weight"),
    "mlp_cond.0.weight": without("model.mlp_cond.0.weight"),
    "surplus": put("model.surplus", torch.zeros(1)),
    "optimiser.step": put("optimiser.step", torch.zeros(1)),
    "out.2.bias (4,) for (3,)": put("model_ema.out2bias", torch.zeros(4)),
    "model.null_cond_emb": put("model.null_cond_emb", torch.ones(1, 6)),
    "diffusion.sampler.betas": put("diffusion.sampler.betas", torch.linspace(1e-4, 0.02, 1000)),
    "use_ema is on": raw_alone,
    "told of 0": put("model_ema.mlp_cond0weight", torch.tensor(1.0)),
}


@pytest.mark.parametrize("words", DAMAGES)
def test_a_damaged_checkpoint_is_refused_by_name(tmp_path, words):
    config = made.config_of()
    state = made.state_of(config)
    DAMAGES[words](state)
    with pytest.raises((UnknownWeights, UnsupportedFile)) as caught:
        SELFGUIDED.convert(whole(tmp_path, config, state))
    assert caught.value.hint
    assert words in caught.value.message


WRONG = {
    "cond_dim": {"cond_dim": "many"},
    "num_heads": {"num_heads": -1},
    "new_entry": {"new_entry": 3},
    "condition_method": {"condition_method": "attr"},
    "each of its maps": {"condition_method": "stegoclusterlayout", "cond_dim": 5},
    "clusterlayout": {"condition_method": "clusterlayout", "condition": {}},
    "use_ca_block": {"use_ca_block": True, "context_dim": 8},
    "context_dim": {"use_ca_block": True},
    "channels of": {"model_channels": 4096},
    "divisible": {"model_channels": 33},
}


@pytest.mark.parametrize("words", WRONG)
def test_a_configuration_that_nobody_knows_is_refused_by_name(tmp_path, words):
    state = made.state_of(made.config_of())
    with pytest.raises(UnsupportedFile, match=words):
        SELFGUIDED.convert(whole(tmp_path, made.config_of(network=WRONG[words]), state))


@pytest.mark.parametrize(
    ("error", "model"),
    [
        (UnsupportedFile, {"parameterization": "x0"}),
        (UnsupportedFile, {"given_betas": [0.1]}),
        (UnknownWeights, {"beta_schedule": "sqrt_linear"}),
        (UnknownWeights, {"num_timesteps": 500}),
    ],
)
def test_the_noise_is_the_configurations(tmp_path, error, model):
    state = made.state_of(made.config_of())
    with pytest.raises(error):
        SELFGUIDED.convert(whole(tmp_path, made.config_of(**model), state))


def test_the_truly_linear_schedule_is_the_one_called_sqrt_linear(tmp_path):
    config = made.config_of(beta_schedule="sqrt_linear")
    state = made.state_of(config)
    state["diffusion.sampler.betas"] = torch.linspace(1e-4, 0.02, 1000)
    schedule = SELFGUIDED.convert(whole(tmp_path, config, state)).spec.schedule
    assert (schedule.kind, schedule.start, schedule.end) == ("linear", 1e-4, 0.02)


def test_foreign_checkpoints(tmp_path):
    config = made.config_of()
    other = made_by_cvlab.state_of(made_by_cvlab.config_of())
    with pytest.raises(UnknownWeights):
        SELFGUIDED.convert(whole(tmp_path, config, other))
    attending = made.state_of(made.config_of(attending=True))
    with pytest.raises(UnknownWeights, match="mlp_cond"):
        SELFGUIDED.convert(whole(tmp_path, config, attending))


def test_broken_and_unsafe_files(tmp_path):
    config = made.config_of()
    there = whole(tmp_path, config, made.state_of(config))
    content = there.path.read_bytes()
    there.path.write_bytes(content[: len(content) // 2])
    with pytest.raises(BrokenFile):
        SELFGUIDED.convert(there)
    torch.save({"state_dict": {"model.out.0.weight": Given}}, there.path)
    with pytest.raises(UnsafeFile):
        SELFGUIDED.convert(there)


def test_there_is_no_base_and_no_classifier(tmp_path):
    config = made.config_of()
    there = whole(tmp_path, config, made.state_of(config), base=tmp_path / "model.ckpt")
    with pytest.raises(BadRequest, match="no base"):
        SELFGUIDED.convert(there)


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 8192},
        {"multipliers": [1] * 20},
        {"multipliers": []},
        {"depth": 10**6},
        {"told": 10**9},
        {"classes": 0},
        {"heads": None, "head_width": 0},
    ],
    ids=str,
)
def test_descriptions_of_impossible_sizes_are_refused(wrong):
    config = {"classes": 6, "told": 20, "in_channels": 3, "out_channels": 3, "width": 32,
              "multipliers": [1], "depth": 1, "attention": [1], "heads": 4}  # fmt: skip
    build_network(PartSpec(type="selfguided-unet", config=config))
    with pytest.raises(DamagedModel):
        build_network(PartSpec(type="selfguided-unet", config=config | wrong))


def test_nothing_told_is_the_null():
    network = build_network(
        PartSpec(
            type="selfguided-unet-ca",
            config={"classes": 6, "context": 8, "time_tokens": 2, "label_tokens": 3,
                    "time_hidden": 12, "label_hidden": 16, "in_channels": 3, "out_channels": 3,
                    "width": 32, "multipliers": [1], "depth": 1, "attention": [1], "heads": 4},
        )
    )  # fmt: skip
    with torch.no_grad():
        plain = network(X, T, Condition())
        assert torch.equal(plain, network(X, T, Condition(labels=torch.zeros(2, 6))))
