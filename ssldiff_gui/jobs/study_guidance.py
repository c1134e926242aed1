"""What labels are worth to a generator: none, those it made itself, true ones; on two sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.lab.study import StudyRequest
from ssldiff_gui.core.lab.train import TrainRequest
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.evaluation.distances import Space, frechet, kernel_distance, too_few
from ssldiff_gui.evaluation.manifolds import MEASURES, Distances, vendi
from ssldiff_gui.evaluation.plots import compared
from ssldiff_gui.jobs.evaluate_features import sheet
from ssldiff_gui.jobs.judging import Judge, features_of, judge_of
from ssldiff_gui.jobs.labelled import Labelled, read_labelled
from ssldiff_gui.jobs.labelled_split import Split, split_of
from ssldiff_gui.jobs.study_drawing import Told, autoencoder_for, draw, factor_of
from ssldiff_gui.jobs.study_sets import TAIL, TrainingSet, lay_out, sets_of
from ssldiff_gui.jobs.study_words import seeds_of, spread
from ssldiff_gui.storage.report_page import Cell, Headline, Page, Plot, Sheet, Table, Text

if TYPE_CHECKING:
    from ssldiff_gui.jobs.kept import Kept

RGB = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float64]

UNGUIDED, SELF, TRUE = "unguided", "labels of its own", "true labels"
WORK = "runs"


@dataclass(frozen=True, slots=True)
class Budget:
    """What a training and its pictures may cost."""

    side: int
    steps: int
    batch: int
    arguments: dict[str, Any]
    samples: int
    sampling: int
    rate: float = 1.5e-3
    guidance: float = 1.5

    @classmethod
    def of(cls, request: StudyRequest) -> Budget:
        """Return the budget of a request, with what it says itself."""
        known = BUDGETS[request.budget]
        facts = {name: getattr(known, name) for name in cls.__slots__}
        own = {"side": request.side, "steps": request.steps}
        return cls(**(facts | {name: value for name, value in own.items() if value}))


BUDGETS = {
    "minutes": Budget(64, 300, 16, {"widths": [32, 64], "blocks": 1}, 128, 12),
    "gpu": Budget(128, 20000, 128, {"widths": [128, 256, 384], "blocks": 2}, 2000, 20, 5e-4),
}


@dataclass(slots=True)
class Study:
    """All that is compared: figures of each seed, by set and way."""

    request: StudyRequest
    labelled: Labelled
    split: Split
    budget: Budget
    judge: Judge
    autoencoder: str
    pixel: PixelSize
    values: dict[str, dict[str, list[dict[str, float]]]] = field(default_factory=dict)
    halves: dict[str, float] = field(default_factory=dict)
    pictures: dict[str, list[list[RGB]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def study_guidance(request: StudyRequest, progress: Progress, models: Kept) -> Page:
    """Train a small generator in three ways on two sets, and measure what each draws."""
    labelled = read_labelled(request.folder, request.pixel, progress=progress)
    split = (
        Split.read(request.split, labelled)
        if request.split is not None
        else split_of(labelled, request.held_out, request.groups, request.seed)
    )
    budget = Budget.of(request)
    unit = None if request.pixel is None else request.pixel.unit
    judge, chosen = judge_of(request.judge, unit, request.device, models)
    autoencoder = autoencoder_for(request.autoencoder, judge)
    pixel = judge.pixel or request.pixel or PixelSize(size=1, unit="m")
    study = Study(request, labelled, split, budget, judge, autoencoder, pixel)
    study.notes += [chosen] if chosen else []
    train = np.sort(np.concatenate([split.train, split.validation]))
    sets = sets_of(labelled, train, split.test, budget.side, progress)
    for place, one in enumerate(sets):
        _compare(study, one, place / len(sets), 1 / len(sets), progress)
    return _page(study, sets)


def _compare(
    study: Study, one: TrainingSet, start: float, share: float, progress: Progress
) -> None:
    """Train all ways on one set, and measure them."""
    judge, request = study.judge, study.request
    progress.report(start, 1, f"Looking at the {one.name} set")
    reference = features_of(judge, one.reference)
    known = features_of(judge, one.pictures)
    space = Space.of(np.asarray(reference, np.float64))
    middle = len(reference) // 2
    study.halves[one.name] = frechet(space(reference[::2][:middle]), space(reference[1::2]))
    study.notes += [
        words for words in [too_few(len(reference), reference.shape[1], f"the {one.name} set")]
        if words
    ]  # fmt: skip
    ways = _ways(study, one, known)
    rows: list[list[RGB]] = [list(one.reference[:: max(1, len(one.reference) // 8)][:8])]
    for number, way in enumerate(ways):
        for k in range(request.seeds):
            part = share / (len(ways) * request.seeds)
            done = start + part * (number * request.seeds + k)
            words = f"{one.name} set, {way.name}, seed {request.seed + k}"
            made = _made(study, one, way, k, _Part(progress, done, part, words))
            found = np.asarray(features_of(judge, made), np.float64)
            values = study.values.setdefault(one.name, {}).setdefault(way.name, [])
            values.append(_measured(space(reference), space(found)))
            if k == 0:
                rows.append(list(made[:8]))
    study.pictures[one.name] = rows


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """A way to train: what labels the pictures have, if any."""

    name: str
    labels: Numbers | None
    names: tuple[str, ...] = ()


def _ways(study: Study, one: TrainingSet, known: npt.NDArray[np.float32]) -> list[_Way]:
    from ssldiff_gui.training.self_labels.clusters import Clusters

    count = min(len(study.labelled.classes), len(known) - 1)
    clusters = Clusters.fit(known, count)
    own = np.asarray(clusters.numbers(known), np.int64)
    return [
        _Way(UNGUIDED, None),
        _Way(SELF, own, tuple(f"cluster{k:03d}" for k in range(count))),
        _Way(TRUE, one.labels, tuple(study.labelled.classes)),
    ]


@dataclass(frozen=True, slots=True)
class _Part:
    """Whose reports are steps of a longer work."""

    progress: Progress
    done: float
    share: float
    words: str

    def report(self, done: float, total: float, words: str = "") -> None:
        """Say which training it is."""
        part = self.share * min(1.0, done / max(total, 1e-9))
        told = f"{self.words}: {words}" if words else self.words
        self.progress.report(self.done + part, 1, told)

    def check(self) -> None:
        """Ask whether to go on."""
        self.progress.check()


def _made(study: Study, one: TrainingSet, way: _Way, k: int, progress: Progress) -> RGB:
    """Train one generator, and have it draw as many pictures of each label as it has seen."""
    from ssldiff_gui.jobs.train import train
    from ssldiff_gui.training.toml_text import as_toml

    request, budget = study.request, study.budget
    room = Path(request.output).expanduser() / WORK / one.name / way.name.replace(" ", "-")
    data = room / "data"
    labels = np.zeros(len(one.pictures), np.int64) if way.labels is None else way.labels
    names = dict(enumerate(way.names)) or {0: "all"}
    if k == 0:
        lay_out(data, one.pictures, labels, names)
    table = _settings(study, way, request.seed + k)
    config = room / f"diffusion-{request.seed + k}.toml"
    config.write_text(as_toml(table), "utf-8")
    told = TrainRequest(
        what="diffusion", config=str(config), data=str(data),
        out=str(room / f"seed-{request.seed + k}"), device=request.device,
    )  # fmt: skip
    done = train(told, progress, share=True)
    there = np.unique(labels)
    wanted = Told(
        budget.samples, budget.sampling, budget.guidance, request.seed + k, request.device,
        None if way.labels is None else np.searchsorted(there, labels),
    )  # fmt: skip
    return draw(done.model, wanted, progress)


def _settings(study: Study, way: _Way, seed: int) -> dict[str, Any]:
    budget, pixel = study.budget, study.pixel
    return {
        "name": "study",
        "data": {
            "pixel": pixel.model_dump(),
            "smallest": budget.side,
            "stain": 0.0,
            "sources": [{"path": ".", "pixel": pixel.size, "groups": "file", "share": 0.0}],
        },
        "run": {
            "steps": budget.steps, "batch": budget.batch, "rate": budget.rate,
            "warm_up": min(50, budget.steps // 4), "average": 0.99, "seed": seed,
            "save_every": budget.steps, "show_every": budget.steps,
        },
        "model": {
            "condition": "none" if way.labels is None else "class",
            "autoencoder": study.autoencoder,
            "window": budget.side // factor_of(study.autoencoder),
            "views": 1,
            "dropped": 0.1,
            "arguments": budget.arguments,
        },
    }  # fmt: skip


def _measured(reference: Vectors, made: Vectors) -> dict[str, float]:
    around = Distances.of(reference, made).measures(5)
    return {
        "Fréchet distance": frechet(reference, made),
        "kernel distance": kernel_distance(reference, made),
        **dict(zip(MEASURES, around.tolist(), strict=True)),
        "Vendi score": vendi(made),
    }


def _page(study: Study, sets: Sequence[TrainingSet]) -> Page:
    request = study.request
    page = Page(
        f"Guidance on {Path(request.folder).name}", "guidance", _summary(study),
        request.model_dump(mode="json"),
    )  # fmt: skip
    for name, ways in study.values.items():
        for way, found in ways.items():
            value = float(np.mean([one["Fréchet distance"] for one in found]))
            page.headline.append(Headline(f"Fréchet distance, {name}, {way}", value))
    for words in (*study.labelled.notes(), *study.split.notes, *study.notes, _same_eye(study)):
        page.note(words)
    for name, ways in study.values.items():
        measures = list(next(iter(ways.values()))[0])
        rows = [
            [way, *(spread([one[measure] for one in found]) for measure in measures)]
            for way, found in ways.items()
        ]
        note = f"Two halves of the held-out pictures are {study.halves[name]:.3f} apart (Fréchet)."
        page.sections += [
            Table(f"{name.capitalize()} set", ("way", *measures), rows, note),
            _plot(name, ways, "Fréchet distance"),
            _plot(name, ways, "recall"),
            Sheet(f"{name}-pictures", f"{name.capitalize()} set: held out, then each way a row",
                  sheet(study.pictures[name]), synthetic=True),
        ]  # fmt: skip
    page.sections += [_counts(study, sets), Text(_how(study), "How it was done")]
    page.facts = {"values": study.values, "halves": study.halves, "judge": study.judge.name}
    return page


def _plot(name: str, ways: dict[str, list[dict[str, float]]], measure: str) -> Plot:
    values = {way: [one[measure] for one in found] for way, found in ways.items()}
    word = "distance" if measure.startswith("Fr") else measure
    return Plot(f"{name}-{word}", f"{measure}, {name} set", compared(values, measure))


def _summary(study: Study) -> str:
    said = [told_apart(name, ways) for name, ways in study.values.items()]
    return (
        f"A small diffusion network, {study.budget.steps:,} steps, "
        f"{seeds_of(study.request.seeds)} of each way, in the features of {study.judge.name}."
        f"\n\n{' '.join(said)}"
    )


def told_apart(name: str, ways: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """Say which way is nearest, when that is more than the seeds differ; or that none is."""
    values = {way: [one["Fréchet distance"] for one in found] for way, found in ways.items()}
    told = ", ".join(f"{way} {spread(found)}" for way, found in values.items())
    first, second = sorted(values, key=lambda way: float(np.mean(values[way])))[:2]
    gap = float(np.mean(values[second]) - np.mean(values[first]))
    if min(len(found) for found in values.values()) < 2:
        return f"On the {name} set: {told}; one seed tells no way from another."
    off = float(np.hypot(np.std(values[first], ddof=1), np.std(values[second], ddof=1)))
    if gap > 2 * off:
        return f"On the {name} set “{first}” comes nearest to held-out pictures: {told}."
    return (
        f"On the {name} set “{first}” is not told from “{second}”, for the seeds differ as much: "
        f"{told}."
    )


def _same_eye(study: Study) -> str:
    return (
        f"{study.judge.name} made the labels of “{SELF}”, and judges: what it does not see, "
        "neither can show."
    )


def _counts(study: Study, sets: Sequence[TrainingSet]) -> Table:
    rows: list[list[Cell]] = [
        [name, *(int((one.labels == label).sum()) for one in sets)]
        for label, name in enumerate(study.labelled.classes)
    ]
    return Table("Pictures trained on", ("class", *(one.name for one in sets)), rows,
                 f"The tail: the k-th of K classes, by name, keeps {TAIL:g} to the power k/(K-1) "
                 "of its pictures; the balanced set has as many in all.")  # fmt: skip


def _how(study: Study) -> str:
    budget = study.budget
    return (
        f"Pictures of {budget.side} pixels; latents of {Path(study.autoencoder).name}. Each way "
        f"draws {budget.samples:,} pictures in {budget.sampling} steps with labels in the shares "
        f"of its training set; where there are labels, guided with {budget.guidance:g}. They are "
        "compared with held-out pictures in the same shares. Its own labels are k-means clusters, "
        "as many as there are classes, of mean embeddings; true labels are the folders."
    )
