"""Steps held to closed forms and to diffusers."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from ssldiff_gui.sampling.presets import PRESETS, Preset, preset_named, steps_of
from ssldiff_gui.sampling.solver import ancestral, ddim, dpmpp_2m, lone_step_spread
from tests.sampling.fakes import FakeGenerator, fake_spec


def gaussian(x, sigma, mean=0.7, spread=0.4):
    """What the best denoiser sees when pictures are normal numbers."""
    return (spread**2 * x + sigma**2 * mean) / (spread**2 + sigma**2)


def run_2m(levels, x, see):
    before, last = None, None
    for now, then in pairwise(levels):
        x0 = see(x, now)
        x, before, last = dpmpp_2m(x, x0, before, (last, now, then)), x0, now
    return x


@pytest.mark.parametrize(("steps", "error"), [(20, 0.02), (80, 0.002)])
def test_dpm_solver_reaches_the_gaussian_it_knows(steps, error):
    x = torch.randn(20_000, generator=torch.Generator().manual_seed(0)) * 80
    levels = [*np.geomspace(80, 0.02, steps), 0.0]
    end = run_2m(levels, x, gaussian)
    assert abs(end.mean().item() - 0.7) < 0.02
    exact = 0.7 + 0.4 / math.hypot(0.4, 80) * (x - 0.7)  # the flow of a Gaussian is linear
    assert (end - exact).abs().max().item() < error


def test_the_second_order_is_better_than_the_first():
    x = torch.linspace(-100, 100, 101)
    levels = [*np.geomspace(80, 0.02, 16), 0.0]
    exact = 0.7 + 0.4 / math.hypot(0.4, 80) * (x - 0.7)
    first = x
    for now, then in pairwise(levels):
        first = ddim(first, gaussian(first, now), now, then)
    second = run_2m(levels, x, gaussian)
    assert (second - exact).abs().max() < (first - exact).abs().max() / 4


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("steps", [5, 10, 20, 25])
def test_our_2m_is_that_of_diffusers(steps):
    from diffusers import DPMSolverMultistepScheduler

    scheduler = DPMSolverMultistepScheduler(
        beta_start=0.0015, beta_end=0.0195, beta_schedule="scaled_linear",
        prediction_type="sample", algorithm_type="dpmsolver++", final_sigmas_type="zero",
        lower_order_final=True, euler_at_final=False,
    )  # fmt: skip
    scheduler.set_timesteps(steps)
    levels = [float(s) for s in scheduler.sigmas]
    start = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(1))

    def see(scaled):
        return torch.tanh(scaled * 1.3 + 0.2)

    theirs = start
    for t in scheduler.timesteps:
        theirs = scheduler.step(see(theirs), t, theirs).prev_sample
    ours = run_2m(levels, start * math.hypot(1, levels[0]), lambda x, s: see(x / math.hypot(1, s)))
    assert torch.allclose(ours, theirs, atol=2e-5)


def test_fresh_noise_keeps_the_level():
    random = torch.Generator().manual_seed(2)
    x0 = torch.zeros(200_000)
    x = 3.0 * torch.randn(200_000, generator=random)
    noise = torch.randn(200_000, generator=random)
    for fresh in (0.0, 0.5, 1.5):
        assert abs(ancestral(x, x0, (3.0, 1.5), fresh, noise).std().item() - 1.5) < 0.02
    assert torch.equal(ancestral(x, x0, (3.0, 1.5), 0.0, noise), ddim(x, x0, 3.0, 1.5))


def test_the_lone_step_adds_far_less_than_ddim_does():
    generator = FakeGenerator()
    kept = 1 / (1 + generator.table**2)
    ours = lone_step_spread((kept[479], kept[498], kept[499])) * math.sqrt(kept[479])
    full = math.sqrt((1 - kept[479]) / (1 - kept[499]) * (1 - kept[499] / kept[479]))
    assert 0.1 < ours / full < 0.35  # as standard deviation; LID's variance is about 1/20


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_presets_fall_from_noise_to_the_end(preset):
    steps = steps_of(preset, FakeGenerator())
    assert len(steps) == preset.steps
    assert [step.number for step in steps] == list(range(1, preset.steps + 1))
    assert steps[0].before is None
    for one, two in pairwise(steps):
        assert one.now > one.then == two.now
        assert two.before == one.now
    assert (steps[-1].then == 0) == preset.ends_clean


def test_our_preset_guides_less_than_half_of_the_steps():
    steps = steps_of(PRESETS["default"], FakeGenerator())
    assert sum(step.guided for step in steps) == 8
    assert not steps[0].guided
    assert not steps[-1].guided
    assert all(step.guided for step in steps_of(PRESETS["lid"], FakeGenerator()))


def test_lid_visits_the_training_steps_it_was_published_with():
    generator = FakeGenerator()
    steps = steps_of(PRESETS["lid"], generator)
    visited = [int(np.argmin(np.abs(generator.table - step.now))) for step in steps]
    assert visited == list(range(999, 0, -20))  # ᾱ is taken at t - 1, t = 1000 … 20


@pytest.mark.parametrize("steps", [7, 12, 50])
def test_other_steps_keep_phases_that_go_evenly(steps):
    preset = preset_named("default", steps=steps)
    assert preset.steps == steps
    assert steps % preset.phases == 0
    assert preset_named("lid", steps=25).phases == 25


def test_unknown_presets_and_too_many_steps_are_named():
    from ssldiff_gui.core.errors import BadRequest

    with pytest.raises(BadRequest, match="no preset “best”"):
        preset_named("best")
    with pytest.raises(BadRequest, match="more than the 1000"):
        steps_of(Preset(name="x", spacing="even", steps=1001), FakeGenerator(fake_spec()))
