"""Denoising, encoding and decoding by the contract of `core.protocols.Generator`."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.protocols import Condition, Given
from ssldiff_gui.core.specs import GeneratorSpec, PartSpec, ScheduleSpec
from ssldiff_gui.models.generators.autoencoders import build_autoencoder
from ssldiff_gui.models.generators.conditioners import Conditioner
from ssldiff_gui.models.generators.latent import LatentDiffusion, clean
from ssldiff_gui.models.generators.networks import Network
from tests.models.tiny import tiny_given

CPU = torch.device("cpu")


class Watched(nn.Module):
    """A network that answers with a fixed function, and keeps what it was told."""

    def __init__(self, channels=4):
        super().__init__()
        self.weight = nn.Parameter(torch.full((1,), 0.5))
        self.channels = channels

    def forward(self, x, step, condition):
        self.told = x.detach(), step, condition
        return (self.weight * x).repeat(1, self.channels // x.shape[1], 1, 1)


def generator(prediction="epsilon", dtype=torch.float32, channels=4, **settings):
    patch = PartSpec(type="PatchTransform", config={"factor": 4, "channels": 4})
    spec = GeneratorSpec(
        name="watched", title="Watched", channels=4, factor=4, window=8, cell=8,
        prediction=prediction, network=PartSpec(type="watched"), autoencoder=patch,
        channels_used=4, **settings,
    )  # fmt: skip
    network = Network(Watched(channels).to(dtype), lambda module, *told: module(*told))
    autoencoder = build_autoencoder(patch)
    autoencoder.module.basis.normal_()
    conditioner = Conditioner(None, None, "tokens", 0, 8)
    return LatentDiffusion(spec, network, autoencoder, conditioner, device=CPU, dtype=dtype)


THEIRS = {"epsilon": "epsilon", "v": "v_prediction", "x0": "sample"}


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("prediction", THEIRS)
@pytest.mark.parametrize("step", [0, 1, 250, 998, 999])
def test_clean_latents_are_those_of_diffusers_for_each_prediction(prediction, step):
    from diffusers import DPMSolverMultistepScheduler

    theirs = DPMSolverMultistepScheduler(
        beta_start=0.0015,
        beta_end=0.0195,
        beta_schedule="scaled_linear",
        prediction_type=THEIRS[prediction],
    )
    theirs.set_timesteps(timesteps=[step])
    theirs._step_index = 0
    noisy, answer = torch.randn(2, 2, 4, 8, 8)
    expected = theirs.convert_model_output(answer, sample=noisy)
    sigma = generator().table[step]
    found = clean(prediction, noisy * (1 + sigma**2) ** 0.5, sigma, answer)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("prediction", THEIRS)
def test_a_perfect_prediction_gives_the_clean_latents_back(prediction):
    x0, noise = torch.randn(2, 2, 4, 8, 8)
    sigma = 1.7
    root = (1 + sigma**2) ** 0.5
    answer = {"epsilon": noise, "x0": x0, "v": (noise - sigma * x0) / root}[prediction]
    torch.testing.assert_close(clean(prediction, x0 + sigma * noise, sigma, answer), x0)


def test_the_network_sees_unit_variance_and_its_training_step():
    made = generator()
    sigma = made.sigmas(10)[3]
    x = torch.randn(3, 4, 8, 8) * (1 + sigma**2) ** 0.5
    condition = Condition(tokens=torch.randn(3, 2, 5))
    found = made.denoise(x, sigma, condition)
    seen, step, told = made.network.module.told
    torch.testing.assert_close(seen, x / (1 + sigma**2) ** 0.5)
    assert step.tolist() == [made.schedule.steps(10)[3]] * 3
    assert step.dtype == torch.float32
    torch.testing.assert_close(told.tokens, condition.tokens)
    torch.testing.assert_close(found, x - sigma * 0.5 * seen)


def test_the_told_step_can_be_shifted_even_beyond_the_last():
    made = generator()
    made.denoise(torch.randn(1, 4, 8, 8), made.table[999], Condition(), shift=1)
    assert made.network.module.told[1].tolist() == [1000]


def test_only_the_channels_in_use_are_taken():
    made = generator(channels=8)
    assert made.denoise(torch.randn(2, 4, 8, 8), 1.0, Condition()).shape == (2, 4, 8, 8)


def test_one_condition_serves_a_whole_batch():
    made = generator()
    condition = Condition(torch.randn(1, 2, 5), torch.randn(1, 3), torch.randn(1, 2, 8, 8))
    made.denoise(torch.randn(3, 4, 8, 8), 1.0, condition)
    told = made.network.module.told[2]
    assert [len(part) for part in (told.tokens, told.labels, told.maps)] == [3, 3, 3]


def test_the_network_gets_its_own_type_and_the_sum_is_float32():
    made = generator(dtype=torch.bfloat16)
    x = torch.randn(1, 4, 8, 8) + 1000
    found = made.denoise(x, 0.01, Condition(torch.randn(1, 1, 5), torch.tensor([[3]])))
    seen, step, told = made.network.module.told
    assert (seen.dtype, told.tokens.dtype, told.labels.dtype) == (
        torch.bfloat16,
        torch.bfloat16,
        torch.int64,
    )
    assert step.dtype == found.dtype == torch.float32
    # in bfloat16 itself, 1000 would be lost to the nearest 4
    torch.testing.assert_close(found, x - 0.01 * (0.5 * seen).float())


def test_full_precision_is_float32_inside_and_leaves_everything_as_it_was():
    made = generator(dtype=torch.bfloat16)
    network, weight = made.network, made.network.module.weight
    with torch.inference_mode(), made.full_precision():
        made.denoise(torch.randn(1, 4, 8, 8), 1.0, Condition())
        assert made.network.module.told[0].dtype == torch.float32
        assert made.network.module.weight.dtype == torch.float32
    assert made.network is network
    assert made.network.module.weight is weight
    assert (weight.dtype, made.dtype) == (torch.bfloat16, torch.bfloat16)


def test_full_precision_ends_when_something_fails():
    made = generator(dtype=torch.bfloat16)
    with pytest.raises(RuntimeError, match="stop"), made.full_precision():
        raise RuntimeError("stop")
    assert made.dtype == torch.bfloat16


def test_no_gradient_is_kept_unless_the_latents_ask_for_one():
    made = generator()
    made.network.module.requires_grad_(requires_grad=False)
    x = torch.randn(1, 4, 8, 8)
    assert not made.denoise(x, 1.0, Condition()).requires_grad
    x.requires_grad_()
    made.denoise(x, 1.0, Condition()).sum().backward()
    torch.testing.assert_close(x.grad, torch.full_like(x, 1 - 0.5 / 2**0.5))
    latents = torch.randn(1, 4, 2, 2, requires_grad=True)
    made.decode(latents).sum().backward()
    expected = made.autoencoder.module.basis.sum(dim=(1, 2, 3))
    torch.testing.assert_close(latents.grad[0, :, 0, 0], expected)


def test_what_comes_out_may_be_changed_in_place():
    made = generator()
    found = made.denoise(torch.randn(1, 4, 8, 8), 1.0, Condition())
    assert not found.is_inference()
    assert found.add_(1).is_contiguous()


@pytest.mark.parametrize("autoencoder", ["tiny", "kl", "vq", "patch"])
@pytest.mark.parametrize("factor", [4, 8])
def test_pictures_and_latents_have_the_promised_shapes(tiny, autoencoder, factor):
    made = tiny(autoencoder=autoencoder, factor=factor)
    pictures = made.decode(torch.randn(2, 4, 3, 5))
    assert pictures.shape == (2, 3, 3 * factor, 5 * factor)
    assert made.encode(pictures).shape == (2, 4, 3, 5)
    assert pictures.dtype == made.encode(pictures).dtype == torch.float32
    with pytest.raises(BadRequest, match="multiples"):
        made.encode(torch.randn(1, 3, 4 * factor, 4 * factor + 1))


def test_latents_are_shifted_and_then_scaled():
    made = generator(latent_shift=0.0609, latent_scale=1.5305)
    plain = generator()
    plain.autoencoder = made.autoencoder
    pictures = torch.randn(1, 3, 16, 16)
    raw = plain.encode(pictures)
    torch.testing.assert_close(made.encode(pictures), (raw - 0.0609) * 1.5305)
    torch.testing.assert_close(made.decode((raw - 0.0609) * 1.5305), plain.decode(raw))


SETTINGS = [
    {},
    {"prediction": "epsilon"},
    {"prediction": "x0", "kind": "pixart"},
    {"kind": "pixart", "tokens": 2, "cell": 4},
    {"conditioner": "embeddings", "tokens": 2},
    {"conditioner": "class"},
    {"conditioner": "maps"},
    {"kind": "unet-plain", "conditioner": "none"},
    {"autoencoder": "kl", "schedule": ScheduleSpec(kind="squaredcos_cap_v2")},
]


def sample(made, given, steps=4):
    """Return latents after some steps of DDIM."""
    sigmas = made.sigmas(steps)
    condition = made.condition(given)
    random = torch.Generator().manual_seed(3)
    shape = (2, made.spec.channels, made.spec.window, made.spec.window)
    x = torch.randn(shape, generator=random) * sigmas[0]
    for now, then in pairwise(sigmas):
        clean = made.denoise(x, now, condition)
        x = clean + (x - clean) * (then / now)
    return x


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_tiny_generators_sample_and_listen(tiny, settings):
    made = tiny(**settings)
    given = tiny_given(made.spec, 2, seed=1)
    first = sample(made, given)
    assert first.abs().max() < 200
    assert torch.equal(sample(made, given), first)
    other = sample(made, tiny_given(made.spec, 2, seed=2))
    silent = made.spec.conditioner.type == "none"
    assert torch.equal(first, other) == silent
    null, told = made.null(given), made.condition(given)
    for name in ("tokens", "labels", "maps"):
        mine, theirs = getattr(null, name), getattr(told, name)
        assert (mine is None) == (theirs is None)
        assert mine is None or mine.shape == theirs.shape


def test_a_null_condition_is_that_of_nothing_given(tiny):
    made = tiny()
    given = tiny_given(made.spec, 3)
    nothing = Given(vectors=np.full_like(given.vectors, np.nan))
    torch.testing.assert_close(made.condition(nothing).tokens, made.null(given).tokens)
    assert made.null(Given()).tokens.shape == (1, 1, 16)
