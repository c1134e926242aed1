"""Generators whose answers are known: quick, deterministic, and sensitive to everything."""

from __future__ import annotations

import threading
from contextlib import contextmanager

import numpy as np
import torch

from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.protocols import Condition, Given
from ssldiff_gui.core.specs import GeneratorSpec, PartSpec, ScheduleSpec

ENCODER = "fake@000000000000"


def fake_spec(*, window=8, cell=8, factor=4, channels=2, dim=3, tokens=1, local=False, **changes):
    return GeneratorSpec(
        name="fake", title="A fake", channels=channels, factor=factor, window=window, cell=cell,
        encoder=ENCODER, dim=dim, network=PartSpec(type="fake"), autoencoder=PartSpec(type="fake"),
        tokens=tokens, local_decoder=local, schedule=ScheduleSpec(), **changes,
    )  # fmt: skip


class FakeGenerator:
    """Sees a blurred picture whose mean comes from the condition; every pixel looks around.

    The answer of a place depends on its neighbours inside the window, as a real network's does,
    and with `mates` on its batch mates too, which a real one's must not.
    """

    def __init__(self, spec=None, *, seed=0, bad=(), mates=False):
        self.spec = spec or fake_spec()
        self.device = torch.device("cpu")
        betas = np.linspace(0.0015**0.5, 0.0195**0.5, 1000) ** 2
        kept = np.cumprod(1 - betas)
        self.table = np.sqrt((1 - kept) / kept)
        random = torch.Generator().manual_seed(seed)
        channels = self.spec.channels
        kernel = torch.randn(channels, channels, 3, 3, generator=random)
        self.kernel = kernel / (9 * channels) ** 0.5
        self.mix = torch.randn(channels, self.spec.dim or 1, generator=random)
        self.paint = torch.randn(3, channels, generator=random) / channels
        self.calls = 0
        self.bad = set(bad)
        self.precise = 0
        self.mates = mates
        self.lock = threading.Lock()
        self.shapes = set()

    def sigmas(self, steps):
        places = np.round(np.linspace(0, 999, steps + 1))[::-1][:-1].astype(int)
        return [*(float(self.table[t]) for t in places), 0.0]

    def denoise(self, x, sigma, condition, *, shift=0):
        with self.lock:
            self.calls += 1
            self.shapes.add(tuple(x.shape))
        around = torch.nn.functional.conv2d(x, self.kernel, padding=1) / (1 + sigma**2) ** 0.5
        mean = condition.tokens.mean(1) @ self.mix.T
        seen = torch.tanh(around + mean[:, :, None, None]) + 0.01 * shift
        if self.mates:
            seen = seen + seen.mean()
        if self.calls in self.bad and not self.precise:
            seen = seen * torch.nan
        return seen

    def condition(self, given: Given) -> Condition:
        return Condition(tokens=torch.from_numpy(given.vectors))

    def null(self, given: Given) -> Condition:
        return Condition(tokens=torch.zeros(given.vectors.shape))

    def encode(self, pictures):
        small = torch.nn.functional.avg_pool2d(pictures, self.spec.factor)
        return torch.einsum("bchw,cd->bdhw", small, self.paint)

    def decode(self, latents):
        large = torch.nn.functional.interpolate(
            latents, scale_factor=self.spec.factor, mode="nearest"
        )
        if not self.spec.local_decoder:
            large = torch.nn.functional.avg_pool2d(large, 3, 1, 1)
        return torch.tanh(torch.einsum("bdhw,cd->bchw", large, self.paint))

    @contextmanager
    def full_precision(self):
        self.precise += 1
        try:
            yield
        finally:
            self.precise -= 1


def fake_grid(rows=4, columns=5, *, dim=3, cell=32, seed=1, valid=None):
    vectors = np.random.default_rng(seed).standard_normal((rows, columns, dim)).astype(np.float32)
    return EmbeddingGrid(vectors=vectors, encoder=ENCODER, cell=cell, valid=valid)
