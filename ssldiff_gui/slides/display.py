"""Raw pixels, and how they become a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

RGB = npt.NDArray[np.uint8]
"""(height, width, 3) uint8, 0–255, sRGB."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """Raw values with what is known of their validity.

    Parameters
    ----------
    values
        (height, width, bands), in the file's own type and units.
    valid
        (height, width) bool, or None when every pixel is valid.
    """

    values: npt.NDArray[Any]
    valid: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Display:
    """How bands become a picture.

    Parameters
    ----------
    bands
        Which bands are shown as red, green and blue.
    limits
        For each of the three, the values shown as black and as full colour; None shows uint8
        values as they are.
    """

    bands: tuple[int, int, int]
    limits: tuple[tuple[float, float], tuple[float, float], tuple[float, float]] | None = None

    def rgb(self, pixels: Pixels, background: tuple[int, int, int]) -> RGB:
        """Turn raw pixels into a picture; what is not valid takes the background's colour."""
        as_they_are = self.bands == (0, 1, 2) and pixels.values.shape[2] == 3
        chosen = pixels.values if as_they_are else pixels.values[..., list(self.bands)]
        if self.limits is None:
            picture = np.array(chosen, dtype=np.uint8, order="C")
        else:
            picture = _stretched(chosen, np.array(self.limits, dtype=np.float64))
        if pixels.valid is not None:
            colour = np.array(background, dtype=np.uint8)
            np.copyto(picture, colour, where=~pixels.valid[..., None])
        return picture


def _stretched(values: npt.NDArray[Any], limits: npt.NDArray[np.float64]) -> RGB:
    """Turn values between limits (one row for each band) into 0 … 255; NaN becomes black."""
    kind = np.float64 if values.dtype.itemsize > 4 else np.float32
    low, high = limits.T.astype(kind)
    with np.errstate(all="ignore"):  # values may lie anywhere, infinity included
        span = np.where(high > low, high - low, kind(1))
        shown = (np.clip(values.astype(kind), low, low + span) - low) / span
        return np.asarray(np.nan_to_num(shown, copy=False, nan=0.0) * 255 + 0.5, dtype=np.uint8)
