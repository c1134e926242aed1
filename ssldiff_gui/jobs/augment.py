"""`AugmentRequest` → synthetic pictures beside a labelled folder, for its training part only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import JsonValue

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.lab.augment import AugmentRequest
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.core.recipe import Recipe
from ssldiff_gui.jobs import augment_files as files
from ssldiff_gui.jobs.alone import alone
from ssldiff_gui.jobs.augment_choosing import Judged, features_of, judge
from ssldiff_gui.jobs.augment_drawing import Candidate, Hand, Made, Real, candidates_of
from ssldiff_gui.jobs.augment_leading import classifier_files
from ssldiff_gui.jobs.augment_models import Chosen, choose, how_of, require_classes, way_of
from ssldiff_gui.jobs.augment_sheets import KEPT, REAL, REJECTED, write_sheet
from ssldiff_gui.jobs.labelled import Labelled, Split, read_labelled, split_of
from ssldiff_gui.sampling.presets import preset_named
from ssldiff_gui.storage.marking import WORD
from ssldiff_gui.storage.provenance import Record
from ssldiff_gui.training.pictures import Pixels

if TYPE_CHECKING:
    from ssldiff_gui.core.grid import EmbeddingGrid
    from ssldiff_gui.jobs.kept import Kept

FORMAT = "ssldiff augmentation"
_PRECISION = "float32"


def augment(
    request: AugmentRequest, progress: Progress | None = None, *, models: Kept | None = None
) -> dict[str, JsonValue]:
    """Make synthetic pictures of each class of a labelled folder.

    Nothing is looked at but the training pictures whose labels may be seen. Stopped or killed,
    the same request goes on from the pictures that are there, and ends with the same bytes.

    Parameters
    ----------
    request
        What is to be made.
    progress
        Told of each picture; asked for an end.
    models
        Keeps models between requests.

    Returns
    -------
    dict
        ``output``, ``manifest``, ``drawn`` and ``kept`` by class, ``sheets`` and ``notes``.

    Raises
    ------
    BadRequest
        The folder has one class, one picture of a class, a split that leaks, or holds the output;
        or the request and the models do not fit.
    AlreadyThere, InUse
        The output folder holds something else, or another program writes to it.
    MissingModel, IncompatibleGrid
        There is no model that fits.
    """
    progress = progress or Silent()
    out = _output(request)
    labelled = read_labelled(request.folder, request.pixel, progress=progress)
    split = _split(request, labelled)
    chosen = choose(request, models)
    require_classes(request, chosen.generator.spec, labelled.classes)
    real = Real(labelled, split.seen, _scale(request, chosen))
    with alone(out, "writes to", "output folder"):
        wanted = {
            "request": request.model_dump(mode="json", exclude={"output", "device", "folder"}),
            "model": chosen.model.files, "judge": chosen.judge.spec.id,
            "classifier": classifier_files(request), "split": split.facts(labelled),
        }  # fmt: skip
        drawn = files.Drawn(out, wanted)
        files.write_json(out / files.REQUEST, request.model_dump(mode="json"))
        split.write(out / files.SPLIT, labelled)
        return _Work(request, progress, chosen, real, drawn).all(split)


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """An augmentation, and all that was found out about it."""

    request: AugmentRequest
    progress: Progress
    chosen: Chosen
    real: Real
    drawn: files.Drawn

    @property
    def classes(self) -> tuple[str, ...]:
        return self.real.labelled.classes

    def all(self, split: Split) -> dict[str, JsonValue]:
        """Draw, choose, and write what came of it."""
        request, labelled = self.request, self.real.labelled
        each = math.ceil(request.count * request.draw)
        planned = candidates_of(labelled.labels, self.real.seen, self.classes, each, request.seed)
        leading = self._draw(planned)
        judged = self._judge(planned)
        notes = [*labelled.notes(), *split.notes, *self.chosen.notes, *leading.get("notes", []),
                 *self._few(judged)]  # fmt: skip
        names = self._keep(planned, judged)
        pictures = [
            {**self.drawn.lines[self.classes[c.label], c.number],
             "drawn": self._place(c), "file": names.get(row), "kept": row in names,
             "why": judged.why[row], **judged.facts(row, self.classes)}
            for row, c in enumerate(planned)
        ]  # fmt: skip
        manifest = {
            "format": FORMAT, "version": 1, "synthetic": True, "method": request.method,
            "classes": list(self.classes), "model": self._model(), "leader": leading.get("facts"),
            "judge": self.chosen.judge.spec.id, "select": request.select,
            "split": files.SPLIT, "seen": labelled.counts(self.real.seen),
            "kept": self._counts(judged), "drawn": each, "notes": notes, "pictures": pictures,
        }  # fmt: skip
        files.write_json(self.drawn.out / files.MANIFEST, manifest)
        sheets = self._sheets(planned, judged)
        return {
            "output": str(self.drawn.out),
            "manifest": str(self.drawn.out / files.MANIFEST),
            "drawn": dict.fromkeys(self.classes, each),
            "kept": dict(self._counts(judged)),
            "sheets": [str(sheet) for sheet in sheets],
            "notes": list(notes),
        }

    def _draw(self, planned: list[Candidate]) -> dict[str, Any]:
        """Draw what is not there yet; return what is known of the classifier that led."""
        request, chosen = self.request, self.chosen
        preset = preset_named(request.preset, steps=request.steps, guidance=request.guidance)
        hand = Hand(chosen.generator, preset, self.real, request.large, self.progress)
        way = way_of(request, chosen, hand, self.drawn.out)
        for done, candidate in enumerate(planned):
            label = self.classes[candidate.label]
            self.progress.check()
            self.progress.report(done, len(planned), f"Drawing {label} ({done:,} drawn)")
            if (label, candidate.number) not in self.drawn.lines:
                self._add(candidate, way.draws.draw(candidate), preset.steps)
        self.drawn.settle((self.classes[each.label], each.number) for each in planned)
        return {"facts": way.facts, "notes": way.notes}

    def _add(self, candidate: Candidate, made: Made, steps: int) -> None:
        labelled, varied = self.real.labelled, self.request.method == "representation"
        line = {
            "class": self.classes[candidate.label], "number": candidate.number,
            "seed": candidate.seed,
            "source": labelled.paths[candidate.source] if varied else None,
            "towards": labelled.paths[candidate.partner] if varied else None,
        }  # fmt: skip
        record = self._record(candidate, made.pixels, made.grid, steps)
        words = files.words_of(record, line, how_of(self.request))
        self.drawn.add(line, made.pixels, words)

    def _record(
        self, candidate: Candidate, pixels: Pixels, grid: EmbeddingGrid | None, steps: int
    ) -> Record:
        spec, request = self.chosen.generator.spec, self.request
        label = self.classes[candidate.label]
        height, width = pixels.shape[:2]
        recipe = Recipe(
            model=spec.name, model_spec=spec.digest(), model_files=self.chosen.model.files,
            grid="", seed=candidate.seed, steps=steps,
            guidance=spec.guidance if request.guidance is None else request.guidance, batch=1,
            precision=_PRECISION, preset={"name": request.preset}, width=width, height=height,
            label=label,
        )  # fmt: skip
        return files.record_of(recipe, grid, label, 1, 1)

    def _judge(self, planned: list[Candidate]) -> Judged:
        real, encoder = self.real, self.chosen.judge
        scale = self.chosen.judge_scale * real.scale
        seen = real.seen.tolist()
        known, found = [], []
        for done, number in enumerate(seen):
            self.progress.check()
            self.progress.report(done, len(seen), "Looking at real pictures")
            known.append(features_of(encoder, real.load(number), encoder.spec.cell, scale))
        for done, candidate in enumerate(planned):
            self.progress.check()
            self.progress.report(done, len(planned), "Looking at synthetic pictures")
            picture = self.drawn.load(self.classes[candidate.label], candidate.number)
            found.append(features_of(encoder, picture, encoder.spec.cell, scale))
        labels = np.array([candidate.label for candidate in planned], np.int64)
        return judge(
            (np.stack(known), real.labelled.labels[real.seen]), (np.stack(found), labels),
            self.classes, self.request.select, self.request.count,
        )  # fmt: skip

    def _keep(self, planned: list[Candidate], judged: Judged) -> dict[int, str]:
        """Put what is kept into the folders of the classes; return its names by row."""
        names: dict[int, str] = {}
        for label, rows in zip(self.classes, judged.order, strict=True):
            kept = self.drawn.keep(label, [planned[row].number for row in rows])
            names |= dict(zip(rows, kept, strict=True))
        return names

    def _place(self, candidate: Candidate) -> str:
        path = self.drawn.path(self.classes[candidate.label], candidate.number)
        return path.relative_to(self.drawn.out).as_posix()

    def _counts(self, judged: Judged) -> dict[str, int]:
        return {name: len(rows) for name, rows in zip(self.classes, judged.order, strict=True)}

    def _few(self, judged: Judged) -> list[str]:
        """Say which classes have fewer pictures than were asked for."""
        wanted = self.request.count
        few = [f"{n} of {name}" for name, n in self._counts(judged).items() if n < wanted]
        if not few:
            return []
        said = (
            f"Of the {wanted} that each class was to have, there are only {', '.join(few)}: the "
            "others did not look like their class. Draw more (--draw), or select less strictly."
        )
        return [said]

    def _model(self) -> dict[str, Any]:
        spec = self.chosen.generator.spec
        return {"name": spec.name, "spec": spec.digest(), "files": self.chosen.model.files}

    def _sheets(self, planned: list[Candidate], judged: Judged) -> list[Path]:
        made = []
        for label, name in enumerate(self.classes):
            seen = [k for k in self.real.seen.tolist() if self.real.labelled.labels[k] == label]
            rows = [row for row, c in enumerate(planned) if c.label == label]
            kept = judged.order[label]
            rejected = [row for row in rows if judged.why[row] and row not in kept]
            load = [
                [self.drawn.load(name, planned[row].number) for row in some]
                for some in (kept[:KEPT], rejected[:REJECTED])
            ]
            blocks = [
                (f"{name}: real", [self.real.load(k) for k in seen[:REAL]], False),
                (f"{name}: synthetic, kept ({len(kept)})", load[0], False),
                (f"{name}: synthetic, not kept ({len(rejected)})", load[1], True),
            ]
            first = self.drawn.load(name, planned[rows[0]].number)
            record = self._record(planned[rows[0]], first, None, 1)
            path = self.drawn.out / f"sheet-{name}.{WORD}.png"
            write_sheet(path, blocks, record, name)
            made.append(path)
        return made


def _output(request: AugmentRequest) -> Path:
    """Return the output folder; refuse one that lies among the real pictures."""
    out, folder = (Path(p).expanduser().resolve() for p in (request.output, request.folder))
    if out == folder or folder in out.parents or out in folder.parents:
        raise BadRequest(
            f"The output {out} and the pictures {folder} lie within each other: synthetic "
            "pictures would be among the real ones.",
            "Take an output folder elsewhere.",
        )
    return out


def _split(request: AugmentRequest, labelled: Labelled) -> Split:
    """Return which pictures may be seen; see that there are two of each class."""
    if request.split is not None:
        split = Split.read(request.split, labelled)
    else:
        split = split_of(
            labelled, request.held_out, request.groups, request.seed % 2**31,
            request.labels_fraction,
        )  # fmt: skip
    counts = labelled.counts(split.seen)
    if few := [f"{name} ({n})" for name, n in counts.items() if n < 2]:
        raise BadRequest(
            f"Two pictures of each class have to be seen, and there are fewer of: "
            f"{', '.join(few)}.",
            "Raise --labels-fraction, lower --held-out, or add pictures of it.",
        )
    return split


def _scale(request: AugmentRequest, chosen: Chosen) -> float:
    """Return how many pixels of the generator one of the pictures has, along one axis."""
    wanted, given = chosen.generator.spec.pixel, request.pixel
    if wanted is None or given is None:
        return 1.0
    if wanted.unit != given.unit:
        raise BadRequest(
            f"The pictures are said to be in {given.unit}, and {chosen.generator.spec.title} "
            f"draws in {wanted.unit}.",
            "Take another model, or leave --pixel out to take its resolution.",
        )
    return given.size / wanted.size
