"""Latent diffusion as a `Generator`: whatever the network predicts, the answer is clean latents."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.protocols import Condition, Given
from ssldiff_gui.core.specs import GeneratorSpec, Prediction
from ssldiff_gui.models.generators.autoencoders import Autoencoder
from ssldiff_gui.models.generators.conditioners import Conditioner
from ssldiff_gui.models.generators.memory import room_for
from ssldiff_gui.models.generators.networks import Network
from ssldiff_gui.models.generators.schedules import Schedule


class LatentDiffusion:
    """A diffusion network between an autoencoder and a conditioner.

    No gradients are kept, except those with respect to latents which ask for them: pass an `x`
    (or, to `decode`, latents) with ``requires_grad`` while gradients are enabled, and the answer
    can be differentiated. One thread at a time may use it.

    Parameters
    ----------
    spec
        What it is.
    network, autoencoder, conditioner
        Its parts, on `device`, the first two in `dtype`.
    device
        Where it computes.
    dtype
        What the network computes in; everything around it is float32.
    """

    def __init__(
        self,
        spec: GeneratorSpec,
        network: Network,
        autoencoder: Autoencoder,
        conditioner: Conditioner,
        *,
        device: torch.device,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.spec = spec
        self.device = device
        self.dtype = dtype
        self.network = network
        self.autoencoder = autoencoder
        self.conditioner = conditioner
        self.schedule = Schedule(spec.schedule)

    @property
    def table(self) -> npt.NDArray[np.float64]:
        """(steps,) sigma of every training step, rising."""
        return self.schedule.table

    def sigmas(self, steps: int) -> list[float]:
        """Return `steps` falling noise levels from the table, and a final 0."""
        return self.schedule.sigmas(steps)

    def denoise(
        self, x: torch.Tensor, sigma: float, condition: Condition, *, shift: int = 0
    ) -> torch.Tensor:
        """Return the clean latents that the network sees in `x`, float32.

        Parameters
        ----------
        x
            (batch, channels, height, width) ``x0 + sigma · noise``.
        sigma
            The noise level.
        condition
            For each of the batch, or one for all of them.
        shift
            Added to the training step that the network is told.
        """
        with _gradients(x):
            x = x.to(self.device, torch.float32)
            step = torch.full((len(x),), self.schedule.step_of(sigma) + shift, device=self.device)
            scaled = (x / math.sqrt(1 + sigma**2)).to(self.dtype)
            answer = self.network(scaled, step, self._fitting(condition, len(x)))
            answer = answer[:, : self.spec.channels_used].float().contiguous()
            return clean(self.spec.prediction, x, sigma, answer)

    def condition(self, given: Given) -> Condition:
        """Turn what is given into what the network takes."""
        with torch.no_grad():
            return self.conditioner.condition(given, self.device)

    def null(self, given: Given) -> Condition:
        """Return the condition that says nothing, in the shape of `given`'s."""
        with torch.no_grad():
            return self.conditioner.null(given, self.device)

    def encode(self, pictures: torch.Tensor) -> torch.Tensor:
        """(batch, 3, height, width) from -1 to 1 → latents, float32."""
        height, width = pictures.shape[2:]
        if height % self.spec.factor or width % self.spec.factor:
            raise BadRequest(
                f"A picture of {width} × {height} pixels has no whole number of latents, "
                f"each of {self.spec.factor} pixels.",
                "Take a picture whose sides are multiples of that.",
            )
        with _gradients(pictures):
            encoded = self.autoencoder.encode(pictures.to(self.device, self.autoencoder.dtype))
            return (encoded.float() - self.spec.latent_shift) * self.spec.latent_scale

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Latents → (batch, 3, height, width) float32, about -1 to 1."""
        with _gradients(latents):
            raw = latents.to(self.device, torch.float32) / self.spec.latent_scale
            return self.autoencoder.decode(raw + self.spec.latent_shift).float().contiguous()

    @contextmanager
    def full_precision(self) -> Iterator[None]:
        """Compute in float32 inside the block; its weights are copies, gone afterwards."""
        if self.dtype == torch.float32:
            yield
            return
        kept = self.network, self.autoencoder, self.dtype
        with room_for("A copy of the model in full precision", self.device):
            network = kept[0].with_module(_in_float32(kept[0].module))
            autoencoder = kept[1].with_module(_in_float32(kept[1].module))
        self.network, self.autoencoder = network, autoencoder
        self.dtype = torch.float32
        try:
            yield
        finally:
            self.network, self.autoencoder, self.dtype = kept

    def _fitting(self, condition: Condition, batch: int) -> Condition:
        """Return a condition in the network's type, one for each of the batch."""

        def fit(part: torch.Tensor | None) -> torch.Tensor | None:
            if part is None:
                return None
            part = part.to(self.device, self.dtype if part.is_floating_point() else part.dtype)
            return part if len(part) == batch else part.expand(batch, *part.shape[1:])

        return Condition(fit(condition.tokens), fit(condition.labels), fit(condition.maps))


def clean(
    prediction: Prediction, x: torch.Tensor, sigma: float, answer: torch.Tensor
) -> torch.Tensor:
    """Turn what a network predicts into clean latents.

    Parameters
    ----------
    prediction
        What it is: the noise, v of Salimans and Ho (2022), or the clean latents themselves.
    x
        ``x0 + sigma · noise``, float32.
    sigma
        The noise level.
    answer
        The prediction, float32.
    """
    if prediction == "epsilon":
        return x - sigma * answer
    if prediction == "v":
        power = 1 + sigma**2
        return x / power - (sigma / math.sqrt(power)) * answer
    return answer


def _gradients(x: torch.Tensor) -> torch.set_grad_enabled:
    """Keep gradients where they are asked for.

    It is not inference mode elsewhere: the tensors that this leaves nobody may change in place.
    """
    return torch.set_grad_enabled(torch.is_grad_enabled() and x.requires_grad)


def _in_float32(module: nn.Module) -> nn.Module:
    """Return a copy with float32 weights."""
    with torch.inference_mode(mode=False):
        return nn.Module.float(copy.deepcopy(module))
