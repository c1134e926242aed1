"""Classifiers of latents: a small network whose gradient leads a generator to a class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from pydantic import ValidationError
from torch import nn
from torch.nn import functional

from ssldiff_gui.core.errors import BadRequest, DamagedModel, MissingModel
from ssldiff_gui.core.specs import (
    ClassifierSpec,
    Frozen,
    GeneratorSpec,
    PartSpec,
)
from ssldiff_gui.models import devices
from ssldiff_gui.models.folders import read_model
from ssldiff_gui.models.generators.grid_unet import Block, _waves
from ssldiff_gui.models.weights import fill_part

_TYPE = "LatentEncoder"
_SCALES = 0.02
"""Models of one resolution differ by a percent or two in what they call it."""


class _Config(Frozen):
    widths: tuple[int, ...]
    blocks: int = 1
    groups: int = 16


class LatentEncoder(nn.Module):
    """Latents and their training step → logits.

    Convolutions, each level of half the side of the one before; then each place is weighed by how
    much it has to say (an attention pool), so that latents of any size can be told apart.

    Parameters
    ----------
    channels, classes
        Of the latents, and how many there are.
    widths, blocks
        Features at each level, and blocks.
    groups
        Of the normalisations.
    """

    def __init__(
        self,
        channels: int,
        classes: int,
        widths: Sequence[int] = (64, 96, 128),
        blocks: int = 1,
        groups: int = 16,
    ) -> None:
        super().__init__()
        told = 2 * widths[0]
        self.frequencies = widths[0]
        self.time = nn.Sequential(nn.Linear(widths[0], told), nn.SiLU(), nn.Linear(told, told))
        self.into = nn.Conv2d(channels, widths[0], 3, padding=1)
        self.shrink, self.stages = nn.ModuleList(), nn.ModuleList()
        for level, width in enumerate(widths):
            if level:
                self.shrink.append(nn.Conv2d(widths[level - 1], width, 3, stride=2, padding=1))
            self.stages.append(
                nn.ModuleList(Block(width, width, told, groups) for _ in range(blocks))
            )
        self.norm = nn.GroupNorm(groups, widths[-1])
        self.ask, self.key = nn.Linear(widths[-1], widths[-1]), nn.Linear(widths[-1], widths[-1])
        self.out = nn.Linear(2 * widths[-1], classes)

    def forward(self, latents: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
        """Return (batch, classes) logits.

        Parameters
        ----------
        latents
            (batch, channels, height, width) in the variance-preserving form.
        steps
            (batch,) training steps, which may lie between two.
        """
        told = self.time(_waves(steps, self.frequencies).to(latents.dtype))[:, :, None, None]
        x = self.into(latents)
        for level, stage in enumerate(self.stages):
            x = self.shrink[level - 1](x) if level else x
            for block in stage:  # type: ignore[attr-defined]
                x = block(x, told)
        places = functional.silu(self.norm(x)).flatten(2).transpose(1, 2)
        mean = places.mean(dim=1)
        heard = functional.scaled_dot_product_attention(
            self.ask(mean)[:, None], self.key(places), places
        )
        answer: torch.Tensor = self.out(torch.cat([mean, heard[:, 0]], dim=1))
        return answer


class LatentClassifier:
    """A classifier of latents with its weights; what `sampling.led` leads a generator with.

    Parameters
    ----------
    spec
        What it is.
    network
        Latents and steps → logits.
    device
        Where it computes, in float32.
    """

    def __init__(self, spec: ClassifierSpec, network: LatentEncoder, device: torch.device) -> None:
        self.spec, self.device = spec, device
        self._network = network.requires_grad_(requires_grad=False).to(device).eval()

    def __call__(self, latents: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
        """Return (batch, classes) logits.

        Parameters
        ----------
        latents
            (batch, channels, height, width) in the variance-preserving form.
        steps
            (batch,) training steps; one that knows clean latents only is told 0 whatever they are.
        """
        steps = steps.to(self.device) if self.spec.noise_aware else torch.zeros_like(steps)
        answer: torch.Tensor = self._network(
            latents.to(self.device, torch.float32), steps.to(self.device)
        )
        return answer

    @property
    def at(self) -> str:
        """Where its gradient is best taken: it knows noisy latents, or clean ones only."""
        return "noisy" if self.spec.noise_aware else "clean"

    def number_of(self, label: str) -> int:
        """Return the number of a class.

        Raises
        ------
        BadRequest
            It knows none of that name.
        """
        if label not in self.spec.classes:
            raise BadRequest(
                f"{self.spec.title} knows no class {label!r}.",
                f"It knows: {', '.join(self.spec.classes)}.",
            )
        return self.spec.classes.index(label)

    def require_fit(self, generator: GeneratorSpec) -> None:
        """Raise `BadRequest` unless a generator draws the latents that it tells apart."""
        spec = self.spec
        pairs: dict[str, tuple[object, object]] = {
            "channels of the latents": (spec.dim, generator.channels),
            "pixels of a latent": (spec.factor, generator.factor),
            "scale of the latents": (spec.latent_scale, generator.latent_scale),
            "shift of the latents": (spec.latent_shift, generator.latent_shift),
        }
        if spec.noise_aware:
            pairs["noise"] = (spec.schedule, generator.schedule)
        wrong = [f"{name}: {a}, not {b}" for name, (a, b) in pairs.items() if a != b]
        if spec.pixel is not None and generator.pixel is not None:
            ours, theirs = spec.pixel, generator.pixel
            if ours.unit != theirs.unit or abs(ours.size / theirs.size - 1) > _SCALES:
                wrong.append(f"width of a pixel: {ours.size:g} {ours.unit}, not {theirs.size:g} "
                             f"{theirs.unit}")  # fmt: skip
        if wrong:
            raise BadRequest(
                f"{spec.title} tells other latents apart than {generator.title} draws "
                f"({'; '.join(wrong)}).",
                'Train it with this generator: `ssldiff train classifier`, model.on = "latents", '
                "model.autoencoder = the generator.",
            )


def load_latent_classifier(folder: str | Path, device: str = "auto") -> LatentClassifier:
    """Load a classifier of latents from a model folder.

    Parameters
    ----------
    folder
        With `model.json`; see `models.folders.find_model` for names.
    device
        As `models.devices` has it.

    Raises
    ------
    MissingModel
        The folder holds none.
    DamagedModel
        A file is not what its hash says, or its tensors do not fit the network.
    """
    folder = Path(folder)
    spec = read_model(folder).classifier
    if spec is None or spec.on != "latents":
        what = "is no classifier" if spec is None else "tells embeddings apart, and not latents"
        raise MissingModel(
            f"{folder.name} {what}; a generator is led by a classifier of latents.",
            'Train one: `ssldiff train classifier` with model.on = "latents".',
        )
    network = network_of(spec)
    fill_part(network, folder, spec.network)
    return LatentClassifier(spec, network, devices.choose(device))


def network_part(widths: Sequence[int], blocks: int) -> PartSpec:
    """Describe a network; its normalisations have as many groups as go into all widths."""
    groups = max(n for n in (1, 2, 4, 8, 16) if all(width % n == 0 for width in widths))
    return PartSpec(type=_TYPE, config={"widths": [*widths], "blocks": blocks, "groups": groups})


def network_of(spec: ClassifierSpec) -> LatentEncoder:
    """Make the network that a description asks for; its weights are whatever is there.

    Raises
    ------
    DamagedModel
        It describes none, or one that no machine has room for.
    """
    if spec.network.type != _TYPE:
        raise _unclear(spec, f"there is no network {spec.network.type!r} here")
    try:
        config = _Config.model_validate(spec.network.config)
    except ValidationError as error:
        raise _unclear(spec, "its network is described in other words than ours") from error
    sizes = (1 <= len(config.widths) <= 8, 1 <= config.blocks <= 16, spec.dim <= 4096,
             all(2 <= width <= 2048 for width in config.widths),
             len(spec.classes) <= 1 << 16)  # fmt: skip
    if not all(sizes):
        raise _unclear(spec, "its network would be absurdly large or small")
    if config.groups < 1 or any(width % config.groups for width in config.widths):
        raise _unclear(spec, f"{config.groups} groups do not go into its widths")
    return LatentEncoder(spec.dim, len(spec.classes), config.widths, config.blocks, config.groups)


def _unclear(spec: ClassifierSpec, reason: str) -> DamagedModel:
    return DamagedModel(
        f"The classifier {spec.name} cannot be used: {reason}.",
        "Get the model again, or update the studio when a newer version has written it.",
    )
