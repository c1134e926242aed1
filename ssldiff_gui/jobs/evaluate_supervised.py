"""What an encoder is compared with: its own architecture, untrained, and trained with labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.specs import EncoderSpec
from ssldiff_gui.models import devices
from ssldiff_gui.models.encoder_networks import make_network
from ssldiff_gui.models.encoders import TimmEncoder
from ssldiff_gui.training.augmenting import blurred, stained
from ssldiff_gui.training.pictures import Pictures, turned
from ssldiff_gui.training.settings import EncoderModel

RGB = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]

BATCH, RATE, DECAY, WARM_UP = 128, 1e-3, 0.05, 0.1


@dataclass(slots=True)
class Supervised:
    """A network trained with labels.

    Parameters
    ----------
    encoder
        It without its last layer.
    head
        The last layer.
    steps, loss, accuracy
        How long it was trained, and the loss and the share of right cells at the end.
    """

    encoder: TimmEncoder
    head: nn.Linear
    steps: int
    loss: float
    accuracy: float

    def says(self, vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Return (classes,): the mean log-probability of a picture's cells."""
        with torch.no_grad():
            logits = self.head(torch.from_numpy(vectors))
        return np.asarray(functional.log_softmax(logits, dim=1).double().mean(dim=0).numpy())


def untrained(spec: EncoderSpec, device: str, seed: int) -> TimmEncoder:
    """Return the same architecture with the weights it begins with."""
    where = devices.choose(device)
    return TimmEncoder(spec, _fresh(spec, seed), where, devices.precision(where))


def _fresh(spec: EncoderSpec, seed: int) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make_network(spec.architecture, spec.arguments)


def train_supervised(
    spec: EncoderSpec,
    pictures: Pictures,
    labels: Labels,
    *,
    steps: int,
    seed: int,
    device: str,
    progress: Progress,
) -> Supervised:
    """Train the architecture of an encoder on the classes of pictures.

    Cells are drawn evenly from all pictures and varied as an encoder's training varies them.

    Parameters
    ----------
    spec
        Of the encoder: architecture, cell, normalisation.
    pictures, labels
        What it learns from; a class for each, from 0 on.
    steps
        Of 128 cells each.
    seed
        Of weights and batches.
    device, progress
        As everywhere.
    """
    where = devices.choose(device)
    network = _fresh(spec, seed).to(where).requires_grad_(requires_grad=True).train()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        head = nn.Linear(spec.dim, int(labels.max()) + 1).to(where)
    weights = [*network.parameters(), *head.parameters()]
    optimiser = torch.optim.AdamW(weights, lr=RATE, weight_decay=DECAY)
    random = np.random.default_rng(seed)
    losses, right = [], []
    for step in range(steps):
        progress.check()
        progress.report(step, steps, "Training the supervised network to compare with")
        for group in optimiser.param_groups:
            group["lr"] = RATE * _share(step, steps)
        numbers = random.integers(0, len(pictures), BATCH)
        cells = _batch(spec, pictures, numbers, random).to(where)
        with torch.enable_grad():
            logits = head(_features(network, cells, spec))
            wanted = torch.from_numpy(labels[numbers]).to(where)
            loss = functional.cross_entropy(logits, wanted)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        losses.append(float(loss.detach()))
        right.append(float((logits.argmax(1) == wanted).float().mean()))
    late = slice(-max(1, steps // 10), None)
    network.requires_grad_(requires_grad=False)
    made = TimmEncoder(spec, network, where, devices.precision(where))
    return Supervised(made, head.cpu(), steps, _mean(losses[late]), _mean(right[late]))


def _features(network: nn.Module, cells: torch.Tensor, spec: EncoderSpec) -> torch.Tensor:
    mean, std = (torch.tensor(v, device=cells.device)[:, None, None] for v in (spec.mean, spec.std))
    if cells.shape[-1] != spec.input:
        cells = functional.interpolate(cells, spec.input, mode="bicubic", antialias=True)
    found: torch.Tensor = network((cells - mean) / std)
    return found


def _share(step: int, steps: int) -> float:
    """Return the share of the rate: a line up, and half a cosine down."""
    begun = max(1.0, WARM_UP * steps)
    if step < begun:
        return (step + 1) / begun
    return 0.5 * (1 + math.cos(math.pi * (step - begun) / max(1.0, steps - begun)))


def _batch(
    spec: EncoderSpec, pictures: Pictures, numbers: Labels, random: np.random.Generator
) -> torch.Tensor:
    told = EncoderModel(architecture=spec.architecture, cell=spec.cell)
    cells = np.empty((len(numbers), spec.cell, spec.cell, 3), np.uint8)
    for k, number in enumerate(numbers):
        picture = pictures[int(number)]
        top, left = (int(random.integers(0, n - spec.cell + 1)) for n in picture.shape[:2])
        cell = picture[top : top + spec.cell, left : left + spec.cell]
        cells[k] = turned(cell, int(random.integers(8)))
    unit = spec.pixel.unit if spec.pixel is not None else "m"
    values = torch.from_numpy(cells).permute(0, 3, 1, 2).float() / 255
    return blurred(stained(values, told.jitter, unit, random), told.blur, random)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
