"""PathLDM: text over 154 tokens, and classes."""

from __future__ import annotations

import pytest
import torch

from ssldiff_gui.core.protocols import Condition, Given
from ssldiff_gui.models.generators import schedules
from ssldiff_gui.sampling.published import alphas_of, ddim, noise_seen


@pytest.fixture(scope="session")
def by_class(pathldm):
    """The class variant: its conditioner was published alone."""
    return pathldm.model(
        "by-class", "class_cond.yaml", checkpoint="class_cond.ckpt", base="model.ckpt"
    )


def sample(system, generator, condition, null, **options):
    made = system.params["ddim"]
    epsilon = noise_seen(generator, condition, null, made["scale"])
    start = system["ddim_xT"]
    return ddim(epsilon, start, alphas_of(generator), made["S"], eta=made["eta"], **options)


def test_schedule(pathldm):
    spec = pathldm.generator.spec.schedule
    assert spec.kind == pathldm.params["schedule"]["kind"]
    pathldm.agrees("betas", torch.from_numpy(schedules.betas(spec)))
    pathldm.agrees("alphas_cumprod", torch.from_numpy(alphas_of(pathldm.generator)))


def test_text(pathldm):
    told = Given(text=pathldm["text_ids"].numpy())
    generator = pathldm.generator
    pathldm.agrees("text_emb", generator.condition(told).tokens)
    null = generator.null(told).tokens
    assert null.shape == pathldm["text_emb"].shape
    pathldm.agrees("text_emb", null[-1:], slice(-1, None))


def test_padding_is_where_the_tokenizer_says(pathldm):
    tower, ids = pathldm.generator.conditioner.module, pathldm["text_ids"]
    last = tower.seen(ids)[:, 0, -1]
    assert torch.equal(last.long(), pathldm["text_mask"])


def test_half_of_the_tokens_are_the_stock_tower(pathldm):
    stock = pathldm["text_emb_stock77"]
    tower, ids = pathldm.generator.conditioner.module, pathldm["text_ids"]
    with torch.no_grad():
        pathldm.agrees("text_emb_stock77", tower.read(ids[:1, : stock.shape[1]]))


def test_network(pathldm):
    rows = len(pathldm["unet_x"])
    for name, tokens in (
        ("unet_eps", pathldm["text_emb"][:rows]),
        ("unet_eps_null", pathldm["text_emb"][-1:].expand(rows, -1, -1)),
    ):
        with torch.no_grad():
            found = pathldm.generator.network(
                pathldm["unet_x"], pathldm["unet_t"], Condition(tokens=tokens)
            )
        pathldm.agrees(name, found)


def test_autoencoder(pathldm):
    generator = pathldm.generator
    with torch.no_grad():
        found = generator.autoencoder.module.encode(pathldm["kl_image"]).latent_dist
    pathldm.agrees("kl_moments", found.parameters)
    pathldm.agrees("kl_logvar", found.logvar)
    pathldm.agrees("kl_mean", generator.encode(pathldm["kl_image"]))
    sample = generator.spec.latent_scale * (found.mean + found.std * pathldm["kl_noise"])
    pathldm.agrees("kl_sample", sample)
    pathldm.agrees("kl_decoded", generator.decode(pathldm["kl_mean"]))


def test_ddim(pathldm):
    generator = pathldm.generator
    told = Given(text=pathldm["text_ids"].numpy()[: len(pathldm["ddim_xT"])])
    seen = []
    found = sample(
        pathldm,
        generator,
        generator.condition(told),
        generator.null(told),
        watch=lambda _, x: seen.append(x),
    )
    pathldm.agrees("ddim_x_traj", torch.stack(seen))
    pathldm.agrees("ddim_final", found)
    pathldm.agrees("ddim_decoded", generator.decode(pathldm["ddim_final"][:1]))


def test_classes(pathldm, by_class):
    told = Given(classes=pathldm["class_labels"].numpy())
    pathldm.agrees("class_tokens", by_class.condition(told).tokens)
    unconditional = pathldm.params["classes"]["unconditional"]
    null = by_class.null(told).tokens
    pathldm.agrees("class_tokens", null[:1], slice(unconditional, unconditional + 1))


def test_network_and_sampling_by_class(pathldm, by_class):
    told = Given(classes=torch.tensor([0, 2, 4]).numpy())
    with torch.no_grad():
        found = by_class.network(pathldm["unet_x"], pathldm["unet_t"], by_class.condition(told))
    pathldm.agrees("class_unet_eps", found)
    told = Given(classes=torch.tensor([1, 3]).numpy())
    found = sample(pathldm, by_class, by_class.condition(told), by_class.null(told))
    pathldm.agrees("class_ddim_final", found)
