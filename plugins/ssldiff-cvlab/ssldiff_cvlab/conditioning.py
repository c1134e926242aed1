"""What the published networks are conditioned on, in our terms."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError

from ssldiff_cvlab.accounts import Account, shapes_of
from ssldiff_cvlab.reading import State
from ssldiff_cvlab.settings import Classes, Embeddings, Target, Text, Tower, parse
from ssldiff_cvlab.text_tower import TextTower
from ssldiff_gui.core.conversion import Checkpoint
from ssldiff_gui.core.errors import UnsupportedFile
from ssldiff_gui.core.specs import PartSpec

WHERE = "model.params.cond_stage_config"
UNCONDITIONAL = "__is_unconditional__"
PREFIX = "cond_stage_model."
TOWER = PREFIX + "transformer.text_model."
LARGEST_JSON = 1 << 20
TOWERS = {
    "openai/clip-vit-base-patch32": 8,
    "openai/clip-vit-base-patch16": 8,
    "openai/clip-vit-large-patch14": 12,
    "vinid/plip": 8,
}
"""Number of heads, which the weights of these towers do not say."""


@dataclass(frozen=True, slots=True, eq=False)
class Conditioning:
    """The conditioner of a network.

    Parameters
    ----------
    part, tensors
        What it is, and its weights.
    width
        Of its tokens; None without any.
    dim
        Of the embeddings it takes; None when it takes none.
    features
        The name that the original has for those embeddings.
    """

    part: PartSpec
    tensors: State
    width: int | None = None
    dim: int | None = None
    features: str | None = None


def kind_of(stage: Target | str) -> str:
    """Return the class of a conditioner, or what stands in its place."""
    return stage if isinstance(stage, str) else stage.name


def conditioning(stage: Target | str, account: Account, checkpoint: Checkpoint) -> Conditioning:
    """Return the conditioner that a checkpoint holds, and take its tensors.

    Raises
    ------
    UnsupportedFile
        Nobody here knows its class.
    UnknownWeights
        Its tensors are not those it should have.
    """
    kind = kind_of(stage)
    if kind == UNCONDITIONAL:
        return Conditioning(PartSpec(type="none"), {})
    maker = MAKERS.get(kind)
    if maker is None or isinstance(stage, str):
        raise UnsupportedFile(
            account.path,
            f"{account.path.name} is conditioned by {kind}, which nobody here knows.",
            f"Known are {', '.join(MAKERS)} and {UNCONDITIONAL}.",
        )
    return maker(stage.params, account, checkpoint)


def _embeddings(values: dict[str, Any], account: Account, _: Checkpoint) -> Conditioning:
    settings = parse(Embeddings, values, account.path, f"{WHERE}.params")
    layers = {"patch_fc": settings.patch_embed_dim}
    if settings.region_embed_dim is not None:
        layers["region_fc"] = settings.region_embed_dim
    width = settings.target_dim
    shapes: dict[str, tuple[int, ...]] = {}
    for name, dim in layers.items():
        shapes |= {f"{name}.weight": (width, dim), f"{name}.bias": (width,)}
    taken = account.fitted("the conditioner", account.take(PREFIX), shapes)
    config: dict[str, Any] = {"width": width, "normalise": settings.normalize_ssl}
    dims = list(layers.values())
    if len(dims) == 1:
        part = PartSpec(type="embedding", config={"dim": dims[0], **config})
        ours = {"patch_fc": "linear"}
    else:
        part = PartSpec(type="embeddings", config={"dims": dims, **config})
        ours = {"patch_fc": "linears.0", "region_fc": "linears.1"}
    tensors = {}
    for name, tensor in taken.items():
        layer, rest = name.split(".")
        tensors[f"{ours[layer]}.{rest}"] = tensor
    return Conditioning(part, tensors, width, dims[0], settings.patch_ssl_key)


def _classes(values: dict[str, Any], account: Account, _: Checkpoint) -> Conditioning:
    settings = parse(Classes, values, account.path, f"{WHERE}.params")
    shape = (settings.n_classes, settings.embed_dim)
    taken = account.take(PREFIX)
    tensors = account.fitted("the conditioner", taken, {"embedding.weight": shape})
    config: dict[str, Any] = {"classes": shape[0], "width": shape[1]}
    return Conditioning(PartSpec(type="class", config=config), tensors, settings.embed_dim)


def _text(values: dict[str, Any], account: Account, checkpoint: Checkpoint) -> Conditioning:
    settings = parse(Text, values, account.path, f"{WHERE}.params")
    account.pass_over(re.escape(TOWER) + r"embeddings\.position_ids")
    state = account.take(TOWER)
    config = _tower(settings, state, account, checkpoint.folder)
    with torch.device("meta"):
        module = TextTower(**config)
    tensors = account.fitted("the text tower", state, shapes_of(module))
    return Conditioning(PartSpec(type="cvlab-clip-text", config=config), tensors, config["width"])


MAKERS: dict[str, Callable[[dict[str, Any], Account, Checkpoint], Conditioning]] = {
    "PatchEmbedder": _embeddings,
    "SSLEmbedder": _embeddings,
    "ClassEmbedder": _classes,
    "FrozenCLIPEmbedder": _text,
}


def _tower(settings: Text, state: State, account: Account, folder: Path) -> dict[str, Any]:
    """Return what the text tower is made with: sizes from its weights, the rest by its name."""
    names = ("token_embedding", "position_embedding")
    tables = [f"embeddings.{name}.weight" for name in names]
    first = "encoder.layers.0.mlp.fc1.weight"
    if missing := [name for name in (*tables, first) if name not in state]:
        raise account.problem("the text tower lacks", missing)
    (vocabulary, width), (positions, _) = (state[name].shape for name in tables)
    numbers = [re.match(r"encoder\.layers\.(\d{1,4})\.", name) for name in state]
    facts = _facts(settings.version, account.path, folder)
    # In CLIP's vocabulary the last two tokens are those before and after a text; its old
    # configurations give other numbers (end 2), which CLIP never used.
    said = facts.eos_token_id not in (None, 2) and facts.bos_token_id is not None
    start, end = (
        (facts.bos_token_id, facts.eos_token_id) if said else (vocabulary - 2, vocabulary - 1)
    )
    return {
        "vocabulary": vocabulary,
        "positions": positions,
        "width": width,
        "layers": 1 + max(int(found[1]) for found in numbers if found),
        "heads": facts.num_attention_heads,
        "hidden": state[first].shape[0],
        "activation": facts.hidden_act,
        "eps": facts.layer_norm_eps,
        "length": positions * -(-settings.max_length // positions),
        "start": start,
        "end": end,
        "padding": end,
    }


def _facts(version: str, path: Path, folder: Path) -> Tower:
    """Return what is known of a text tower: from the folder beside the configuration, or by name.

    Nothing outside that folder is read, and nothing is fetched.
    """
    file = (folder / version / "config.json").resolve()
    if file.is_relative_to(folder.resolve()) and file.is_file():
        return _read(file)
    if version in TOWERS:
        return Tower(num_attention_heads=TOWERS[version])
    raise UnsupportedFile(
        path,
        f"The text tower of {path.name} is {version!r}, which nobody here knows.",
        f"Put its config.json into a folder of that name in {folder}.",
    )


def _read(file: Path) -> Tower:
    found: Any = None
    with suppress(OSError, ValueError, RecursionError):
        if file.stat().st_size <= LARGEST_JSON:
            found = json.loads(file.read_text("utf-8"))
    found = found.get("text_config", found) if isinstance(found, dict) else None
    try:
        return Tower.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise UnsupportedFile(
            file,
            f"{file.parent.name}/{file.name} does not describe a text tower: "
            f"{'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg'].lower()}.",
            "Take the config.json of the text tower that the model was trained with.",
        ) from error
