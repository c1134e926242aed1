"""Large-Image-Diffusion, window by window."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from ssldiff_cvlab.accounts import Account
from ssldiff_cvlab.conditioning import conditioning
from ssldiff_cvlab.settings import Target

from ssldiff_gui.core.conversion import Checkpoint
from ssldiff_gui.core.protocols import Condition, Given
from ssldiff_gui.core.slerp import between_cells, slerp
from ssldiff_gui.core.specs import PartSpec
from ssldiff_gui.models.generators import schedules
from ssldiff_gui.models.generators.conditioners import build_conditioner
from ssldiff_gui.models.weights import load_into
from ssldiff_gui.sampling.published import alphas_of, noise_seen, plms
from ssldiff_gui.sampling.windows import profile

NOTHING = torch.device("cpu")


def given(features):
    return Given(vectors=features.numpy()[:, None])


def two_tokens(lid):
    """Return the conditioner of two tokens, which was published without a network."""
    stage = Target.model_validate(lid.config("ssl_conditioner.yaml")["cond_stage_config"])
    path = lid.folder / "ssl_conditioner.ckpt"
    account = Account(path, lid.state(path.name))
    found = conditioning(stage, account, Checkpoint(path, {}, lid.folder))
    account.close()
    spec = lid.generator.spec.model_copy(update={"conditioner": found.part})
    made = build_conditioner(spec)
    load_into(made.module, found.tensors)
    return made


def test_schedule(lid):
    spec = lid.generator.spec.schedule
    assert spec.kind == lid.params["schedule"]["kind"]
    lid.agrees("betas", torch.from_numpy(schedules.betas(spec)))
    alphas = torch.from_numpy(alphas_of(lid.generator))
    lid.agrees("alphas_cumprod", alphas)
    lid.agrees("panorama_alphabar", alphas)


@pytest.mark.parametrize(
    ("context", "answer"),
    [("unet_context", "unet_eps"), ("unet_context_2tok", "unet_eps_2tok")],
)
def test_network(lid, context, answer):
    condition = Condition(tokens=lid[context])
    with torch.no_grad():
        lid.agrees(answer, lid.generator.network(lid["unet_x"], lid["unet_t"], condition))


def test_network_through_the_contract(lid):
    generator, tokens = lid.generator, lid["unet_context"]
    null = generator.null(given(lid["cond_feats"][:1]))
    for row, step in enumerate(lid["unet_t"].tolist()):
        part = slice(row, row + 1)
        if step < len(generator.table):
            x = lid["unet_x"][part]
            lid.agrees("unet_eps", noise_seen(generator, Condition(tokens[part]))(x, step), part)
            lid.agrees("unet_eps_null", noise_seen(generator, null)(x, step), part)


def test_autoencoder(lid):
    generator = lid.generator
    latents = generator.encode(lid["vq_image"])
    lid.agrees("vq_h", latents)
    quantised, _, (_, _, indices) = generator.autoencoder.module.quantize(lid["vq_h"])
    assert torch.equal(indices.view_as(lid["vq_indices"]), lid["vq_indices"])
    lid.agrees("vq_quantised", quantised)
    lid.agrees("vq_decoded", generator.decode(lid["vq_h"]))


def test_conditioner(lid):
    generator, features = lid.generator, lid["cond_feats"]
    lid.agrees("cond_tokens", generator.condition(given(features)).tokens)
    null = generator.null(given(features)).tokens
    lid.agrees("cond_tokens", null[-1:], slice(-1, None))
    lid.agrees("getcond_null_token", null[:1])
    none = torch.full_like(features, float("nan"))
    assert torch.equal(generator.condition(given(none)).tokens, null)


def test_conditioner_that_does_not_normalise(lid):
    config = copy.deepcopy(lid.config())
    config["model"]["params"]["cond_stage_config"]["params"]["normalize_ssl"] = False
    generator = lid.model("raw", config)
    found = generator.condition(given(lid["cond_feats"])).tokens
    lid.agrees("cond_tokens_normalize_false", found)


def test_conditioner_of_two_tokens(lid):
    made = two_tokens(lid)
    patch, region = lid["ssl_patch_feats"], lid["ssl_region_feats"]
    vectors = np.full((len(patch), 2, max(patch.shape[1], region.shape[1])), np.nan, np.float32)
    for part, features in enumerate((patch, region)):
        present = features.abs().sum(dim=1).numpy() > 0
        vectors[present, part, : features.shape[1]] = features.numpy()[present]
    lid.agrees("ssl_tokens", made.condition(Given(vectors=vectors), NOTHING).tokens)
    null = made.null(Given(vectors=vectors), NOTHING).tokens
    lid.agrees("ssl_tokens", null[-1:], slice(-1, None))


def test_between_two_embeddings(lid):
    found = slerp(lid["slerp_t"].numpy(), lid["slerp_v0"].numpy(), lid["slerp_v1"].numpy())
    lid.agrees("slerp_out", torch.from_numpy(found))


def test_condition_at_a_place(lid):
    made = lid.params["get_conditioning"]
    rows, columns = made["embedding_spatial"]
    places = (lid["getcond_ij"] / made["patch_size"]).numpy().T
    grid = lid["getcond_grid"].view(rows, columns, -1).numpy()
    found = between_cells(grid, *places)
    lid.agrees("getcond_embedding", torch.from_numpy(found))
    tokens = lid.generator.condition(Given(vectors=found[:, None])).tokens
    lid.agrees("getcond_tokens", tokens)
    patches = between_cells(lid["getcond_ssl_grid"].view(rows, columns, -1).numpy(), *places)
    alone = two_tokens(lid).condition(Given(vectors=patches[:, None]), NOTHING).tokens
    lid.agrees("getcond_ssl_tokens", alone)


def test_plms(lid):
    made, generator = lid.params["plms"], lid.generator
    start = lid["plms_xT"]
    told = given(lid["cond_feats"][: len(start)])
    epsilon = noise_seen(generator, generator.condition(told), generator.null(told), made["scale"])
    seen = []
    found = plms(epsilon, start, alphas_of(generator), made["S"], watch=lambda _, x: seen.append(x))
    lid.agrees("plms_x_traj", torch.stack(seen))
    lid.agrees("plms_final", found)


def test_weights_of_the_blend(lid):
    weights = torch.from_numpy(profile(64, "gaussian"))
    kernel = weights[:, None] * weights
    lid.agrees("gaussian_kernel_64", kernel / kernel.max())


def test_sizes_come_from_the_configuration(lid):
    spec, config = lid.generator.spec, lid.config()["model"]["params"]
    assert (spec.window, spec.cell) == (config["image_size"],) * 2
    levels = config["first_stage_config"]["params"]["ddconfig"]["ch_mult"]
    assert spec.factor == 2 ** (len(levels) - 1)
    assert spec.dim == lid["cond_feats"].shape[1]
    assert spec.conditioner == PartSpec(
        type="embedding",
        config={"dim": spec.dim, "width": lid["unet_context"].shape[2], "normalise": True},
        file="conditioner.safetensors",
    )
