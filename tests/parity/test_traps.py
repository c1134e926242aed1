"""Each known way to get the published systems wrong: the tests of parity would see it."""

from __future__ import annotations

import pytest
import torch
from diffusers.schedulers.scheduling_ddim import DDIMScheduler

from ssldiff_gui.core.protocols import Condition, Given
from ssldiff_gui.core.slerp import between_cells
from ssldiff_gui.models.generators import schedules
from ssldiff_gui.sampling.guidance_classifier import gradient_of, led
from ssldiff_gui.sampling.published import alphas_of, ddim, noise_seen, plms, uniform_steps


def alphas_called_linear(system):
    """Diffusers' "linear" for latent diffusion's."""
    spec = system.generator.spec.schedule.model_copy(update={"kind": "linear"})
    return torch.from_numpy(schedules.alphas(spec))


def without_codebook(lid):
    """The codebook left as diffusers' converter leaves it: fresh."""
    module = lid.model("without-codebook").autoencoder.module
    torch.manual_seed(0)
    codes = module.quantize.embedding.weight
    module.quantize.embedding.weight = torch.nn.Parameter(
        torch.empty_like(codes).uniform_(-1 / len(codes), 1 / len(codes))
    )
    with torch.no_grad():
        return module.decode(lid["vq_h"]).sample


def without_quantisation(lid):
    with torch.no_grad():
        return lid.generator.autoencoder.module.decode(lid["vq_h"], force_not_quantize=True).sample


def scaled_like_stable_diffusion(lid):
    return lid.generator.decode(lid["vq_h"] / 0.18215)


def not_normalised(lid):
    """Embeddings sent through the linear layer as they are."""
    return lid.generator.conditioner.module.linear(lid["cond_feats"])[:, None]


def by_column(lid):
    made = lid.params["get_conditioning"]
    grid = lid["getcond_grid"].view(*made["embedding_spatial"], -1).transpose(0, 1)
    places = (lid["getcond_ij"] / made["patch_size"]).numpy().T
    return torch.from_numpy(between_cells(grid.numpy(), *places))


def plms_of(lid, scale, null):
    generator, start = lid.generator, lid["plms_xT"]
    told = Given(vectors=lid["cond_feats"][: len(start)].numpy()[:, None])
    epsilon = noise_seen(generator, generator.condition(told), null(generator, told), scale)
    return plms(epsilon, start, alphas_of(generator), lid.params["plms"]["S"])


def guidance_of_the_large_image_scripts(lid):
    """The same number in the form (1 + w) · given - w · null."""
    scale = 1 + lid.params["plms"]["scale"]
    return plms_of(lid, scale, lambda generator, told: generator.null(told))


def zero_token_for_null(lid):
    def null(generator, told):
        return Condition(tokens=torch.zeros_like(generator.null(told).tokens))

    return plms_of(lid, lid.params["plms"]["scale"], null)


def seen_by_pathldm(pathldm, null=None):
    generator, rows = pathldm.generator, len(pathldm["ddim_xT"])
    given = Condition(tokens=pathldm["text_emb"][:rows])
    tokens = pathldm["text_emb"][-1:] if null is None else null
    scale = pathldm.params["ddim"]["scale"]
    return noise_seen(generator, given, Condition(tokens=tokens.expand(rows, -1, -1)), scale)


def zeros_for_the_empty_prompt(pathldm):
    epsilon = seen_by_pathldm(pathldm, torch.zeros_like(pathldm["text_emb"][-1:]))
    alphas = alphas_of(pathldm.generator)
    return ddim(epsilon, pathldm["ddim_xT"], alphas, pathldm.params["ddim"]["S"])


def textbook_ddim(pathldm):
    """Diffusers' DDIM as it comes: other steps, and an end at ᾱ = 1."""
    spec, made = pathldm.generator.spec.schedule, pathldm.params["ddim"]
    scheduler = DDIMScheduler(
        num_train_timesteps=spec.steps,
        beta_start=spec.start,
        beta_end=spec.end,
        beta_schedule=spec.kind,
        clip_sample=False,
    )
    scheduler.set_timesteps(made["S"])
    epsilon, x = seen_by_pathldm(pathldm), pathldm["ddim_xT"]
    for step in scheduler.timesteps:
        x = scheduler.step(epsilon(x, int(step)), step, x).prev_sample
    return x


def ddim_that_ends_clean(pathldm):
    """The right steps, and an end at ᾱ = 1."""
    alphas, epsilon = alphas_of(pathldm.generator), seen_by_pathldm(pathldm)
    clean = []

    def keep(x, step):
        seen = epsilon(x, step)
        clean.append((x - (1 - alphas[step]) ** 0.5 * seen) / alphas[step] ** 0.5)
        return seen

    ddim(keep, pathldm["ddim_xT"], alphas, pathldm.params["ddim"]["S"])
    return clean[-1]


def text(change):
    """Return what the text tower says after it was changed in one way."""

    def wrong(pathldm):
        tower, ids = pathldm.model("wrong-tower").conditioner.module, pathldm["text_ids"]
        with torch.no_grad():
            return change(tower, ids)

    return wrong


def read_in_halves(tower, ids):
    chunk = tower.embeddings.position_embedding.num_embeddings
    return torch.cat([tower.read(part) for part in ids.split(chunk, dim=1)], dim=1)


def without_padding_mask(tower, ids):
    tower.end = -1
    return tower.read(ids)


def without_causal_mask(tower, ids):
    seen = tower.seen(ids)[:, :, -1:].expand(-1, -1, ids.shape[1], -1)
    tower.seen = lambda _: seen
    return tower.read(ids)


def without_last_norm(tower, ids):
    tower.final_layer_norm = torch.nn.Identity()
    return tower.read(ids)


def usual_77_tokens(tower, ids):
    chunk = tower.embeddings.position_embedding.num_embeddings
    short = tower.read(ids[:, :chunk])
    return torch.cat([short, short], dim=1)


def raw_weights(histodiffusion):
    return histodiffusion["unet_eps_raw"]


def scale_ignored(histodiffusion):
    return histodiffusion.generator.decode(
        histodiffusion["kl_z"] * histodiffusion.generator.spec.latent_scale
    )


TABLE = {
    ("lid", "alphas_cumprod"): [alphas_called_linear],
    ("lid", "vq_decoded"): [without_codebook, without_quantisation, scaled_like_stable_diffusion],
    ("lid", "cond_tokens"): [not_normalised],
    ("lid", "getcond_embedding"): [by_column],
    ("lid", "plms_final"): [guidance_of_the_large_image_scripts, zero_token_for_null],
    ("pathldm", "alphas_cumprod"): [alphas_called_linear],
    ("pathldm", "ddim_final"): [zeros_for_the_empty_prompt, textbook_ddim, ddim_that_ends_clean],
    ("pathldm", "text_emb"): [
        text(change)
        for change in (
            read_in_halves,
            without_padding_mask,
            without_causal_mask,
            without_last_norm,
            usual_77_tokens,
        )
    ],
    ("histodiffusion", "alphas_cumprod"): [alphas_called_linear],
    ("histodiffusion", "unet_eps_ema"): [raw_weights],
    ("histodiffusion", "kl_decoded"): [scale_ignored],
}
CASES = [(*case, wrong) for case, ways in TABLE.items() for wrong in ways]


@pytest.mark.parametrize(("name", "answer", "wrong"), CASES)
def test_trap(request, name, answer, wrong):
    system = request.getfixturevalue(name)
    system.disagrees(answer, wrong(system))


GUIDANCE = {
    "no noise after the last step": {"last": False},
    "no fresh noise": {"eta": 0.0},
    "weaker guidance": {"scale": 1.0},
    "ᾱ of the step before": {"late": 1},
}


@pytest.mark.parametrize("trap", GUIDANCE)
def test_trap_of_guided_sampling(histodiffusion, classifier, trap):
    made, wrong = histodiffusion.params["guided"], GUIDANCE[trap]
    alphas = alphas_of(histodiffusion.generator)
    epsilon = noise_seen(histodiffusion.generator, Condition())
    gradient, noise = (
        gradient_of(classifier, histodiffusion["guided_y"]),
        histodiffusion["guided_noise"],
    )
    late = wrong.get("late", 0) * len(alphas) // made["S"]
    shifted = torch.from_numpy(alphas).roll(late).numpy()

    def drawn(number):
        last = number == len(noise) and not wrong.get("last", True)
        return torch.zeros_like(noise[0]) if last else noise[number - 1]

    found = ddim(
        led(epsilon, gradient, shifted, wrong.get("scale", made["guidance_scale"])),
        histodiffusion["guided_xT"],
        alphas,
        made["S"],
        eta=wrong.get("eta", made["eta"]),
        noise=drawn,
    )
    histodiffusion.disagrees("guided_final", found)


@pytest.mark.parametrize("heads_are", ["parts first", "of one width"])
def test_trap_of_the_heads(histodiffusion, heads_are, monkeypatch):
    generator = histodiffusion.model("wrong-heads")
    module = generator.network.module
    if heads_are == "parts first":
        from ssldiff_cvlab import blocks

        attend = blocks.attend
        monkeypatch.setattr(blocks, "attend", lambda qkv, n, _: attend(qkv, n, "parts first"))
    else:
        width = module.shape.width // module.shape.heads
        for layer in module.modules():
            if isinstance(getattr(layer, "heads", None), int):
                layer.heads = layer.norm.num_channels // width
    x, t = histodiffusion["unet_x"], histodiffusion["unet_t"]
    with torch.no_grad():
        histodiffusion.disagrees("unet_eps_ema", generator.network(x, t, Condition()))


@pytest.mark.parametrize(("count", "steps"), [(10, 10), (50, 50), (30, 31), (400, 500)], ids=str)
def test_a_number_of_steps_that_does_not_divide_gives_more(count, steps):
    found = uniform_steps(count, 1000)
    assert len(found) == steps
    assert found[-1] == 1
    assert found == sorted(found, reverse=True)
