"""One picture whose every pixel is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

RGB = npt.NDArray[np.uint8]


def picture(width: int, height: int) -> RGB:
    """Return a smooth picture, so that JPEG keeps it to a few grey values."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    red = 127 + 100 * np.sin(x / 23)
    green = 127 + 100 * np.cos(y / 31)
    blue = 255 * (x + y) / max(1, width + height - 2)
    return np.stack([red, green, blue], axis=2).astype(np.uint8)


def halved(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return every second pixel's 2×2 mean; odd edges lose their last row or column."""
    rows, columns = array.shape[0] // 2 * 2, array.shape[1] // 2 * 2
    blocks = array[:rows, :columns].reshape(rows // 2, 2, columns // 2, 2, -1)
    return blocks.mean(axis=(1, 3)).astype(array.dtype)
