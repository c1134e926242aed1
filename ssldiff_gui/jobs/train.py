"""Training as a job: from a configuration to a model folder, in pieces when it has to be."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssldiff_gui.core.errors import BadRequest, UserError
from ssldiff_gui.core.lab.train import TrainRequest
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.jobs.alone import alone
from ssldiff_gui.jobs.train_data import Chosen, choose, described, digest_of, pictures_folder
from ssldiff_gui.jobs.train_models import MODEL, finder, install, needed_models, task_of
from ssldiff_gui.jobs.train_recipes import Configuration, configuration, family
from ssldiff_gui.models.folders import read_model
from ssldiff_gui.training.settings import KINDS, Kind, Settings, read_settings

if TYPE_CHECKING:
    from accelerate import Accelerator

    from ssldiff_gui.training.pictures import Pictures

RUNS = "runs"


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What became of a run.

    Parameters
    ----------
    kind, name
        What was trained, and what it is called.
    folder, model
        Of the run, and of the model in it.
    installed
        Where it was installed; None when it was not.
    steps, wanted
        Taken, and to be taken.
    seconds
        Of training, over all its pieces.
    figures
        The last of the log.
    trained_on
        The pictures, in words.
    counted
        How many there are, in words.
    own
        Whether they are somebody's own, in place of the recipe's.
    device
        Where it was computed.
    main
        Whether this process is the one that writes.
    """

    kind: Kind
    name: str
    folder: Path
    model: Path
    installed: Path | None
    steps: int
    wanted: int
    seconds: float
    figures: Mapping[str, float]
    trained_on: str
    counted: str
    own: bool
    device: str
    main: bool

    @property
    def finished(self) -> bool:
        """Whether all steps were taken."""
        return self.steps >= self.wanted


def became(result: TrainResult) -> dict[str, Any]:
    """Return what became of a run, as JSON has it."""
    return {
        "kind": result.kind,
        "name": result.name,
        "run": str(result.folder),
        "model": str(result.model),
        "installed": None if result.installed is None else str(result.installed),
        "finished": result.finished,
        "steps": result.steps,
        "wanted": result.wanted,
        "seconds": round(result.seconds, 1),
        "figures": dict(result.figures),
        "trained_on": result.trained_on,
        "pictures": result.counted,
        "own_pictures": result.own,
        "device": result.device,
    }


def train(
    request: TrainRequest, progress: Progress | None = None, *, share: bool = False
) -> TrainResult:
    """Train a model, going on where the same request was stopped.

    Parameters
    ----------
    request
        What is to be trained.
    progress
        Told of every step; asked for an end.
    share
        Whether the pictures lie beside the run's folder, for the whole family.

    Raises
    ------
    UserError
        What a person can mend: see `training.loop.run` and `training.gathering.gather`.
    """
    started = time.monotonic()
    kind = _one(request)
    found = configuration(request.config, kind)
    settings = read_settings(found.path, kind, dict(request.changes))
    data = None if request.data is None else Path(request.data)
    chosen = choose(settings.data, data, found, request.pixel)
    settings = settings.model_copy(update={"data": chosen.data})
    out = Path(request.out) if request.out else _folder_of(found, settings)

    from ssldiff_gui.training.gathering import facts_of, gather
    from ssldiff_gui.training.machine import machine
    from ssldiff_gui.training.sameness import check_same

    check_same(out, settings)
    run = _Run(
        request, found, settings, chosen, out, machine(request.device, settings.run.precision)
    )
    watch = (progress or Silent()) if run.on.is_main_process else Silent()
    with alone(out, "trains in", "--out") if run.on.is_main_process else nullcontext():
        with run.on.main_process_first():
            place = pictures_folder(out, chosen, share=share)
            pictures = gather(chosen.data, chosen.root, place, watch)
        if not run.is_done(digest_of(pictures)):
            run.train(pictures, watch, started)
        return run.result(facts_of(pictures))


def train_family(request: TrainRequest, progress: Progress | None = None) -> Iterator[TrainResult]:
    """Train the models of a family in turn; what is finished is not trained again.

    Parameters
    ----------
    request
        Its `config` names the family; its `out` gets a folder for each kind; its changes are for
        all kinds, or for one when they begin with its name: ``"encoder.run.steps"``.
    progress
        Told of every step; asked for an end.

    Yields
    ------
    TrainResult
        Of each kind; the last one is unfinished when the time was up.
    """
    started = time.monotonic()
    there = family(request.config)
    name = next(iter(there.values())).family or "family"
    for kind in there:
        spent = (time.monotonic() - started) / 60
        one = request.model_copy(
            update={
                "what": kind,
                "out": str((Path(request.out) if request.out else Path(RUNS) / name) / kind),
                "changes": _changes_for(kind, request.changes),
                "minutes": (None if request.minutes is None else max(0.0, request.minutes - spent)),
                # the generator's folder holds the autoencoder
                "install": request.install and kind != "autoencoder",
            }
        )
        result = train(one, progress, share=True)
        yield result
        if not result.finished:
            return


def _one(request: TrainRequest) -> Kind:
    """Return what is to be trained, when that is one model."""
    if request.what == "all":
        raise BadRequest("A family is trained with `train_family`.", "Name one kind.")
    return request.what


def _folder_of(found: Configuration, settings: Settings) -> Path:
    """Return the folder of a run that none was named for."""
    if found.family is None:
        return Path(RUNS) / settings.name
    return Path(RUNS) / found.family / settings.kind


def _changes_for(kind: Kind, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes that are for one kind, those for it alone last."""
    common, own = {}, {}
    for key, value in changes.items():
        first, _, rest = key.partition(".")
        if first not in KINDS:
            common[key] = value
        elif first == kind:
            own[rest] = value
    return common | own


@dataclass(frozen=True, slots=True)
class _Run:
    """A run, and all that was found out about it."""

    request: TrainRequest
    found: Configuration
    settings: Settings
    chosen: Chosen
    out: Path
    on: Accelerator

    def is_done(self, pictures: str) -> bool:
        """Whether all steps were taken, and the model folder is there."""
        from ssldiff_gui.training.checkpoints import last_facts

        facts = last_facts(self.out)
        if facts is None or facts.get("pictures", pictures) != pictures:
            return False
        try:
            made = read_model(self.out / MODEL).provenance
        except UserError:
            return False
        return bool(facts["step"] >= self.settings.run.steps and made.get("steps") == facts["step"])

    def train(self, pictures: Pictures, watch: Progress, started: float) -> None:
        """Take the steps that are left, and write the model folder."""
        from ssldiff_gui.training import loop
        from ssldiff_gui.training.machine import part_of

        find = finder(self.out, self.settings)
        part = part_of(self.settings, self.on.num_processes)
        with self.on.main_process_first():
            make = task_of(self.settings.kind)
            task = make(part, pictures, self.out, find=find, progress=watch)
        minutes = self.request.minutes
        until = None if minutes is None else 60 * minutes - (time.monotonic() - started)
        models = needed_models(self.settings, find)
        same = {"pictures": digest_of(pictures), "models": models}
        average = loop.run(task, self.settings, self.out, watch, until=until, on=self.on, same=same)
        if self.on.is_main_process:
            from ssldiff_gui.training.cards import card

            told = self.provenance(pictures, models)
            facts = {
                **told,
                "figures": self.figures(),
                "device": str(self.on.device),
            }
            text = card(self.settings, pictures, facts)
            task.save(self.out / MODEL, average, text, told)

    def provenance(
        self, pictures: Pictures, models: Mapping[str, Mapping[str, str]]
    ) -> dict[str, Any]:
        """Return how the model was made, as its folder keeps it."""
        import ssldiff_gui

        step, seconds = self.taken()
        return {
            "program": f"ssldiff {ssldiff_gui.__version__}",
            "recipe": self.found.name,
            "settings": self.settings.model_dump(mode="json", exclude={"card"}),
            "steps": step,
            "wanted": self.settings.run.steps,
            "seconds": round(seconds, 1),
            "pictures": described(pictures),
            "models": dict(models),
        }

    def taken(self) -> tuple[int, float]:
        """Return the steps taken so far, and the seconds they took."""
        from ssldiff_gui.training.checkpoints import last_facts

        facts = last_facts(self.out) or {}
        return int(facts.get("step", 0)), float(facts.get("seconds", 0.0))

    def figures(self) -> dict[str, float]:
        """Return the last line of the log."""
        from ssldiff_gui.training import curves
        from ssldiff_gui.training.loop import LOG

        lines = curves.read(self.out / LOG)
        return {k: v for k, v in (lines[-1] if lines else {}).items() if k != "seconds"}

    def result(self, counted: str) -> TrainResult:
        """Return what became of it; install the model when that was asked for."""
        from ssldiff_gui.models import devices

        step, seconds = self.taken()
        finished = step >= self.settings.run.steps
        main = self.on.is_main_process
        put = install(self.out / MODEL, self.settings.name) if (
            main and finished and self.request.install
        ) else None  # fmt: skip
        return TrainResult(
            kind=self.settings.kind,
            name=self.settings.name,
            folder=self.out,
            model=self.out / MODEL,
            installed=put,
            steps=step,
            wanted=self.settings.run.steps,
            seconds=seconds,
            figures=self.figures(),
            trained_on=self.chosen.words,
            counted=counted,
            own=self.chosen.own,
            device=devices.describe(self.on.device),
            main=main,
        )
