"""What a generator will be, from the settings of its training and the parts it is made of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from ssldiff_gui.core.errors import BadRequest, MissingModel
from ssldiff_gui.core.specs import AutoencoderSpec, GeneratorSpec, PartSpec
from ssldiff_gui.models.folders import read_model
from ssldiff_gui.models.generators.autoencoders import Autoencoder, build_autoencoder
from ssldiff_gui.models.weights import load_into, load_tensors
from ssldiff_gui.training.conditions import Conditions
from ssldiff_gui.training.model_settings import DiffusionModel
from ssldiff_gui.training.settings import Settings

_DECODING = ("decoder.", "post_quant_conv.", "into.", "coarse.", "between.", "fine.", "out.")
"""Parts of autoencoders that have nothing to do with the latents they make."""


@dataclass(frozen=True, slots=True)
class Coder:
    """An autoencoder with its weights.

    Parameters
    ----------
    spec
        Of an autoencoder's folder or of a generator's; both say the same of it.
    module
        What codes.
    weights
        As they lie in the file.
    key
        A hash over what makes the latents: a decoder that was trained on leaves it as it is.
    """

    spec: AutoencoderSpec | GeneratorSpec
    module: Autoencoder
    weights: Mapping[str, torch.Tensor]
    key: str

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
    made = build_autoencoder(spec.autoencoder)
    weights = load_tensors(folder / spec.autoencoder.file) if spec.autoencoder.file else {}
    load_into(made.module, weights)
    made.place(torch.device("cpu"), torch.float32)
    return Coder(spec, made, weights, _key(weights))


def _key(weights: Mapping[str, torch.Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(name for name in weights if not name.startswith(_DECODING)):
        value = weights[name].contiguous()
        digest.update(f"{name}|{value.dtype}|{tuple(value.shape)}|".encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def described(settings: Settings, coder: Coder, conditions: Conditions) -> GeneratorSpec:
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
    arguments = dict(told.arguments)
    if told.network == "GridUNet":
        arguments |= {"channels": made.channels, "cell": cell}
        arguments |= _tokens_of(told, conditions)
    return GeneratorSpec(
        name=settings.name, title=settings.card.title or settings.name, channels=made.channels,
        factor=made.factor, window=told.window, cell=cell,
        encoder=encoder.id if encoder else None, dim=encoder.dim if encoder else None,
        pixel=settings.data.pixel, prediction="v", latent_scale=made.latent_scale,
        latent_shift=made.latent_shift, local_decoder=made.local_decoder,
        network=PartSpec(type=told.network, config=arguments), autoencoder=made.autoencoder,
        conditioner=conditions.part, tokens=told.tokens if encoder else 1, guidance=told.guidance,
    )  # fmt: skip


def _tokens_of(told: DiffusionModel, conditions: Conditions) -> dict[str, int]:
    if told.condition == "none":
        return {"dim": 0, "tokens": 0}
    if conditions.encoder is None:
        return {"dim": int(told.arguments.get("dim", 128)), "tokens": 0}
    return {"dim": conditions.dim, "tokens": told.tokens if told.tokens > 1 else 0}
