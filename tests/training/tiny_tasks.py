"""A run that takes milliseconds: a small network that learns a fixed one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ssldiff_gui.core.progress import Cancelled
from ssldiff_gui.training.settings import Settings, settings_of


def tiny_settings(**run: Any) -> Settings:
    """Return settings whose model is never made."""
    return settings_of({
        "name": "tiny", "kind": "encoder",
        "data": {"pixel": {"size": 0.5, "unit": "µm"}, "sources": [{"path": "."}]},
        "run": {"steps": 20, "batch": 8, "warm_up": 3, "save_every": 4, "show_every": 100, **run},
        "model": {"architecture": "none", "cell": 32},
    })  # fmt: skip


class TinyTask:
    """Learns a fixed map of eight numbers, with all that makes exact resuming hard.

    Parameters
    ----------
    settings
        How many examples at once.
    dropout
        Whether chance of torch's own takes part.
    """

    def __init__(self, settings: Settings, *, dropout: float = 0.2, width: int = 16) -> None:
        torch.manual_seed(settings.run.seed)
        self.count = settings.run.batch
        self.modules = nn.ModuleDict(
            {
                "body": nn.Sequential(
                    nn.Linear(8, width), nn.BatchNorm1d(width), nn.GELU(), nn.Dropout(dropout),
                    nn.Linear(width, 4),
                )
            }
        )  # fmt: skip
        self.teacher = torch.randn(8, 4)
        self.shown: list[int] = []

    def loss(
        self, modules: nn.Module, random: np.random.Generator, step: int
    ) -> tuple[torch.Tensor, Mapping[str, float]]:
        """Return how far the answers are from the teacher's."""
        x = torch.from_numpy(random.standard_normal((self.count, 8), np.float32))
        parts: Any = modules
        loss = functional.mse_loss(parts["body"](x), x @ self.teacher)
        return loss, {"twice": 2 * float(loss.detach())}

    def show(self, folder: Path, step: int) -> None:
        """Remember when pictures were asked for."""
        assert not self.modules.training
        self.shown.append(step)


class Watch:
    """Somebody who watches, and acts at a step.

    Parameters
    ----------
    act
        Called with the step; True asks for an end.
    """

    def __init__(self, act: Callable[[int], bool | None] = lambda _: None) -> None:
        self.act, self.steps, self.asked = act, 0, False
        self.words = ""

    def report(self, done: float, total: float, words: str = "") -> None:
        """Count."""
        self.steps, self.words = int(done), words
        self.asked = bool(self.act(int(done))) or self.asked

    def check(self) -> None:
        """End when that was asked for."""
        if self.asked:
            raise Cancelled("Stopped.")
