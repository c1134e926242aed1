"""HistoDiffusion: averaged weights, a classifier's gradient, and the selection."""

from __future__ import annotations

import torch
from ssldiff_cvlab.converters import NETWORK

from ssldiff_gui.core.protocols import Condition
from ssldiff_gui.models.generators import schedules
from ssldiff_gui.models.generators.networks import build_network
from ssldiff_gui.models.weights import load_into
from ssldiff_gui.sampling import selection
from ssldiff_gui.sampling.guidance_classifier import gradient_of, led
from ssldiff_gui.sampling.published import alphas_of, ddim, noise_seen, uniform_steps

WATCHED = (1, 2, 10, 25, 49)


def test_schedule(histodiffusion):
    spec = histodiffusion.generator.spec.schedule
    wanted = histodiffusion.params["schedule"]
    assert (spec.kind, spec.start, spec.end) == (wanted["kind"], wanted["start"], wanted["end"])
    histodiffusion.agrees("betas", torch.from_numpy(schedules.betas(spec)))
    alphas = torch.from_numpy(alphas_of(histodiffusion.generator))
    histodiffusion.agrees("alphas_cumprod", alphas)


def test_scale_is_the_measured_one(histodiffusion):
    scale = histodiffusion.generator.spec.latent_scale
    assert scale == histodiffusion["scale_factor"].item()


def test_network_has_the_averaged_weights(histodiffusion):
    x, t = histodiffusion["unet_x"], histodiffusion["unet_t"]
    with torch.no_grad():
        found = histodiffusion.generator.network(x, t, Condition())
    histodiffusion.agrees("unet_eps_ema", found)
    histodiffusion.disagrees("unet_eps_raw", found)


def test_network_with_the_raw_weights(histodiffusion):
    x, t = histodiffusion["unet_x"], histodiffusion["unet_t"]
    network = build_network(histodiffusion.generator.spec.network)
    state = histodiffusion.state()
    raw = {name.removeprefix(NETWORK): value for name, value in state.items() if NETWORK in name}
    load_into(network.module, raw)
    with torch.no_grad():
        histodiffusion.agrees("unet_eps_raw", network(x, t, Condition()))


def test_autoencoder(histodiffusion):
    generator, scale = histodiffusion.generator, histodiffusion["scale_factor"]
    with torch.no_grad():
        found = generator.autoencoder.module.encode(histodiffusion["kl_image"]).latent_dist
    histodiffusion.agrees("kl_moments", found.parameters)
    histodiffusion.agrees("kl_logvar", found.logvar)
    histodiffusion.agrees("kl_mean", generator.encode(histodiffusion["kl_image"]) / scale)
    drawn = found.mean + found.std * histodiffusion["kl_noise"]
    histodiffusion.agrees("kl_z", generator.spec.latent_scale * drawn)
    histodiffusion.agrees("kl_decoded", generator.decode(histodiffusion["kl_z"]))


def test_classifier(histodiffusion, classifier):
    x, t, y = (histodiffusion[name] for name in ("clf_x", "clf_t", "clf_y"))
    with torch.no_grad():
        histodiffusion.agrees("clf_logits", classifier(x, t))
    for row in range(len(x)):
        part = slice(row, row + 1)
        gradient = gradient_of(classifier, y[part])(x[part], int(t[row]))
        histodiffusion.agrees("clf_grad", gradient, part)


def guided(system, classifier):
    """Return the pieces of the guided sampling."""
    generator = system.generator
    epsilon = noise_seen(generator, Condition())
    gradient = gradient_of(classifier, system["guided_y"])
    return epsilon, gradient, alphas_of(generator)


def test_first_guided_step(histodiffusion, classifier):
    epsilon, gradient, alphas = guided(histodiffusion, classifier)
    step = uniform_steps(histodiffusion.params["guided"]["S"], len(alphas))[0]
    start = histodiffusion["guided_xT"]
    histodiffusion.agrees("guided_step1_eps", epsilon(start, step))
    histodiffusion.agrees("guided_step1_grad", gradient(start, step))


def test_guided_sampling(histodiffusion, classifier):
    made = histodiffusion.params["guided"]
    epsilon, gradient, alphas = guided(histodiffusion, classifier)
    noise, seen = histodiffusion["guided_noise"], []
    found = ddim(
        led(epsilon, gradient, alphas, made["guidance_scale"]),
        histodiffusion["guided_xT"],
        alphas,
        made["S"],
        eta=made["eta"],
        noise=lambda number: noise[number - 1],
        watch=lambda number, x: seen.append(x) if number in WATCHED else None,
    )
    histodiffusion.agrees("guided_x_traj", torch.stack(seen))
    histodiffusion.agrees("guided_final", found)
    decoded = histodiffusion.generator.decode(histodiffusion["guided_final"])
    histodiffusion.agrees("guided_decoded", decoded)
    pixels = ((decoded + 1) * 127.5).clamp(0, 255).floor().permute(0, 2, 3, 1)
    histodiffusion.agrees("guided_uint8_as_float", pixels)


def test_selection(histodiffusion):
    real, labels = histodiffusion["sel_ref_features"].numpy(), histodiffusion["sel_ref_labels"]
    classes = len(histodiffusion.params["selection"]["classes"])
    centres = selection.centroids(real, labels.numpy(), classes)
    histodiffusion.agrees("sel_centroids", torch.from_numpy(centres))
    made = histodiffusion["sel_features"].numpy(), histodiffusion["sel_labels"].numpy()
    kept = selection.select(*made, centres, most=None)
    assert set(kept.indices.tolist()) == set(histodiffusion["sel_kept_indices"].tolist())
    assert kept.classes.tolist() == histodiffusion["sel_kept_class"].tolist()
    histodiffusion.agrees("sel_kept_distance", torch.from_numpy(kept.distances))
    agrees_in_order(kept, histodiffusion["sel_kept_indices"], histodiffusion)
    most = histodiffusion.params["selection"]["cap"]
    assert most == selection.HISTODIFFUSION_MOST
    copied = selection.select(*made, centres)
    agrees_in_order(copied, histodiffusion["sel_copied_indices"], histodiffusion)


def agrees_in_order(found, expected, system):
    """Check the order, which is free where two distances are the same in float32."""
    assert len(found.indices) == len(expected)
    distance = dict(
        zip(system["sel_kept_indices"].tolist(), system["sel_kept_distance"].tolist(), strict=True)
    )
    for ours, theirs in zip(found.indices.tolist(), expected.tolist(), strict=True):
        assert ours == theirs or abs(distance[ours] - distance[theirs]) < 1e-6
