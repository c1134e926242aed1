"""Grids from a prior: of any size, the same from the same seed, and without a trace of windows."""

from __future__ import annotations

import math
from contextlib import nullcontext

import numpy as np
import pytest
import torch

from ssldiff_gui.core.errors import BadNumbers, Cancelled
from ssldiff_gui.core.protocols import Condition
from ssldiff_gui.core.specs import ScheduleSpec
from ssldiff_gui.models.generators.schedules import Schedule
from ssldiff_gui.sampling.noise import KeyedNoise
from ssldiff_gui.sampling.prior_grid import PRIOR, GridDrawing

CHANNELS, WINDOW = 3, 8


class Fake:
    """What all fakes share: a schedule, and a condition that is what was given."""

    device = torch.device("cpu")

    def __init__(self):
        self.schedule = Schedule(ScheduleSpec(kind="squaredcos_cap_v2"))
        self.table = self.schedule.table
        self.shapes = []

    def sigmas(self, steps):
        return self.schedule.sigmas(steps)

    def condition(self, given):
        return Condition(labels=torch.from_numpy(given.vectors[:, 0].copy()))

    def null(self, given):
        return Condition(labels=torch.zeros(1, CHANNELS))

    def full_precision(self):
        return nullcontext()


class Gaussian(Fake):
    """Knows that each cell is drawn by itself from one normal distribution."""

    spread = 0.7

    def denoise(self, x, sigma, condition, *, shift=0):
        self.shapes.append(tuple(x.shape))
        mean = condition.labels[..., None, None]
        return mean + self.spread**2 / (self.spread**2 + sigma**2) * (x - mean)


class Neighbours(Fake):
    """Looks around in its window, as a network does."""

    def denoise(self, x, sigma, condition, *, shift=0):
        around = torch.nn.functional.avg_pool2d(x, 3, 1, 1)
        return torch.tanh(around / math.hypot(1, sigma)) + condition.labels[..., None, None]


def drawing(prior, rows, columns, **changes):
    told = changes.pop("told", np.array([0.5, -1.0, 2.0], np.float32))
    return GridDrawing(prior, CHANNELS, WINDOW, told, rows, columns, **changes)


@pytest.mark.parametrize("size", [(8, 8), (21, 13), (3, 40)])
def test_a_gaussian_is_drawn_as_its_closed_form_says(size):
    prior = Gaussian()
    preset = PRIOR.model_copy(update={"steps": 200})
    found = drawing(prior, *size, seed=5, preset=preset).draw()
    sigma = prior.sigmas(200)[0]
    height, width = (max(n, WINDOW) for n in size)
    noise = KeyedNoise(5, CHANNELS).draw(0, 0, 0, height, width)[:, : size[0], : size[1]]
    mean = np.array([0.5, -1.0, 2.0], np.float32)[:, None, None]
    start = noise * math.hypot(1, sigma)
    expected = mean + (start - mean) * Gaussian.spread / math.hypot(Gaussian.spread, sigma)
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_windows_leave_no_trace_where_cells_are_independent():
    """A window as large as the grid needs no blending; the small ones give the same."""
    small = drawing(Gaussian(), 22, 22, seed=3).draw()
    told = np.array([0.5, -1.0, 2.0], np.float32)
    whole = GridDrawing(Gaussian(), CHANNELS, 22, told, 22, 22, seed=3).draw()
    np.testing.assert_allclose(small, whole, atol=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 8), (8, 8), (9, 31), (200, 3)])
def test_grids_have_the_size_that_was_asked_for(size):
    found = drawing(Neighbours(), *size).draw()
    assert found.shape == (CHANNELS, *size)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert found.std() > 0.01


def test_less_than_a_window_is_the_corner_of_one():
    whole = drawing(Neighbours(), 8, 8).draw()
    np.testing.assert_array_equal(drawing(Neighbours(), 3, 5).draw(), whole[:, :3, :5])


def test_the_seed_decides():
    first = drawing(Neighbours(), 12, 19, seed=1).draw()
    np.testing.assert_array_equal(first, drawing(Neighbours(), 12, 19, seed=1).draw())
    assert np.abs(first - drawing(Neighbours(), 12, 19, seed=2).draw()).mean() > 0.005


def test_neither_order_nor_company_of_windows_matters():
    one = drawing(Neighbours(), 23, 30, batch=4)
    other = drawing(Neighbours(), 23, 30, batch=7)
    layer = one.layers()[1]
    random = np.random.default_rng(0)
    canvas = random.standard_normal((2, CHANNELS, 23, 30)).astype(np.float32)
    rows, columns = len(layer.rows), len(layer.columns)
    places = [(row, column) for row in range(rows) for column in range(columns)]
    shuffled = [places[k] for k in random.permutation(len(places))]
    found, again = one.phase(layer, canvas, places), other.phase(layer, canvas, shuffled)
    assert set(found) == set(again) == set(places)
    for place in places:
        np.testing.assert_array_equal(found[place], again[place])
    part = one.phase(layer, canvas, shuffled[:3])
    for place, content in part.items():
        np.testing.assert_array_equal(content, found[place])


def test_windows_of_the_next_phase_stand_elsewhere():
    layers = drawing(Neighbours(), 40, 40).layers()
    inner = [tuple(layer.rows.starts[1:-1]) for layer in layers]
    assert len(set(inner)) > 1
    assert sum(len(layer.steps) for layer in layers) == PRIOR.steps
    for layer in layers:
        shares = np.zeros(40)
        for start, share in zip(layer.rows.starts, layer.rows.shares, strict=True):
            shares[start : start + WINDOW] += share
        np.testing.assert_allclose(shares, 1, atol=1e-6)


def test_batches_are_no_larger_than_there_are_windows():
    prior = Gaussian()
    drawing(prior, 2, 2).draw()
    assert {shape[0] for shape in prior.shapes} == {1}
    prior = Gaussian()
    drawing(prior, 60, 60).draw()
    assert {shape[0] for shape in prior.shapes} == {16}


def test_guidance_goes_beyond_what_was_asked_for():
    plain = drawing(Gaussian(), 16, 16, guidance=1.0).draw()
    strong = drawing(Gaussian(), 16, 16, guidance=3.0).draw()
    assert strong[2].mean() > plain[2].mean() + 0.5
    assert strong[1].mean() < plain[1].mean() - 0.2


class Broken(Gaussian):
    def denoise(self, x, sigma, condition, *, shift=0):
        return x * torch.nan


def test_nan_is_an_error():
    with pytest.raises(BadNumbers):
        drawing(Broken(), 4, 4).draw()


class Watch:
    """Asks for an end after a while, and keeps what it is told."""

    def __init__(self, after=10**9):
        self.left, self.told = after, []

    def report(self, done, total, words=""):
        self.told.append(done / total)

    def check(self):
        self.left -= 1
        if self.left < 0:
            raise Cancelled("Stopped.")


def test_it_tells_how_far_it_is_and_can_be_stopped():
    watch = Watch()
    drawing(Gaussian(), 30, 30, progress=watch).draw()
    assert watch.told == sorted(watch.told)
    assert watch.told[-1] == 1
    with pytest.raises(Cancelled):
        drawing(Gaussian(), 30, 30, progress=Watch(5)).draw()
