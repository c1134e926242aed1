"""A classifier leads a generator to a class: exactly, where the answer is known in closed form."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.protocols import Condition, Given
from ssldiff_gui.sampling.field import GridField
from ssldiff_gui.sampling.guidance_classifier import gradient_of
from ssldiff_gui.sampling.guidance_classifier import led as led_as_published
from ssldiff_gui.sampling.led import led
from ssldiff_gui.sampling.noise import KeyedNoise
from ssldiff_gui.sampling.plan import Plan
from ssldiff_gui.sampling.presets import preset_named
from ssldiff_gui.sampling.render import Renderer
from ssldiff_gui.sampling.solver import ddim
from ssldiff_gui.sampling.store import WindowStore
from tests.sampling.fakes import FakeGenerator, fake_grid

SLOPE = 0.7


class Gaussian(FakeGenerator):
    """A generator whose pictures are standard normal: what it sees is the mean of what fits."""

    def denoise(self, x, sigma, condition, *, shift=0):
        return x / (1 + sigma**2)


class Linear:
    """Class 1 is as likely as ``exp(slope · sum(x0))`` beside class 0, for the noisy latents too.

    Of standard normal latents, ``x / √(1 + sigma²)`` tells of the clean ones their mean and no
    more; the odds then have the slope ``slope / √(1 + sigma²)``. The two logits are so far apart
    that the gradient of log p(1) is that of the odds.
    """

    at = "noisy"

    def __init__(self, table):
        self.table = torch.from_numpy(table.copy()).float()

    def __call__(self, latents, steps):
        place = steps.clamp(0, len(self.table) - 1)
        sigma = torch.exp(
            torch.from_numpy(
                np.interp(place.numpy(), np.arange(len(self.table)), self.table.log().numpy())
            )
        ).float()
        odds = SLOPE / (1 + sigma**2).sqrt() * latents.sum(dim=(1, 2, 3)) - 1e4
        return torch.stack([torch.zeros_like(odds), odds], dim=1)


def drawn(generator, steps=60, count=64):
    x = torch.randn(count, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    levels = generator.sigmas(steps)
    x = x * math.sqrt(1 + levels[0] ** 2)
    for now, then in pairwise(levels):
        seen = generator.denoise(x, now, Condition())
        x = seen if then == 0 else ddim(x, seen, now, then)
    return x


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_a_gaussian_is_moved_by_what_bayes_says(scale):
    plain = Gaussian()
    found = drawn(led(plain, Linear(plain.table), 1, scale))
    assert float(drawn(plain).mean()) == pytest.approx(0, abs=0.05)
    # p(x) exp(slope · x) of a standard normal is a normal around the slope
    assert float(found.mean() - drawn(plain).mean()) == pytest.approx(scale * SLOPE, rel=0.02)
    assert float(found.std()) == pytest.approx(float(drawn(plain).std()), rel=0.02)


def test_in_the_clean_latents_the_same_class_is_reached():
    plain = Gaussian()

    class Clean(Linear):
        def __call__(self, latents, steps):
            assert (steps == 0).all()
            return super().__call__(latents, steps)

    found = drawn(led(plain, Clean(plain.table), 1, 1.0, at="clean"))
    moved = float(found.mean() - drawn(plain).mean())
    assert moved == pytest.approx(SLOPE, rel=0.02)


def test_no_scale_leads_nowhere_and_the_other_class_the_other_way():
    plain = Gaussian()

    class Even(Linear):
        def __call__(self, latents, steps):
            logits = super().__call__(latents, steps)
            return torch.stack([logits[:, 0], logits[:, 1] + 1e4], dim=1)

    classifier = Even(plain.table)
    assert torch.equal(drawn(led(plain, classifier, 1, 0.0)), drawn(plain))
    up, down = (float(drawn(led(plain, classifier, k, 1.0)).mean()) for k in (1, 0))
    assert up > float(drawn(plain).mean()) > down


def test_it_is_the_published_step_in_our_terms():
    plain, classifier = Gaussian(), Linear(Gaussian().table)
    step, scale = 400, 10.0
    alphas = 1 / (1 + plain.table**2)
    sigma = float(plain.table[step])
    z = torch.randn(3, 2, 4, 4, generator=torch.Generator().manual_seed(1))
    x = z * math.sqrt(1 + sigma**2)

    def epsilon(z, t):
        s = float(plain.table[t])
        return (z * math.sqrt(1 + s**2) - plain.denoise(z * math.sqrt(1 + s**2), s, None)) / s

    gradient = gradient_of(classifier, torch.ones(3, dtype=torch.int64))
    noise = led_as_published(epsilon, gradient, alphas, scale)(z, step)
    ours = led(plain, classifier, 1, scale).denoise(x, sigma, Condition())
    torch.testing.assert_close(ours, x - sigma * noise, rtol=1e-4, atol=1e-4)


def test_it_renders_windows_and_the_same_bytes_again():
    plain = FakeGenerator()
    generator = led(plain, Linear(plain.table), 1, 0.5)
    grid = fake_grid(2, 3)

    def render(model):
        plan = Plan.of(model, preset_named("draft"), 2, 3)
        renderer = Renderer(
            [model], plan, GridField(grid, plan.spec), KeyedNoise(5, 2), WindowStore(None),
            batch=4, guidance=2.0,
        )  # fmt: skip
        from ssldiff_gui.core.geometry import Box

        [(_, pixels)] = renderer.render([[Box(0, 0, 3 * 32, 2 * 32)]])
        return pixels

    first, again, without = render(generator), render(generator), render(plain)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, without)


def test_the_wish_counts_once_whatever_the_guidance():
    plain = FakeGenerator()
    generator = led(plain, Linear(plain.table), 1, 1.0)
    told = Given(vectors=np.ones((2, 1, 3), np.float32))
    x = torch.randn(2, 2, 8, 8)
    moved = [
        generator.denoise(x, 1.0, c) - plain.denoise(x, 1.0, c)
        for c in (plain.condition(told), plain.null(told))
    ]
    torch.testing.assert_close(*moved)


def test_wrong_classes_and_wrong_latents_are_refused():
    plain = Gaussian()
    with pytest.raises(BadRequest, match="no number 7"):
        led(plain, Linear(plain.table), 7, 1.0).denoise(torch.zeros(1, 2, 4, 4), 1.0, Condition())

    class Strict(Linear):
        def require_fit(self, spec):
            raise BadRequest(f"Not for {spec.title}.")

    with pytest.raises(BadRequest, match="Not for A fake"):
        led(plain, Strict(plain.table), 1, 1.0)


class Mixture(FakeGenerator):
    """Two Gaussians around ± `MIDDLE`, as wide as `SPREAD`: what it sees is known exactly."""

    MIDDLE, SPREAD = 0.2, 0.98

    def denoise(self, x, sigma, condition, *, shift=0):
        power = self.SPREAD**2 + sigma**2
        side = torch.tanh(self.MIDDLE * x.sum(dim=(1, 2, 3)) / power)[:, None, None, None]
        return (self.SPREAD**2 * x + sigma**2 * self.MIDDLE * side) / power

    def clean_only(self, latents, steps):
        """Tell the two apart, as if there were never any noise."""
        odds = 2 * self.MIDDLE * latents.sum(dim=(1, 2, 3)) / self.SPREAD**2
        return torch.stack([-odds / 2, odds / 2], dim=1)


def test_one_that_knows_clean_latents_only_is_better_asked_there():
    plain = Mixture()
    means = {
        at: float(drawn(led(plain, plain.clean_only, 1, 1.0, at=at), 20, 512).mean())
        for at in ("noisy", "clean")
    }
    assert means["clean"] == pytest.approx(Mixture.MIDDLE, abs=0.05)
    assert means["noisy"] > 1.5 * Mixture.MIDDLE
