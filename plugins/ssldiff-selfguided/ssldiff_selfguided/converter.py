"""From a checkpoint of self-guided diffusion to the parts of a model folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ssldiff_cvlab.accounts import Account, shapes_of
from ssldiff_cvlab.families import UNSAID, card_of
from ssldiff_cvlab.reading import State, read_state
from ssldiff_cvlab.schedule import schedule_of

from ssldiff_gui.core.conversion import Checkpoint, Converted
from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.specs import GeneratorSpec, PartSpec
from ssldiff_selfguided import layout
from ssldiff_selfguided.family import SELFGUIDED as FAMILY
from ssldiff_selfguided.settings import NetworkSettings, Settings, network_of, settings_of

NETWORK = "model."
AVERAGED = "model_ema."
SCHEDULE = "diffusion.sampler."
NULLS = ("null_cond_emb", "null_layout_emb")
"""What stands for no label, and for no maps: zeros, which are never trained."""

USELESS = (
    r"model_ema\.(decay|num_updates)",
    r"diffusion\.sampler\.(snr_derivative|SNR|snr)",
    r"model(_ema)?\.to_cond_tokens_2d.*",  # for several labels at once, which no configuration has
)
"""Tensors that only the training needs, or nobody."""


class SelfGuidedConverter:
    """Knows self-guided diffusion by the module of its network."""

    def recognises(self, config: Mapping[str, Any]) -> bool:
        """Whether a checkpoint with this configuration is one of the family's."""
        return network_of(config) is not None

    def convert(self, checkpoint: Checkpoint) -> Converted:
        """Read a checkpoint and account for every tensor of it."""
        _require_alone(checkpoint)
        settings = settings_of(checkpoint.config, checkpoint.path)
        account = Account(checkpoint.path, read_state(checkpoint.path))
        schedule = schedule_of(settings.diffusion, account, SCHEDULE)
        account.pass_over(*USELESS)
        _check_nulls(account)
        network, weights = _network(settings, account)
        account.close()
        side = settings.network.image_size
        conditioner, told = _conditioner(settings.network)
        spec = GeneratorSpec(
            name=FAMILY.name,
            title=FAMILY.title,
            channels=settings.network.in_channels,
            factor=1,
            window=side,
            cell=side,
            schedule=schedule,
            local_decoder=True,
            network=network,
            autoencoder=PartSpec(type="Identity"),
            conditioner=conditioner,
            guidance=settings.training.cond_scale,
            **told,
        )
        return Converted(
            spec=spec,
            tensors={"network": weights, "autoencoder": {}, "conditioner": {}},
            licence=FAMILY.licence,
            card=card_of(FAMILY, f"It sees {side} × {side} pixels at once."),
            provenance=_provenance(settings),
            left_out=tuple(sorted(account.left_out)),
            notes=(UNSAID, f"Sample it as published with --preset {FAMILY.name}."),
        )


SELFGUIDED = SelfGuidedConverter()


def _require_alone(checkpoint: Checkpoint) -> None:
    if checkpoint.base is not None or checkpoint.classifier is not None:
        raise BadRequest(
            f"{FAMILY.title} has no base and no classifier.",
            "Leave --base, --classifier and --classifier-config out.",
        )


def _check_nulls(account: Account) -> None:
    """Take the nulls, and refuse those that say something: ours are zeros."""
    for name in (NETWORK + null for null in NULLS):
        if account.has(name):
            if account.one(name).count_nonzero():
                raise account.problem("a null that is not zero", [name])
            account.left_out.append(name)


def _network(settings: Settings, account: Account) -> tuple[PartSpec, State]:
    """Return the network; the averaged weights where the training kept any."""
    raw = account.take(NETWORK)
    if settings.training.use_ema:
        state = _averaged(raw, account)
        account.left_out.extend(NETWORK + name for name in raw)
    else:
        state = raw
    part = layout.describe(settings.network, state, account)
    return part, account.fitted("the network", state, shapes_of(layout.empty(part, account.path)))


def _averaged(raw: State, account: Account) -> State:
    """Return the averaged weights; they go by the raw ones' names without the dots.

    What is not trained is not averaged either: the shift of the attention's norms.
    """
    if not account.has(AVERAGED):
        raise account.problem("use_ema is on, and averaged weights are missing", [AVERAGED])
    short = {name: AVERAGED + name.replace(".", "") for name in raw}
    return {
        name: value if name.endswith(".beta") else account.one(short[name])
        for name, value in raw.items()
    }


def _conditioner(settings: NetworkSettings) -> tuple[PartSpec, dict[str, Any]]:
    """Return what turns a cluster and maps into a label, and what the model's facts say of it."""
    clusters = tuple(f"cluster {number + 1}" for number in range(settings.cond_dim))
    config: dict[str, Any] = {"classes": settings.cond_dim, "maps": settings.maps}
    if settings.condition_method == "stegoclusterlayout":
        part = PartSpec(type="selfguided-presence", config=config | {"place": "labels"})
        return part, {"layout": _numbered(settings.maps), "layout_form": "masks"}
    part = PartSpec(type="class", config=config | {"form": "one_hot"})
    told: dict[str, Any] = {"classes": clusters}
    if settings.maps:
        names = ("",) if settings.maps == 1 else _numbered(settings.maps)
        told |= {"layout": names, "layout_form": "boxes"}
    return part, told


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(f"class {number + 1}" for number in range(count))


def _provenance(settings: Settings) -> dict[str, Any]:
    return {
        "paper": FAMILY.paper,
        "code": FAMILY.address,
        "condition": settings.network.condition_method,
        "weights": "averaged" if settings.training.use_ema else "as trained",
    }
