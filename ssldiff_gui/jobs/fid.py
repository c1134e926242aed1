"""`FidRequest` → how far two sets of pictures are apart, with intervals and a report."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.lab.fid import FidRequest
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.evaluation.distances import Space, frechet, kernel_distance, too_few
from ssldiff_gui.evaluation.manifolds import MEASURES, Distances
from ssldiff_gui.evaluation.plots import intervals, scattered
from ssldiff_gui.evaluation.resampling import jackknife
from ssldiff_gui.jobs.evaluate_features import sheet
from ssldiff_gui.jobs.fid_samples import Samples, find_samples, unit_of
from ssldiff_gui.jobs.judging import INCEPTION, Judge, features_of, judge_of
from ssldiff_gui.jobs.study_material import square
from ssldiff_gui.storage.report_page import Headline, Page, Plot, Section, Sheet, Table

if TYPE_CHECKING:
    from ssldiff_gui.jobs.kept import Kept

Vectors = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

FEWEST = 50
"""Samples of each set below which nothing that comes out means much."""

SHOWN = 96
"""Side in pixels of the squares in the report."""

_MOST_AROUND = 2000
"""Samples of each set that precision, recall, density and coverage look at."""

_OFF = 1.96


@dataclass(frozen=True, slots=True)
class Measured:
    """A number, and how far it would go with other samples of the same kind."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Two sets as a judge sees them.

    Parameters
    ----------
    judge
        Who.
    side
        Of the squares, in pixels.
    real, fake
        Vectors.
    """

    judge: Judge
    side: int
    real: Vectors
    fake: Vectors


def measure(
    request: FidRequest, progress: Progress | None = None, *, models: Kept | None = None
) -> dict[str, JsonValue]:
    """Measure how far made pictures are from real ones.

    Parameters
    ----------
    request
        Which, and by whose eyes.
    progress
        Told of each picture; asked for an end.
    models
        Those that are loaded already.

    Returns
    -------
    dict
        What `report.json` holds, and the files that were written.

    Raises
    ------
    UserError
        What a person can mend: a set without pictures, a judge that is not there.
    """
    from ssldiff_gui.jobs.kept import Kept

    began = time.monotonic()
    progress = progress or Silent()
    page = Page(
        f"Distance of {Path(request.fake).name} to {Path(request.real).name}",
        "fid",
        "",
        request.model_dump(mode="json"),
    )
    unit = unit_of(request.real) if request.pixel is None else request.pixel.unit
    judge, chosen = judge_of(request.judge, unit, request.device, models or Kept())
    page.note(chosen)
    seen, sets = _seen(request, judge, progress)
    progress.report(0, 1, "Comparing the sets")
    found = figures_of(seen.real, seen.fake, request, progress)
    _tell(page, request, seen, sets, found)
    files = [] if request.output is None else page.write(Path(request.output).expanduser())
    result: dict[str, JsonValue] = page.as_json()
    return {**result, "files": [str(path) for path in files], "seconds": time.monotonic() - began}


def _seen(
    request: FidRequest, judge: Judge, progress: Progress
) -> tuple[Seen, tuple[Samples, Samples]]:
    """Have the judge look at both sets."""
    sets = tuple(
        find_samples(path, judge.pixel, request.pixel, progress)
        for path in (request.real, request.fake)
    )
    side = request.crop or judge.side(min(found.shortest for found in sets))
    vectors = []
    for place, found in enumerate(sets):
        squares = found.squares(side, request.samples, request.seed + place, progress)
        vectors.append(features_of(judge, squares))
        _require_two(vectors[-1], found)
    real, fake = (np.asarray(found, np.float64) for found in vectors)
    if not judge.common:
        space = Space.of(real)
        real, fake = space(real), space(fake)
    return Seen(judge, side, real, fake), (sets[0], sets[1])


def figures_of(
    real: Vectors, fake: Vectors, request: FidRequest, progress: Progress | None = None
) -> dict[str, Measured]:
    """Return all figures of two sets of vectors.

    Parameters
    ----------
    real, fake
        (n, dim) and (m, dim), at least two each.
    request
        Says how many neighbours and blocks.
    progress
        Asked whether to go on.
    """
    watch = progress or Silent()
    found: dict[str, Measured] = {}
    for name, distance in (("frechet", frechet), ("kernel", kernel_distance)):
        watch.check()

        def some(mine: Numbers, theirs: Numbers, of: Any = distance) -> float:
            return float(of(real[mine], fake[theirs]))

        least = 0.0 if name == "frechet" else None
        sizes = len(real), len(fake)
        found[name] = _with_interval(some, sizes, request.blocks, (least, None))
    few = (_thinned(real), _thinned(fake))
    around = Distances.of(*few)
    for place, name in enumerate(MEASURES):
        watch.check()

        def part(mine: Numbers, theirs: Numbers, at: int = place) -> float:
            return float(around.of_some(mine, theirs).measures(request.neighbours)[at])

        most = None if name == "density" else 1.0
        sizes = len(few[0]), len(few[1])
        found[name] = _with_interval(part, sizes, request.blocks, (0.0, most))
    return found


def _with_interval(
    figure: Callable[[Numbers, Numbers], float],
    sizes: tuple[int, int],
    blocks: int,
    ends: tuple[float | None, float | None],
) -> Measured:
    """Return a figure and its 95 % interval, by leaving out parts of either set in turn."""
    mine, theirs = (np.arange(size) for size in sizes)
    value = figure(mine, theirs)
    if blocks < 2 or min(sizes) < 2 * blocks:
        return Measured(value)
    errors = [
        jackknife(partial(_first, figure, theirs), mine.tolist(), blocks=blocks),
        jackknife(partial(figure, mine), theirs.tolist(), blocks=blocks),
    ]
    off = _OFF * math.hypot(*errors)
    low, high = value - off, value + off
    least, most = ends
    return Measured(
        value,
        low if least is None else max(least, low),
        high if most is None else min(most, high),
    )


def _first(figure: Callable[[Numbers, Numbers], float], theirs: Numbers, mine: Numbers) -> float:
    return float(figure(mine, theirs))


def _thinned(vectors: Vectors) -> Vectors:
    if len(vectors) <= _MOST_AROUND:
        return vectors
    return vectors[np.linspace(0, len(vectors) - 1, _MOST_AROUND).astype(np.int64)]


_WORDS = {
    "frechet": ("Fréchet distance", "lower is nearer"),
    "kernel": ("kernel distance (KID)", "near 0 for sets of one kind"),
    "precision": ("precision", "share of the made ones that lie among the real ones"),
    "recall": ("recall", "share of the real ones that lie among the made ones"),
    "density": ("density", "1 for sets of one kind"),
    "coverage": ("coverage", "share of the real ones with a made one beside them"),
}


def _tell(
    page: Page,
    request: FidRequest,
    seen: Seen,
    sets: tuple[Samples, Samples],
    found: Mapping[str, Measured],
) -> None:
    """Fill the page."""
    names = {key: words for key, (words, _) in _WORDS.items()}
    if seen.judge.common:
        names["frechet"] = "FID"
    page.headline = [
        Headline(names[key], one.value, one.low, one.high) for key, one in found.items()
    ]
    halves = _halves(seen.real)
    page.summary = (
        f"{sets[1].name} ({len(seen.fake):,} squares of {seen.side} pixels) against {sets[0].name} "
        f"({len(seen.real):,}), in the features of {seen.judge.name} ({seen.real.shape[1]} values)."
        f"\n\nThe {names['frechet']} is {found['frechet'].value:.3f}; two halves of the real set, "
        f"of half as many each, are {halves:.3f} apart."
    )
    _notes(page, request, seen, sets)
    page.sections = _sections(request, seen, sets, found, names)
    page.facts = {
        "judge": seen.judge.name,
        "side": seen.side,
        "samples": {"real": len(seen.real), "fake": len(seen.fake)},
        "halves of the real set": halves,
        "figures": {key: [one.value, one.low, one.high] for key, one in found.items()},
    }


def _sections(
    request: FidRequest,
    seen: Seen,
    sets: tuple[Samples, Samples],
    found: Mapping[str, Measured],
    names: Mapping[str, str],
) -> list[Section]:
    """Return the table, the plots, and some of what was looked at."""
    rows = [
        (names[key], one.value, one.low, one.high, _WORDS[key][1]) for key, one in found.items()
    ]
    spans = {names[key]: (found[key].value, found[key].low, found[key].high) for key in MEASURES}
    points = {sets[0].name: seen.real, f"{sets[1].name} (made)": seen.fake}
    made: list[Section] = [
        Table("Figures", ("figure", "value", "low", "high", "how to read it"), rows,
              _how(request, seen)),
        Plot("shares", "Precision, recall, density, coverage", intervals(spans, "share")),
        Plot("features", "Where the two sets lie", scattered(points)),
    ]  # fmt: skip
    for name, one, synthetic in (("real", sets[0], False), ("fake", sets[1], True)):
        small = [square(picture, min(seen.side, SHOWN)) for picture in one.few]
        rows_of = [small[k : k + 8] for k in range(0, len(small), 8)]
        made.append(Sheet(name, one.name, sheet(rows_of), synthetic=synthetic))
    return made


def _how(request: FidRequest, seen: Seen) -> str:
    unit = (
        "as papers print it"
        if seen.judge.common
        else "with features in units of the real set's spread: compare it with none but its own "
        "kind, by the same judge on the same real set"
    )
    return (
        f"The Fréchet distance is {unit}. Intervals of 95 % by leaving out {request.blocks} blocks "
        f"of each set in turn; {request.neighbours} neighbours."
    )


def _halves(real: Vectors) -> float:
    """Return how far two halves of a set are apart."""
    order = np.random.default_rng(0).permutation(len(real))
    middle = len(real) // 2
    if middle < 2:
        return float("nan")
    return frechet(real[order[:middle]], real[order[middle : 2 * middle]])


def _notes(page: Page, request: FidRequest, seen: Seen, sets: tuple[Samples, Samples]) -> None:
    for one, vectors in zip(sets, (seen.real, seen.fake), strict=True):
        page.note(too_few(len(vectors), vectors.shape[1], one.name))
        if len(vectors) < FEWEST:
            page.note(f"{one.name}: {len(vectors)} samples are too few for any of these figures.")
        if one.left_out:
            name, why = next(iter(one.left_out.items()))
            page.note(f"{one.name}: {len(one.left_out):,} left out ({name}: {why}).")
    if len(seen.real) != len(seen.fake):
        page.note(
            "The sets have not as many samples; Fréchet distances grow as samples become few."
        )
    if sets[0].synthetic:
        page.note(f"{sets[0].synthetic:,} images of the real set say that they are synthetic.")
    nearest = Distances.of(seen.real[:_MOST_AROUND], seen.fake[:_MOST_AROUND]).between.min(axis=0)
    if same := int((nearest < 1e-9).sum()):
        page.note(f"{same:,} made samples are in the real set as they are.")
    if seen.judge.pixel is not None and request.pixel is None and sets[0].unit is None:
        page.note(
            f"The images do not say how wide a pixel is; {seen.judge.name} looked at them as if "
            f"it were {seen.judge.pixel.size:g} {seen.judge.pixel.unit}."
        )
    if request.judge == INCEPTION and seen.side < 75:
        page.note("Inception saw pictures that were enlarged several times.")


def _require_two(vectors: npt.NDArray[np.float32], found: Samples) -> None:
    """Refuse a set of one sample: it has no spread."""
    if len(vectors) < 2:
        why = next(iter(found.left_out.items()), None)
        told = "" if why is None else f" {why[0]}: {why[1]}."
        raise BadRequest(
            f"{found.name} gives {len(vectors)} square{'' if len(vectors) == 1 else 's'} to look "
            f"at: a distance between sets needs two at least.{told}",
            "Take more pictures, or smaller squares with --crop.",
        )
