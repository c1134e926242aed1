"""Training a classifier: from what an encoder says of a picture's cells to the picture's class."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from ssldiff_gui.core.grid import Vectors
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.specs import ClassifierSpec
from ssldiff_gui.models.classifier_saving import save_classifier
from ssldiff_gui.models.encoders import load_encoder
from ssldiff_gui.models.predictors import (
    ClassifierNetwork,
    network_of,
    network_part,
    pooled,
)
from ssldiff_gui.training.classifying import classes_of, notes_of
from ssldiff_gui.training.confusion import confusion, draw_confusion, shares_of
from ssldiff_gui.training.pictures import Pictures
from ssldiff_gui.training.settings import ClassifierModel, Settings
from ssldiff_gui.training.views import Views, embed_views

if TYPE_CHECKING:
    from ssldiff_gui.training.latent_classifier import LatentClassifierTask

logger = logging.getLogger(__name__)
Find = Callable[[str], Path]
Numbers = npt.NDArray[np.int64]
_NARROW = 1e-3
"""Of the mean spread: values that hardly differ between pictures are not blown up."""


class ClassifierTask:
    """A step of training a classifier.

    Parameters
    ----------
    settings
        Of a run of the kind "classifier".
    pictures
        All of them; those without a class are left out.
    folder
        Of the run; the embeddings are kept in it.
    find
        From a model's name to its folder.
    progress
        Told of what is embedded.
    """

    def __init__(
        self,
        settings: Settings,
        pictures: Pictures,
        folder: Path,
        *,
        find: Find,
        progress: Progress,
    ) -> None:
        assert isinstance(settings.model, ClassifierModel)  # noqa: S101 - the kind has seen to it
        self.settings, self.told = settings, settings.model
        self.classes = classes_of(pictures)
        self.notes = notes_of(pictures, self.classes)
        for note in self.notes:
            logger.warning(note)
        encoder = load_encoder(find(str(self.told.encoder)))
        self.encoder = encoder.spec
        views = embed_views(
            encoder, pictures, settings.data, folder / "cache", progress, count=self.told.views
        )
        numbers, held = self._numbers(views), np.array([e.held_out for e in views.entries])
        self.vectors = np.stack([self._pooled(views, k) for k in range(len(views))])
        known = numbers >= 0
        self.members = [
            np.flatnonzero(known & ~held & (numbers == k)) for k in range(len(self.classes))
        ]
        self.judged = np.flatnonzero(known & held)
        self.numbers = numbers
        self.modules = self._network()

    def _numbers(self, views: Views) -> Numbers:
        """Return the number of each picture's class; -1 for none."""
        of = {name: number for number, name in enumerate(self.classes)}
        return np.array([of.get(entry.label, -1) for entry in views.entries])

    def _pooled(self, views: Views, view: int) -> Vectors:
        return np.stack([pooled(grid, self.told.pool) for grid in views.grids(view)])

    def _network(self) -> ClassifierNetwork:
        torch.manual_seed(self.settings.run.seed)
        dim = self.vectors.shape[2]
        network = ClassifierNetwork(dim, len(self.classes), self.told.hidden)
        seen = self.vectors[:, np.concatenate(self.members)].reshape(-1, dim)
        spread = seen.std(axis=0)
        least = max(_NARROW * float(spread.mean()), 1e-6)
        network.mean.copy_(torch.from_numpy(seen.mean(axis=0)))
        network.spread.copy_(torch.from_numpy(np.maximum(spread, least)))
        return network

    def loss(
        self,
        modules: nn.Module,
        random: np.random.Generator,
        step: int,  # noqa: ARG002 - as every task has it
    ) -> tuple[torch.Tensor, Mapping[str, float]]:
        """Return the loss of one batch, in which all classes are as frequent."""
        count = self.settings.run.batch
        classes = random.integers(len(self.classes), size=count)
        shares, views = random.random(count), random.integers(len(self.vectors), size=count)
        chosen = [
            self.members[k][int(share * len(self.members[k]))]
            for k, share in zip(classes, shares, strict=True)
        ]
        device = next(modules.parameters()).device
        given = torch.from_numpy(self.vectors[views, chosen]).to(device)
        wanted = torch.from_numpy(classes).to(device)
        logits = modules(given).float()
        right = (logits.argmax(dim=1) == wanted).float().mean()
        return functional.cross_entropy(logits, wanted), {"accuracy": float(right)}

    def show(self, folder: Path, step: int) -> None:
        """Draw what held-out pictures are taken for; without any, those trained on."""
        table = self._confusion(self.modules)
        what = "held-out pictures" if len(self.judged) else "pictures of the training"
        draw_confusion(folder / f"confusion-{step:06d}.png", table, self.classes, what)

    def _confusion(self, network: nn.Module) -> Numbers:
        """Return (classes, classes): how many of the row's class are taken for the column's."""
        which = self.judged if len(self.judged) else np.concatenate(self.members)
        device = next(network.parameters()).device
        with torch.no_grad():
            logits = network(torch.from_numpy(self.vectors[0, which]).to(device))
        return confusion(self.numbers[which], logits.argmax(dim=1).cpu().numpy(), len(self.classes))

    def save(
        self,
        folder: Path,
        average: Mapping[str, torch.Tensor],
        card: str,
        provenance: dict[str, Any],
    ) -> None:
        """Write the model folder; how held-out pictures are told apart goes with it."""
        spec = ClassifierSpec(
            name=self.settings.name, title=self.settings.card.title or self.settings.name,
            encoder=self.encoder.id, pool=self.told.pool, dim=self.vectors.shape[2],
            classes=tuple(self.classes), network=network_part(self.told.hidden),
        )  # fmt: skip
        facts: dict[str, Any] = {"notes": self.notes} if self.notes else {}
        if len(self.judged):
            network = ClassifierNetwork(spec.dim, len(self.classes), self.told.hidden)
            network.load_state_dict(average)
            facts["held_out"] = shares_of(self._confusion(network.eval()))
        save_classifier(
            folder, spec, network_of(spec), average, licence=self.settings.card.licence, card=card,
            provenance={**provenance, **facts},
        )  # fmt: skip


def task_of(
    settings: Settings, pictures: Pictures, folder: Path, *, find: Find, progress: Progress
) -> ClassifierTask | LatentClassifierTask:
    """Return the task of a classifier of embeddings or of latents, as the settings have it."""
    from ssldiff_gui.training.latent_classifier import LatentClassifierTask

    assert isinstance(settings.model, ClassifierModel)  # noqa: S101 - the kind has seen to it
    make = LatentClassifierTask if settings.model.on == "latents" else ClassifierTask
    return make(settings, pictures, folder, find=find, progress=progress)
