"""Training an autoencoder: patches by their principal components, and a network that mends them.

The latents are found in closed form. Strong and weak ones are brought halfway together, so that
noise drowns the fine ones first, as it does in pictures, but not all of them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.specs import AutoencoderSpec, ModelFile, PartSpec
from ssldiff_gui.models.folders import write_model
from ssldiff_gui.models.generators.loading import AUTOENCODER
from ssldiff_gui.models.generators.patches import PatchTransform
from ssldiff_gui.models.generators.refined_patches import RefinedPatches
from ssldiff_gui.training.augmenting import stained
from ssldiff_gui.training.autoencoder_start import Begun, GoingOn
from ssldiff_gui.training.model_settings import AutoencoderModel
from ssldiff_gui.training.pictures import Pictures
from ssldiff_gui.training.settings import Settings
from ssldiff_gui.training.tensors import as_tensor, write_picture

Find = Callable[[str], Path]
_SEEN = 3000
_MEASURED = 64
_SHARPNESS = 16.0  # of a smooth absolute value, over pixels from -1 to 1


class AutoencoderTask:
    """A step of training an autoencoder.

    Parameters
    ----------
    settings
        Of a run of the kind "autoencoder".
    pictures
        All of them.
    find
        From a model's name to its folder.
    folder, progress
        As for every task; not used here.
    """

    def __init__(
        self,
        settings: Settings,
        pictures: Pictures,
        folder: Path,  # noqa: ARG002 - as every task is made
        *,
        find: Find,
        progress: Progress,  # noqa: ARG002
    ) -> None:
        assert isinstance(settings.model, AutoencoderModel)  # noqa: S101 - the kind has seen to it
        self.settings, self.told = settings, settings.model
        self.training, self.held_out = pictures.training(), pictures.held_out()
        torch.manual_seed(settings.run.seed)
        told = self.told
        self.begun = Begun(find(told.start), told) if told.start else None
        critic = Critic() if told.adversary else None
        self.modules: Decoding | GoingOn
        if self.begun is not None and self.begun.kind != "RefinedPatches":
            self.modules = GoingOn(self.begun, critic)
        elif self.begun is not None:
            self.modules = Decoding(self.begun.module.requires_grad_(requires_grad=True), critic)
        else:
            made = RefinedPatches(told.factor, told.channels, told.width, told.depth)
            crops = self.training.crops(np.random.default_rng(0), _SEEN, told.side)
            fit_patches(made.patches, crops)
            self.modules = Decoding(made, critic)

    def loss(
        self, modules: nn.Module, random: np.random.Generator, step: int
    ) -> tuple[torch.Tensor, Mapping[str, float]]:
        """Return the loss of one batch of pictures."""
        told = self.told
        crops = self.training.crops(random, self.settings.run.batch, told.side)
        unit = self.settings.data.pixel.unit
        pictures = stained(as_tensor(crops), self.settings.data.stain, unit, random) * 2 - 1
        pictures = pictures.to(next(modules.parameters()).device)
        drawn, wins, judged, beside = modules(pictures)
        drawn = drawn.float()
        pixels = charbonnier(drawn - pictures)
        slopes = charbonnier(_slopes(drawn) - _slopes(pictures))
        loss = pixels + told.gradient * slopes + beside
        psnr = (
            -10 * float(functional.mse_loss(drawn.detach().clamp(-1, 1), pictures).log10()) + 6.02
        )
        figures = {"psnr": psnr}
        if told.adversary:
            share = told.adversary * min(1.0, step / max(1, told.adversary_after))
            loss = loss + share * wins + judged
            figures |= {"critic": float(judged.detach())}
        return loss, figures

    def show(self, folder: Path, step: int) -> None:
        """Write held-out pictures: as they are, from patches alone, and as they come back."""
        there = self.held_out if len(self.held_out) else self.training
        crops = there.crops(np.random.default_rng(0), 8, 2 * self.told.side, flips=False)
        device = next(self.modules.parameters()).device
        rows = self.modules.rows((as_tensor(crops) * 2 - 1).to(device))
        sheet = torch.cat([torch.cat([*row.cpu()], 2) for row in rows], 1)
        write_picture(folder / f"pictures-{step:06d}.png", sheet / 2 + 0.5)

    def save(
        self,
        folder: Path,
        average: Mapping[str, torch.Tensor],
        card: str,
        provenance: dict[str, Any],
    ) -> None:
        """Write the model folder."""
        start = "made."
        state = {
            name.removeprefix(start): value.cpu()
            for name, value in average.items()
            if name.startswith(start)
        }
        if self.begun is not None:
            state = self.begun.state(state)
            crops = self.training.crops(np.random.default_rng(0), _MEASURED, self.told.side)
            spec = self.begun.described(self.settings, state, as_tensor(crops) * 2 - 1)
        else:
            state = {name: value.half() for name, value in state.items()}
            spec = self._described()
        model = ModelFile(
            kind="autoencoder", autoencoder=spec, licence=self.settings.card.licence,
            provenance=provenance,
        )  # fmt: skip
        write_model(folder, model, card, {AUTOENCODER: state})

    def _described(self) -> AutoencoderSpec:
        told = self.told
        part = PartSpec(
            type="RefinedPatches",
            config={
                "factor": told.factor, "channels": told.channels, "width": told.width,
                "depth": told.depth,
            },
            file=AUTOENCODER,
        )  # fmt: skip
        return AutoencoderSpec(
            name=self.settings.name, title=self.settings.card.title or self.settings.name,
            channels=told.channels, factor=told.factor, pixel=self.settings.data.pixel,
            autoencoder=part,
        )  # fmt: skip


class Decoding(nn.Module):
    """Pictures → the same pictures, through the latents; and what a critic says of them."""

    def __init__(self, made: RefinedPatches, critic: Critic | None) -> None:
        super().__init__()
        self.made = made
        self.critic = critic

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return what is drawn, what it loses before the critic, the critic's loss, and nothing."""
        with torch.no_grad():
            latents = self.made.encode(pictures)
        drawn = self.made.decode(latents)
        nothing = drawn.new_zeros(())
        if self.critic is None:
            return drawn, nothing, nothing, nothing
        return drawn, *self.critic.judge(drawn, pictures), nothing

    def rows(self, pictures: torch.Tensor) -> list[torch.Tensor]:
        """Return pictures as they are, from patches alone, and mended."""
        latents = self.made.encode(pictures)
        return [pictures, self.made.patches.decode(latents), self.made.decode(latents)]


class Critic(nn.Module):
    """Tells real pictures from drawn ones, patch by patch (Isola et al. 2017)."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        sizes = [3, width, 2 * width, 4 * width]
        layers: list[nn.Module] = []
        for taken, given in pairwise(sizes):
            conv = nn.utils.parametrizations.spectral_norm(nn.Conv2d(taken, given, 4, 2, 1))
            layers += [conv, nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(sizes[-1], 1, 3, padding=1))

    def judge(self, drawn: torch.Tensor, real: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what the drawing loses before it, and its own hinge loss.

        One optimiser serves both: each loss reaches the weights of its own side only.
        """
        self.requires_grad_(requires_grad=False)
        wins = -self.layers(drawn).mean()
        self.requires_grad_(requires_grad=True)
        judged = functional.relu(1 - self.layers(real)).mean()
        judged = judged + functional.relu(1 + self.layers(drawn.detach())).mean()
        return wins, judged


def fit_patches(made: PatchTransform, pictures: np.ndarray) -> float:
    """Fill in the principal components of patches; return the share of the variance they keep.

    Parameters
    ----------
    made
        To be filled.
    pictures
        (n, side, side, 3) uint8, cut from anywhere.
    """
    channels, factor = len(made.basis), made.factor
    patches = functional.pixel_unshuffle(as_tensor(pictures) * 2 - 1, factor)
    flat = patches.permute(0, 2, 3, 1).reshape(-1, patches.shape[1]).double()
    mean = flat.mean(0)
    values, vectors = torch.linalg.eigh((flat - mean).T @ (flat - mean) / len(flat))
    values, vectors = values.flip(0).clamp(min=1e-12), vectors.flip(1)
    size = values[:channels].sqrt().sqrt()  # of a latent; then of its picture
    unit = size.square().mean().sqrt()
    basis = vectors[:, :channels].T * (size * unit)[:, None]
    made.mean.copy_(mean.float().view_as(made.mean))
    made.basis.copy_(basis.float().view_as(made.basis))
    return float(values[:channels].sum() / values.sum())


def charbonnier(difference: torch.Tensor) -> torch.Tensor:
    """Return the mean of a smooth absolute value."""
    return ((difference * _SHARPNESS).square() + 1).sqrt().sub(1).mean() / _SHARPNESS


def _slopes(pictures: torch.Tensor) -> torch.Tensor:
    """Return differences of neighbours, across and down, (batch, 6, height - 1, width - 1)."""
    across = pictures[..., :-1, 1:] - pictures[..., :-1, :-1]
    down = pictures[..., 1:, :-1] - pictures[..., :-1, :-1]
    return torch.cat([across, down], 1)
