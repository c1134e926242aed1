"""Samplers as latent diffusion published them, to the last convention.

They are what the published figures were made with. Here, and only here, latents are in the
variance-preserving form ``x = sqrt(ᾱ) · x0 + sqrt(1 - ᾱ) · noise``, in which they were written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from torch import Tensor

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.protocols import Condition, Generator

Epsilon = Callable[[Tensor, int], Tensor]
"""(latents, training step) → the noise in them."""

Alphas = npt.NDArray[np.float64]
Watch = Callable[[int, Tensor], None]
"""Called with the number of each step done, from 1 on, and the latents after it."""


def alphas_of(generator: Generator) -> Alphas:
    """Return (steps,) ᾱ of every training step, falling."""
    return np.asarray(1 / (1 + np.square(generator.table)))


def noise_seen(
    generator: Generator,
    condition: Condition,
    null: Condition | None = None,
    guidance: float = 1.0,
) -> Epsilon:
    """Return what a generator takes for noise.

    Parameters
    ----------
    generator
        Any that predicts at the noise levels of its table.
    condition
        For the whole batch.
    null
        Needed for a guidance other than 1.
    guidance
        In the form ``null + guidance · (conditional - null)``.
    """
    table = generator.table

    def epsilon(x: Tensor, step: int) -> Tensor:
        sigma = float(table[step])
        noisy = x * math.hypot(1, sigma)
        seen = generator.denoise(noisy, sigma, condition)
        if null is not None and guidance != 1:
            plain = generator.denoise(noisy, sigma, null)
            seen = plain + guidance * (seen - plain)
        return (noisy - seen) / sigma

    return epsilon


def uniform_steps(count: int, trained: int) -> list[int]:
    """Return the training steps that are visited, falling to 1.

    When `count` does not divide `trained` there may be more of them than were asked for, as there
    are in the original; a step beyond the training, where the original fails, is left out.

    Parameters
    ----------
    count
        Steps asked for.
    trained
        Steps of the training.
    """
    if not 1 <= count <= trained // 2:
        raise BadRequest(
            f"These samplers take between 1 and {trained // 2} steps, not {count}.",
            "Ask for another number of steps.",
        )
    return [step + 1 for step in range(0, trained - 1, trained // count)][::-1]


def ddim(
    epsilon: Epsilon,
    x: Tensor,
    alphas: Alphas,
    count: int,
    *,
    eta: float = 0.0,
    clamped: bool = False,
    noise: Callable[[int], Tensor] | None = None,
    watch: Watch | None = None,
) -> Tensor:
    """Sample as latent diffusion's DDIM does.

    The last step ends at the first training step's ᾱ, not at 1, and with eta above 0 it puts in
    noise like all others.

    Parameters
    ----------
    epsilon
        The noise that is seen.
    x
        (batch, channels, height, width) standard normal.
    alphas
        (steps,) ᾱ of the training.
    count
        Steps to take.
    eta
        Share of the noise that is put in anew.
    clamped
        Whether the clean picture that is seen is kept from -1 to 1, while the noise stays what it
        was: self-guided diffusion's, which works on pixels.
    noise
        Returns that of a step, numbered from 1, in the shape of `x`; for eta above 0.
    watch
        Told of each step.
    """
    if eta and noise is None:
        raise ValueError("eta above 0 needs noise to put in")
    steps = uniform_steps(count, len(alphas))
    for number, (now, then) in enumerate(_pairs(steps, alphas), 1):
        spread = eta * math.sqrt((1 - then) / (1 - now) * (1 - now / then))
        x = _step(x, epsilon(x, steps[number - 1]), (now, then), spread, clamped=clamped)
        if spread and noise is not None:
            x = x + spread * noise(number)
        if watch is not None:
            watch(number, x)
    return x


def plms(
    epsilon: Epsilon, x: Tensor, alphas: Alphas, count: int, *, watch: Watch | None = None
) -> Tensor:
    """Sample by the pseudo linear multistep method of Liu et al. 2022, as latent diffusion does.

    The first step sees the noise twice, each later one once.

    Parameters
    ----------
    epsilon, x, alphas, count, watch
        See `ddim`.
    """
    steps = uniform_steps(count, len(alphas))
    past: list[Tensor] = []
    for number, levels in enumerate(_pairs(steps, alphas), 1):
        seen = epsilon(x, steps[number - 1])
        if past:
            lead = _extrapolated(seen, past)
        else:
            ahead = steps[min(number, len(steps) - 1)]
            lead = (seen + epsilon(_step(x, seen, levels), ahead)) / 2
        x = _step(x, lead, levels)
        past = [*past, seen][-3:]
        if watch is not None:
            watch(number, x)
    return x


def _pairs(steps: Sequence[int], alphas: Alphas) -> list[tuple[float, float]]:
    """Return ᾱ at each step and at the next."""
    kept = [float(alphas[step]) for step in steps]
    return list(zip(kept, [*kept[1:], float(alphas[0])], strict=True))


def _step(
    x: Tensor,
    seen: Tensor,
    levels: tuple[float, float],
    spread: float = 0.0,
    *,
    clamped: bool = False,
) -> Tensor:
    """Go from one ᾱ to the next, leaving room for fresh noise of a standard deviation."""
    now, then = levels
    clean = (x - math.sqrt(1 - now) * seen) / math.sqrt(now)
    if clamped:
        clean = clean.clamp(-1, 1)
    return math.sqrt(then) * clean + math.sqrt(max(1 - then - spread**2, 0.0)) * seen


def _extrapolated(seen: Tensor, past: Sequence[Tensor]) -> Tensor:
    """Return the noise ahead by Adams and Bashforth, of the order that the past allows."""
    if len(past) == 1:
        return (3 * seen - past[-1]) / 2
    if len(past) == 2:
        return (23 * seen - 16 * past[-1] + 5 * past[-2]) / 12
    return (55 * seen - 59 * past[-1] + 37 * past[-2] - 9 * past[-3]) / 24
