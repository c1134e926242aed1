"""The published samplers, against noise that is known exactly."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.protocols import Condition
from ssldiff_gui.core.specs import ScheduleSpec
from ssldiff_gui.sampling.guidance_classifier import gradient_of, led
from ssldiff_gui.sampling.published import alphas_of, ddim, noise_seen, plms, uniform_steps
from tests.sampling.fakes import FakeGenerator

SCHEDULE = ScheduleSpec()
ALPHAS = np.cumprod(1 - np.linspace(SCHEDULE.start**0.5, SCHEDULE.end**0.5, 1000) ** 2)
MEAN, SPREAD = 1.5, 0.5


def gaussian(mean=MEAN, spread=SPREAD):
    """Return the noise that is seen when all clean latents are normal."""

    def epsilon(x, step):
        kept = float(ALPHAS[step])
        return (1 - kept) ** 0.5 * (x - kept**0.5 * mean) / (kept * spread**2 + 1 - kept)

    return epsilon


def normal(seed=0, count=2000):
    return torch.randn(count, 1, 1, 1, generator=torch.Generator().manual_seed(seed)).double()


@given(some.integers(1, 5000).flatmap(
    lambda trained: some.tuples(some.integers(1, max(trained // 2, 1)), some.just(trained))
))  # fmt: skip
def test_steps_fall_by_equal_strides_to_the_first(both):
    count, trained = both
    if trained < 2:
        with pytest.raises(BadRequest):
            uniform_steps(count, trained)
        return
    steps = uniform_steps(count, trained)
    assert steps[-1] == 1
    assert steps[0] < trained
    assert len(steps) >= count
    assert len(steps) == count or trained % count
    assert {a - b for a, b in itertools.pairwise(steps)} <= {trained // count}


@pytest.mark.parametrize("count", [0, -1, 501, 1000, 10_000])
def test_steps_beyond_the_training(count):
    with pytest.raises(BadRequest, match="between 1 and 500"):
        uniform_steps(count, 1000)


@pytest.mark.parametrize(
    ("sampler", "count"), [(ddim, 1), (ddim, 3), (ddim, 50), (plms, 2), (plms, 3), (plms, 50)]
)
def test_a_single_clean_picture_is_found_in_any_number_of_steps(sampler, count):
    found = sampler(gaussian(spread=0.0), normal(), ALPHAS, count)
    kept = float(ALPHAS[0])
    rest = (found - kept**0.5 * MEAN) / (1 - kept) ** 0.5
    first = uniform_steps(count, 1000)[0]
    start = (normal() - ALPHAS[first] ** 0.5 * MEAN) / (1 - ALPHAS[first]) ** 0.5
    assert torch.allclose(rest, start, atol=1e-9)  # it ends at the first step's noise, not clean


@pytest.mark.parametrize(("sampler", "off"), [(ddim, 0.04), (plms, 0.015)])
def test_a_normal_distribution_comes_out(sampler, off):
    found = sampler(gaussian(), normal(), ALPHAS, 100)
    assert abs(float(found.mean()) - MEAN) < off
    assert abs(float(found.std()) - SPREAD) < off


def test_multistep_is_nearer_to_the_limit_than_single_steps():
    limit = ddim(gaussian(), normal(), ALPHAS, 500)
    far = [float((s(gaussian(), normal(), ALPHAS, 20) - limit).abs().max()) for s in (ddim, plms)]
    assert far[1] < far[0] / 3


def test_fresh_noise_keeps_the_distribution_and_is_put_in_at_every_step():
    random, numbers = torch.Generator().manual_seed(1), []

    def noise(number):
        numbers.append(number)
        return torch.randn(2000, 1, 1, 1, generator=random).double()

    found = ddim(gaussian(), normal(), ALPHAS, 100, eta=1.0, noise=noise)
    assert numbers == list(range(1, 101))
    assert abs(float(found.mean()) - MEAN) < 0.05
    assert abs(float(found.std()) - SPREAD) < 0.05
    with pytest.raises(ValueError, match="noise"):
        ddim(gaussian(), normal(), ALPHAS, 10, eta=1.0)


@pytest.mark.parametrize("sampler", [ddim, plms])
def test_steps_are_watched(sampler):
    seen = []
    found = sampler(gaussian(), normal(), ALPHAS, 10, watch=lambda n, x: seen.append((n, x)))
    assert [number for number, _ in seen] == list(range(1, 11))
    assert torch.equal(seen[-1][1], found)


def test_generators_are_asked_in_their_own_terms():
    generator = FakeGenerator()
    x = torch.randn(2, 2, 8, 8, generator=torch.Generator().manual_seed(0))
    given_, null = (Condition(tokens=torch.full((2, 1, 3), value)) for value in (1.0, 0.0))
    assert np.allclose(alphas_of(generator), ALPHAS)
    step = 400
    kept, sigma = ALPHAS[step], generator.table[step]
    seen = noise_seen(generator, given_)(x, step)
    clean = generator.denoise(x / kept**0.5, sigma, given_)
    assert torch.allclose(kept**0.5 * clean + (1 - kept) ** 0.5 * seen, x, atol=1e-5)
    plain = noise_seen(generator, null)(x, step)
    guided = noise_seen(generator, given_, null, 2.5)(x, step)
    assert torch.allclose(guided, plain + 2.5 * (seen - plain), atol=1e-4)


@settings(max_examples=20, deadline=None)
@given(some.integers(0, 999), some.floats(0, 20))
def test_guidance_goes_along_the_gradient(step, scale):
    weights = torch.tensor([[1.0, -1.0], [0.5, 0.0], [0.0, 0.0]])
    classes = torch.tensor([0, 2])

    def classifier(x, steps):
        assert steps.tolist() == [step, step]
        return x.flatten(1) @ weights.T

    x = torch.tensor([[0.3, -0.2], [1.0, 2.0]])[:, :, None, None]
    gradient = gradient_of(classifier, classes)(x, step)
    likely = (x.flatten(1) @ weights.T).softmax(dim=1)
    expected = weights[classes] - likely @ weights
    assert torch.allclose(gradient.flatten(1), expected, atol=1e-6)
    towards = led(lambda x, _: torch.zeros_like(x), lambda *_: gradient, ALPHAS, scale)
    length = (1 - ALPHAS[step]) ** 0.5 * scale
    assert torch.allclose(towards(x, step).flatten(1), -length * expected, atol=1e-4)


def test_gradients_do_not_need_gradients_to_be_on():
    with torch.inference_mode(mode=False), torch.no_grad():
        found = gradient_of(lambda x, _: x.flatten(1), torch.tensor([1]))(
            torch.zeros(1, 2, 1, 1), 3
        )
    assert torch.allclose(found.flatten(), torch.tensor([-0.5, 0.5]))
