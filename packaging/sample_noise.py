"""Smooth random fields: what makes a drawn tissue or a drawn field look grown."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

Field = npt.NDArray[np.float32]
"""(height, width) float32."""


def enlarge(field: Field, shape: tuple[int, int]) -> Field:
    """Resample a field to (height, width) with a bicubic kernel."""
    image = Image.fromarray(field.astype(np.float32))
    return np.array(image.resize(shape[::-1], Image.Resampling.BICUBIC))


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], period: float) -> Field:
    """Return noise of mean 0 and deviation near 1 whose bumps are about `period` pixels wide."""
    size = [max(4, round(length / period) + 3) for length in shape]
    coarse = rng.standard_normal(size).astype(np.float32)
    # The two extra cells are cut away again, so that a long period is not pinned to the corners.
    margin = [
        min(length, round(length * 2 / cells)) for length, cells in zip(shape, size, strict=True)
    ]
    full = enlarge(coarse, (shape[0] + margin[0], shape[1] + margin[1]))
    return full[margin[0] // 2 :, margin[1] // 2 :][: shape[0], : shape[1]] * 1.4


def cloud(rng: np.random.Generator, shape: tuple[int, int], period: float, octaves: int) -> Field:
    """Return a sum of noises, each of half the period and half the height of the one before."""
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        total += smooth_noise(rng, shape, period / 2**octave) * 0.5**octave
    return total / np.float32(1.15)


def ramp(field: Field, low: float, high: float) -> Field:
    """Return 0 below `low`, 1 above `high`, and a soft step between (low may be the larger)."""
    t = np.clip((field - np.float32(low)) / np.float32(high - low), 0, 1)
    return t * t * (3 - 2 * t)


def streaks(
    rng: np.random.Generator, angle: Field, *, length: int = 24, period: float = 1.0
) -> Field:
    """Return noise drawn out along a field of angles (line integral convolution).

    Parameters
    ----------
    rng
        The source of randomness.
    angle
        (height, width) float32, radians: the direction of the fibres at every pixel.
    length
        Steps of one pixel taken each way.
    period
        Width of a fibre, in pixels.
    """
    height, width = angle.shape
    noise = smooth_noise(rng, angle.shape, period) if period > 1 else None
    if noise is None:
        noise = rng.standard_normal(angle.shape, np.float32)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    total = noise.copy()
    for way in (1, -1):
        y, x = rows.copy(), columns.copy()
        for _ in range(length):
            at = (
                np.clip(np.rint(y), 0, height - 1).astype(np.int32),
                np.clip(np.rint(x), 0, width - 1).astype(np.int32),
            )
            local = angle[at]
            y += way * np.sin(local)
            x += way * np.cos(local)
            total += noise[at]
    return total / np.float32(total.std())
