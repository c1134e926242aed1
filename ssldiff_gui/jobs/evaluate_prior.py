"""Whether a prior's grids are of the class they were asked for, and hang together as real ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadRequest, IncompatibleGrid, MissingModel
from ssldiff_gui.core.grid import Vectors
from ssldiff_gui.core.lab.evaluate import EvaluateRequest
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.requests import PriorRequest
from ssldiff_gui.core.specs import PriorSpec
from ssldiff_gui.evaluation.distances import Space, frechet
from ssldiff_gui.evaluation.figures import Figure
from ssldiff_gui.evaluation.likeness import mean_distance
from ssldiff_gui.evaluation.neighbours import DIRECTIONS, neighbour_cosine
from ssldiff_gui.evaluation.probing import Probe, accuracy, balanced_accuracy, choose_probe
from ssldiff_gui.evaluation.resampling import bootstrap
from ssldiff_gui.jobs.evaluate_features import embed_pictures, pooled
from ssldiff_gui.jobs.evaluate_report import HELD_OUT, Report
from ssldiff_gui.jobs.evaluate_sources import draw_crops, side_of, sources
from ssldiff_gui.jobs.prior import make_grid
from ssldiff_gui.models.encoders import TimmEncoder, load_encoder
from ssldiff_gui.models.folders import find_model, read_model
from ssldiff_gui.training.pictures import Entry, Pictures

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

SAMPLES, QUICK_SAMPLES = 16, 6
SIDE = 256
COMPONENTS = 32
LAGS = (1, 2, 4)


@dataclass(frozen=True, slots=True, eq=False)
class Grids:
    """Grids of known classes.

    Parameters
    ----------
    vectors
        (n, rows, columns, dim).
    labels
        (n,) numbers of their classes.
    groups
        What they must not be parted from.
    """

    vectors: Vectors
    labels: Labels
    groups: Sequence[object]

    def features(self) -> Floats:
        """Return (n, 2 · dim): mean and spread of each grid's cells."""
        dim = self.vectors.shape[-1]
        found = np.stack([pooled(grid.reshape(-1, dim)) for grid in self.vectors])
        return found.astype(np.float64)

    def cells(self, label: int, most: int | None = None) -> Vectors:
        """Return (n, dim): the cells of the first `most` grids of a class."""
        of_it: Vectors = self.vectors[self.labels == label][:most]
        return of_it.reshape(-1, self.vectors.shape[-1])

    def count(self, label: int) -> int:
        """Return how many grids are of a class."""
        return int((self.labels == label).sum())


def evaluate_prior(request: EvaluateRequest, progress: Progress) -> Report:
    """Measure a prior by grids of every class."""
    spec = _spec(request.model)
    judge = load_encoder(request.encoder or spec.encoder, request.device)
    if judge.spec.id != spec.encoder:
        raise IncompatibleGrid(
            f"{spec.title} was trained on {spec.encoder}, not on {judge.spec.id}.",
            "Name that encoder with --encoder, or leave it out.",
        )
    report = Report(request, spec.title)
    count = request.settle(request.samples, SAMPLES, QUICK_SAMPLES)
    with sources(request, spec.pixel, progress) as found:
        classes = _classes(spec, found[0].training, found[0].held_out, report)
        side = side_of(found[0].held_out, SIDE, judge.spec.cell)
        parts = [
            _real(part, classes, count * times, side, judge, progress=progress)
            for part, times in ((found[0].training, 3), (found[0].held_out, 1))
        ]
    cells = side // judge.spec.cell
    made = _made(request, spec, classes, (count, cells), progress=progress)
    report.settings |= {
        "classes": classes, "grids_of_a_class": count, "cells_a_side": cells,
        "encoder": judge.spec.id, "components_of_distances": COMPONENTS,
        "guidance": spec.guidance,
    }  # fmt: skip
    report.add(HELD_OUT, _figures(classes, parts[0], parts[1], made))
    return report


def _spec(name: str) -> PriorSpec:
    folder = find_model(name, "prior")
    spec = read_model(folder).prior
    if spec is None:
        raise MissingModel(f"{folder.name} is no prior.", "`ssldiff models` lists what there is.")
    if spec.table is not None:
        raise BadRequest(
            f"{spec.title} is asked by features of cases, and priors are measured by classes.",
            "Draw grids of held-out cases: `ssldiff prior --features FILE --case ID`.",
        )
    return spec


def _classes(spec: PriorSpec, training: Pictures, held_out: Pictures, report: Report) -> list[str]:
    """Return the classes that the prior knows and that there are real pictures of."""
    there = set(training.labels) & set(held_out.labels)
    classes = [name for name in spec.classes if name in there]
    if len(classes) < 2:
        raise BadRequest(
            f"Fewer than two classes of {spec.title} have pictures of both parts.",
            "Measure it on the pictures it was trained with.",
        )
    if left := sorted(set(spec.classes) - set(classes)):
        report.warn(f"There are no real pictures of {', '.join(left)} to compare with; left out.")
    return classes


def _real(
    pictures: Pictures,
    classes: Sequence[str],
    count: int,
    side: int,
    judge: TimmEncoder,
    *,
    progress: Progress,
) -> Grids:
    """Return grids of real pictures, `count` of each class where there is room for so many."""
    vectors, labels, groups = [], [], []
    for number, name in enumerate(classes):
        entries: list[Entry] = [entry for entry in pictures.entries if entry.label == name]
        crops = draw_crops(Pictures(pictures.folder, entries), count, side, number)
        words = f"Embedding real pictures: {name}"
        vectors.append(embed_pictures(judge, crops.pixels, judge.spec.cell, progress, words))
        labels += [number] * len(crops)
        groups += list(crops.groups)
    return Grids(np.concatenate(vectors), np.array(labels, np.int64), groups)


def _made(
    request: EvaluateRequest,
    spec: PriorSpec,
    classes: Sequence[str],
    sizes: tuple[int, int],
    *,
    progress: Progress,
) -> dict[str, Grids]:
    """Return grids of the prior, asked for by class and, where it reads them, by captions."""
    count, side = sizes
    captions = dict(zip(spec.classes, spec.captions, strict=False))
    ways = {"class": "label"}
    if spec.reader is not None and all(captions.get(name) for name in classes):
        ways["caption"] = "text"
    found = {}
    for way, field in ways.items():
        vectors, labels = [], []
        for number, name in enumerate(classes):
            progress.report(number, len(classes), f"Drawing grids by {way}: {name}")
            for turn in range(count):
                progress.check()
                words = {field: name if field == "label" else captions[name]}
                seed = request.seed * 100_003 + number * 1009 + turn
                asked = PriorRequest(
                    output="", model=request.model, rows=side, columns=side, seed=seed,
                    device=request.device, **words,
                )  # fmt: skip
                vectors.append(make_grid(asked).vectors)
                labels.append(number)
        found[way] = Grids(np.stack(vectors), np.array(labels, np.int64), range(len(labels)))
    return found


def _figures(
    classes: Sequence[str], training: Grids, held_out: Grids, made: dict[str, Grids]
) -> list[Figure]:
    probe = choose_probe(training.features(), training.labels, len(classes), training.groups)
    figures = _accuracies(probe, held_out, made, classes)
    drawn = made["class"]
    figures += _spatial(training, held_out, drawn)
    figures += _distances(training, held_out, drawn, classes)
    return figures


def _accuracies(
    probe: Probe, held_out: Grids, made: dict[str, Grids], classes: Sequence[str]
) -> list[Figure]:
    real = probe.classes(held_out.features())
    figures = []
    for way, grids in made.items():
        said = probe.classes(grids.features())
        for name, measure in (("accuracy", accuracy), ("balanced accuracy", balanced_accuracy)):
            low, high = bootstrap(
                lambda n, m=measure, s=said, g=grids: m(g.labels[n], s[n]),  # type: ignore[misc]
                grids.groups,
            )
            against = {"held-out real grids": measure(held_out.labels, real),
                       "chance": 1 / len(classes)}  # fmt: skip
            shares = ", ".join(
                f"{label} {(said[grids.labels == k] == k).mean():.2f}"
                for k, label in enumerate(classes)
            )
            figures.append(
                Figure(f"{name} of the probe, grids by {way}", measure(grids.labels, said),
                       "higher", against, float(low), float(high),
                       shares if measure is balanced_accuracy else "")
            )  # fmt: skip
    return figures


def _spatial(training: Grids, held_out: Grids, drawn: Grids) -> list[Figure]:
    dim = training.vectors.shape[-1]
    centre = training.vectors.reshape(-1, dim).mean(axis=0, dtype=np.float64)
    figures = []
    for direction in DIRECTIONS:
        for lag in LAGS:
            if lag >= drawn.vectors.shape[1]:
                continue
            ours, *theirs = (
                neighbour_cosine(_balanced(grids), direction, lag, centre)
                for grids in (drawn, held_out, training)
            )
            against = {"held-out real": theirs[0], "training": theirs[1]}
            name = f"neighbour cosine, {direction}, {lag} {'cell' if lag == 1 else 'cells'}"
            figures.append(Figure(name, ours, "nearer", against))
    return figures


def _balanced(grids: Grids) -> list[Vectors]:
    """Return grids with each class as often as the rarest at most allows, none left out of it."""
    fewest = min(grids.count(int(label)) for label in np.unique(grids.labels))
    found: list[Vectors] = []
    for label in np.unique(grids.labels):
        found += [*grids.vectors[grids.labels == label][:fewest]]
    return found


def _distances(
    training: Grids, held_out: Grids, drawn: Grids, classes: Sequence[str]
) -> list[Figure]:
    dim = training.vectors.shape[-1]
    space = Space.of(training.vectors.reshape(-1, dim), components=min(COMPONENTS, dim))
    ours, real, ours_apart, real_apart = [], [], [], []
    for label in range(len(classes)):
        count = min(held_out.count(label), drawn.count(label))
        known = space(training.cells(label))
        ours.append(frechet(space(drawn.cells(label, count)), known))
        real.append(frechet(space(held_out.cells(label, count)), known))
        ours_apart.append(_apart(drawn, label, space))
        real_apart.append(_apart(training, label, space))
    by_class = ", ".join(
        f"{name} {a:.2f} (real {b:.2f})" for name, a, b in zip(classes, ours, real, strict=True)
    )
    note = f"mean over the classes, {COMPONENTS} components: {by_class}"
    return [
        Figure("Fréchet distance to the class's training cells", float(np.mean(ours)), "lower",
               {"held-out real": float(np.mean(real))}, note=note),
        Figure("distance between the mean embeddings of two grids of a class",
               float(np.nanmean(ours_apart)), "nearer", {"training": float(np.nanmean(real_apart))},
               note="well below the real ones' would tell of too little variety"),
    ]  # fmt: skip


def _apart(grids: Grids, label: int, space: Space) -> float:
    of_it = grids.vectors[grids.labels == label]
    return mean_distance(space(of_it.mean(axis=(1, 2)))[:, None])
