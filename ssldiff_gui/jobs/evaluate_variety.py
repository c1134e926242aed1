"""Whether a generator draws something else each time, and nothing that it has by heart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.grid import Vectors
from ssldiff_gui.core.lab.evaluate import EvaluateRequest
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.protocols import Generator
from ssldiff_gui.evaluation.figures import Figure
from ssldiff_gui.evaluation.likeness import (
    mean_distance,
    nearest,
    pixel_spread,
    thumbnails,
    turned_all,
)
from ssldiff_gui.jobs.evaluate_features import squares_of, windows_of
from ssldiff_gui.jobs.evaluate_rendering import render_all
from ssldiff_gui.sampling.presets import Preset

if TYPE_CHECKING:
    from ssldiff_gui.jobs.evaluate_generator import Known, Seen

RGB = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

GRIDS, QUICK_GRIDS = 6, 3
SEEDS, QUICK_SEEDS = 4, 3


@dataclass(frozen=True, slots=True, eq=False)
class Bank:
    """Windows of training pictures.

    Parameters
    ----------
    vectors
        (n, dim) mean embeddings.
    small
        (8 · n, values) thumbnails, in all the ways they can be laid down.
    """

    vectors: Vectors
    small: Floats

    @classmethod
    def of(cls, vectors: Vectors, windows: RGB) -> Bank:
        """Make a bank from windows and their mean embeddings."""
        return cls(vectors, thumbnails(turned_all(windows)))


def variety(
    request: EvaluateRequest,
    generator: Generator,
    preset: Preset,
    known: Known,
    real: Seen,
    *,
    progress: Progress,
) -> list[Figure]:
    """Render some grids again and again, and compare the pictures of one grid with each other."""
    grids = request.settle(None, GRIDS, QUICK_GRIDS)
    seeds = request.settle(request.seeds, SEEDS, QUICK_SEEDS)
    chosen = real.vectors[: min(grids, len(real.vectors))]
    made = [
        render_all(generator, chosen, preset, request.seed + 11 + k, progress=progress,
                   words=f"Rendering with other noise, {k + 1} of {seeds}")
        for k in range(seeds)
    ]  # fmt: skip
    seen = [known.see(pixels, progress, "rendered") for pixels in made]
    cells = np.stack([one.features["cells"] for one in seen])  # seeds, grids, places, dim
    between = float(np.mean([mean_distance(cells[:, k]) for k in range(len(chosen))]))
    ours = float(np.mean([pixel_spread(np.stack(made)[:, k]) for k in range(len(chosen))]))
    some = real.features["cells"][: 4 * grids]
    apart, spread = mean_distance(some), pixel_spread(real.pixels)
    count = f"{seeds} seeds of {len(chosen)} grids"
    return [
        Figure("distance of seeds of one grid, cells", between, "neither",
               {"real, other places": apart}, note=count),
        Figure("the same as a share of real pictures'", between / apart, "neither",
               note="0: always the same picture; 1: as different as any two places"),
        Figure("pixel spread between seeds (grey levels)", ours, "neither",
               {"real, other places": spread}, note=count),
    ]  # fmt: skip


def copies(real: Seen, made: Seen, known: Known) -> list[Figure]:
    """Compare how near the nearest training window is, for rendered and for real windows."""
    window = known.window
    side = window * known.judge.spec.cell
    found = []
    for name, bank, ways in (
        ("embedding", known.bank.vectors, _means),
        ("pixels", known.bank.small, _thumbs),
    ):
        theirs, ours = (nearest(ways(one, window, side), bank) for one in (real, made))
        found += _nearness(name, theirs, ours, len(known.bank.vectors))
    return found


def _means(seen: Seen, window: int, _side: int) -> Floats:
    return windows_of(seen.vectors, window, window).astype(np.float64)


def _thumbs(seen: Seen, _window: int, side: int) -> Floats:
    return thumbnails(squares_of(seen.pixels, side))


def _nearness(name: str, theirs: Floats, ours: Floats, bank: int) -> list[Figure]:
    middle, real = float(np.median(ours)), float(np.median(theirs))
    low, real_low = (float(np.quantile(one, 0.05)) for one in (ours, theirs))
    nearer = float((ours < np.quantile(theirs, 0.01)).mean())
    note = f"to the nearest of {bank:,} training windows"
    return [
        Figure(f"nearest training window, {name}", middle, "nearer", {"real": real},
               note=f"median distance {note}"),
        Figure(f"the same, ratio to real, {name}", middle / max(real, 1e-12), "nearer",
               {"real": 1.0}, note="well below 1 would tell of copies"),
        Figure(f"nearest training window, {name}, 5 % quantile", low, "nearer",
               {"real": real_low}),
        Figure(f"share nearer than 99 % of real windows, {name}", nearer, "nearer",
               {"real": 0.01}),
    ]  # fmt: skip
