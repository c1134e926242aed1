"""LID's panorama, written from its description and as plainly as can be: all windows, every step.

It is slow and holds everything in memory; the engine is compared with it and with the original's
own answer. Its options are the ways to get it wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ssldiff_gui.core.protocols import Condition, Given
from ssldiff_gui.core.slerp import between_cells
from ssldiff_gui.models.generators import schedules
from tests.parity.fixtures import System


@dataclass(frozen=True)
class Wrong:
    """Ways to take the description for something else; none of them by default."""

    scale: float | None = None  # in the form null + scale · (given - null)
    fresh: float = 1.0  # times the noise that is put in
    by_column: bool = False  # the grid's rows taken for its columns
    last_noise: bool = False  # noise after the last step too
    kind: str = "scaled_linear"


@dataclass(frozen=True)
class Reference:
    """The published panorama.

    Parameters
    ----------
    system
        With the recorded noise.
    wrong
        What to get wrong.
    """

    system: System
    wrong: Wrong = Wrong()

    @property
    def made(self):
        """How the original was called."""
        return self.system.params["panorama"]

    @property
    def grid(self):
        """(rows, columns, dim) embeddings."""
        rows, columns = self.made["grid"]
        grid = self.system["pano_grid"].view(rows, columns, -1)
        if self.wrong.by_column:
            grid = self.system["pano_grid"].view(columns, rows, -1).transpose(0, 1)
        return grid.numpy()

    def corners(self):
        """Top and left of all windows, row by row."""
        window, stride = self.made["window"], self.made["sliding_step"]
        height, width = self.made["latent"]
        return [
            (top, left)
            for top in range(0, height - window + 1, stride)
            for left in range(0, width - window + 1, stride)
        ]

    def levels(self):
        """Return the number of each step, its betas and ᾱ as the original has them."""
        spec = self.system.generator.spec.schedule.model_copy(update={"kind": self.wrong.kind})
        betas = schedules.betas(spec).astype(np.float32)
        alphas = np.cumprod(1 - betas, dtype=np.float32)
        for number in range(self.made["steps"]):
            told = self.made["T"] - number * self.made["stride"]
            after = told - 1 - self.made["stride"]
            then = float(alphas[after]) if after >= 0 else 1.0
            yield told, float(betas[told - 1]), float(alphas[told - 1]), then

    def noise_of(self, x, told):
        """Return (windows, channels, window, window) guided noise."""
        generator, window = self.system.generator, self.made["window"]
        corners = self.corners()
        places = np.array(corners).T / self.made["patch_size"]
        given = Given(vectors=between_cells(self.grid, *places)[:, None])
        scale = 1 + self.made["guidance"] if self.wrong.scale is None else self.wrong.scale
        parts = torch.cat([x[:, :, i : i + window, j : j + window] for i, j in corners])
        step = torch.full((len(parts),), told)
        tokens, null = generator.condition(given).tokens, generator.null(given).tokens
        with torch.no_grad():
            seen = generator.network(parts, step, Condition(tokens=tokens))
            plain = generator.network(parts, step, Condition(tokens=null))
        return parts, scale * seen - (scale - 1) * plain

    def averaged(self, x, parts):
        """Return the mean of what the windows say in each place."""
        window = self.made["window"]
        total, count = torch.zeros_like(x), torch.zeros_like(x)
        for (i, j), part in zip(self.corners(), parts, strict=True):
            total[0, :, i : i + window, j : j + window] += part
            count[0, :, i : i + window, j : j + window] += 1
        return total / count

    def run(self, steps=None):
        """Return (steps, channels, height, width): the latents after each step."""
        recorded, found = self.system["pano_noise_steps"], []
        levels = list(self.levels())
        start = levels[0][2]
        x = start**0.5 * self.system["pano_noise_latent"]
        x = x + (1 - start) ** 0.5 * self.system["pano_noise_init"]
        for number, (told, beta, now, then) in enumerate(levels[:steps]):
            parts, seen = self.noise_of(x, told)
            clean = self.averaged(x, (parts - (1 - now) ** 0.5 * seen) / now**0.5)
            noise = (x - now**0.5 * clean) / (1 - now) ** 0.5
            fresh = self.wrong.fresh * beta * (1 - then) / (1 - now)
            x = then**0.5 * clean + max(1 - then - fresh, 0.0) ** 0.5 * noise
            if then < 1:
                x = x + fresh**0.5 * recorded[number : number + 1]
            elif self.wrong.last_noise:
                x = x + beta**0.5 * recorded[:1]
            found.append(x[0])
        return torch.stack(found)

    def decoded(self, latents):
        """Return (1, 3, height, width): windows decoded and blended by a Gaussian."""
        made, generator = self.system.params["vis"], self.system.generator
        window, stride, factor = made["window"], made["sliding_step"], made["f"]
        axis = torch.linspace(-1, 1, window * factor)
        kernel = torch.exp(-(axis[:, None] ** 2 + axis**2) / made["sigma"] ** 2)
        height, width = latents.shape[2:]
        total = torch.zeros(1, 3, height * factor, width * factor)
        weight = torch.zeros_like(total)
        for top in range(0, height - window + 1, stride):
            for left in range(0, width - window + 1, stride):
                part = generator.decode(latents[:, :, top : top + window, left : left + window])
                rows = slice(top * factor, (top + window) * factor)
                columns = slice(left * factor, (left + window) * factor)
                total[:, :, rows, columns] += kernel * part
                weight[:, :, rows, columns] += kernel
        return total / weight
