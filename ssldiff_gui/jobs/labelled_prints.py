"""What tells a picture from others: its bytes, its pixels, its small detail, its colours."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from ssldiff_gui.training.alike import Colours, colours_of
from ssldiff_gui.training.pictures import Pixels

Floats = npt.NDArray[np.float32]

COPY = 0.85
"""Likeness of two pictures' detail from which they are one picture.

Of all pairs among 2,500 EuroSAT tiles none, and among 1,680 of UC Merced four, real copies and
neighbours of one scene, come near; a picture that was halved, compressed at quality 75, or
flipped keeps 0.95, unless there is next to nothing in it.
"""
_SIDE = 16
_NEAR = 5
_BLOCK = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Print:
    """One picture, as far as it takes to know it again.

    Parameters
    ----------
    sha256
        Of the file.
    pixels
        SHA-256 of its pixels, whatever file format they are in.
    detail
        (256,) small and grey, without what changes slowly; of length 1, or 0 where it is flat.
    colours
        Which it has.
    synthetic
        Whether its file says that it was made.
    height, width
        In pixels.
    """

    sha256: str
    pixels: str
    detail: Floats
    colours: Colours
    synthetic: bool
    height: int
    width: int


def print_of(content: bytes, picture: Pixels, *, synthetic: bool) -> Print:
    """Return what tells a picture from others.

    Parameters
    ----------
    content
        Of its file.
    picture
        (height, width, 3) uint8.
    synthetic
        Whether its file says that it was made.
    """
    height, width = picture.shape[:2]
    pixels = hashlib.sha256(f"{height} {width} ".encode())
    pixels.update(np.ascontiguousarray(picture).data)
    return Print(
        hashlib.sha256(content).hexdigest(),
        pixels.hexdigest(),
        _detail(_small(picture)),
        colours_of(picture),
        synthetic,
        height,
        width,
    )


def copies(first: Sequence[Print], second: Sequence[Print]) -> Iterator[tuple[int, int]]:
    """Yield pairs, one of each, that are one picture: same bytes, same pixels, or same detail.

    Pictures that were compressed, resized, flipped or turned are found as well.
    """
    for start in range(0, len(first), _BLOCK):
        mine = np.array([item.detail for item in first[start : start + _BLOCK]])
        mine = mine.reshape(-1, _SIDE, _SIDE)
        for other in range(0, len(second), _BLOCK):
            part = second[other : other + _BLOCK]
            theirs = np.array([item.detail for item in part]).reshape(len(part), -1)
            same = np.zeros((len(mine), len(part)), bool)
            for way in range(8):
                turned = np.rot90(mine, way % 4, (1, 2))
                turned = turned[:, :, ::-1] if way >= 4 else turned
                same |= turned.reshape(len(mine), -1) @ theirs.T > COPY
            for down, across in np.argwhere(same):
                yield start + int(down), other + int(across)
    yield from _flat_copies(first, second)


def _flat_copies(first: Sequence[Print], second: Sequence[Print]) -> Iterator[tuple[int, int]]:
    """Yield pairs of the same pixels that have no detail to be known by."""
    known: dict[str, list[int]] = {}
    for number, item in enumerate(first):
        if not item.detail.any():
            known.setdefault(item.pixels, []).append(number)
    for number, item in enumerate(second):
        for there in known.get(item.pixels, ()):
            yield there, number


def _small(picture: Pixels) -> Floats:
    """Return (side, side) of a picture's light, which compression keeps best."""
    red, green, blue = np.moveaxis(_reduced(picture), -1, 0)
    light: Floats = 0.299 * red + 0.587 * green + 0.114 * blue
    return light


def _reduced(picture: Pixels) -> Floats:
    small = Image.fromarray(picture).resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
    return np.asarray(small, np.float32)


def _detail(grey: Floats) -> Floats:
    from scipy.ndimage import uniform_filter

    sharp = grey - uniform_filter(grey, _NEAR, mode="reflect")
    sharp -= sharp.mean()
    size = float(np.linalg.norm(sharp))
    found: Floats = (sharp / size if size > 1e-3 else np.zeros_like(sharp)).ravel()
    return found
