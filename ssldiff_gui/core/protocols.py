"""The contracts between models and those who use them. No torch is loaded here."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.grid import Vectors
from ssldiff_gui.core.specs import EncoderSpec, GeneratorSpec

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What a batch of windows is conditioned on, before the model's conditioner.

    Parameters
    ----------
    vectors
        (batch, parts, dim) float32 raw embeddings. NaN in a whole vector says "none given": the
        conditioner puts its own null there.
    classes
        (batch,) int64 class numbers.
    text
        (batch, length) int64 token ids.
    maps
        (batch, channels, height, width) float32 spatial conditions, in latents.
    """

    vectors: Vectors | None = None
    classes: npt.NDArray[np.int64] | None = None
    text: npt.NDArray[np.int64] | None = None
    maps: npt.NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """What a network is given besides the noisy latents.

    Parameters
    ----------
    tokens
        (batch, count, width): cross-attention context.
    labels
        (batch, width): added to the time embedding.
    maps
        (batch, channels, height, width): put beside the latents.
    """

    tokens: torch.Tensor | None = None
    labels: torch.Tensor | None = None
    maps: torch.Tensor | None = None


class Encoder(Protocol):
    """Pixels → vectors."""

    @property
    def spec(self) -> EncoderSpec:
        """What it is."""
        ...

    def embed(self, cells: npt.NDArray[np.uint8]) -> Vectors:
        """Return (n, dim) float32 for (n, cell, cell, 3) uint8 RGB."""
        ...


class Denoiser(Protocol):
    """What sees clean numbers in noisy ones, in the terms of Karras et al. (2022).

    They are ``x = x0 + sigma · noise``, float32, (batch, channels, height, width).
    """

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        ...

    @property
    def table(self) -> npt.NDArray[np.float64]:
        """(steps,) sigma of every training step, rising: ``sqrt((1 - ᾱ) / ᾱ)``."""
        ...

    def sigmas(self, steps: int) -> list[float]:
        """Return `steps` falling noise levels from the table, and a final 0."""
        ...

    def denoise(
        self, x: torch.Tensor, sigma: float, condition: Condition, *, shift: int = 0
    ) -> torch.Tensor:
        """Return the clean numbers that the network sees in `x`, float32.

        `shift` is added to the training step that the network is told: one published sampler
        tells it one more than the noise says.
        """
        ...

    def condition(self, given: Given) -> Condition:
        """Turn what is given into what the network takes."""
        ...

    def null(self, given: Given) -> Condition:
        """Return the condition that says nothing, in the shape of `given`'s."""
        ...

    def full_precision(self) -> AbstractContextManager[None]:
        """Compute in float32 inside the block, whatever the device prefers."""
        ...


class Generator(Denoiser, Protocol):
    """Condition and noise → picture; the numbers that are noisy are latents."""

    @property
    def spec(self) -> GeneratorSpec:
        """What it is."""
        ...

    def encode(self, pictures: torch.Tensor) -> torch.Tensor:
        """(batch, 3, height, width) from -1 to 1 → latents."""
        ...

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Latents → (batch, 3, height, width) float32, about -1 to 1."""
        ...
