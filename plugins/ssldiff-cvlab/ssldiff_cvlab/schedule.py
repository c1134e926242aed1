"""The noise a checkpoint was trained with: what its configuration says, held to its buffers."""

from __future__ import annotations

import re
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from ssldiff_cvlab.accounts import Account
from ssldiff_gui.core.specs import ScheduleSpec

BUFFERS = (
    "alphas_cumprod",
    "alphas_cumprod_prev",
    "sqrt_alphas_cumprod",
    "sqrt_one_minus_alphas_cumprod",
    "log_one_minus_alphas_cumprod",
    "sqrt_recip_alphas_cumprod",
    "sqrt_recipm1_alphas_cumprod",
    "posterior_variance",
    "posterior_log_variance_clipped",
    "posterior_mean_coef1",
    "posterior_mean_coef2",
    "lvlb_weights",
    "logvar",
    "cond_ids",
)
"""All of them follow from the betas, or matter in training only."""


class NoiseSettings(Protocol):
    """What a configuration says of the noise, in the words of latent diffusion."""

    @property
    def beta_schedule(self) -> str:
        """Of "linear", "sqrt_linear" and "cosine"."""
        ...

    @property
    def linear_start(self) -> float:
        """First beta."""
        ...

    @property
    def linear_end(self) -> float:
        """Last beta."""
        ...

    @property
    def timesteps(self) -> int:
        """Steps of the training."""
        ...


def schedule_of(settings: NoiseSettings, account: Account, prefix: str = "") -> ScheduleSpec:
    """Return the schedule in diffusers' words, and take its buffers.

    What latent diffusion calls "linear" is linear in the square roots, diffusers'
    "scaled_linear"; its "sqrt_linear" is the one that is linear. The names of the buffers begin
    with `prefix`.

    Raises
    ------
    UnknownWeights
        The betas in the checkpoint are not those of the configuration.
    """
    start, end, steps = settings.linear_start, settings.linear_end, settings.timesteps
    if settings.beta_schedule == "cosine":
        spec = ScheduleSpec(kind="squaredcos_cap_v2", steps=steps)
    elif settings.beta_schedule == "linear":
        spec = ScheduleSpec(kind="scaled_linear", start=start, end=end, steps=steps)
    else:
        spec = ScheduleSpec(kind="linear", start=start, end=end, steps=steps)
    if account.has(betas := f"{prefix}betas"):
        found = account.one(betas).to(torch.float64).numpy()
        wanted = _betas(spec)
        if found.shape != wanted.shape or not np.allclose(found, wanted, rtol=1e-4, atol=1e-7):
            raise account.problem("the noise schedule is not the configuration's", [betas])
    account.pass_over(*(re.escape(prefix) + name for name in BUFFERS))
    return spec


def _betas(spec: ScheduleSpec) -> npt.NDArray[np.float64]:
    if spec.kind == "scaled_linear":
        return np.asarray(np.linspace(spec.start**0.5, spec.end**0.5, spec.steps) ** 2)
    if spec.kind == "linear":
        return np.linspace(spec.start, spec.end, spec.steps)
    times = np.arange(spec.steps + 1) / spec.steps
    kept = np.cos((times + 0.008) / 1.008 * np.pi / 2) ** 2
    return np.asarray(np.minimum(1 - kept[1:] / kept[:-1], 0.999))
