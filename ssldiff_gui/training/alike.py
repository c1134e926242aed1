"""Pictures that look alike by their colours, so that copies are not parted.

A copy that was flipped, turned or shifted has the colours of its original. Two pictures are alike
when the roots of their histograms of colours, as unit vectors, have a product above a threshold
(Bhattacharyya's coefficient); what is alike to something alike belongs together too. The
coefficient of coarser histograms is never smaller, so what 64 colours tell apart is not looked at
with 4,096; and no more than a block of pairs is in memory at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ssldiff_gui.training.pictures import Pixels

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]

ALIKE = 0.975
BLOCK = 512
_FINE, _COARSE = 16, 4
_ROUNDING = 1e-5


@dataclass(frozen=True, slots=True)
class Colours:
    """Which colours a picture has; most of the 4,096 it has not.

    Parameters
    ----------
    codes
        Those it has, uint16.
    roots
        Root of the share of pixels of each.
    """

    codes: npt.NDArray[np.uint16]
    roots: npt.NDArray[np.float64]


def colours_of(picture: Pixels) -> Colours:
    """Count the colours, in sixteen steps a channel; of large pictures every third pixel's."""
    step = min(3, max(1, min(picture.shape[:2]) // 200))
    small = picture[::step, ::step].astype(np.int64) // (256 // _FINE)
    codes = (small[..., 0] * _FINE + small[..., 1]) * _FINE + small[..., 2]
    counts = np.bincount(codes.ravel(), minlength=_FINE**3)
    there = np.flatnonzero(counts)
    return Colours(there.astype(np.uint16), np.sqrt(counts[there] / codes.size))


def alike(colours: Sequence[Colours], threshold: float = ALIKE, block: int = BLOCK) -> Numbers:
    """Return the number of the group of each picture; groups bear their first picture's number.

    Parameters
    ----------
    colours
        Of each picture.
    threshold
        Coefficient above which two are alike; 1 for two of the very same colours.
    block
        Pictures that are compared with as many others at a time.
    """
    groups = np.arange(len(colours))
    coarse = np.array([_coarse(item) for item in colours], np.float32).reshape(-1, _COARSE**3)
    order = _sorted(coarse)
    for start in range(0, len(colours), block):
        mine = order[start : start + block]
        fine = _fine([colours[number] for number in mine.tolist()])
        for other in range(start, len(colours), block):
            theirs = order[other : other + block]
            near = coarse[mine] @ coarse[theirs].T > threshold - _ROUNDING
            rows, columns = np.flatnonzero(near.any(1)), np.flatnonzero(near.any(0))
            if not len(rows):
                continue
            finer = _fine([colours[number] for number in theirs[columns].tolist()])
            found, there = np.nonzero(fine[rows] @ finer.T > threshold)
            _join(groups, mine[rows[found]], theirs[columns[there]])
    return groups


def _sorted(coarse: Floats) -> Numbers:
    """Return an order in which what is alike lies close, so that most blocks have no pair."""
    centred = coarse - coarse.mean(0, keepdims=True) if len(coarse) else coarse
    _, axes = np.linalg.eigh(centred.T @ centred)
    return np.argsort(centred @ axes[:, -1], kind="stable")


def _join(groups: Numbers, first: Numbers, second: Numbers) -> None:
    """Make one group of those of each pair; the smaller number stays."""
    pairs = np.unique(np.stack([groups[first], groups[second]], 1), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    while len(pairs):
        least, most = pairs.min(1), pairs.max(1)
        into = np.arange(len(groups))
        np.minimum.at(into, most, least)
        groups[:] = into[groups]
        pairs = np.unique(into[pairs], axis=0)
        pairs = pairs[pairs[:, 0] != pairs[:, 1]]


def _fine(colours: Sequence[Colours]) -> npt.NDArray[np.float64]:
    found = np.zeros((len(colours), _FINE**3))
    for row, item in zip(found, colours, strict=True):
        row[item.codes] = item.roots
    return found


def _coarse(colours: Colours) -> Floats:
    """Return the roots of the shares of the colours' 64 neighbourhoods."""
    step = _FINE // _COARSE
    codes = colours.codes.astype(np.int64)
    red, green, blue = codes // _FINE**2, codes // _FINE % _FINE, codes % _FINE
    merged = (red // step * _COARSE + green // step) * _COARSE + blue // step
    shares = np.bincount(merged, weights=colours.roots**2, minlength=_COARSE**3)
    return np.sqrt(shares).astype(np.float32)
