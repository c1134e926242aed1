"""From the samples that a TIFF stores to the bands that a scene shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[Any]
"""(height, width, samples) in the file's type."""

Convert = Callable[[Samples], Samples]

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR = 0, 1, 2, 3, 5, 6
PLAIN = {WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR}

_FROM_YCBCR = np.array(
    [[1.0, 0.0, 1.402], [1.0, -0.344136, -0.714136], [1.0, 1.772, 0.0]], dtype=np.float32
)


def unchanged(samples: Samples) -> Samples:
    """Return the samples as they are."""
    return samples


def inverted(bits: int) -> Convert:
    """Return a conversion for files that store white as zero."""
    top = (1 << bits) - 1

    def convert(samples: Samples) -> Samples:
        return np.asarray(samples.dtype.type(top) - samples)

    return convert


def widened(bits: int, *, invert: bool) -> Convert:
    """Return a conversion from 1 to 7 bits a sample to the full range of 8."""
    table = (np.arange(256) & ((1 << bits) - 1)) * 255 // ((1 << bits) - 1)
    shown = (255 - table if invert else table).astype(np.uint8)

    def convert(samples: Samples) -> Samples:
        return np.asarray(shown[samples.astype(np.uint8)])

    return convert


def looked_up(colormap: Samples) -> Convert:
    """Return a conversion through a palette.

    Parameters
    ----------
    colormap
        (3, entries) uint16, as the tag ColorMap holds it; some writers fill 8 bits only.
    """
    table = colormap.T if colormap.max(initial=0) < 256 else colormap.T >> 8
    shown = np.ascontiguousarray(table.astype(np.uint8))

    def convert(samples: Samples) -> Samples:
        return np.asarray(shown[np.minimum(samples[..., 0], len(shown) - 1)])

    return convert


def from_cmyk(samples: Samples) -> Samples:
    """Turn cyan, magenta, yellow and black into red, green and blue."""
    ink = samples[..., :4].astype(np.uint16)
    return np.asarray((255 - ink[..., :3]) * (255 - ink[..., 3:4]) // 255, dtype=np.uint8)


def from_ycbcr(samples: Samples) -> Samples:
    """Turn luma and chroma (JFIF ranges) into red, green and blue."""
    centred = samples[..., :3].astype(np.float32) - np.array([0, 128, 128], np.float32)
    return np.asarray(np.clip(centred @ _FROM_YCBCR.T + 0.5, 0, 255), dtype=np.uint8)
