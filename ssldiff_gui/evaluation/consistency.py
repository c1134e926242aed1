"""How far a picture shows what its grid asked for: cell by cell, requested against found.

Embeddings of one encoder share much: the raw cosine of two cells that have nothing to do with
each other is often 0.8. What discriminates is the cosine after the mean of all has been taken
away, and how often a cell looks more like its own request than like the requests of others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.grid import Mask, Vectors

Map = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]

BINS = 20
OTHERS = 2048
"""Requests that each cell is compared with, at most; spread evenly over the grid."""


@dataclass(frozen=True, slots=True, eq=False)
class CheckMap:
    """What was asked for against what is there.

    Parameters
    ----------
    raw, centred
        (rows, columns) float32 cosines from -1 to 1; NaN where no embedding was asked for. The
        centred ones are those of what is left after the mean is taken away from both sides.
    apart
        (rows, columns) float32 from 0 to 1: the share of the other cells' requests that a cell
        is less like than its own; 0.5 is chance. NaN as before.
    """

    raw: Map
    centred: Map
    apart: Map

    @property
    def cells(self) -> int:
        """How many cells were compared."""
        return int(np.isfinite(self.raw).sum())

    def histogram(self, bins: int = BINS) -> list[int]:
        """Return how many cells have which centred cosine, in equal parts from -1 to 1."""
        counts, _ = np.histogram(self.centred[np.isfinite(self.centred)], bins, (-1.0, 1.0))
        return [int(count) for count in counts]

    def within(self, mask: Mask) -> CheckMap:
        """Return the same of some cells only, the others NaN."""
        maps = (self.raw, self.centred, self.apart)
        return CheckMap(*(np.where(mask, part, np.float32(np.nan)) for part in maps))

    def summary(self) -> dict[str, float]:
        """Return means, and the tenth and fiftieth percentile of the centred cosine."""
        if not self.cells:
            return {}
        low, median = np.nanpercentile(self.centred, (10, 50))
        means = (np.nanmean(part) for part in (self.raw, self.centred, self.apart))
        raw, centred, apart = (round(float(mean), 4) for mean in means)
        return {
            "cells": self.cells,
            "cosine": raw,
            "centred": centred,
            "centred_median": round(float(median), 4),
            "centred_tenth": round(float(low), 4),
            "told_apart": apart,
        }


def check_map(
    requested: Vectors, found: Vectors, mask: Mask, mean: npt.NDArray[np.float32] | None = None
) -> CheckMap:
    """Compare two grids cell by cell.

    Parameters
    ----------
    requested, found
        (rows, columns, dim) float32.
    mask
        (rows, columns): where there is something to compare.
    mean
        (dim,): what is taken away for the centred cosine; that of the requests when None, which
        says little for a grid that is everywhere the same.
    """
    if requested.shape != found.shape or requested.shape[:2] != mask.shape:
        raise ValueError(f"shapes differ: {requested.shape}, {found.shape}, {mask.shape}")
    asked, seen = requested[mask].astype(np.float64), found[mask].astype(np.float64)
    if not len(asked):
        nothing = np.full(mask.shape, np.nan, np.float32)
        return CheckMap(nothing, nothing, nothing)
    centre = asked.mean(0) if mean is None else mean.astype(np.float64)
    ours, theirs = _unit(asked - centre), _unit(seen - centre)
    raw, own = (_unit(asked) * _unit(seen)).sum(1), (ours * theirs).sum(1)
    return CheckMap(*(_placed(values, mask) for values in (raw, own, _apart(ours, theirs, own))))


def _apart(asked: Values, seen: Values, own: Values) -> Values:
    """Return the share of other requests that each cell is less like than its own."""
    count = len(asked)
    if count < 2:
        return np.ones(count)
    chosen = np.unique(np.linspace(0, count - 1, min(count, OTHERS)).astype(np.int64))
    found = np.empty(count)
    for start in range(0, count, OTHERS):
        rows = np.arange(start, min(start + OTHERS, count))
        margin = own[rows, None] - seen[rows] @ asked[chosen].T
        others = chosen != rows[:, None]
        wins = (margin > 1e-9) + 0.5 * (np.abs(margin) <= 1e-9)
        found[rows] = (wins * others).sum(1) / np.maximum(others.sum(1), 1)
    return found


def _unit(vectors: Values) -> Values:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    found: Values = vectors / np.where(lengths > 0, lengths, 1.0)
    return found


def _placed(values: Values, mask: Mask) -> Map:
    found = np.full(mask.shape, np.nan, np.float32)
    found[mask] = values
    return found
