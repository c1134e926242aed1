"""How true a picture is to the one it was made from, pixel by pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Pictures = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


def psnr(real: Pictures, made: Pictures) -> Floats:
    """Return (n,) peak signal-to-noise ratios in dB of (n, height, width, channels)."""
    off = (real.astype(np.float64) - made) ** 2
    error = off.reshape(len(off), -1).mean(axis=1)
    return np.asarray(20 * np.log10(255) - 10 * np.log10(np.maximum(error, 1e-10)))


def ssim(real: Pictures, made: Pictures) -> Floats:
    """Return (n,) structural similarities as Wang et al. (2004) define them, colour by colour."""
    import skimage.metrics

    compare: Any = skimage.metrics.structural_similarity
    found = [
        compare(
            a, b, data_range=255, channel_axis=-1, gaussian_weights=True, sigma=1.5,
            use_sample_covariance=False,
        )
        for a, b in zip(real, made, strict=True)
    ]  # fmt: skip
    return np.array(found, np.float64)
