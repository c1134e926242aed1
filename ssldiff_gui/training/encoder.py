"""Training an encoder without labels: it tells cells apart, and can draw them again.

Two views of a cell (other colours, another sharpness, a few pixels aside) are to have embeddings
nearer to each other than to those of any other cell (NT-Xent, Chen et al. 2020); and a small
drawing of the cell is to follow from its embedding, so that a generator finds in it what the cell
looks like and where.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.specs import EncoderSpec
from ssldiff_gui.models.encoder_networks import make_network
from ssldiff_gui.models.encoders import save_encoder
from ssldiff_gui.training.augmenting import blurred, stained
from ssldiff_gui.training.pictures import Pictures
from ssldiff_gui.training.settings import EncoderModel, Settings
from ssldiff_gui.training.tensors import as_tensor, write_picture


class EncoderTask:
    """A step of training an encoder.

    Parameters
    ----------
    settings
        Of a run of the kind "encoder".
    pictures
        All of them.
    folder, find, progress
        As for every task; not used here.
    """

    def __init__(
        self,
        settings: Settings,
        pictures: Pictures,
        folder: Path | None = None,  # noqa: ARG002
        *,
        find: Callable[[str], Path] | None = None,  # noqa: ARG002
        progress: Progress | None = None,  # noqa: ARG002
    ) -> None:
        assert isinstance(settings.model, EncoderModel)  # noqa: S101 - the kind has seen to it
        self.settings, self.told = settings, settings.model
        self.training, self.held_out = pictures.training(), pictures.held_out()
        torch.manual_seed(settings.run.seed)
        network = make_network(self.told.architecture, self.told.arguments)
        network.requires_grad_(requires_grad=True)
        self.mean, self.std = colours(self.training)
        self.modules = Siamese(network, self.told)

    def loss(
        self,
        modules: nn.Module,
        random: np.random.Generator,
        step: int,  # noqa: ARG002
    ) -> tuple[torch.Tensor, Mapping[str, float]]:
        """Return the loss of one batch of pairs."""
        told = self.told
        side = told.cell + 2 * told.shift
        cells = self.training.crops(
            random, self.settings.run.batch, side, flips=self.settings.data.flips
        )
        whole = as_tensor(cells)
        views = [self._view(whole, random) for _ in range(2)]
        both = torch.cat(views).to(next(modules.parameters()).device)
        mean, std = (
            torch.tensor(v, device=both.device)[:, None, None] for v in (self.mean, self.std)
        )
        projected, drawn = modules((both - mean) / std)
        contrast = apart(projected.float(), told.temperature)
        small = functional.adaptive_avg_pool2d(both, told.recalled)
        recall = functional.mse_loss(drawn.float(), small) / 0.01
        loss = told.contrast * contrast + told.recall * recall
        return loss, {"contrast": float(contrast.detach()), "recall": float(recall.detach())}

    def _view(self, whole: torch.Tensor, random: np.random.Generator) -> torch.Tensor:
        told = self.told
        top, left = random.integers(0, 2 * told.shift + 1, (2, len(whole)))
        views = torch.stack(
            [
                picture[:, y : y + told.cell, x : x + told.cell]
                for picture, y, x in zip(whole, top, left, strict=True)
            ]
        )
        views = stained(views, told.jitter, self.settings.data.pixel.unit, random)
        return blurred(views, told.blur, random)

    def show(self, folder: Path, step: int) -> None:
        """Write held-out cells, and beneath each what its embedding recalls."""
        random = np.random.default_rng(0)
        there = self.held_out if len(self.held_out) else self.training
        cells = as_tensor(there.crops(random, 24, self.told.cell, flips=False))
        mean, std = (torch.tensor(v)[:, None, None] for v in (self.mean, self.std))
        place = next(self.modules.parameters()).device
        _, drawn = self.modules(((cells - mean) / std).to(place))
        again = functional.interpolate(drawn.cpu(), self.told.cell, mode="bilinear")
        rows = torch.cat([torch.cat([*cells], 2), torch.cat([*again.clamp(0, 1)], 2)], 1)
        write_picture(folder / f"cells-{step:06d}.png", rows)

    def spec(self) -> EncoderSpec:
        """Describe the encoder; its id is filled in when it is saved."""
        told = self.told
        network: Any = self.modules.network
        return EncoderSpec(
            id="", name=self.settings.name, architecture=told.architecture,
            arguments=told.arguments, dim=int(network.num_features), input=told.cell,
            cell=told.cell, pixel=self.settings.data.pixel, mean=self.mean, std=self.std,
        )  # fmt: skip

    def save(
        self,
        folder: Path,
        average: Mapping[str, torch.Tensor],
        card: str,
        provenance: Mapping[str, Any],
    ) -> None:
        """Write the encoder's model folder, without its heads."""
        start = "network."
        tensors = {
            name.removeprefix(start): value.half() if value.is_floating_point() else value
            for name, value in average.items()
            if name.startswith(start)
        }
        licence = self.settings.card.licence
        save_encoder(
            folder, self.spec(), tensors, licence=licence, card=card, provenance=provenance
        )


class Siamese(nn.Module):
    """An encoder with its two heads.

    Parameters
    ----------
    network
        The encoder, of timm.
    told
        What is trained.
    """

    def __init__(self, network: nn.Module, told: EncoderModel) -> None:
        super().__init__()
        width = int(network.num_features)  # type: ignore[arg-type]
        self.network = network
        self.projector = nn.Sequential(
            nn.Linear(width, 512), nn.BatchNorm1d(512), nn.GELU(), nn.Linear(512, 128)
        )
        self.recaller = nn.Sequential(
            nn.Linear(width, 384), nn.GELU(), nn.Linear(384, 3 * told.recalled**2)
        )
        self.side = told.recalled

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what is compared, and (n, 3, side, side) small drawings from 0 to 1."""
        found = self.network(pictures)
        drawn = self.recaller(found).view(-1, 3, self.side, self.side)
        return functional.normalize(self.projector(found), dim=1), drawn + 0.5


def apart(projected: torch.Tensor, temperature: float) -> torch.Tensor:
    """Return how badly the first half's rows find their partners in the second half, and back."""
    count = len(projected) // 2
    near = projected @ projected.T / temperature
    near.fill_diagonal_(float("-inf"))
    partner = torch.arange(2 * count, device=near.device).roll(count)
    return functional.cross_entropy(near, partner)


def colours(pictures: Pictures) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation of red, green and blue, from 0 to 1."""
    crops = pictures.crops(np.random.default_rng(0), 512, 32, flips=False).reshape(-1, 3) / 255.0
    return tuple(map(float, crops.mean(0).round(4))), tuple(map(float, crops.std(0).round(4)))
