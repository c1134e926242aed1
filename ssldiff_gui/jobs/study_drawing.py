"""Pictures of a generator that is told a label, or nothing: a window each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from ssldiff_gui.core.errors import BadNumbers, MissingModel
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.protocols import Generator, Given
from ssldiff_gui.jobs.evaluate_features import to_levels
from ssldiff_gui.jobs.judging import Judge
from ssldiff_gui.models.folders import find_model, installed_models, read_model
from ssldiff_gui.models.generators import load_generator
from ssldiff_gui.sampling.solver import dpmpp_2m

RGB = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

BATCH = 32


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What is drawn.

    Parameters
    ----------
    count, steps, guidance
        Pictures, steps of each, and how strongly labels count.
    seed, device
        Of the noise and the labels; where.
    labels
        Those that it was trained with, whose shares are drawn; None for nothing.
    """

    count: int
    steps: int
    guidance: float
    seed: int
    device: str
    labels: Numbers | None


def autoencoder_for(name: str | None, judge: Judge) -> str:
    """Return the folder of the generator whose latents are taken.

    Raises
    ------
    MissingModel
        There is none that goes with the judge.
    """
    if name is not None:
        return str(find_model(name))
    for entry in installed_models():
        found = None if entry.model is None else entry.model.generator
        if found is not None and found.encoder == judge.name:
            return str(entry.folder)
    raise MissingModel(
        f"No installed generator goes with {judge.name}: there are no latents to draw in.",
        "Name a generator, or a trained autoencoder, with --autoencoder.",
    )


def factor_of(folder: str) -> int:
    """Return how many pixels a latent stands for, along one axis."""
    model = read_model(folder, verify=False)
    part = model.generator or model.autoencoder
    if part is None:
        raise MissingModel(
            f"{Path(folder).name} has no latents.",
            "Name a generator, or a trained autoencoder, with --autoencoder.",
        )
    return part.factor


def draw(folder: Path, told: Told, progress: Progress) -> RGB:
    """Return (count, side, side, 3)."""
    model: Generator = load_generator(folder, told.device, "float32")
    random = np.random.default_rng(told.seed)
    parts = []
    for start in range(0, told.count, BATCH):
        progress.check()
        progress.report(start, told.count, "drawing")
        count = min(BATCH, told.count - start)
        labels = None if told.labels is None else random.choice(told.labels, count)
        parts.append(_windows(model, told, labels, count, random))
    return np.concatenate(parts)


def _windows(
    model: Generator, told: Told, labels: Numbers | None, count: int, random: np.random.Generator
) -> RGB:
    spec = model.spec
    nothing = np.full(count, -1, np.int64)
    given = Given(classes=nothing if labels is None else labels)
    condition, null = model.condition(given), model.null(given)
    levels = model.sigmas(told.steps)
    shape = (count, spec.channels, spec.window, spec.window)
    x = torch.from_numpy(random.standard_normal(shape, np.float32)) * levels[0]
    x, before = x.to(model.device), None
    for k in range(told.steps):
        seen = model.denoise(x, levels[k], condition)
        if labels is not None and told.guidance != 1:
            seen = torch.lerp(model.denoise(x, levels[k], null), seen, told.guidance)
        past = levels[k - 1] if k else None
        x, before = dpmpp_2m(x, seen, before, (past, levels[k], levels[k + 1])), seen
    pictures = model.decode(x).cpu().numpy()
    if not np.isfinite(pictures).all():
        raise BadNumbers(
            "The generator answered with NaN or infinity.",
            "Train it longer, or with more pictures.",
        )
    return to_levels(pictures)
