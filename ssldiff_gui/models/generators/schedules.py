"""The noise a network was trained with: sigma of every training step, and the way between both."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.specs import ScheduleSpec

Floats = npt.NDArray[np.float64]

_SNAP = 1e-3  # a sigma that went through float32 is still the table's own


class Schedule:
    """Noise levels of a discrete diffusion, in the form ``x = x0 + sigma · noise``.

    Parameters
    ----------
    spec
        The betas, by diffusers' names.
    """

    def __init__(self, spec: ScheduleSpec) -> None:
        self.spec = spec
        kept = alphas(spec)
        self.table: Floats = np.sqrt((1 - kept) / kept)
        self.table.flags.writeable = False
        self._logs = np.log(self.table)

    def steps(self, count: int) -> npt.NDArray[np.int64]:
        """Return `count` falling training steps, spaced as diffusers' "linspace" rule has it."""
        last = self.spec.steps - 1
        if not 1 <= count <= last:
            raise BadRequest(
                f"This model can be sampled in 1 to {last} steps, not in {count}.",
                "Choose another number of steps.",
            )
        return np.linspace(0, last, count + 1).round()[:0:-1].astype(np.int64)

    def sigmas(self, count: int) -> list[float]:
        """Return the noise levels of `steps(count)`, and a final 0."""
        return [*(float(self.table[step]) for step in self.steps(count)), 0.0]

    def step_of(self, sigma: float) -> float:
        """Return the training step that has this noise, between two of them by log sigma.

        It is a whole number for every sigma of the table, and the first or the last step for one
        beyond its ends.
        """
        if sigma <= self.table[0]:
            return 0.0
        step = float(np.interp(np.log(sigma), self._logs, np.arange(self.spec.steps)))
        near = round(step)
        return float(near) if abs(step - near) < _SNAP else step


def alphas(spec: ScheduleSpec) -> Floats:
    """Return ᾱ of every training step, falling from about 1; (steps,), in float64 throughout."""
    return np.asarray(np.cumprod(1 - betas(spec)), dtype=np.float64)


def betas(spec: ScheduleSpec) -> Floats:
    """Return the variance that each training step adds, (steps,), between 0 and 1."""
    if spec.kind == "linear":
        return np.linspace(spec.start, spec.end, spec.steps)
    if spec.kind == "scaled_linear":
        return np.asarray(np.linspace(spec.start**0.5, spec.end**0.5, spec.steps) ** 2)
    time = np.arange(spec.steps + 1) / spec.steps
    kept = np.cos((time + 0.008) / 1.008 * np.pi / 2) ** 2
    return np.asarray(np.minimum(1 - kept[1:] / kept[:-1], 0.999))
