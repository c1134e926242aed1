"""The table of noise levels, held to diffusers' own schedulers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.specs import ScheduleSpec
from ssldiff_gui.models.generators.schedules import Schedule, alphas, betas

SPECS = {
    "ldm": ScheduleSpec(),
    "histodiffusion": ScheduleSpec(end=0.0155),
    "pixcell": ScheduleSpec(kind="linear", start=1e-4, end=0.02),
    "cosine": ScheduleSpec(kind="squaredcos_cap_v2"),
    "short": ScheduleSpec(kind="linear", start=1e-4, end=0.02, steps=50),
}
LDM = Schedule(SPECS["ldm"])

THEIR_NUMPY = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"  # diffusers' np.array of a tensor
)


@pytest.fixture(params=SPECS)
def spec(request):
    return SPECS[request.param]


def scheduler(spec):
    from diffusers import DPMSolverMultistepScheduler

    return DPMSolverMultistepScheduler(
        num_train_timesteps=spec.steps,
        beta_start=spec.start,
        beta_end=spec.end,
        beta_schedule=spec.kind,
    )


@THEIR_NUMPY
def test_betas_and_alphas_are_those_of_diffusers(spec):
    theirs = scheduler(spec)
    np.testing.assert_allclose(betas(spec), theirs.betas.numpy(), rtol=1e-5, atol=1e-9)
    # theirs is a float32 product of a thousand factors, which a cosine ends near zero
    np.testing.assert_allclose(alphas(spec), theirs.alphas_cumprod.numpy(), rtol=2e-4)


@THEIR_NUMPY
@pytest.mark.parametrize("count", [1, 2, 4, 7, 10, 20, 33, 49])
def test_steps_and_sigmas_are_those_of_diffusers(spec, count):
    theirs = scheduler(spec)
    theirs.set_timesteps(count)
    ours = Schedule(spec)
    assert ours.steps(count).tolist() == theirs.timesteps.tolist()
    np.testing.assert_allclose(ours.sigmas(count), theirs.sigmas.numpy(), rtol=1e-4)


@given(st.integers(1, 999))
def test_any_number_of_steps_falls_from_the_noisiest_to_zero(count):
    sigmas = LDM.sigmas(count)
    assert len(sigmas) == count + 1
    assert sigmas[0] == LDM.table[-1]
    assert sigmas[-1] == 0
    assert np.all(np.diff(sigmas) < 0)


@pytest.mark.parametrize("count", [0, -1, 1000])
def test_an_impossible_number_of_steps_is_refused(count):
    with pytest.raises(BadRequest, match="1 to 999 steps"):
        LDM.sigmas(count)


def test_every_sigma_of_the_table_is_its_own_step_even_after_float32(spec):
    schedule = Schedule(spec)
    for step, sigma in enumerate(schedule.table):
        assert schedule.step_of(float(sigma)) == step
        assert schedule.step_of(float(np.float32(sigma))) == step


@given(st.integers(0, 998), st.floats(0.01, 0.99))
def test_a_sigma_between_two_steps_lies_between_them_by_its_logarithm(step, part):
    low, high = np.log(LDM.table[step]), np.log(LDM.table[step + 1])
    assert LDM.step_of(float(np.exp(low + part * (high - low)))) == pytest.approx(step + part)


def test_sigmas_beyond_the_table_are_its_ends():
    assert LDM.step_of(0.0) == 0
    assert LDM.step_of(LDM.table[0] / 2) == 0
    assert LDM.step_of(LDM.table[-1] * 2) == 999


def test_nobody_changes_the_table():
    with pytest.raises(ValueError, match="read-only"):
        LDM.table[0] = 1


def test_the_published_numbers(parity):
    from safetensors.numpy import load_file

    lid = load_file(parity / "lid" / "io.safetensors")
    np.testing.assert_allclose(betas(SPECS["ldm"]), lid["betas"], atol=1e-8)
    np.testing.assert_allclose(alphas(SPECS["ldm"]), lid["alphas_cumprod"], rtol=1e-5)
    pixcell = load_file(parity / "pixcell" / "io.safetensors")
    np.testing.assert_allclose(alphas(SPECS["pixcell"]), pixcell["big.alphas_cumprod"], atol=1e-9)
