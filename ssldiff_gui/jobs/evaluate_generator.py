"""How near a generator's pictures are to real ones, and to what was asked of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.grid import Vectors
from ssldiff_gui.core.lab.evaluate import EvaluateRequest
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.protocols import Generator
from ssldiff_gui.evaluation.distances import Space, frechet, kernel_distance, too_few
from ssldiff_gui.evaluation.figures import Figure
from ssldiff_gui.evaluation.likeness import cosines
from ssldiff_gui.evaluation.looks import looks
from ssldiff_gui.evaluation.resampling import bootstrap, jackknife
from ssldiff_gui.jobs.evaluate_autoencoder import load_coder
from ssldiff_gui.jobs.evaluate_features import (
    embed_pictures,
    recoded,
    sheet,
    squares_of,
    windows_of,
)
from ssldiff_gui.jobs.evaluate_rendering import load_pair, render_all
from ssldiff_gui.jobs.evaluate_report import Report
from ssldiff_gui.jobs.evaluate_sources import Crops, Measured, draw_crops, side_of, sources
from ssldiff_gui.jobs.evaluate_variety import Bank, copies, variety
from ssldiff_gui.models.encoders import TimmEncoder
from ssldiff_gui.sampling.presets import Preset, preset_named

RGB = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

REAL, MADE, RECODED, UNTOLD = "real", "made", "reconstructed", "told nothing"
SAMPLES, QUICK_SAMPLES = 40, 16
BANK, QUICK_BANK = 400, 150
SIDE, LOOK = 256, 64
COMPONENTS = 32
SHOWN = 8

MEASURES: dict[str, Callable[[Floats, Floats], float]] = {
    "Fréchet distance": frechet,
    "kernel distance": kernel_distance,
}


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Pictures of one origin, and what was found in them.

    Parameters
    ----------
    pixels
        (n, side, side, 3) uint8.
    vectors
        (n, rows, columns, dim) their cells' embeddings.
    features
        (n, places, values) in each space that distances are taken in.
    """

    pixels: RGB
    vectors: Vectors
    features: Mapping[str, Floats]


@dataclass(slots=True)
class Known:
    """What the training pictures say of the space that distances are taken in.

    Parameters
    ----------
    judge
        The encoder.
    window
        Side of what the network sees at once, in cells.
    centre
        (dim,) mean embedding.
    spaces
        Of cells, windows and looks.
    bank
        Training pictures, to find copies of.
    sample
        As many training pictures as are measured.
    """

    judge: TimmEncoder
    window: int
    centre: Floats
    spaces: dict[str, Space]
    bank: Bank
    sample: Seen | None = None

    def see(self, pixels: RGB, progress: Progress, what: str) -> Seen:
        """Look at pictures."""
        words = f"Embedding {what} pictures"
        vectors = embed_pictures(self.judge, pixels, self.judge.spec.cell, progress, words)
        return self.seen(pixels, vectors)

    def seen(self, pixels: RGB, vectors: Vectors) -> Seen:
        """Return what is found in pictures whose cells are embedded."""
        count = len(pixels)
        raw: dict[str, npt.NDArray[np.floating]] = {
            "cells": vectors.reshape(-1, vectors.shape[-1]),
            "windows": windows_of(vectors, self.window),
            "colours and textures": looks(squares_of(pixels, LOOK)),
        }
        features = {
            name: self.spaces[name](values).reshape(count, -1, self.spaces[name].axes.shape[1])
            for name, values in raw.items()
        }
        return Seen(pixels, vectors, features)

    @classmethod
    def of(
        cls, judge: TimmEncoder, window: int, crops: Crops, count: int, progress: Progress
    ) -> Known:
        """Look at training pictures; the first `count` of them are compared as wholes, too."""
        words = "Embedding training pictures"
        vectors = embed_pictures(judge, crops.pixels, judge.spec.cell, progress, words)
        flat = vectors.reshape(-1, vectors.shape[-1])
        spaces = {
            "cells": Space.of(flat),
            "windows": Space.of(windows_of(vectors, window), components=COMPONENTS),
            "colours and textures": Space.of(looks(squares_of(crops.pixels, LOOK)), each=True),
        }
        side = window * judge.spec.cell
        bank = Bank.of(windows_of(vectors, window, window), squares_of(crops.pixels, side))
        made = cls(judge, window, flat.mean(axis=0, dtype=np.float64), spaces, bank)
        made.sample = made.seen(crops.pixels[:count], vectors[:count])
        return made


def evaluate_generator(request: EvaluateRequest, progress: Progress) -> Report:
    """Measure a generator by pictures of held-out grids."""
    generator, spec, judge = load_pair(request.model, request.encoder, request.device)
    preset = preset_named(request.preset)
    report = Report(request, spec.title)
    count = request.settle(request.samples, SAMPLES, QUICK_SAMPLES)
    cell = judge.spec.cell
    window = max(1, spec.window // spec.cell)
    with sources(request, spec.pixel, progress) as found:
        side = side_of(found[0].held_out, max(SIDE, window * cell), cell)
        bank = max(count, request.settle(None, BANK, QUICK_BANK))
        training = draw_crops(found[0].training, bank, side, request.seed + 1)
        known = Known.of(judge, window, training, count, progress)
        report.settings |= {
            "crops": count, "side": side, "preset": preset.name, "steps": preset.steps,
            "guidance": spec.guidance if preset.guidance is None else preset.guidance,
            "encoder": judge.spec.id, "training_crops": len(training),
            "window_components": COMPONENTS,
            "window_variance_kept": round(known.spaces["windows"].kept, 4),
            "units": "features are centred and scaled so that a training value's variance is 1",
        }  # fmt: skip
        work = _Work(request, generator, preset, known, report, progress)
        for number, source in enumerate(found):
            work.measure(source, side, count, "generator" if not number else "generator-unseen")
    return report


@dataclass(slots=True)
class _Work:
    """Measures one source after the other."""

    request: EvaluateRequest
    generator: Generator
    preset: Preset
    known: Known
    report: Report
    progress: Progress

    def measure(self, source: Measured, side: int, count: int, name: str) -> None:
        """Render a source's grids, and compare."""
        cell = self.known.judge.spec.cell
        side = side_of(source.held_out, side, cell)
        crops = draw_crops(source.held_out, count, side, self.request.seed)
        if len(crops) < count:
            self.report.warn(f"{source.name}: there is room for {len(crops)} crops only.")
        seen = self._seen(crops)
        figures = [
            *_distances(seen, crops, self.known, self.report),
            *_likeness(seen, crops, self.known),
        ]
        figures += variety(self.request, self.generator, self.preset, self.known, seen[REAL],
                           progress=self.progress)  # fmt: skip
        figures += copies(seen[REAL], seen[MADE], self.known)
        self.report.add(source.name, figures)
        shown = [list(seen[part].pixels[:SHOWN]) for part in (REAL, RECODED, MADE, UNTOLD)]
        self.report.sheets[name] = sheet(shown)

    def _seen(self, crops: Crops) -> dict[str, Seen]:
        known, progress = self.known, self.progress
        real = known.see(crops.pixels, progress, "held-out")
        coder = load_coder(self.request.model)
        seed = self.request.seed
        pixels = {
            RECODED: recoded(coder.through, crops.pixels, progress),
            MADE: render_all(self.generator, real.vectors, self.preset, seed, progress=progress,
                             words="Rendering held-out grids"),
            UNTOLD: render_all(self.generator, real.vectors, self.preset, seed + 1, told=False,
                               progress=progress, words="Rendering without a grid"),
        }  # fmt: skip
        return {REAL: real} | {name: known.see(p, progress, name) for name, p in pixels.items()}


def _distances(
    seen: Mapping[str, Seen], crops: Crops, known: Known, report: Report
) -> list[Figure]:
    first, second = crops.halves()
    found = []
    for space in known.spaces:
        features = {name: one.features[space] for name, one in seen.items()}
        values = features[REAL].shape[2]
        warned = too_few(len(first) * features[REAL].shape[1], values, space)
        report.warn(warned)
        for name, measure in MEASURES.items():
            found.append(_across(f"{name}, {space}", measure, features, (first, second), known))
        found.append(_paired(f"Fréchet distance, {space}, same places", features, crops))
    return found


def _across(
    name: str,
    measure: Callable[[Floats, Floats], float],
    features: Mapping[str, Floats],
    halves: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
    known: Known,
) -> Figure:
    """Compare one half's pictures with the other half's real ones, and the other way round."""
    first, second = halves
    space = name.split(", ", 1)[1]

    def both(other: Floats, a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> float:
        real = features[REAL]
        return 0.5 * (measure(_flat(real[a]), _flat(other[b]))
                      + measure(_flat(real[b]), _flat(other[a])))  # fmt: skip

    ours = both(features[MADE], first, second)
    pairs = np.arange(len(first))
    error = jackknife(lambda n: both(features[MADE], first[n], second[n]), pairs.tolist())
    against = {"real": both(features[REAL], first, second)}
    against |= {part: both(features[part], first, second) for part in (RECODED, UNTOLD)}
    if known.sample is not None:
        training = known.sample.features[space]
        here = training[: len(first)]
        if here.shape[1] == features[REAL].shape[1]:
            against["training"] = 0.5 * sum(
                measure(_flat(features[REAL][half]), _flat(here)) for half in (first, second)
            )
    note = f"{len(first)} crops against {len(first)} others"
    low = ours - 1.96 * error
    low = max(0.0, low) if measure is frechet else low
    return Figure(name, ours, "lower", against, low, ours + 1.96 * error, note)


def _paired(name: str, features: Mapping[str, Floats], crops: Crops) -> Figure:
    real = features[REAL]

    def measure(part: str) -> float:
        return frechet(_flat(real), _flat(features[part]))

    error = jackknife(
        lambda n: frechet(_flat(real[n]), _flat(features[MADE][n])), list(range(len(crops)))
    )
    ours = measure(MADE)
    against = {part: measure(part) for part in (RECODED, UNTOLD)}
    note = f"{len(crops)} crops against themselves as they are"
    low, high = max(0.0, ours - 1.96 * error), ours + 1.96 * error
    return Figure(name, ours, "lower", against, low, high, note)


def _flat(features: Floats) -> Floats:
    return features.reshape(-1, features.shape[-1])


def _likeness(seen: Mapping[str, Seen], crops: Crops, known: Known) -> list[Figure]:
    """Compare what was asked for with what is found in the pictures, cell by cell."""
    asked = seen[REAL].vectors
    random = np.random.default_rng(0)
    flat = asked.reshape(-1, asked.shape[-1])
    other = flat[random.permutation(len(flat))].reshape(asked.shape)
    figures = []
    for words, centre in (("centred", known.centre), ("raw", None)):
        ours = cosines(asked, seen[MADE].vectors, centre).mean(axis=(1, 2))
        best = cosines(asked, seen[RECODED].vectors, centre).mean(axis=(1, 2))
        floor = float(cosines(asked, other, centre).mean())
        untold = float(cosines(asked, seen[UNTOLD].vectors, centre).mean())
        low, high = bootstrap(lambda n, v=ours: v[n].mean(), crops.groups)  # type: ignore[misc]
        against = {RECODED: float(best.mean()), UNTOLD: untold, "other cells": floor}
        figures.append(
            Figure(f"embedding cosine, {words}", float(ours.mean()), "higher", against,
                   float(low), float(high), "requested against found, cell by cell")
        )  # fmt: skip
        share = float(ours.mean() / best.mean())
        figures.append(
            Figure(f"embedding cosine, {words}, share of the reconstruction's", share, "higher",
                   {"aim": 0.9})
        )  # fmt: skip
    return figures
