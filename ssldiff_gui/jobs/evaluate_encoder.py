"""How much an encoder knows of classes that nobody told it, against what else would know it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.lab.evaluate import EvaluateRequest
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.specs import EncoderSpec
from ssldiff_gui.evaluation.figures import Figure
from ssldiff_gui.evaluation.looks import colour_histogram, colour_spread
from ssldiff_gui.evaluation.probing import (
    accuracy,
    balanced_accuracy,
    choose_probe,
    nearest_classes,
)
from ssldiff_gui.evaluation.resampling import bootstrap
from ssldiff_gui.jobs.evaluate_features import Embeds, embed_cells, pooled, some_cells
from ssldiff_gui.jobs.evaluate_report import Report
from ssldiff_gui.jobs.evaluate_sources import Measured, sources
from ssldiff_gui.jobs.evaluate_supervised import Supervised, train_supervised, untrained
from ssldiff_gui.models.encoders import load_encoder
from ssldiff_gui.training.pictures import Entry, Pictures

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
Answers = Mapping[str, Labels]
"""The class of each held-out picture, by who says it."""

OURS, UNTRAINED, SUPERVISED = "encoder", "untrained", "supervised"
HISTOGRAM, COLOURS, OWN = "colour histogram", "mean colour", "supervised, its own answer"

CELLS, QUICK_CELLS = 64, 16
STEPS, QUICK_STEPS = 600, 150
MOST, QUICK_MOST = 2000, 800
NEIGHBOURS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Pictures with a class, and none that belongs to a group of the other part.

    Parameters
    ----------
    pictures
        The pictures.
    labels
        (n,) numbers of their classes.
    classes
        Names, by number.
    """

    pictures: Pictures
    labels: Labels
    classes: tuple[str, ...]

    @property
    def groups(self) -> list[str]:
        """Of each picture."""
        return [entry.group for entry in self.pictures.entries]


def evaluate_encoder(request: EvaluateRequest, progress: Progress) -> Report:
    """Measure an encoder by what its nearest neighbours and a linear probe know."""
    encoder = load_encoder(request.model, request.device)
    report = Report(request, encoder.spec.id)
    with sources(request, encoder.spec.pixel, progress) as found:
        most = request.settle(request.samples, MOST, QUICK_MOST)
        family = _labelled(found[0], most, request.seed, report)
        supervised = _trained(request, encoder.spec, family[0], report, progress)
        others: dict[str, Embeds] = {
            OURS: encoder,
            UNTRAINED: untrained(encoder.spec, request.device, request.seed),
        }
        if supervised is not None:
            others[SUPERVISED] = supervised.encoder
        report.settings |= _settings(request, family)
        for number, source in enumerate(found):
            parts = _labelled(source, most, request.seed, report) if number else family
            answering = _Answering(request, encoder.spec, others, progress)
            answers = answering.all(*parts, None if number else supervised)
            report.add(source.name, figures_of(answers, parts[1]))
    return report


def _settings(request: EvaluateRequest, parts: tuple[Labelled, Labelled]) -> dict[str, object]:
    training, held = parts
    return {
        "training_pictures": len(training.pictures),
        "held_out_pictures": len(held.pictures),
        "held_out_groups": len(set(held.groups)),
        "classes": list(training.classes),
        "cells_of_a_picture": QUICK_CELLS if request.quick else CELLS,
        "picture_vector": "mean and standard deviation of its cells' embeddings",
        "neighbours": NEIGHBOURS,
    }


def _labelled(source: Measured, most: int, seed: int, report: Report) -> tuple[Labelled, Labelled]:
    """Return what a probe learns from, and what it is asked."""
    asked = [entry for entry in source.held_out.entries if entry.label]
    groups = {entry.group for entry in asked}
    known = [e for e in source.training.entries if e.label and e.group not in groups]
    classes = tuple(sorted({entry.label for entry in known}))
    if lone := sorted({entry.label for entry in asked} - set(classes)):
        report.warn(f"{source.name}: no training picture is of {', '.join(lone)}; left out.")
    asked = [entry for entry in asked if entry.label in classes]
    if len(classes) < 2 or not asked:
        raise BadRequest(
            f"A probe needs pictures of two classes at least ({source.name}).",
            "Put each class into a folder of its name, and hold some pictures out.",
        )
    rare = [label for label in classes if sum(e.label == label for e in asked) < 5]
    if rare:
        report.warn(
            f"{source.name}: fewer than five held-out pictures are of {', '.join(rare)}; "
            "the balanced accuracy rests on them as on the others."
        )

    def made(entries: list[Entry], pictures: Pictures) -> Labelled:
        entries = _thinned(entries, most, seed)
        labels = np.array([classes.index(entry.label) for entry in entries], np.int64)
        return Labelled(Pictures(pictures.folder, entries), labels, classes)

    return made(known, source.training), made(asked, source.held_out)


def _thinned(entries: list[Entry], most: int, seed: int) -> list[Entry]:
    """Return `most` entries at most, each class in its share."""
    if len(entries) <= most:
        return entries
    random = np.random.default_rng(seed)
    kept: list[int] = []
    for label in sorted({entry.label for entry in entries}):
        of_it = [k for k, entry in enumerate(entries) if entry.label == label]
        count = max(1, round(most * len(of_it) / len(entries)))
        kept += random.permutation(of_it)[:count].tolist()
    return [entries[k] for k in sorted(kept)]


def _trained(
    request: EvaluateRequest, spec: EncoderSpec, known: Labelled, report: Report, progress: Progress
) -> Supervised | None:
    steps = request.settle(request.supervised_steps, STEPS, QUICK_STEPS)
    if not steps:
        report.warn("There is no supervised network to compare with: it was given no steps.")
        return None
    made = train_supervised(
        spec, known.pictures, known.labels, steps=steps, seed=request.seed, device=request.device,
        progress=progress,
    )  # fmt: skip
    report.settings["supervised"] = {
        "steps": made.steps, "cells_a_step": 128, "seed": request.seed,
        "loss_at_the_end": round(made.loss, 4), "training_accuracy": round(made.accuracy, 4),
    }  # fmt: skip
    return made


@dataclass(slots=True)
class _Answering:
    """Asks everybody what the held-out pictures are."""

    request: EvaluateRequest
    spec: EncoderSpec
    encoders: Mapping[str, Embeds]
    progress: Progress

    def all(
        self, known: Labelled, asked: Labelled, supervised: Supervised | None
    ) -> dict[str, dict[str, Labels]]:
        """Return answers by way of asking, then by who answers."""
        vectors = {name: (self._seen(known, name), self._seen(asked, name)) for name in self._names}
        found: dict[str, dict[str, Labels]] = {"nearest neighbours": {}, "linear probe": {}}
        for name, (bank, new) in vectors.items():
            self.progress.check()
            self.progress.report(0, 1, f"Probing: {name}")
            found["nearest neighbours"][name] = nearest_classes(
                bank, known.labels, new, count=NEIGHBOURS
            )
            probe = choose_probe(bank, known.labels, len(known.classes), known.groups)
            found["linear probe"][name] = probe.classes(new)
        if supervised is not None:
            said = [supervised.says(v) for v in self._each(asked, supervised.encoder, OWN)]
            answers = np.array([int(one.argmax()) for one in said], np.int64)
            found["linear probe"][OWN] = answers
        return found

    @property
    def _names(self) -> list[str]:
        return [*self.encoders, HISTOGRAM, COLOURS]

    def _seen(self, part: Labelled, name: str) -> Floats:
        plain: dict[str, Callable[[npt.NDArray[np.uint8]], Floats]] = {
            HISTOGRAM: colour_histogram, COLOURS: colour_spread,
        }  # fmt: skip
        if name in plain:
            return np.stack([plain[name](picture) for picture in _each_picture(part)])
        return np.stack([pooled(v) for v in self._each(part, self.encoders[name], name)])

    def _each(self, part: Labelled, encoder: Embeds, name: str) -> list[npt.NDArray[np.float32]]:
        """Return the cells' vectors of each picture."""
        found = []
        most = QUICK_CELLS if self.request.quick else CELLS
        for number, picture in enumerate(_each_picture(part)):
            self.progress.check()
            self.progress.report(number, len(part.pictures), f"Embedding: {name}")
            found.append(embed_cells(encoder, some_cells(picture, self.spec.cell, most)))
        return found


def _each_picture(part: Labelled) -> list[npt.NDArray[np.uint8]]:
    return [part.pictures[k] for k in range(len(part.pictures))]


def figures_of(answers: Mapping[str, Answers], asked: Labelled) -> list[Figure]:
    """Return accuracies of the encoder, with intervals, against all others.

    Parameters
    ----------
    answers
        By way of asking, then by who answers; one of these is `OURS`.
    asked
        What was asked.
    """
    kinds = {"accuracy": accuracy, "balanced accuracy": balanced_accuracy}
    return [
        _figure(f"{way}, {kind}", said, asked, measure)
        for way, said in answers.items()
        for kind, measure in kinds.items()
    ]


def _figure(
    name: str, said: Answers, asked: Labelled, measure: Callable[[Labels, Labels], float]
) -> Figure:
    truth = asked.labels
    scores = {who: measure(truth, answers) for who, answers in said.items()}
    ours = scores.pop(OURS)
    best = max(scores, key=lambda who: scores[who])

    def drawn(numbers: Labels) -> list[float]:
        own = measure(truth[numbers], said[OURS][numbers])
        return [own, own - measure(truth[numbers], said[best][numbers])]

    low, high = bootstrap(drawn, asked.groups)
    note = (
        f"{ours - scores[best]:+.3f} ({low[1]:+.3f} … {high[1]:+.3f}) over the best of the "
        f"others, {best}"
    )
    return Figure(name, ours, "higher", scores, float(low[0]), float(high[0]), note)
