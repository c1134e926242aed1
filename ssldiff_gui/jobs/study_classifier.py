"""A backbone trained from nothing on few labelled pictures, real ones and made ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.lab.study import StudyRequest
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.evaluation.probing import balanced_accuracy
from ssldiff_gui.models import devices
from ssldiff_gui.training.augmenting import blurred, stained

RGB = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

DECAY, WARM_UP, SMALLEST_CROP, JITTER = 0.05, 0.1, 0.6, 0.15
LOOKS = 6
"""How often the validation pictures are looked at on the way."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a training may cost.

    Parameters
    ----------
    backbone, arguments
        timm's network.
    side, steps, batch, rate
        Of the training.
    """

    backbone: str
    arguments: dict[str, Any]
    side: int
    steps: int
    batch: int
    rate: float

    @classmethod
    def of(cls, request: StudyRequest) -> Budget:
        """Return the budget of a request, with what it says itself."""
        known = BUDGETS[request.budget]
        own = request.backbone
        return cls(
            own or known.backbone,
            known.arguments if own is None else {},
            request.side or known.side,
            request.steps or known.steps,
            known.batch,
            known.rate,
        )


BUDGETS = {
    "minutes": Budget("resnet10t", {"channels": (16, 32, 64, 128)}, 40, 120, 32, 2e-3),
    "gpu": Budget("resnet50d", {}, 192, 4000, 64, 1e-3),
}


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What a training learns from.

    Parameters
    ----------
    pictures, labels
        Real ones, (n, side, side, 3), and their classes.
    made, made_labels
        Synthetic ones; half of each batch is of these when there are any.
    varied
        Whether pictures are varied as is usual: turned, cut, coloured, blurred.
    unit
        "µm" when colours are stains.
    """

    pictures: RGB
    labels: Labels
    made: RGB | None = None
    made_labels: Labels | None = None
    varied: bool = False
    unit: str = "m"


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What came of a training.

    Parameters
    ----------
    scores
        (n, classes) of the test pictures.
    curve
        Step, and balanced accuracy on the validation pictures.
    """

    scores: Floats
    curve: list[tuple[float, float]]


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """Pictures that nothing is learnt from."""

    pictures: RGB
    labels: Labels


def train_backbone(
    material: Material,
    validation: Watched,
    test: Watched,
    budget: Budget,
    *,
    classes: int,
    seed: int,
    device: str,
    progress: Progress,
) -> Trained:
    """Train a backbone, and ask it about the test pictures after its last step.

    Parameters
    ----------
    material
        What it learns from; classes are drawn evenly.
    validation
        Looked at on the way, for the curve alone: nothing is chosen by it.
    test
        Looked at once.
    budget
        How long, and with what.
    classes
        How many there are.
    seed
        Of weights and batches.
    device, progress
        As everywhere.
    """
    where = devices.choose(device)
    network = _network(budget, classes, seed).to(where).train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=budget.rate, weight_decay=DECAY)
    random = np.random.default_rng(seed)
    looks = {round((k + 1) * budget.steps / LOOKS) for k in range(LOOKS)}
    curve: list[tuple[float, float]] = []
    for step in range(budget.steps):
        progress.check()
        for group in optimiser.param_groups:
            group["lr"] = budget.rate * _share(step, budget.steps)
        pictures, labels = _batch(material, budget.batch, classes, random)
        with torch.enable_grad():
            answers = network(pictures.to(where))
            loss = functional.cross_entropy(answers, labels.to(where))
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        if step + 1 in looks and len(validation.labels):
            said = _scores(network, validation.pictures, where).argmax(axis=1)
            curve.append((step + 1.0, balanced_accuracy(validation.labels, said)))
            network.train()
    return Trained(_scores(network, test.pictures, where), curve)


def _network(budget: Budget, classes: int, seed: int) -> nn.Module:
    import timm

    if not timm.is_model(budget.backbone):
        raise BadRequest(
            f"timm has no network {budget.backbone!r}.", "Take another --backbone: resnet18, say."
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made: nn.Module = timm.create_model(
            budget.backbone, num_classes=classes, **budget.arguments
        )
    return made.requires_grad_(requires_grad=True)


def _share(step: int, steps: int) -> float:
    begun = max(1.0, WARM_UP * steps)
    if step < begun:
        return (step + 1) / begun
    return 0.5 * (1 + math.cos(math.pi * (step - begun) / max(1.0, steps - begun)))


def _batch(
    material: Material, count: int, classes: int, random: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw a batch: classes evenly, half of it made pictures when there are any."""
    made = material.made
    half = count // 2 if made is not None and len(made) else 0
    real = _drawn(material.labels, count - half, classes, random)
    pictures, labels = [material.pictures[real]], [material.labels[real]]
    if made is not None and material.made_labels is not None and half:
        chosen = _drawn(material.made_labels, half, classes, random)
        pictures.append(made[chosen])
        labels.append(material.made_labels[chosen])
    values = _tensor(np.concatenate(pictures))
    if material.varied:
        values = _varied(values, material.unit, random)
    return _normalised(values), torch.from_numpy(np.concatenate(labels))


def _drawn(labels: Labels, count: int, classes: int, random: np.random.Generator) -> Labels:
    members = [np.flatnonzero(labels == label) for label in range(classes)]
    members = [found for found in members if len(found)]
    chosen = random.integers(0, len(members), count)
    return np.array([random.choice(members[k]) for k in chosen], np.int64)


def _varied(values: torch.Tensor, unit: str, random: np.random.Generator) -> torch.Tensor:
    """Turn, flip, cut, colour and blur pictures."""
    side = values.shape[-1]
    made = []
    for picture in values:
        turned = torch.rot90(picture, int(random.integers(4)), (1, 2))
        turned = turned.flip(2) if random.random() < 0.5 else turned
        part = max(1, round(side * math.sqrt(random.uniform(SMALLEST_CROP, 1))))
        top, left = (int(random.integers(0, side - part + 1)) for _ in range(2))
        cut = turned[None, :, top : top + part, left : left + part]
        made.append(functional.interpolate(cut, (side, side), mode="bilinear"))
    return blurred(stained(torch.cat(made), JITTER, unit, random), 1.0, random)


def _scores(network: nn.Module, pictures: RGB, where: torch.device) -> Floats:
    network.eval()
    with torch.inference_mode():
        parts = [
            network(_normalised(_tensor(pictures[k : k + 128])).to(where)).float().cpu()
            for k in range(0, len(pictures), 128)
        ]
    return np.asarray(torch.cat(parts).numpy(), np.float64)


def _tensor(pictures: RGB) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 255


def _normalised(values: torch.Tensor) -> torch.Tensor:
    return (values - 0.5) / 0.25
