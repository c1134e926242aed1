"""The classifier that leads a generator: somebody's, or one trained on the pictures to be seen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssldiff_gui.core.errors import BadRequest, UserError
from ssldiff_gui.core.lab.augment import AugmentRequest
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.specs import GeneratorSpec, Licence, PixelSize
from ssldiff_gui.jobs.augment_drawing import Real
from ssldiff_gui.jobs.labelled import Labelled
from ssldiff_gui.models.classifiers import CLASSIFIER, load_classifier
from ssldiff_gui.models.folders import find_model, read_model
from ssldiff_gui.models.latent_classifiers import LatentClassifier, load_latent_classifier

if TYPE_CHECKING:
    from ssldiff_gui.sampling.led import Leading
    from ssldiff_gui.training.settings import Settings

TRAINED = ".classifier"
_MODEL = "model"
_BATCH = 32


@dataclass(frozen=True, slots=True, eq=False)
class Leader:
    """A classifier, and what is known of it.

    Parameters
    ----------
    classifier
        Of the generator's latents.
    numbers
        Its number for each class of the pictures.
    facts
        For the manifest.
    notes
        What a reader must know.
    """

    classifier: Leading
    numbers: list[int]
    facts: dict[str, Any]
    notes: list[str]


def leader_of(
    request: AugmentRequest,
    labelled: Labelled,
    generator: tuple[Path, GeneratorSpec],
    device: str,
) -> Leader:
    """Load the classifier that a request names.

    Parameters
    ----------
    request
        Names a classifier of latents, or a generator that was converted with one.
    labelled
        The pictures, whose classes it has to know.
    generator
        Folder and description of the one that is led.
    device
        Where it computes.

    Raises
    ------
    BadRequest
        It does not know a class, or tells other latents apart.
    """
    folder = find_model(str(request.classifier))
    model = read_model(folder)
    facts = {"name": folder.name, "files": model.files}
    note = (
        "The classifier was trained elsewhere: what it saw cannot be checked here. None of the "
        "pictures for test may have been among it."
    )
    if model.kind == "generator" and CLASSIFIER in model.files:
        unnamed = "Its classes have no names: they are taken in the order of the folders."
        numbers = list(range(len(labelled.classes)))
        return Leader(load_classifier(folder, device), numbers, facts, [note, unnamed])
    found = load_latent_classifier(folder, device)
    _check_latents(found, *generator)
    numbers = [found.number_of(name) for name in labelled.classes]
    return Leader(found, numbers, facts, [note])


def classifier_files(request: AugmentRequest) -> dict[str, str]:
    """Return the hashes of the classifier that a request names; none when it is trained here."""
    if request.method != "guided" or request.classifier is None:
        return {}
    return read_model(find_model(request.classifier)).files


def _check_latents(classifier: LatentClassifier, folder: Path, spec: GeneratorSpec) -> None:
    from ssldiff_gui.training.describing import loaded_autoencoder

    classifier.require_fit(spec)
    wanted = classifier.spec.latents
    if wanted and wanted != loaded_autoencoder(folder).key:
        raise BadRequest(
            f"{classifier.spec.title} was trained on the latents of another autoencoder than that "
            f"of {spec.title}.",
            "Train it with this generator: model.autoencoder = the generator.",
        )


def trained_leader(
    request: AugmentRequest,
    real: Real,
    generator: tuple[Path, GeneratorSpec],
    out: Path,
    progress: Progress,
) -> Leader:
    """Train a classifier of latents on the pictures that may be seen, and on no others.

    Parameters
    ----------
    request
        Says how long, and whether on noisy latents too.
    real
        The pictures, and which of them may be seen.
    generator
        Folder and description of the one that is led.
    out
        Folder of the augmentation; the run lies in it, and goes on where it was stopped.
    progress
        Told of each step; asked for an end.
    """
    folder, spec = generator
    place = out / TRAINED
    settings = _settings(request, real, folder, spec)
    if not _finished(place / _MODEL, settings):
        _train(settings, real, place, progress, device=request.device)
    found = load_latent_classifier(place / _MODEL, request.device)
    levels = read_model(place / _MODEL).provenance["by_noise"]
    facts = {"name": found.spec.name, "files": read_model(place / _MODEL).files,
             "trained_on": len(real.seen), "noise_aware": found.spec.noise_aware,
             "by_noise": levels}  # fmt: skip
    numbers = [found.number_of(name) for name in real.labelled.classes]
    return Leader(found, numbers, facts, [])


def _settings(request: AugmentRequest, real: Real, folder: Path, spec: GeneratorSpec) -> Settings:
    from ssldiff_gui.training.settings import settings_of

    sides = [min(real.size(number)) for number in real.seen.tolist()]
    window = min(spec.window, int(min(sides) * real.scale) // spec.factor)
    if window < 1:
        raise BadRequest(
            f"A picture has {min(sides)} pixels, and a latent of {spec.title} has {spec.factor}.",
            "Take larger pictures, or say --pixel.",
        )
    pixel = spec.pixel or PixelSize(size=1.0, unit="m")
    steps = request.classifier_steps
    return settings_of(
        {
            "name": "latent-classifier",
            "kind": "classifier",
            "data": {"pixel": pixel.model_dump(), "sources": [{"path": "."}],
                     "smallest": window * spec.factor, "stain": 0.04},
            "run": {"steps": steps, "batch": _BATCH, "rate": 1e-3, "warm_up": min(20, steps),
                    "average": 0.99, "seed": request.seed % 2**31, "save_every": 100,
                    "show_every": steps},
            "model": {"on": "latents", "autoencoder": str(folder), "noise": request.noise_aware,
                      "window": window, "views": 8},
            "card": {"title": "Latent classifier of an augmentation"},
        }
    )  # fmt: skip


def _finished(model: Path, settings: Settings) -> bool:
    try:
        return bool(read_model(model).provenance.get("steps") == settings.run.steps)
    except UserError:
        return False


def _train(settings: Settings, real: Real, place: Path, progress: Progress, *, device: str) -> None:
    from ssldiff_gui.training import loop
    from ssldiff_gui.training.latent_classifier import LatentClassifierTask
    from ssldiff_gui.training.machine import machine
    from ssldiff_gui.training.pictures import write_pictures

    labelled = real.labelled
    entries = [
        (
            {"name": labelled.paths[k], "source": 0, "label": labelled.classes[labelled.labels[k]],
             "group": labelled.paths[k], "held_out": False},
            real.own(k),
        )
        for k in real.seen.tolist()
    ]  # fmt: skip
    pictures = write_pictures(place / "pictures", entries, {})
    task = LatentClassifierTask(settings, pictures, place, find=Path, progress=progress)
    average = loop.run(task, settings, place, progress, on=machine(device))
    task.save(
        place / _MODEL, average, "# Latent classifier of an augmentation\n",
        {"steps": settings.run.steps, "licence": Licence(name="unknown").name},
    )  # fmt: skip
