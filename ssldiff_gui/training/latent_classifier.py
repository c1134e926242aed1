"""Training a classifier of latents: of clean ones, or of noisy ones whose step it is told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.specs import ClassifierSpec, GeneratorSpec, ScheduleSpec
from ssldiff_gui.models.classifier_saving import save_classifier
from ssldiff_gui.models.generators.schedules import Schedule
from ssldiff_gui.models.latent_classifiers import (
    LatentEncoder,
    network_of,
    network_part,
)
from ssldiff_gui.training.classifying import classes_of, notes_of
from ssldiff_gui.training.confusion import Table, confusion, draw_confusion, shares_of
from ssldiff_gui.training.describing import loaded_autoencoder
from ssldiff_gui.training.latents import Looking, View, Views, look
from ssldiff_gui.training.noise_levels import draw_levels
from ssldiff_gui.training.pictures import Pictures
from ssldiff_gui.training.settings import ClassifierModel, Settings

logger = logging.getLogger(__name__)
Find = Callable[[str], Path]
Steps = npt.NDArray[np.int64]

LEVELS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Shares of the training steps at which it is judged."""

_TOGETHER = 64


class LatentClassifierTask:
    """A step of training a classifier of latents.

    Parameters
    ----------
    settings
        Of a run of the kind "classifier" whose model is on latents.
    pictures
        All of them; those without a class are left out.
    folder
        Of the run; the latents are kept in it.
    find
        From a model's name to its folder.
    progress
        Told of what is encoded.
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
        coder = loaded_autoencoder(find(str(self.told.autoencoder)))
        made = coder.spec
        cell = max(1, self.told.window // 4)
        self.side = self.told.window // cell
        how = Looking(
            coder.encode, None, made.channels, made.factor, cell, 0, self.told.views, coder.key
        )
        known = pictures.only(lambda entry: entry.label in self.classes)
        cache, data = folder / "cache", settings.data
        held = known.held_out() if len(known.held_out()) else known.training()
        self.judged_held = bool(len(known.held_out()))
        for note in self.notes if self.judged_held else ():
            logger.warning(note)
        self.training = look(cache / "training", known.training(), data, how, progress)
        self.judged = look(cache / "held-out", held, data, replace(how, views=1), progress)
        self.spec = self._described(made, coder.key)
        self.schedule = Schedule(self.spec.schedule)
        self.members = self._members()
        torch.manual_seed(settings.run.seed)
        network = network_of(self.spec)
        network.requires_grad_(requires_grad=True)
        self.modules: nn.Module = network

    def _described(self, made: Any, key: str) -> ClassifierSpec:
        schedule = made.schedule if isinstance(made, GeneratorSpec) else ScheduleSpec()
        return ClassifierSpec(
            name=self.settings.name, title=self.settings.card.title or self.settings.name,
            on="latents", dim=made.channels, classes=tuple(self.classes),
            network=network_part(self.told.widths, self.told.blocks), factor=made.factor,
            window=self.side * max(1, self.told.window // 4), pixel=self.settings.data.pixel,
            latent_scale=made.latent_scale, latent_shift=made.latent_shift, schedule=schedule,
            noise_aware=self.told.noise, latents=key,
        )  # fmt: skip

    def _members(self) -> list[list[View]]:
        """Return the views of each class that a window fits into."""
        found: list[list[View]] = [[] for _ in self.classes]
        for view, label in zip(self.training.views, self.training.labels, strict=True):
            if min(view.rows, view.columns) >= self.side:
                found[self.classes.index(label)].append(view)
        small = [name for name, views in zip(self.classes, found, strict=True) if not views]
        if small:
            pixels = self.spec.window * self.spec.factor
            raise BadRequest(
                f"No picture of {', '.join(small)} is as large as a window of {pixels} pixels.",
                f"Lower model.window: a latent has {self.spec.factor} pixels.",
            )
        return found

    def loss(
        self,
        modules: nn.Module,
        random: np.random.Generator,
        step: int,  # noqa: ARG002 - as every task has it
    ) -> tuple[torch.Tensor, Mapping[str, float]]:
        """Return the loss of one batch, in which all classes are as frequent."""
        count = self.settings.run.batch
        classes = random.integers(len(self.classes), size=count)
        shares = random.random(count)
        places = []
        for k, share in zip(classes, shares, strict=True):
            view = self.members[k][int(share * len(self.members[k]))]
            top, left = (int(random.integers(n - self.side + 1)) for n in (view.rows, view.columns))
            places.append((view, top, left))
        device = next(modules.parameters()).device
        clean = self._read(self.training, places).to(device)
        steps = np.zeros(count, np.int64)
        if self.told.noise:
            spread = (np.arange(count) + random.random(count)) / count
            steps = (random.permutation(spread) * len(self.schedule.table)).astype(np.int64)
            clean = self._noisy(clean, steps, random)
        logits = modules(clean, torch.from_numpy(steps).float().to(device)).float()
        wanted = torch.from_numpy(classes).to(device)
        right = (logits.argmax(dim=1) == wanted).float().mean()
        return functional.cross_entropy(logits, wanted), {"accuracy": float(right)}

    def _noisy(
        self, clean: torch.Tensor, steps: Steps, random: np.random.Generator
    ) -> torch.Tensor:
        """Return latents with the noise of their steps, in the variance-preserving form."""
        sigma = torch.from_numpy(self.schedule.table[steps]).float()[:, None, None, None]
        sigma = sigma.to(clean.device)
        noise = torch.from_numpy(random.standard_normal(clean.shape, np.float32)).to(clean.device)
        return (clean + sigma * noise) / (1 + sigma**2).sqrt()

    def _read(self, views: Views, places: list[tuple[View, int, int]]) -> torch.Tensor:
        found = np.stack([views.latents(*place, self.side) for place in places]).astype(np.float32)
        return (torch.from_numpy(found) - self.spec.latent_shift) * self.spec.latent_scale

    def show(self, folder: Path, step: int) -> None:
        """Draw what held-out windows are taken for, clean and at each level of noise."""
        what = "windows held out" if self.judged_held else "windows of the training"
        clean = self.table(self.modules, 0)
        draw_confusion(folder / f"confusion-{step:06d}.png", clean, self.classes, what)
        draw_levels(folder / f"noise-{step:06d}.png", self.levels(self.modules), what)

    def levels(self, network: nn.Module) -> list[dict[str, float]]:
        """Return, for each level of noise, its step, its sigma and the share told rightly."""
        last = len(self.schedule.table) - 1
        found = []
        for share in LEVELS:
            step = round(share * last)
            told = shares_of(self.table(network, step, noisy=share > 0))
            sigma = float(self.schedule.table[step]) if share else 0.0
            found.append({"step": step, "sigma": round(sigma, 4), "accuracy": told["accuracy"],
                          "balanced": told["balanced"]})  # fmt: skip
        return found

    @torch.no_grad()
    def table(self, network: nn.Module, step: int, *, noisy: bool = False) -> Table:
        """Count what the middles of the judged pictures are taken for at a level of noise."""
        random = np.random.default_rng(step)
        usable = [v for v in self.judged.views if min(v.rows, v.columns) >= self.side]
        places = [(v, (v.rows - self.side) // 2, (v.columns - self.side) // 2) for v in usable]
        true = [self.classes.index(self.judged.labels[self.judged.number_of(v)]) for v in usable]
        device = next(network.parameters()).device
        taken: list[int] = []
        for start in range(0, len(places), _TOGETHER):
            clean = self._read(self.judged, places[start : start + _TOGETHER]).to(device)
            steps = np.full(len(clean), step)
            x = self._noisy(clean, steps, random) if noisy else clean
            told = torch.from_numpy(steps if self.told.noise else 0 * steps).float()
            taken += network(x, told.to(device)).argmax(dim=1).tolist()
        return confusion(np.array(true, np.int64), np.array(taken, np.int64), len(self.classes))

    def save(
        self,
        folder: Path,
        average: Mapping[str, torch.Tensor],
        card: str,
        provenance: dict[str, Any],
    ) -> None:
        """Write the model folder; how held-out pictures are told apart goes with it."""
        facts: dict[str, Any] = {"notes": self.notes} if self.notes and self.judged_held else {}
        network: LatentEncoder = network_of(self.spec)
        network.load_state_dict(dict(average))
        network.eval()
        if self.judged_held:
            facts["held_out"] = shares_of(self.table(network, 0))
        facts["by_noise"] = {
            "pictures": "held out" if self.judged_held else "trained on",
            "levels": self.levels(network),
        }
        save_classifier(
            folder, self.spec, network_of(self.spec), average,
            licence=self.settings.card.licence, card=card, provenance={**provenance, **facts},
        )  # fmt: skip
