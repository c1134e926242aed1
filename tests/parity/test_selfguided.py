"""Self-guided diffusion: four networks, both schedules, guidance, and the clamped DDIM."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from ssldiff_selfguided.converter import NETWORK, NULLS

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.protocols import Condition
from ssldiff_gui.models.generators import LatentDiffusion, schedules
from ssldiff_gui.models.generators.networks import build_network
from ssldiff_gui.models.weights import load_into
from ssldiff_gui.sampling.plan import Plan
from ssldiff_gui.sampling.presets import preset_named, steps_of
from ssldiff_gui.sampling.published import alphas_of, ddim, noise_seen, uniform_steps
from ssldiff_gui.sampling.render import Renderer
from ssldiff_gui.sampling.store import WindowStore
from tests.parity.selfguided import NAMES, Originals

STEPS = 10
W = 2.0
WAYS = {"default": "scaled_linear", "truelinear": "linear"}
"""The two schedules, by the fixtures' names and by diffusers'."""

ANSWERS = {
    *(f"{name}.{what}" for name in NAMES for what in ("out_cond", "out_uncond", "guided")),
    *(f"{name}.context" for name in NAMES[1:]),
    *(f"{name}.ddim.{way}.z" for name in NAMES for way in WAYS),
    *(f"unet_fast.ddim.{way}.image" for way in WAYS),
    *(f"schedule.{way}.{what}" for way in WAYS for what in ("betas", "alphas_cumprod")),
    *("unet_fast.out_cond_raw", "unet_fast.ddim.default.trajectory", "ddim.timesteps"),
}
"""All that is compared here."""

pytestmark = pytest.mark.xdist_group("selfguided")  # converted once


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    return Originals(tmp_path_factory.mktemp("selfguided"))


def test_every_answer_is_looked_at(originals):
    """Those of k-means and LOST are elsewhere."""
    own = {name for name, tolerance in originals.tolerances.items() if tolerance != "input"}
    assert {name for name in own if not name.startswith(("kmeans", "lost"))} == ANSWERS


def told(originals, name):
    """Return a generator, and what it is told and not told."""
    generator, given = originals.generator(name), originals.given(name)
    return generator, generator.condition(given), generator.null(given)


def answered(originals, name, condition, generator=None):
    generator = generator or originals.generator(name)
    with torch.no_grad():
        return generator.network(originals[f"{name}.x"], originals[f"{name}.t"], condition)


@pytest.mark.parametrize("name", NAMES)
def test_network_and_guidance(originals, name):
    _, condition, null = told(originals, name)
    seen, plain = (answered(originals, name, each) for each in (condition, null))
    originals.agrees(f"{name}.out_cond", seen)
    originals.agrees(f"{name}.out_uncond", plain)
    originals.agrees(f"{name}.guided", plain + W * (seen - plain))  # ours
    originals.agrees(f"{name}.guided", (1 - W) * plain + W * seen)  # theirs: the same
    assert originals.generator(name).spec.guidance == W


def test_network_with_the_raw_weights(originals):
    generator = originals.generator("unet_fast")
    network = build_network(generator.spec.network)
    raw = {
        key.removeprefix(NETWORK): value.float()
        for key, value in originals.state("unet_fast").items()
        if key.startswith(NETWORK) and key.removeprefix(NETWORK) not in NULLS
    }
    load_into(network.module, raw)
    _, condition, _ = told(originals, "unet_fast")
    with torch.no_grad():
        found = network(originals["unet_fast.x"], originals["unet_fast.t"], condition)
    originals.agrees("unet_fast.out_cond_raw", found)
    originals.disagrees("unet_fast.out_cond", found)


@pytest.mark.parametrize("name", NAMES[1:])
def test_context(originals, name):
    generator, condition, _ = told(originals, name)
    assert torch.equal(condition.labels, originals[f"{name}.cond"])
    with torch.no_grad():
        context = generator.network.module.context(originals[f"{name}.t"], condition.labels)
    originals.agrees(f"{name}.context", context)


@pytest.mark.parametrize("way", WAYS)
def test_schedule(originals, way):
    generator = with_schedule(originals.generator("unet_fast"), way)
    betas = torch.from_numpy(schedules.betas(generator.spec.schedule))
    originals.agrees(f"schedule.{way}.betas", betas)
    alphas = torch.from_numpy(alphas_of(generator))
    originals.agrees(f"schedule.{way}.alphas_cumprod", alphas)


def with_schedule(generator, way):
    """Return a generator as it would be with the other betas; the default's are its own."""
    spec = generator.spec
    assert spec.schedule.kind == WAYS["default"]
    schedule = spec.schedule.model_copy(update={"kind": WAYS[way]})
    return LatentDiffusion(
        spec.model_copy(update={"schedule": schedule}),
        generator.network,
        generator.autoencoder,
        generator.conditioner,
        device=generator.device,
    )


def sampled(originals, name, way, *, guidance=W, watch=None, **changed):
    """Return what the published sampler makes."""
    generator, condition, null = told(originals, name)
    generator = with_schedule(generator, way)
    epsilon = noise_seen(generator, condition, null, guidance)
    start, alphas = originals[f"{name}.ddim.noise"], alphas_of(generator)
    return ddim(epsilon, start, alphas, STEPS, watch=watch, **{"clamped": True} | changed)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_samples(originals, name, way):
    after = []
    found = sampled(originals, name, way, watch=lambda _, x: after.append(x))
    originals.agrees(f"{name}.ddim.{way}.z", found)
    if name == "unet_fast":
        image = ((originals.generator(name).decode(found) + 1) * 127.5).clamp(0, 255).floor()
        originals.agrees(f"{name}.ddim.{way}.image", image)
    if (name, way) == ("unet_fast", "default"):
        kept = {int(index) for index in np.linspace(0, STEPS, STEPS)}
        logged = [x for k, x in enumerate(after) if STEPS - 1 - k in kept]
        originals.agrees(f"{name}.ddim.{way}.trajectory", torch.stack(logged))


def test_steps(originals):
    steps = uniform_steps(STEPS, 1000)
    originals.agrees("ddim.timesteps", torch.tensor(steps[::-1]))
    generator = originals.generator("unet_fast")
    visited = steps_of(preset_named("selfguided", steps=STEPS), generator)
    assert [step.now for step in visited] == [generator.table[step] for step in steps]
    assert visited[-1].then == generator.table[0]


class Recorded:
    """The noise that one sample of the original began with."""

    def __init__(self, noise):
        self.noise = noise.numpy()

    def draw(self, stream, y, x, height, width):
        assert stream == 0
        return self.noise[:, y : y + height, x : x + width]


class Told:
    """A canvas of one window, conditioned as one sample of the original was."""

    def __init__(self, given, row):
        part = slice(row, row + 1)
        arrays = {"classes": given.classes, "maps": given.maps}
        cut = {name: None if array is None else array[part] for name, array in arrays.items()}
        self.one = type(given)(**cut)

    def given(self, corners):
        assert list(corners) == [(0, 0)]
        return self.one

    def empty(self, box):
        return False

    def shown(self, pixels):
        return None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["unet_fast", "unetca_mask"])
def test_the_preset_samples_as_published(originals, name, way):
    generator = with_schedule(originals.generator(name), way)
    preset = preset_named("selfguided", steps=STEPS)
    assert preset.guidance is None
    plan = Plan.of(generator, preset, 1, 1)
    field = Told(originals.given(name), 0)
    renderer = Renderer(
        [generator], plan, field, Recorded(originals[f"{name}.ddim.noise"][0]), WindowStore(None),
        batch=1, guidance=generator.spec.guidance,
    )  # fmt: skip
    whole = Box(0, 0, plan.width, plan.height)
    for index, places in enumerate(plan.needs([whole])[:-1]):
        renderer._run_phase(index, places)
    found = torch.from_numpy(renderer._blended(len(plan.phases) - 1, whole)[0])
    found = found / math.hypot(1, plan.phases[-1].steps[-1].then)
    wanted = originals[f"{name}.ddim.{way}.z"][0]
    assert (found - wanted).abs().max() <= float(originals.tolerances[f"{name}.ddim.{way}.z"])


@pytest.mark.parametrize(
    "wrong", [{"clamped": False}, {"guidance": 1 + W}, {"guidance": 1.0}], ids=str
)
def test_trap_of_sampling(originals, wrong):
    found = sampled(originals, "unet_fast", "default", **wrong)
    originals.disagrees("unet_fast.ddim.default.z", found)


def test_trap_of_noise_that_follows_the_clamp(originals):
    generator, condition, null = told(originals, "unet_fast")
    alphas = alphas_of(generator)
    epsilon = noise_seen(generator, condition, null, W)

    def recomputed(x, step):
        kept = alphas[step]
        clean = (x - math.sqrt(1 - kept) * epsilon(x, step)) / math.sqrt(kept)
        return (x - math.sqrt(kept) * clean.clamp(-1, 1)) / math.sqrt(1 - kept)

    found = ddim(recomputed, originals["unet_fast.ddim.noise"], alphas, STEPS)
    originals.disagrees("unet_fast.ddim.default.z", found)


def test_trap_of_schedules(originals):
    originals.disagrees("unet_fast.ddim.default.z", sampled(originals, "unet_fast", "truelinear"))


@pytest.mark.parametrize("name", ["unetca_box", "unetca_mask"])
def test_trap_of_what_is_dropped(originals, name):
    """Label and maps are dropped together, not one of them."""
    _, condition, null = told(originals, name)
    for half in (
        Condition(labels=condition.labels, maps=null.maps),
        Condition(labels=null.labels, maps=condition.maps),
    ):
        originals.disagrees(f"{name}.out_uncond", answered(originals, name, half))
