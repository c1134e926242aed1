"""A batch of windows on one device: its steps, its decoding, and what can go wrong there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

from ssldiff_gui.core.errors import OutOfMemory
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.protocols import Condition, Denoiser, Generator, Given
from ssldiff_gui.sampling import solver
from ssldiff_gui.sampling.noise import Latents, Noise
from ssldiff_gui.sampling.plan import Place
from ssldiff_gui.sampling.presets import Preset, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

Finite = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Windows that the network sees together; the last ones repeat to fill it.

    Parameters
    ----------
    places
        The windows, without the repetitions.
    latents
        (batch, planes, channels, window, window): noisy latents and, when the solver looks back,
        what the network saw in the step before.
    corners
        Top and left of every window, in latents.
    given
        What they are conditioned on.
    """

    places: Sequence[Place]
    latents: Latents
    corners: Sequence[tuple[int, int]]
    given: Given


def filled(items: Sequence[Any], size: int) -> list[Any]:
    """Repeat the last item until there are as many as the network always sees."""
    return [*items, *[items[-1]] * (size - len(items))]


class PhaseRunner:
    """Takes batches of windows through the steps of a phase.

    Parameters
    ----------
    preset
        Of the render.
    guidance
        In the form ``null + guidance · (conditional - null)``.
    noise
        For steps that put some in.
    progress
        Asked for an end at every step.
    """

    def __init__(self, preset: Preset, guidance: float, noise: Noise, progress: Progress) -> None:
        self.preset = preset
        self.guidance = guidance
        self.noise = noise
        self.progress = progress

    def run(
        self, generator: Denoiser, batch: Batch, steps: Sequence[Step]
    ) -> tuple[Latents, Finite]:
        """Return (batch, planes, channels, window, window) and which windows are finite.

        Numbers that are not finite are tried again in full precision.
        """
        found, finite = self._steps(generator, batch, steps)
        if not finite.all():
            with generator.full_precision():
                again, finite_now = self._steps(generator, batch, steps)
            found = np.where(finite[:, None, None, None, None], found, again)
            finite = finite | finite_now
        return found, finite

    def _steps(
        self, generator: Denoiser, batch: Batch, steps: Sequence[Step]
    ) -> tuple[Latents, Finite]:
        with torch.inference_mode(), memory_errors(generator):
            latents = torch.from_numpy(batch.latents).to(generator.device)
            x = latents[:, 0].contiguous()
            before = latents[:, 1].contiguous() if latents.shape[1] > 1 else None
            condition = generator.condition(batch.given)
            null = generator.null(batch.given) if any(step.guided for step in steps) else None
            for step in steps:
                self.progress.check()
                x0 = self._seen(generator, x, step, condition, null)
                x, before = self._next(x, x0, before, step, batch), x0
            planes = [x, before] if self.looks_back and before is not None else [x]
            found = torch.stack(planes, 1)
            finite = torch.isfinite(found).flatten(1).all(1)
            return found.cpu().numpy(), finite.cpu().numpy()

    @property
    def looks_back(self) -> bool:
        """Whether the solver needs what the network saw in the step before."""
        return self.preset.solver == "dpmpp-2m"

    @property
    def clamps(self) -> bool:
        """Whether what is seen is kept from -1 to 1."""
        return self.preset.solver == "ddim-clamped"

    def _seen(
        self,
        generator: Denoiser,
        x: torch.Tensor,
        step: Step,
        condition: Condition,
        null: Condition | None,
    ) -> torch.Tensor:
        told = self.preset.told
        seen = generator.denoise(x, step.now, condition, shift=told)
        if not step.guided or null is None or self.guidance == 1:
            return seen
        plain = generator.denoise(x, step.now, null, shift=told)
        return plain + self.guidance * (seen - plain)

    def _next(
        self,
        x: torch.Tensor,
        x0: torch.Tensor,
        before: torch.Tensor | None,
        step: Step,
        batch: Batch,
    ) -> torch.Tensor:
        if self.looks_back:
            return solver.dpmpp_2m(x, x0, before, (step.before, step.now, step.then))
        if not step.fresh:
            step_by = solver.clamped_ddim if self.clamps else solver.ddim
            return step_by(x, x0, step.now, step.then)
        side = x.shape[-1]
        drawn = [self.noise.draw(step.number, y, left, side, side) for y, left in batch.corners]
        noise = torch.from_numpy(np.stack(drawn)).to(x.device)
        return solver.ancestral(x, x0, (step.now, step.then), step.fresh, noise)


def decode(generator: Generator, latents: Latents) -> tuple[Latents, Finite]:
    """Return (batch, 3, height, width) float32 and which windows are finite."""

    def once() -> tuple[Latents, Finite]:
        with torch.inference_mode(), memory_errors(generator):
            pixels = generator.decode(torch.from_numpy(latents).to(generator.device)).float()
            return pixels.cpu().numpy(), torch.isfinite(pixels).flatten(1).all(1).cpu().numpy()

    pixels, finite = once()
    if not finite.all():
        with generator.full_precision():
            again, finite_now = once()
        pixels = np.where(finite[:, None, None, None], pixels, again)
        finite = finite | finite_now
    return pixels, finite


@contextmanager
def memory_errors(generator: Denoiser) -> Iterator[None]:
    """Turn a device's words for "no memory" into ours, after giving back what it holds."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:  # torch's own is a RuntimeError
        words = str(error).lower()
        if isinstance(error, RuntimeError) and "memory" not in words and "alloc" not in words:
            raise
        if generator.device.type == "cuda":
            torch.cuda.empty_cache()
        raise OutOfMemory(
            f"{generator.device} has no memory for a batch of windows.",
            "Ask for a smaller batch, or render on the CPU with --device cpu.",
        ) from error
