"""The DDIM of self-guided diffusion, which keeps what it sees from -1 to 1."""

from __future__ import annotations

import math

import pytest
import torch

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.protocols import Condition
from ssldiff_gui.sampling.plan import Plan
from ssldiff_gui.sampling.presets import preset_named, steps_of
from ssldiff_gui.sampling.published import alphas_of, noise_seen, uniform_steps
from ssldiff_gui.sampling.published import ddim as published
from ssldiff_gui.sampling.solver import clamped_ddim, ddim
from tests.sampling.fakes import FakeGenerator, fake_spec

NOBODY = Condition()


class Loud(FakeGenerator):
    """Sees pictures that go far beyond what there is."""

    def denoise(self, x, sigma, condition, *, shift=0):
        return 3 * torch.tanh(x / (1 + sigma**2) ** 0.5)


def test_what_lies_between_is_left_alone():
    x, x0 = torch.linspace(-9, 9, 40), torch.linspace(-1, 1, 40)
    assert torch.equal(clamped_ddim(x, x0, 4.0, 2.0), ddim(x, x0, 4.0, 2.0))


def test_the_noise_stays_what_it_was():
    x, x0 = torch.tensor([10.0]), torch.tensor([4.0])
    noise = (x - x0) / 3.0
    assert clamped_ddim(x, x0, 3.0, 0.5).item() == pytest.approx(1 + 0.5 * noise.item())


@pytest.mark.parametrize("count", [1, 10, 50, 250])
def test_the_preset_visits_the_published_steps(count):
    generator = FakeGenerator()
    steps = steps_of(preset_named("selfguided", steps=count), generator)
    assert [step.now for step in steps] == [generator.table[t] for t in uniform_steps(count, 1000)]
    assert steps[-1].then == generator.table[0]
    assert all(step.guided for step in steps)


@pytest.mark.parametrize("count", [30, 600, 999, 1000])
def test_other_numbers_of_steps_begin_near_the_noise_and_never_rise(count):
    steps = steps_of(preset_named("selfguided", steps=count), FakeGenerator())
    assert len(steps) == count
    assert steps[0].now >= FakeGenerator().table[960]
    assert all(step.now >= step.then for step in steps)


@pytest.mark.parametrize("clamped", [False, True])
def test_both_forms_of_the_sampler_agree(clamped):
    generator, x = Loud(), torch.randn(2, 2, 8, 8, generator=torch.Generator().manual_seed(1))
    alphas = alphas_of(generator)
    found = published(noise_seen(generator, NOBODY), x, alphas, 10, clamped=clamped)
    steps = steps_of(preset_named("selfguided", steps=10), generator)
    x = x * math.hypot(1, steps[0].now)
    for step in steps:
        by = clamped_ddim if clamped else ddim
        x = by(x, generator.denoise(x, step.now, NOBODY), step.now, step.then)
    torch.testing.assert_close(x / math.hypot(1, steps[-1].then), found, atol=1e-4, rtol=1e-4)


def test_latents_are_not_clamped():
    with pytest.raises(BadRequest, match="models of pixels"):
        Plan.of(FakeGenerator(), preset_named("selfguided"), 1, 1)
    pixels = FakeGenerator(fake_spec(factor=1, channels=3))
    assert len(Plan.of(pixels, preset_named("selfguided"), 1, 1).phases) == 10


def test_the_clamp_changes_what_comes_out():
    generator, x = Loud(), torch.randn(1, 2, 8, 8, generator=torch.Generator().manual_seed(2))
    ways = [
        published(noise_seen(generator, NOBODY), x, alphas_of(generator), 10, clamped=clamped)
        for clamped in (False, True)
    ]
    assert ways[0].abs().max() > 2
    assert ways[1].abs().max() < 1.2
