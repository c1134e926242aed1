"""PixCell's diffusers folders in our terms, held to what its own code gave for the same weights."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from safetensors.torch import load_file

from ssldiff_gui.core.protocols import Given
from tests.models.pixcell import SIDES, make


@pytest.fixture(scope="module")
def recorded(parity):
    if not (parity / "pixcell").is_dir():
        pytest.skip("PixCell's answers are not in the folder of the others")
    return load_file(parity / "pixcell" / "io.safetensors")


@pytest.fixture(scope="module", params=SIDES)
def size(request):
    return request.param


@pytest.fixture(scope="module")
def pixcell(tmp_path_factory, parity, size):
    return make(tmp_path_factory.mktemp("pixcell") / "model", parity, size)


def noise_of(made, x, t, condition):
    """Return the noise that a generator sees, as its network said it."""
    found = []
    for latents, step in zip(x, t, strict=True):
        sigma = float(made.table[int(step)])
        noisy = (latents * (1 + sigma**2) ** 0.5)[None]
        one = type(condition)(tokens=condition.tokens[len(found) : len(found) + 1])
        found.append((noisy - made.denoise(noisy, sigma, one)) / sigma)
    return torch.cat(found)


def test_the_network_answers_as_theirs(pixcell, recorded, size):
    x, t, cond = (recorded[f"t{size}.{name}"] for name in ("x", "t", "cond"))
    expected = recorded[f"t{size}.out"][:, :16]  # the other half is a variance
    given = Given(vectors=cond.numpy())
    found = noise_of(pixcell, x, t, pixcell.condition(given))
    torch.testing.assert_close(found, expected, rtol=0, atol=2e-4)


def test_the_null_is_the_stored_one(pixcell, recorded, size):
    x, t, cond = (recorded[f"t{size}.{name}"] for name in ("x", "t", "cond"))
    expected = recorded[f"t{size}.eps_uncond"]
    found = noise_of(pixcell, x, t, pixcell.null(Given(vectors=cond.numpy())))
    torch.testing.assert_close(found, expected, rtol=0, atol=2e-4)
    nothing = Given(vectors=torch.full_like(cond, torch.nan).numpy())
    again = noise_of(pixcell, x, t, pixcell.condition(nothing))
    torch.testing.assert_close(again, found)


def test_tokens_reach_the_blocks_as_theirs(pixcell, recorded, size):
    given = Given(vectors=recorded[f"t{size}.cond"].numpy())
    with torch.no_grad():
        found = pixcell.network.module.caption_projection(pixcell.condition(given).tokens)
    torch.testing.assert_close(found, recorded[f"t{size}.cond_projected"], rtol=0, atol=1e-4)


def test_positions_are_those_of_the_right_scale(pixcell, recorded, size, tmp_path, parity):
    expected = recorded[f"t{size}.pos_embed_first40"]
    found = pixcell.network.module.pos_embed.pos_embed[:, :40]
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
    wrong = make(tmp_path / "wrong", parity, size, interpolation_scale=1.0)
    assert (wrong.network.module.pos_embed.pos_embed[:, :40] - expected).abs().max() > 0.1


def test_latents_have_their_shift_and_scale(pixcell, recorded):
    latents = pixcell.encode(recorded["vae.image"])
    torch.testing.assert_close(latents, recorded["vae.latent"], rtol=0, atol=2e-4)
    decoded = pixcell.decode(recorded["vae.latent"])
    torch.testing.assert_close(decoded, recorded["vae.decoded"], rtol=0, atol=2e-4)


def test_a_whole_sample_is_theirs(pixcell, recorded, size):
    """DPM-Solver++(2M) in our terms, five steps, guidance 2, against their loop."""
    sigmas = pixcell.sigmas(5)
    assert pixcell.schedule.steps(5).tolist() == recorded[f"t{size}.dpm.timesteps"].tolist()
    torch.testing.assert_close(
        torch.tensor(sigmas), recorded[f"t{size}.dpm.sigmas"], rtol=1e-4, atol=1e-5
    )
    x = recorded[f"t{size}.dpm.noise"] * (1 + sigmas[0] ** 2) ** 0.5
    given = Given(vectors=recorded[f"t{size}.cond"].numpy())
    condition, null = pixcell.condition(given), pixcell.null(given)
    before = None
    for index, (now, then) in enumerate(pairwise(sigmas)):
        seen = pixcell.denoise(x, now, null)
        seen = seen + 2 * (pixcell.denoise(x, now, condition) - seen)
        x = step_2m(x, seen, before, (sigmas[index - 1], now, then))
        before = seen
    expected = recorded[f"t{size}.dpm.latent"]
    assert (x - expected).abs().max() <= 2e-4 * expected.abs().max()


def step_2m(x, seen, before, sigmas):
    """Take one step of the published multistep rule, in the form ``x0 + sigma · noise``."""
    last, now, then = sigmas
    if then == 0:
        return seen
    if before is not None:
        ratio = torch.tensor(last / now).log() / torch.tensor(now / then).log()
        seen = seen + (seen - before) / (2 * ratio)
    return seen + (then / now) * (x - seen)
