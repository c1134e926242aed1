"""The runs that are measured: ours as it is, and the plain recipe made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ssldiff_gui.core.progress import Silent
from ssldiff_gui.core.protocols import Given
from ssldiff_gui.models.generators.conditioners import build_conditioner
from ssldiff_gui.training.conditions import Place
from ssldiff_gui.training.describing import loaded_autoencoder
from ssldiff_gui.training.diffusion import Both, DiffusionTask
from ssldiff_gui.training.gathering import gather
from ssldiff_gui.training.latents import Views
from ssldiff_gui.training.pictures import Pictures
from ssldiff_gui.training.settings import Settings
from ssldiff_gui.training.tensors import as_tensor
from tests.benchmarks.train_memory_parts import settings


class Measured(DiffusionTask):
    """Our own run; it shows nothing, so that steps alone are measured."""

    def show(self, folder: Path, step: int) -> None:
        """Draw nothing."""


class Plain(Measured):
    """The same run, which encodes its pictures, or reads its texts, in every step.

    Parameters
    ----------
    told
        Which of the two come from the cache all the same.
    """

    def __init__(self, told: Mapping[str, Any], made: Settings, pictures: Pictures, **more: Any
                 ) -> None:  # fmt: skip
        super().__init__(made, pictures, **more)
        self._pictures = pictures.training()
        self._tower = None
        self._live = None if told["latents"] else loaded_autoencoder(self.find("coder")).module
        if not told["texts"]:
            self._tower = build_conditioner(self.spec)
            module = self._tower.module
            module.load_state_dict(dict(self.conditions.weights()))
            module.requires_grad_(requires_grad=False)
            self.modules = Reading(self.modules, self._tower)

    def _read(self, views: Views, places: list[Place]) -> torch.Tensor:
        if self._live is None:
            return super()._read(views, places)
        device = next(self.modules.parameters()).device
        self._live.module.to(device)
        seen = np.stack([self._pictures[place[0].picture] for place in places])
        with torch.no_grad():
            found = self._live.encode((as_tensor(seen) * 2 - 1).to(device)).float()
        return (found - self.spec.latent_shift) * self.spec.latent_scale


class Reading(torch.nn.Module):
    """A network that reads its texts in every step.

    Parameters
    ----------
    both
        The network, and what would have told it from memory.
    teller
        The tower.
    """

    def __init__(self, both: Both, teller: Any) -> None:
        super().__init__()
        self.parts = both.parts
        self._predict, self._teller = both._predict, teller

    def forward(self, x: torch.Tensor, steps: torch.Tensor, given: Given) -> torch.Tensor:
        """Return what the network predicts."""
        self._teller.module.to(x.device)
        with torch.no_grad():
            told = self._teller.condition(given, x.device)
        return self._predict(x, steps, replace(told, tokens=told.tokens.to(x.dtype)))


def task_of(told: Mapping[str, Any]) -> tuple[DiffusionTask, Settings]:
    """Return a run, before its first step."""
    root = Path(told["folder"])
    run = {name: told[name] for name in ("steps", "batch", "seed", "optimiser", "checkpointing",
                                         "precision")}  # fmt: skip
    made = settings(root, told["size"], run)
    pictures = gather(made.data, root, root / "gathered")
    more: dict[str, Any] = {
        "folder": root / "run", "find": root.joinpath, "progress": Silent(),
    }  # fmt: skip
    if told["latents"] and told["texts"]:
        return Measured(made, pictures, **more), made
    return Plain(told, made, pictures, **more), made


def judged(
    told: Mapping[str, Any], average: Mapping[str, torch.Tensor], device: torch.device, count: int
) -> float:
    """Return the loss of weights over batches that are the same for all."""
    task, _ = task_of({**told, "latents": True, "texts": True, "seed": 0})
    task.modules.to(device)
    task.modules.load_state_dict(average)
    task.modules.eval()
    with torch.no_grad():
        losses = [
            float(task.loss(task.modules, np.random.default_rng([99, k]), 0)[0])
            for k in range(count)
        ]
    return float(np.mean(losses))
