"""From checkpoints in the original layout to model folders: nothing lost, nothing unknown."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
import torch
import yaml
from diffusers.loaders import single_file_utils as diffusers_own
from ssldiff_cvlab import autoencoder_layout, unet_layout
from ssldiff_cvlab.classifier import LatentClassifier
from ssldiff_cvlab.converters import HISTODIFFUSION, LID, PATHLDM
from ssldiff_cvlab.settings import ClassifierSettings, FirstStageSettings, Target, UNetSettings

from ssldiff_gui.core.conversion import Checkpoint, ConvertRequest
from ssldiff_gui.core.errors import BadRequest, UnknownWeights, UnsupportedFile
from ssldiff_gui.core.protocols import Given
from ssldiff_gui.jobs.convert_child import convert
from ssldiff_gui.models.classifiers import load_classifier
from ssldiff_gui.models.generators import load_generator
from tests.plugins.cvlab import made

CONVERTERS = {"lid": LID, "pathldm": PATHLDM, "histodiffusion": HISTODIFFUSION}
FAMILIES = {
    "PatchEmbedder": "lid",
    "SSLEmbedder": "lid",
    "ClassEmbedder": "pathldm",
    "FrozenCLIPEmbedder": "pathldm",
    None: "histodiffusion",
}
GIVEN = {
    "PatchEmbedder": Given(vectors=np.ones((2, 1, 6), np.float32)),
    "SSLEmbedder": Given(vectors=np.ones((2, 1, 6), np.float32)),
    "ClassEmbedder": Given(classes=np.array([0, 1])),
    "FrozenCLIPEmbedder": Given(text=np.full((2, 10), 7)),
    None: Given(),
}


def converted(folder, config, state, **more):
    """Convert what was made, and return it as the converter gave it."""
    checkpoint, settings = made.write(folder, config, state)
    stage = config["model"]["params"]["cond_stage_config"]
    kind = stage["target"].rpartition(".")[2] if isinstance(stage, dict) else None
    whole = Checkpoint(checkpoint, yaml.safe_load(settings.read_text("utf-8")), folder, **more)
    return CONVERTERS[FAMILIES[kind]].convert(whole)


def renamed(state, rule):
    """Rename tensors by a rule."""
    return dict(rule(name, tensor) for name, tensor in state.items())


@pytest.mark.parametrize("quantised", [False, True])
@pytest.mark.parametrize("condition", FAMILIES)
def test_every_layout_becomes_a_model_that_loads(tmp_path, condition, quantised):
    config = made.config_of(condition, quantised=quantised)
    checkpoint, settings = made.write(tmp_path, config, made.state_of(config))
    output = tmp_path / "made"
    request = ConvertRequest(checkpoint=str(checkpoint), config=str(settings), output=str(output))
    result = convert(request)
    assert result.family == FAMILIES[condition]
    generator = load_generator(output, "cpu", "float32")
    told = GIVEN[condition]
    seen = generator.denoise(torch.randn(2, 3, 8, 8), 1.0, generator.condition(told))
    plain = generator.denoise(torch.randn(2, 3, 8, 8), 1.0, generator.null(told))
    assert seen.isfinite().all()
    assert plain.isfinite().all()
    assert generator.decode(generator.encode(torch.zeros(1, 3, 16, 16))).shape == (1, 3, 16, 16)


def test_families_are_told_apart():
    for condition, family in FAMILIES.items():
        config = made.config_of(condition)
        known = [name for name, each in CONVERTERS.items() if each.recognises(config)]
        assert known == [family]
    for strange in ({}, {"model": 3}, {"model": {"params": {"cond_stage_config": ["a"]}}}):
        assert not any(each.recognises(strange) for each in CONVERTERS.values())


@pytest.mark.parametrize(
    "unet",
    [
        {},
        {"num_res_blocks": 2, "channel_mult": [1, 2, 3], "attention_resolutions": [4, 2]},
        {"channel_mult": [1], "attention_resolutions": [1], "transformer_depth": 2},
    ],
)
def test_network_has_the_names_that_diffusers_gives(unet):
    config = made.config_of(unet=unet)
    settings = config["model"]["params"]["unet_config"]["params"]
    state = made.network_of(settings)
    part = unet_layout.describe(UNetSettings.model_validate(settings))
    ours = renamed(state, unet_layout.renaming(part))
    prefixed = {f"model.diffusion_model.{name}": value for name, value in state.items()}
    its = diffusers_own.create_unet_diffusers_config_from_ldm(config, prefixed)
    theirs = diffusers_own.convert_ldm_unet_checkpoint(prefixed, its)
    assert ours.keys() == theirs.keys()
    assert all(ours[name] is theirs[name] for name in ours)
    for entry in (
        "down_block_types",
        "up_block_types",
        "block_out_channels",
        "cross_attention_dim",
    ):
        assert list(np.atleast_1d(part.config[entry])) == list(np.atleast_1d(its[entry]))


LDM_192 = {
    "image_size": 64,
    "model_channels": 192,
    "attention_resolutions": [8, 4, 2],
    "num_res_blocks": 2,
    "channel_mult": [1, 2, 3, 5],
    "context_dim": 512,
}
HISTODIFFUSION_192 = {
    "image_size": 64,
    "model_channels": 192,
    "attention_resolutions": [1, 2, 4, 8],
    "num_res_blocks": 2,
    "channel_mult": [1, 2, 2, 4, 4],
}


@pytest.mark.parametrize(
    ("condition", "unet", "tensors", "parameters"),
    [
        ("PatchEmbedder", LDM_192, 688, 400_920_579),
        (None, HISTODIFFUSION_192, None, 294_963_459),
    ],
)
def test_published_networks_have_their_published_sizes(condition, unet, tensors, parameters):
    config = made.config_of(condition, unet=unet)
    settings = config["model"]["params"]["unet_config"]["params"]
    part = unet_layout.describe(UNetSettings.model_validate(settings))
    found = unet_layout.empty(part).state_dict()
    assert sum(tensor.numel() for tensor in found.values()) == parameters
    assert tensors in (None, len(found))


@pytest.mark.parametrize(
    ("quantised", "millions"), [(True, 55.3), (False, 55.3)], ids=["VQ-f4", "KL-f4"]
)
def test_published_autoencoders_have_their_published_sizes(quantised, millions):
    pictures = {"ch": 128, "ch_mult": [1, 2, 4], "num_res_blocks": 2, "resolution": 256}
    config = made.config_of(quantised=quantised, pictures=pictures)
    target = Target.model_validate(config["model"]["params"]["first_stage_config"])
    settings = FirstStageSettings.model_validate(target.params)
    found = autoencoder_layout.empty(autoencoder_layout.describe(target, settings))
    count = sum(tensor.numel() for tensor in found.state_dict().values())
    assert round(count / 1e6, 1) == millions


@pytest.mark.parametrize("quantised", [False, True])
@pytest.mark.parametrize("pictures", [{}, {"num_res_blocks": 2, "ch_mult": [1, 2, 2, 4]}])
def test_autoencoder_has_the_names_that_diffusers_gives(quantised, pictures):
    config = made.config_of(quantised=quantised, pictures=pictures)
    target = Target.model_validate(config["model"]["params"]["first_stage_config"])
    state = made.autoencoder_of(target.params)
    part = autoencoder_layout.describe(target, FirstStageSettings.model_validate(target.params))
    ours = renamed(state, autoencoder_layout.renaming(part))
    prefixed = {f"first_stage_model.{name}": value for name, value in state.items()}
    theirs = diffusers_own.convert_ldm_vae_checkpoint(prefixed, part.config)
    if quantised:  # diffusers forgets the codebook
        theirs["quantize.embedding.weight"] = state["quantize.embedding.weight"]
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_autoencoder_with_attention_inside_its_levels(tmp_path):
    config = made.config_of(quantised=True, pictures={"attn_resolutions": [8]})
    found = converted(tmp_path, config, made.state_of(config))
    assert found.spec.autoencoder.config["down_block_types"][1] == "AttnDownEncoderBlock2D"
    assert found.spec.autoencoder.config["up_block_types"][0] == "AttnUpDecoderBlock2D"
    assert "decoder.up_blocks.0.attentions.1.to_q.weight" in found.tensors["autoencoder"]


def test_averaged_weights_are_taken_and_share_no_memory(tmp_path):
    config = made.config_of(None)
    state = made.state_of(config)
    prefix, averaged = "model.diffusion_model.", "model_ema.diffusion_model"
    shared = state[f"{averaged}out2bias"] = state[f"{prefix}out.2.bias"]
    found = converted(tmp_path, config, state)
    network = found.tensors["network"]
    assert torch.equal(network["out.2.bias"], shared)
    raw = state[f"{prefix}time_embed.0.weight"]
    assert torch.equal(network["time_embed.0.weight"], raw + 1)
    everything = [t for tensors in found.tensors.values() for t in tensors.values()]
    assert len({t.untyped_storage().data_ptr() for t in everything}) == len(everything)
    assert found.spec.latent_scale == 0.5


def test_half_precision_becomes_single(tmp_path):
    config = made.config_of()
    state = {name: tensor.half() for name, tensor in made.state_of(config).items()}
    del state["betas"]
    found = converted(tmp_path, config, state)
    assert {t.dtype for part in found.tensors.values() for t in part.values()} == {torch.float32}


def test_what_only_training_needs_is_left_out_and_listed(tmp_path):
    config = made.config_of()
    left = ("first_stage_model.loss.discriminator.main.0.weight", "lvlb_weights", "loss.logvar")
    state = made.state_of(config) | {name: torch.zeros(2) for name in left}
    found = converted(tmp_path, config, state)
    assert set(left) | {"alphas_cumprod", "logvar"} == set(found.left_out)


@pytest.mark.parametrize(
    "name",
    [
        "model.diffusion_model.input_blocks.0.1.weight",
        "model_ema.diffusion_modelout2bias",
        "first_stage_model.encoder.conv_in.scale",
        "cond_stage_model.region_fc.weight",
        "something.else",
    ],
)
def test_a_tensor_too_many_is_named(tmp_path, name):
    config = made.config_of()
    with pytest.raises(UnknownWeights, match=name.rpartition("model.")[2]):
        converted(tmp_path, config, made.state_of(config) | {name: torch.zeros(2)})


@pytest.mark.parametrize("condition", ["SSLEmbedder", "FrozenCLIPEmbedder", None])
def test_every_tensor_that_is_needed_is_missed(tmp_path, condition):
    config = made.config_of(condition)
    state = made.state_of(config)
    useless = ("betas", "alphas", "logvar", "model_ema.decay", "model_ema.num")
    needed = [n for n in state if not n.startswith(useless) and "position_ids" not in n]
    if condition is None:  # the raw weights give the names of the averaged ones
        needed = [n for n in needed if not n.startswith("model.")]
    for name in [*needed[::67], needed[-1]]:
        partial = {other: tensor for other, tensor in state.items() if other != name}
        with pytest.raises(UnknownWeights):
            converted(tmp_path, config, partial)


@pytest.mark.parametrize("part", ["model.diffusion_model", "first_stage_model", "cond_stage_model"])
def test_another_shape_is_named(tmp_path, part):
    config = made.config_of()
    state = made.state_of(config)
    name = next(name for name in state if name.startswith(part))
    with pytest.raises(UnknownWeights, match="other shapes"):
        converted(tmp_path, config, state | {name: torch.zeros(5, 5)})


def test_averaged_weights_that_are_promised_and_missing(tmp_path):
    config = made.config_of()
    state = made.state_of(config)
    del config["model"]["params"]["use_ema"]  # the original's default is to have them
    with pytest.raises(UnknownWeights, match="use_ema"):
        converted(tmp_path, config, state)


def test_a_schedule_that_is_not_the_checkpoints(tmp_path):
    config = made.config_of()
    state = made.state_of(config)
    config["model"]["params"]["linear_end"] = 0.0155
    with pytest.raises(UnknownWeights, match="noise schedule"):
        converted(tmp_path, config, state)


def change(config, place, value):
    """Return a configuration with another entry."""
    config = copy.deepcopy(config)
    *path, last = place.split(".")
    inner = config["model"]["params"]
    for name in path:
        inner = inner[name]
    inner[last] = value
    return config


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("unet_config.params.num_classes", 10),
        ("unet_config.params.dims", 3),
        ("unet_config.params.new_trick", True),
        ("unet_config.params.num_heads", -1),
        ("unet_config.params.context_dim", 20),
        ("unet_config.params.resblock_updown", True),
        ("unet_config.params.channel_mult", []),
        ("unet_config.params.model_channels", "many"),
        ("unet_config.target", "ldm.Transformer"),
        ("first_stage_config.params.ddconfig.attn_type", "linear"),
        ("first_stage_config.params.ddconfig.double_z", False),
        ("first_stage_config.params.embed_dim", 4),
        ("first_stage_config.params.n_embed", 10),
        ("first_stage_config.target", "ldm.IdentityFirstStage"),
        ("cond_stage_config.params.extra", 1),
        ("beta_schedule", "sqrt"),
        ("parameterization", "v"),
    ],
)
def test_a_configuration_that_asks_for_more_is_refused(tmp_path, place, value):
    config = made.config_of()
    state = made.state_of(config)
    with pytest.raises(UnsupportedFile) as caught:
        converted(tmp_path, change(config, place, value), state)
    assert "model.ckpt" in caught.value.message
    assert caught.value.hint


def test_a_conditioner_alone_takes_the_rest_from_its_base(tmp_path):
    whole = made.config_of("FrozenCLIPEmbedder")
    base, _ = made.write(tmp_path / "base", whole, made.state_of(whole))
    config = made.config_of("ClassEmbedder")
    alone = {n: t for n, t in made.state_of(config).items() if n.startswith("cond_stage_model.")}
    with pytest.raises(BadRequest, match="conditioner alone"):
        converted(tmp_path, config, alone)
    found = converted(tmp_path, config, alone, base=base)
    assert found.spec.conditioner.type == "class"
    table = alone["cond_stage_model.embedding.weight"]
    assert torch.equal(found.tensors["conditioner"]["embedding.weight"], table)


def test_a_configuration_of_a_conditioner_alone(tmp_path):
    stage = {"cond_stage_config": made.config_of()["model"]["params"]["cond_stage_config"]}
    path, _ = made.write(tmp_path, stage, {"cond_stage_model.patch_fc.bias": torch.zeros(1)})
    assert LID.recognises(stage)
    with pytest.raises(BadRequest, match="conditioner alone"):
        LID.convert(Checkpoint(path, stage, tmp_path))


CLASSIFIER = {
    "image_size": 8,
    "in_channels": 3,
    "model_channels": 32,
    "out_channels": 5,
    "num_res_blocks": 1,
    "attention_resolutions": [2],
    "channel_mult": [1, 2],
    "num_head_channels": 16,
    "use_scale_shift_norm": True,
    "resblock_updown": True,
    "pool": "attention",
}


def classifier_of(folder, **changes):
    """Write a classifier of latents and return it."""

    settings = CLASSIFIER | changes
    parsed = ClassifierSettings.model_validate(settings)
    config = unet_layout.describe_classifier(parsed).config
    path = folder / "classifier.pt"
    torch.save(LatentClassifier(**config).state_dict(), path)
    return Checkpoint(path, {"classifier": {"target": "a.B", "params": settings}}, folder)


def test_a_classifier_goes_with_the_model(tmp_path):
    config = made.config_of(None)
    checkpoint, settings = made.write(tmp_path, config, made.state_of(config))
    other = classifier_of(tmp_path)
    (tmp_path / "classifier.yaml").write_text(yaml.safe_dump(dict(other.config)), "utf-8")
    output = tmp_path / "made"
    result = convert(
        ConvertRequest(
            checkpoint=str(checkpoint),
            config=str(settings),
            output=str(output),
            classifier=str(other.path),
            classifier_config=str(tmp_path / "classifier.yaml"),
        )
    )
    assert result.tensors["classifier"] == len(torch.load(other.path, weights_only=True))
    found = load_classifier(output, "cpu")
    assert found(torch.randn(2, 3, 8, 8), torch.tensor([0, 999])).shape == (2, 5)


def test_a_classifier_of_other_latents_is_refused(tmp_path):
    config = made.config_of(None)
    other = classifier_of(tmp_path, in_channels=4)
    with pytest.raises(UnsupportedFile, match=r"classifier\.pt"):
        converted(tmp_path, config, made.state_of(config), classifier=other)


def test_a_text_tower_is_described_by_the_file_beside(tmp_path):
    config = made.config_of("FrozenCLIPEmbedder")
    config["model"]["params"]["cond_stage_config"]["params"]["version"] = "ours"
    facts = {"num_attention_heads": 2, "hidden_act": "gelu", "eos_token_id": 11, "bos_token_id": 4}
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "config.json").write_text(json.dumps({"text_config": facts}), "utf-8")
    found = converted(tmp_path, config, made.state_of(config)).spec.conditioner.config
    assert (found["heads"], found["activation"]) == (2, "gelu")
    assert (found["start"], found["end"], found["length"]) == (4, 11, 10)
    facts |= {"eos_token_id": 2, "bos_token_id": 0}  # as CLIP's old files say, wrongly
    (tmp_path / "ours" / "config.json").write_text(json.dumps(facts), "utf-8")
    found = converted(tmp_path, config, made.state_of(config)).spec.conditioner.config
    assert (found["start"], found["end"]) == (28, 29)


@pytest.mark.parametrize("version", ["nobody/knows", "../outside", "broken"])
def test_a_text_tower_that_nobody_describes(tmp_path, version):
    inside = tmp_path / "inside"
    for folder, text in ((tmp_path / "outside", '{"num_attention_heads": 2}'),
                         (inside / "broken", '{"num_attention_heads": "many"}')):  # fmt: skip
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(text, "utf-8")
    config = made.config_of("FrozenCLIPEmbedder")
    config["model"]["params"]["cond_stage_config"]["params"]["version"] = version
    with pytest.raises(UnsupportedFile):
        converted(inside, config, made.state_of(config))
