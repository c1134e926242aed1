"""One step from a noise level to the next; every function works number by number.

Latents are ``x = x0 + sigma · noise``. Because no step looks at a neighbour, a canvas split into
windows and the whole canvas agree.
"""

from __future__ import annotations

import math

from torch import Tensor


def dpmpp_2m(
    x: Tensor, x0: Tensor, before: Tensor | None, levels: tuple[float | None, float, float]
) -> Tensor:
    """Take a step of DPM-Solver++(2M), Lu et al. 2022.

    Parameters
    ----------
    x
        Noisy latents at ``levels[1]``.
    x0
        What the network sees in them.
    before
        What it saw at ``levels[0]``; None at the first step.
    levels
        The noise level before, now and next.
    """
    last, now, then = levels
    if then == 0:
        return x0
    step = math.log(now / then)
    seen = x0
    if before is not None and last is not None:
        ratio = math.log(last / now) / step
        seen = (1 + 1 / (2 * ratio)) * x0 - (1 / (2 * ratio)) * before
    return (then / now) * x - math.expm1(-step) * seen


def ddim(x: Tensor, x0: Tensor, now: float, then: float) -> Tensor:
    """Take a deterministic step, Song et al. 2020."""
    return x0 + (then / now) * (x - x0)


def clamped_ddim(x: Tensor, x0: Tensor, now: float, then: float) -> Tensor:
    """Take a deterministic step with what is seen kept from -1 to 1.

    The noise stays what it was before that: self-guided diffusion does so.
    """
    return x0.clamp(-1, 1) + (then / now) * (x - x0)


def ancestral(
    x: Tensor, x0: Tensor, levels: tuple[float, float], fresh: float, noise: Tensor
) -> Tensor:
    """Take a step that puts `fresh` of the next level's noise in anew.

    Parameters
    ----------
    x, x0
        Noisy and clean latents.
    levels
        The noise level now and next.
    fresh
        Standard deviation of the new noise, at most the next level.
    noise
        Standard normal, in the shape of `x`.
    """
    now, then = levels
    kept = math.sqrt(max(then**2 - fresh**2, 0.0))
    return x0 + (kept / now) * (x - x0) + fresh * noise


def lone_step_spread(alphas: tuple[float, float, float]) -> float:
    """Return the fresh noise of LID's panorama: much less than DDIM's with eta 1.

    Parameters
    ----------
    alphas
        ᾱ at the next level, at the training step just before this one, and at this one. The
        published sampler takes the β of that single training step, with the ᾱ of its long stride.
    """
    then, just_before, now = alphas
    beta = 1 - now / just_before
    return math.sqrt(beta * (1 - then) / (1 - now)) / math.sqrt(then)
