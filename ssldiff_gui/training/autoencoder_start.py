"""Autoencoders that a run goes on with: ours, or those that diffusers knows, each with its loss."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.specs import AutoencoderSpec
from ssldiff_gui.models.generators.autoencoders import build_autoencoder
from ssldiff_gui.models.generators.loading import AUTOENCODER
from ssldiff_gui.models.weights import load_into
from ssldiff_gui.training.describing import Coder, loaded_autoencoder
from ssldiff_gui.training.model_settings import AutoencoderModel
from ssldiff_gui.training.settings import Settings

_LATENTS = ("encoder", "quant_conv", "quantize")
"""Parts of diffusers' autoencoders that make the latents."""


class Begun:
    """An autoencoder that is there, and what becomes of it.

    Parameters
    ----------
    folder
        Of an autoencoder or of a generator.
    told
        How it is to go on.

    Raises
    ------
    BadRequest
        It has nothing that could be trained, or the run's pictures do not fit it.
    """

    def __init__(self, folder: Path, told: AutoencoderModel) -> None:
        self.coder: Coder = loaded_autoencoder(folder)
        self.kind = self.coder.spec.autoencoder.type
        if self.kind not in ("RefinedPatches", *_STEPS):
            raise BadRequest(
                f"{folder.name} has an autoencoder {self.kind}, which cannot be trained on.",
                f"Start from one of: RefinedPatches, {', '.join(_STEPS)}.",
            )
        if told.side % self.coder.spec.factor:
            raise BadRequest(
                f"Pictures of {told.side} pixels have no whole number of latents, each of "
                f"{self.coder.spec.factor} pixels.",
                "Set model.side to a multiple of that.",
            )
        self.told = told
        self._kinds = {name: value.dtype for name, value in self.coder.weights.items()}

    @property
    def module(self) -> Any:
        """The network, with its weights."""
        return self.coder.module.module

    def state(self, average: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Return weights in the types that they had."""
        return {name: value.to(self._kinds[name]) for name, value in average.items()}

    def described(
        self, settings: Settings, state: Mapping[str, torch.Tensor], pictures: torch.Tensor
    ) -> AutoencoderSpec:
        """Describe what it has become.

        Parameters
        ----------
        settings
            Of the run.
        state
            Its weights.
        pictures
            (n, 3, side, side) from -1 to 1, whose latents are measured if that is asked for.
        """
        old = self.coder.spec
        scale, shift = old.latent_scale, old.latent_shift
        if self.told.scale == "measured":
            scale, shift = 1 / self._spread(state, pictures), 0.0
        return AutoencoderSpec(
            name=settings.name, title=settings.card.title or settings.name,
            channels=old.channels, factor=old.factor, pixel=settings.data.pixel,
            latent_scale=scale, latent_shift=shift, local_decoder=old.local_decoder,
            autoencoder=old.autoencoder.model_copy(update={"file": AUTOENCODER}),
        )  # fmt: skip

    def _spread(self, state: Mapping[str, torch.Tensor], pictures: torch.Tensor) -> float:
        """Return the standard deviation of the latents of pictures (LDM's `scale_by_std`)."""
        made = build_autoencoder(self.coder.spec.autoencoder)
        load_into(made.module, state)
        made.place(torch.device("cpu"), torch.float32)
        with torch.no_grad():
            found = torch.cat([made.encode(part).float() for part in torch.split(pictures, 4)])
        return max(float(found.std()), 1e-6)


class GoingOn(nn.Module):
    """Pictures → the same pictures, through an autoencoder of diffusers; and what that costs.

    Parameters
    ----------
    begun
        The autoencoder.
    critic
        Judges what it draws; None for nobody.
    """

    def __init__(self, begun: Begun, critic: Any) -> None:
        super().__init__()
        self.made = begun.module
        self.critic = critic
        self._step, self._told = _STEPS[begun.kind], begun.told
        self.made.requires_grad_(requires_grad=True)
        if begun.told.decoder_only:
            for name in _LATENTS:
                if (part := getattr(self.made, name, None)) is not None:
                    part.requires_grad_(requires_grad=False)
        self._coder = begun.coder.module

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return what is drawn, what it loses before the critic, the critic's loss, the rest."""
        drawn, beside = self._step(self.made, pictures, self._told)
        if self.critic is None:
            return drawn, drawn.new_zeros(()), drawn.new_zeros(()), beside
        return drawn, *self.critic.judge(drawn, pictures), beside

    def rows(self, pictures: torch.Tensor) -> list[torch.Tensor]:
        """Return pictures as they are, and as they come back."""
        return [pictures, self._coder.decode(self._coder.encode(pictures).float())]


def _kl(
    made: Any, pictures: torch.Tensor, told: AutoencoderModel
) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw from the distribution of the latents, and hold it near a normal one."""
    with torch.set_grad_enabled(torch.is_grad_enabled() and not told.decoder_only):
        found = made.encode(pictures).latent_dist
    if told.decoder_only:
        return made.decode(found.mode()).sample, pictures.new_zeros(())
    return made.decode(found.sample()).sample, told.kl * found.kl().mean()


def _vq(
    made: Any, pictures: torch.Tensor, told: AutoencoderModel
) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw from the nearest codes, and bring codes and latents together."""
    with torch.set_grad_enabled(torch.is_grad_enabled() and not told.decoder_only):
        found = made.encode(pictures).latents
    answer = made.decode(found)
    if told.decoder_only:
        return answer.sample, pictures.new_zeros(())
    return answer.sample, told.commitment * answer.commit_loss.mean()


_STEPS = {"AutoencoderKL": _kl, "VQModel": _vq}
