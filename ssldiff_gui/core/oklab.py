"""OKLab (Ottosson 2020), a space of colours in which equal steps look equal."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RGB = npt.NDArray[np.uint8]
Values = npt.NDArray[np.float64]

_TO_LMS = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728],
     [1, -0.0894841775, -1.2914855480]]
)  # fmt: skip
_TO_LINEAR = np.array(
    [[4.0767416621, -3.3077115913, 0.2309699292], [-1.2684380046, 2.6097574011, -0.3413193965],
     [-0.0041960863, -0.7034186147, 1.7076147010]]
)  # fmt: skip

RAMP = np.array([[0.27, -0.01, -0.12], [0.93, -0.03, 0.17]])
"""From a dark blue to a light yellow: lightness alone tells the order, to any eye."""


def rgb_of(lab: Values) -> RGB:
    """Return (n, 3) uint8 sRGB of (n, 3) OKLab: lightness from 0 to 1, then two of colour."""
    linear = np.clip((lab @ _TO_LMS.T) ** 3 @ _TO_LINEAR.T, 0, 1)
    curved = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(curved * 255), np.uint8)


def ramp(shares: npt.ArrayLike) -> RGB:
    """Return (…, 3) uint8 colours of numbers from 0 to 1, along a ramp of even steps."""
    share = np.clip(np.asarray(shares, np.float64), 0, 1)[..., None]
    return rgb_of(RAMP[0] + share * (RAMP[1] - RAMP[0]))
