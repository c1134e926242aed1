"""What a generator will be, from the settings of its training and the parts it is made of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from ssldiff_gui.core.errors import BadRequest, MissingModel
from ssldiff_gui.core.specs import AutoencoderSpec, GeneratorSpec, PartSpec
from ssldiff_gui.models.folders import read_model
from ssldiff_gui.models.generators.autoencoders import Autoencoder, build_autoencoder
from ssldiff_gui.models.weights import load_into, load_tensors
from ssldiff_gui.training.conditions import Conditions
from ssldiff_gui.training.conditions_layout import Layouts
from ssldiff_gui.training.model_settings import DiffusionModel
from ssldiff_gui.training.settings import Settings

_DIFFUSERS = ("UNet2DModel", "UNet2DConditionModel", "PixArtTransformer2DModel")

_DECODING = ("decoder.", "post_quant_conv.", "into.", "coarse.", "between.", "fine.", "out.")
"""Parts of autoencoders that have nothing to do with the latents they make."""


@dataclass(frozen=True, slots=True)
class Coder:
    """An autoencoder; its weights are in memory while somebody looks, and only then.

    Parameters
    ----------
    spec
        Of an autoencoder's folder or of a generator's; both say the same of it.
    folder
        Where it lies.
    key
        A hash over what makes the latents: a decoder that was trained on leaves it as it is.
    """

    spec: AutoencoderSpec | GeneratorSpec
    folder: Path
    key: str
    _kept: list[Autoencoder] = field(default_factory=list, repr=False)

    @property
    def module(self) -> Autoencoder:
        """What codes, on the CPU, in float32."""
        if not self._kept:
            made = build_autoencoder(self.spec.autoencoder)
            load_into(made.module, self.weights)
            made.place(torch.device("cpu"), torch.float32)
            self._kept.append(made)
        return self._kept[0]

    @property
    def weights(self) -> Mapping[str, torch.Tensor]:
        """As they lie in the file."""
        return _weights(self.folder, self.spec)

    def release(self) -> None:
        """Let go of the weights; they are read again when somebody looks."""
        self._kept.clear()

    def encode(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return raw latents, before scale and shift."""
        return self.module.encode(pictures.to(self.module.dtype)).float()

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Return pictures of raw latents, from -1 to 1."""
        return self.module.decode(latents.float()).float().cpu()


def loaded_autoencoder(folder: Path) -> Coder:
    """Load the autoencoder of an autoencoder's or a generator's folder."""
    model = read_model(folder)
    spec = model.autoencoder or model.generator
    if spec is None:
        raise MissingModel(
            f"{folder.name} holds no autoencoder.",
            "Train one with `ssldiff train autoencoder`, or name a generator.",
        )
    made = Coder(spec, folder, _key(_weights(folder, spec)))
    _ = made.module  # what does not fit is told of now
    return made


def _weights(folder: Path, spec: AutoencoderSpec | GeneratorSpec) -> dict[str, torch.Tensor]:
    return load_tensors(folder / spec.autoencoder.file) if spec.autoencoder.file else {}


def _key(weights: Mapping[str, torch.Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(name for name in weights if not name.startswith(_DECODING)):
        value = weights[name].contiguous()
        digest.update(f"{name}|{value.dtype}|{tuple(value.shape)}|".encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def described(
    settings: Settings, coder: Coder, conditions: Conditions, layouts: Layouts | None = None
) -> GeneratorSpec:
    """Describe the generator that a run will make."""
    told = settings.model
    assert isinstance(told, DiffusionModel)  # noqa: S101 - the kind has seen to it
    encoder = conditions.encoder
    made = coder.spec
    cell = encoder.cell // made.factor if encoder else max(1, told.window // max(told.tokens, 1))
    if encoder is not None and cell * told.tokens != told.window and told.tokens > 1:
        raise BadRequest(
            f"{told.tokens} cells of {cell} latents do not fill a window of {told.window}.",
            "Set model.tokens or model.window.",
        )
    names = layouts.names if layouts else ()
    arguments = _arguments(told, conditions, made.channels, cell, len(names))
    return GeneratorSpec(
        name=settings.name, title=settings.card.title or settings.name, channels=made.channels,
        factor=made.factor, window=told.window, cell=cell,
        encoder=encoder.id if encoder else None, dim=encoder.dim if encoder else None,
        pixel=settings.data.pixel, prediction="v", latent_scale=made.latent_scale,
        latent_shift=made.latent_shift, local_decoder=made.local_decoder,
        network=PartSpec(type=told.network, config=arguments), autoencoder=made.autoencoder,
        conditioner=layouts.beside(conditions.part) if layouts else conditions.part,
        tokens=told.tokens if encoder else 1, guidance=told.guidance, classes=conditions.classes,
        layout=names, layout_form=told.layout or "masks", captions=conditions.captions,
    )  # fmt: skip


def _arguments(
    told: DiffusionModel, conditions: Conditions, channels: int, cell: int, maps: int
) -> dict[str, Any]:
    """Return what the network is made with: what is told, and what its place demands."""
    found = dict(told.arguments)
    if told.network == "GridUNet":
        tokens = told.tokens if conditions.encoder is not None and told.tokens > 1 else 0
        found |= {"channels": channels, "cell": cell, "dim": conditions.width, "tokens": tokens}
        return found | ({"maps": maps} if maps else {})
    if told.network == "UNet2DModel" and conditions.width:
        raise BadRequest(
            "A UNet2DModel hears no tokens, and this condition makes some.",
            "Take model.network = UNet2DConditionModel, or GridUNet.",
        )
    if told.network in _DIFFUSERS:
        found |= {"in_channels": channels + maps, "sample_size": told.window}
        found.setdefault("out_channels", channels)
    if told.network == "UNet2DConditionModel" and conditions.width:
        found["cross_attention_dim"] = conditions.width
    return found
