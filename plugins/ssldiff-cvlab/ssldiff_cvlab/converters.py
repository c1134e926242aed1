"""The converters of LID, PathLDM and HistoDiffusion: one way, three kinds of condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ssldiff_cvlab import autoencoder_layout, families, unet_layout
from ssldiff_cvlab.accounts import Account, shapes_of
from ssldiff_cvlab.conditioning import PREFIX, UNCONDITIONAL, Conditioning, conditioning, kind_of
from ssldiff_cvlab.families import Family, card_of
from ssldiff_cvlab.reading import State, read_state
from ssldiff_cvlab.schedule import schedule_of
from ssldiff_cvlab.settings import (
    ClassifierSettings,
    DiffusionSettings,
    Target,
    UNetSettings,
    diffusion_of,
    parse,
)
from ssldiff_gui.core.conversion import Checkpoint, Converted, Extra
from ssldiff_gui.core.errors import BadRequest, UnsupportedFile
from ssldiff_gui.core.specs import GeneratorSpec, PartSpec

NETWORK = "model.diffusion_model."
AUTOENCODER = "first_stage_model."
AVERAGED = "model_ema."
USELESS = (
    r"model_ema\.(decay|num_updates)",
    r"first_stage_model\.(loss\..*|colorize)",
    r"loss\..*",
)
"""Tensors that only the training needs."""


@dataclass(frozen=True)
class LatentDiffusionConverter:
    """Knows a family by the class of its conditioner.

    Parameters
    ----------
    family
        Who published it.
    conditioners
        Classes of the conditioners it was published with.
    """

    family: Family
    conditioners: tuple[str, ...]

    def recognises(self, config: Mapping[str, Any]) -> bool:
        """Whether a checkpoint with this configuration is one of the family's."""
        place: Any = config
        # A conditioner alone is recognised too: what is missing can then be said.
        for name in (*(("model", "params") if "model" in config else ()), "cond_stage_config"):
            place = place.get(name) if isinstance(place, Mapping) else None
        target = place.get("target") if isinstance(place, Mapping) else place
        return isinstance(target, str) and target.rpartition(".")[2] in self.conditioners

    def convert(self, checkpoint: Checkpoint) -> Converted:
        """Read a checkpoint and account for every tensor of it."""
        settings = diffusion_of(checkpoint.config, checkpoint.path)
        account = Account(checkpoint.path, read_whole(checkpoint))
        schedule = schedule_of(settings, account)
        scale = _scale(settings, account)
        given = conditioning(settings.cond_stage_config, account, checkpoint)
        network, weights = _network(settings, account, given)
        autoencoder, pictures, factor = _autoencoder(settings, account)
        account.pass_over(*USELESS)
        account.close()
        extras = _extras(checkpoint, settings)
        tensors = {"network": weights, "autoencoder": pictures, "conditioner": given.tensors}
        spec = GeneratorSpec(
            name=self.family.name,
            title=self.family.title,
            channels=settings.channels,
            factor=factor,
            window=settings.image_size,
            cell=settings.image_size,
            encoder=given.features,
            dim=given.dim,
            prediction="x0" if settings.parameterization == "x0" else "epsilon",
            schedule=schedule,
            latent_scale=scale,
            network=network,
            autoencoder=autoencoder,
            conditioner=given.part,
            guidance=self.family.guidance,
        )
        return Converted(
            spec=spec,
            tensors=tensors,
            licence=self.family.licence,
            card=card_of(self.family, _sizes(spec)),
            provenance=_provenance(self.family, settings),
            left_out=tuple(sorted(account.left_out)),
            notes=_notes(self.family, extras),
            extras=extras,
        )


LID = LatentDiffusionConverter(families.LID, ("PatchEmbedder", "SSLEmbedder"))
PATHLDM = LatentDiffusionConverter(families.PATHLDM, ("FrozenCLIPEmbedder", "ClassEmbedder"))
HISTODIFFUSION = LatentDiffusionConverter(families.HISTODIFFUSION, (UNCONDITIONAL,))


def read_whole(checkpoint: Checkpoint) -> State:
    """Return a checkpoint's tensors, completed by those of its base.

    Raises
    ------
    BadRequest
        It holds a conditioner alone, and no base was given.
    """
    state = read_state(checkpoint.path)
    if checkpoint.base is not None:
        base = read_state(checkpoint.base)
        kept = {name: tensor for name, tensor in base.items() if not name.startswith(PREFIX)}
        return kept | state
    if all(name.startswith(PREFIX) for name in state):
        raise BadRequest(
            f"{checkpoint.path.name} holds a conditioner alone.",
            "Give the checkpoint with the network and the autoencoder too, with --base.",
        )
    return state


def _scale(settings: DiffusionSettings, account: Account) -> float:
    """Return what latents are multiplied by: measured in the training, or a constant."""
    if settings.scale_by_std:
        return float(account.one("scale_factor"))
    return settings.scale_factor


def _network(
    settings: DiffusionSettings, account: Account, given: Conditioning
) -> tuple[PartSpec, State]:
    """Return the denoising network; the averaged weights where the training kept any."""
    path = account.path
    target = settings.unet_config
    if target.name != "UNetModel":
        raise UnsupportedFile(
            path,
            f"{path.name} has a network of the class {target.name}, which nobody here knows.",
            "Known is UNetModel.",
        )
    made = parse(UNetSettings, target.params, path, "model.params.unet_config.params")
    if made.context_dim != given.width:
        raise UnsupportedFile(
            path,
            f"The network of {path.name} looks at tokens of {made.context_dim} values, and its "
            f"conditioner makes tokens of {given.width}.",
            "Check that both belong to the same configuration.",
        )
    part = unet_layout.describe(made)
    state = account.take(NETWORK)
    if settings.use_ema:
        state = _averaged(account, state)
    shapes = shapes_of(unet_layout.empty(part))
    return part, account.fitted("the network", state, shapes, unet_layout.renaming(part))


def _averaged(account: Account, raw: State) -> State:
    """Return the averaged weights; they go by the raw ones' names without the dots."""
    prefix = f"{AVERAGED}diffusion_model"
    found = {name: name.replace(".", "") for name in raw}
    if not account.has(prefix):
        raise account.problem(
            "use_ema is on, as it is by default, and averaged weights are missing", [prefix]
        )
    return {name: account.one(prefix + short) for name, short in found.items()}


def _autoencoder(settings: DiffusionSettings, account: Account) -> tuple[PartSpec, State, int]:
    """Return the autoencoder, and the pixels for each of its latents."""
    account.pass_over(*USELESS)
    target = settings.first_stage_config
    made = autoencoder_layout.settings_of(target, account.path)
    part = autoencoder_layout.describe(target, made)
    shapes, rename = shapes_of(autoencoder_layout.empty(part)), autoencoder_layout.renaming(part)
    tensors = account.fitted("the autoencoder", account.take(AUTOENCODER), shapes, rename)
    return part, tensors, 2 ** (len(made.ddconfig.ch_mult) - 1)


def _extras(checkpoint: Checkpoint, settings: DiffusionSettings) -> dict[str, Extra]:
    """Return the classifier of the latents, when it was given."""
    other = checkpoint.classifier
    if other is None:
        return {}
    target = parse(Target, other.config.get("classifier"), other.path, "classifier")
    made = parse(ClassifierSettings, target.params, other.path, "classifier.params")
    if made.in_channels != settings.channels or made.image_size != settings.image_size:
        raise UnsupportedFile(
            other.path,
            f"{other.path.name} classifies latents of {made.in_channels} channels and a side of "
            f"{made.image_size}; the model's have {settings.channels} and {settings.image_size}.",
            "Take the classifier that was trained for this model.",
        )
    part = unet_layout.describe_classifier(made)
    account = Account(other.path, read_state(other.path))
    shapes = shapes_of(unet_layout.empty(part))
    tensors = account.fitted("the classifier", account.take(""), shapes)
    return {"classifier": Extra(part, tensors)}


def _sizes(spec: GeneratorSpec) -> str:
    side = spec.window * spec.factor
    return f"It sees {side} × {side} pixels at once."


def _provenance(family: Family, settings: DiffusionSettings) -> dict[str, Any]:
    return {
        "paper": family.paper,
        "code": family.address,
        "conditioner": kind_of(settings.cond_stage_config),
        "weights": "averaged" if settings.use_ema else "as trained",
    }


def _notes(family: Family, extras: Mapping[str, Extra]) -> tuple[str, ...]:
    notes = []
    if family is families.HISTODIFFUSION and not extras:
        notes.append("Without --classifier it can be sampled, but not led to a class.")
    if family.licence.name == "none given":
        notes.append(families.UNSAID)
    return tuple(notes)
