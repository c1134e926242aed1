"""What synthetic pictures are worth to a classifier of few labels: arms, seeds, one test set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.lab.study import StudyRequest
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.evaluation.classes import auroc, confusion, macro_f1
from ssldiff_gui.evaluation.plots import compared, curves, intervals, matrices
from ssldiff_gui.evaluation.probing import accuracy, balanced_accuracy
from ssldiff_gui.evaluation.resampling import bootstrap
from ssldiff_gui.jobs.evaluate_features import sheet
from ssldiff_gui.jobs.labelled import Labelled, read_labelled
from ssldiff_gui.jobs.labelled_split import Split, groups_of
from ssldiff_gui.jobs.study_classifier import (
    Budget,
    Material,
    Trained,
    Watched,
    train_backbone,
)
from ssldiff_gui.jobs.study_material import (
    Made,
    read_made,
    real_pictures,
    require_usable,
    split_for,
)
from ssldiff_gui.jobs.study_words import seeds_of, spread
from ssldiff_gui.storage.report_page import Cell, Headline, Page, Plot, Sheet, Table, Text

Labels = npt.NDArray[np.int64]

PLAIN, CLASSIC = "no augmentation", "classic"
MEASURES = ("accuracy", "balanced accuracy", "macro F1", "AUROC")
DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Gain:
    """How much better one arm is than another, in balanced accuracy, on the same pictures."""

    arm: str
    over: str
    value: float
    low: float
    high: float

    @property
    def words(self) -> str:
        """Say it, whatever it is."""
        told = f"{self.value:+.3f} ({self.low:+.3f} … {self.high:+.3f})"
        if self.low > 0:
            return f"“{self.arm}” is better than “{self.over}” by {told}."
        if self.high < 0:
            return f"“{self.arm}” is worse than “{self.over}”: {told}."
        return f"No gain of “{self.arm}” over “{self.over}” is shown: {told}."


@dataclass
class Study:
    """All that is compared.

    Parameters
    ----------
    request, labelled, split, budget
        What is compared, on what.
    made
        Synthetic pictures, a folder each.
    arms
        What is learnt from, by name.
    validation, test
        Real pictures.
    found
        What came of each seed, by arm.
    """

    request: StudyRequest
    labelled: Labelled
    split: Split
    budget: Budget
    made: list[Made]
    arms: dict[str, Material]
    validation: Watched
    test: Watched
    found: dict[str, list[Trained]] = field(default_factory=dict)

    @cached_property
    def cases(self) -> list[int]:
        """The case of each test picture."""
        groups = groups_of(self.labelled, str(self.split.settings.get("groups", "file")))
        found: list[int] = groups[self.split.test].tolist()
        return found

    @property
    def truth(self) -> Labels:
        """Classes of the test pictures."""
        return self.test.labels


def study_augmentation(request: StudyRequest, progress: Progress) -> Page:
    """Train each arm with each seed, with as many steps, and compare them on one test set."""
    study = _study(request, progress)
    total = len(study.arms) * request.seeds
    for number, (name, material) in enumerate(study.arms.items()):
        for k in range(request.seeds):
            done = number * request.seeds + k
            progress.report(done, total, f"Training: {name}, seed {request.seed + k}")
            trained = train_backbone(
                material, study.validation, study.test, study.budget,
                classes=len(study.labelled.classes), seed=request.seed + k,
                device=request.device, progress=progress,
            )  # fmt: skip
            study.found.setdefault(name, []).append(trained)
    progress.report(total, total, "Writing the report")
    return _page(study)


def _study(request: StudyRequest, progress: Progress) -> Study:
    labelled = read_labelled(request.folder, request.pixel, progress=progress)
    split = split_for(request, labelled)
    require_usable(labelled, split)
    budget = Budget.of(request)
    made = [
        read_made(Path(folder), labelled, split, budget.side, progress)
        for folder in request.augmented
    ]

    def watched(numbers: Labels, words: str) -> Watched:
        pictures = real_pictures(labelled, numbers, budget.side, progress, words)
        return Watched(pictures, labelled.labels[numbers])

    seen = watched(split.seen, "Reading the training pictures")
    unit = request.pixel.unit if request.pixel is not None else "m"
    return Study(
        request, labelled, split, budget, made, _arms(seen, made, unit),
        watched(split.validation, "Reading the validation pictures"),
        watched(split.test, "Reading the test pictures"),
    )  # fmt: skip


def _arms(seen: Watched, made: Sequence[Made], unit: str) -> dict[str, Material]:
    found = {
        PLAIN: Material(seen.pictures, seen.labels),
        CLASSIC: Material(seen.pictures, seen.labels, varied=True, unit=unit),
    }
    for one in made:
        of = f", {one.name}" if len(made) > 1 else ""
        for name, pictures, labels in (
            (f"synthetic, unselected{of}", one.unselected, one.unselected_labels),
            (f"synthetic, selected{of}", one.selected, one.selected_labels),
        ):
            found[name] = Material(
                seen.pictures, seen.labels, pictures, labels, varied=True, unit=unit
            )
    return found


def figures_of(truth: Labels, trained: Trained) -> dict[str, float]:
    """Return what one training is worth."""
    answers = trained.scores.argmax(axis=1)
    values = (
        accuracy(truth, answers), balanced_accuracy(truth, answers), macro_f1(truth, answers),
        auroc(truth, trained.scores),
    )  # fmt: skip
    return dict(zip(MEASURES, values, strict=True))


def gain_of(study: Study, arm: str, over: str) -> Gain:
    """Compare two arms on the same test pictures: cases, and seeds, are drawn anew in pairs."""
    truth = study.truth
    mine, theirs = (
        np.stack([one.scores.argmax(axis=1) for one in study.found[name]]) for name in (arm, over)
    )
    random = np.random.default_rng(study.request.seed)

    def difference(numbers: Labels, seeds: Labels) -> float:
        return float(
            np.mean(
                [
                    balanced_accuracy(truth[numbers], mine[k, numbers])
                    - balanced_accuracy(truth[numbers], theirs[k, numbers])
                    for k in seeds
                ]
            )
        )

    def drawn(numbers: Labels) -> float:
        return difference(numbers, random.integers(0, len(mine), len(mine)))

    low, high = bootstrap(drawn, study.cases, count=DRAWS, seed=study.request.seed)
    value = difference(np.arange(len(truth)), np.arange(len(mine)))
    return Gain(arm, over, value, float(low), float(high))


def _gains(study: Study) -> list[Gain]:
    pairs = [(CLASSIC, PLAIN)]
    made = [name for name in study.arms if name not in (PLAIN, CLASSIC)]
    pairs += [(name, CLASSIC) for name in made]
    pairs += [
        (name, name.replace(", selected", ", unselected", 1)) for name in made if ", sel" in name
    ]
    return [gain_of(study, arm, over) for arm, over in pairs]


def _page(study: Study) -> Page:
    request = study.request
    values = {
        name: {
            measure: [figures_of(study.truth, one)[measure] for one in found]
            for measure in MEASURES
        }
        for name, found in study.found.items()
    }
    gains = _gains(study)
    folder = Path(request.folder).name
    page = Page(
        f"Augmentation of {folder}, {len(study.split.seen):,} labels",
        "augmentation",
        _summary(study, gains),
        request.model_dump(mode="json"),
    )
    page.headline = [
        Headline(f"gain of {gain.arm} over {gain.over}", gain.value, gain.low, gain.high,
                 "balanced accuracy")
        for gain in gains
    ]  # fmt: skip
    for words in (*study.labelled.notes(), *study.split.notes, *_warnings(study)):
        page.note(words)
    page.sections = [
        _table(values), *_plots(study, values, gains), _counts(study), *_sheets(study),
        Text(_how(study), "How it was done"),
    ]  # fmt: skip
    page.facts = {
        "values": values,
        "steps": study.budget.steps,
        "backbone": study.budget.backbone,
        "gains": [[gain.arm, gain.over, gain.value, gain.low, gain.high] for gain in gains],
    }
    return page


def _plots(
    study: Study, values: Mapping[str, Mapping[str, Sequence[float]]], gains: Sequence[Gain]
) -> list[Plot]:
    balanced = {name: found["balanced accuracy"] for name, found in values.items()}
    spans = {f"{gain.arm}\nover {gain.over}": (gain.value, gain.low, gain.high) for gain in gains}
    learnt = {name: [one.curve for one in found] for name, found in study.found.items()}
    return [
        Plot("balanced", "Balanced accuracy on the test pictures",
             compared(balanced, "balanced accuracy"),
             "Bars are means, whiskers standard deviations, dots the seeds."),
        Plot("gains", "Gains", intervals(spans, "gain in balanced accuracy"),
             "Intervals of 95 %: cases of the test part, and seeds, drawn anew."),
        Plot("confusion", "What is taken for what, all seeds together",
             matrices(_confusions(study), study.labelled.classes), "In per cent of each class."),
        Plot("learning", "Balanced accuracy on the validation pictures",
             curves(learnt, "step", "balanced accuracy"),
             "Nothing is chosen by them: they are for this plot."),
    ]  # fmt: skip


def _summary(study: Study, gains: Sequence[Gain]) -> str:
    words = " ".join(gain.words for gain in gains)
    return (
        f"{study.budget.backbone}, trained from nothing on {len(study.split.seen):,} labelled "
        f"pictures of {len(study.labelled.classes)} classes, {seeds_of(study.request.seeds)} of "
        f"each way; tested on {len(study.split.test):,} real pictures.\n\n{words}"
    )


def _warnings(study: Study) -> list[str]:
    said = []
    if not study.made:
        said.append(
            "There are no synthetic pictures: name folders of `ssldiff augment` with --augmented."
        )
    if study.request.seeds < 3:
        said.append("Fewer than three seeds: chance is not to be told from gain.")
    return said


def _table(values: Mapping[str, Mapping[str, Sequence[float]]]) -> Table:
    rows = [[name, *(spread(found[measure]) for measure in MEASURES)]
            for name, found in values.items()]  # fmt: skip
    return Table("Means ± standard deviations of the seeds", ("arm", *MEASURES), rows)


def _confusions(study: Study) -> dict[str, Labels]:
    count = len(study.labelled.classes)
    return {
        name: np.sum(
            [confusion(study.truth, one.scores.argmax(axis=1), count) for one in found], axis=0
        )
        for name, found in study.found.items()
    }


def _counts(study: Study) -> Table:
    split, labelled = study.split, study.labelled
    parts = {"training": split.train, "seen": split.seen, "validation": split.validation,
             "test": split.test}  # fmt: skip
    counts = [labelled.counts(numbers) for numbers in parts.values()]
    columns = ["class", *parts, *(f"{one.name} (synthetic)" for one in study.made)]
    rows: list[list[Cell]] = [
        [name, *(count[name] for count in counts),
         *(int((one.selected_labels == label).sum()) for one in study.made)]
        for label, name in enumerate(labelled.classes)
    ]  # fmt: skip
    return Table("Pictures", columns, rows, "Synthetic pictures are in the training alone.")


def _sheets(study: Study) -> list[Sheet]:
    seen = study.arms[PLAIN]
    found = [Sheet("seen", "Labelled pictures, a row a class", _rows(seen.pictures, seen.labels))]
    for one in study.made:
        found += [
            Sheet(f"{one.name}-selected", f"{one.name}, selected",
                  _rows(one.selected, one.selected_labels), synthetic=True),
            Sheet(f"{one.name}-unselected", f"{one.name}, unselected",
                  _rows(one.unselected, one.unselected_labels), synthetic=True),
        ]  # fmt: skip
    return found


def _rows(pictures: npt.NDArray[np.uint8], labels: Labels) -> npt.NDArray[np.uint8]:
    rows = [list(pictures[labels == label][:8]) for label in np.unique(labels)[:12]]
    return sheet(rows)


def _how(study: Study) -> str:
    budget, settings = study.budget, study.split.settings
    share, groups = settings.get("held_out"), settings.get("groups")
    return (
        f"{budget.steps:,} steps of {budget.batch} pictures for every arm, at {budget.side} pixels,"
        f" AdamW with a rate of {budget.rate:g}; classes are drawn evenly. Classic augmentation "
        "turns, flips, cuts, colours and blurs; the synthetic arms have it, too, and half of each "
        "of their batches is synthetic, as many pictures selected as unselected. A share of "
        f"{share} of the cases (told by {groups!r}) is for test, as much for validation; no "
        "picture, and no copy of one, is in two parts, and all that is tested on is real."
    )
