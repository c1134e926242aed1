"""Seams: lines of a lattice across which pictures change more than elsewhere.

A line stands between two neighbouring rows, or columns, of pixels; its gradient is the mean
absolute difference across it. Line k has pixel k behind it, so a picture that was put together
from squares of n pixels has its seams on the lines n, 2n, ….
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Pictures = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


def border_ratio(
    pictures: Pictures, window: int, *, step: int = 1, offset: tuple[int, int] = (0, 0)
) -> float:
    """Return the largest mean gradient of any class of lines, over that of the median class.

    Lines are of one class when they have the same place modulo the window. Rows and columns are
    looked at by themselves, for tissue has a direction; the larger ratio counts. Real pictures
    have somewhat more than 1: one of the classes has to be the largest.

    Parameters
    ----------
    pictures
        (…, height, width, channels), any range; gradients are taken over all of them.
    window
        Distance of the seams that are looked for, in pixels: a window's side, or its stride.
    step
        Look at every `step`-th line only. With the side of a patch, which divides the window,
        what patches show at every border is left to `block_ratio`.
    offset
        Place, down and across, of the pictures' first pixel in the lattice of windows.

    Returns
    -------
    float
        1 where nothing changes anywhere.
    """
    if step < 1 or window % step:
        raise ValueError(f"a window of {window} has no whole number of steps of {step}")
    ratios = []
    for gradients, first in zip(_gradients(pictures), offset, strict=True):
        place = (np.arange(1, len(gradients) + 1) + first) % window
        on = place % step == 0
        counts = np.bincount(place[on], minlength=window)[::step]
        sums = np.bincount(place[on], gradients[on], minlength=window)[::step]
        if not counts.all():
            raise ValueError(f"the pictures do not show every place of a window of {window}")
        classes = sums / counts
        ratios.append(_ratio(float(classes.max()), float(np.median(classes))))
    return max(ratios)


def block_ratio(pictures: Pictures, patch: int, *, offset: tuple[int, int] = (0, 0)) -> float:
    """Return the mean gradient on the lines between patches, over that on the other lines.

    Parameters
    ----------
    pictures
        (…, height, width, channels), any range.
    patch
        Side of a patch, at least 2 pixels.
    offset
        Place, down and across, of the pictures' first pixel in the lattice of patches.

    Returns
    -------
    float
        1 where nothing changes anywhere.
    """
    if patch < 2:
        raise ValueError(f"there are no lines inside a patch of {patch}")
    between, inside = [], []
    for gradients, first in zip(_gradients(pictures), offset, strict=True):
        on = (np.arange(1, len(gradients) + 1) + first) % patch == 0
        between.append(gradients[on])
        inside.append(gradients[~on])
    lines, rest = np.concatenate(between), np.concatenate(inside)
    if not len(lines) or not len(rest):
        raise ValueError(f"the pictures are smaller than two patches of {patch}")
    return _ratio(float(lines.mean()), float(rest.mean()))


def _gradients(pictures: Pictures) -> tuple[Floats, Floats]:
    """Return (height - 1,) and (width - 1,): the mean change across each line."""
    found = np.asarray(pictures, np.float32)
    down = np.abs(np.diff(found, axis=-3)).mean(axis=(-2, -1), dtype=np.float64)
    across = np.abs(np.diff(found, axis=-2)).mean(axis=(-3, -1), dtype=np.float64)
    return down.reshape(-1, down.shape[-1]).mean(axis=0), across.reshape(-1, across.shape[-1]).mean(
        axis=0
    )


def _ratio(above: float, below: float) -> float:
    if below:
        return above / below
    return float("inf") if above else 1.0
