"""Encoders as others store them: what their own configurations say, in our terms.

Mean and standard deviation are read from the configuration that belongs to the weights: a timm
network that is made without its weights reports those of another training.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ssldiff_gui.core.errors import DamagedModel
from ssldiff_gui.core.specs import EncoderSpec
from ssldiff_gui.models.encoder_keys import for_network, from_transformers
from ssldiff_gui.models.encoder_networks import make_network, tokens_of
from ssldiff_gui.models.folder_writing import MODEL_FILE
from ssldiff_gui.models.weights import load_tensors

if TYPE_CHECKING:
    import torch

CONFIG, PREPROCESSOR, WEIGHTS = "config.json", "preprocessor_config.json", "model.safetensors"
LARGEST_CONFIG = 4 << 20

_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_PILLOW = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic"}


def is_foreign_folder(given: str | Path) -> bool:
    """Whether a folder holds a model as the hub has it, and no `model.json` of ours."""
    folder = Path(given).expanduser()
    return (
        (folder / CONFIG).is_file()
        and (folder / WEIGHTS).is_file()
        and not (folder / MODEL_FILE).exists()
    )


def read_foreign_folder(folder: Path) -> tuple[EncoderSpec, dict[str, torch.Tensor]]:
    """Read a folder with `config.json` and `model.safetensors`, of timm or of transformers.

    Returns
    -------
    spec
        Without an id.
    tensors
        By the names of the network that the specification describes.
    """
    config = read_json(folder / CONFIG)
    preprocessor = folder / PREPROCESSOR
    extra = read_json(preprocessor) if preprocessor.is_file() else {}
    return with_tensors(spec_of(folder.name, config, extra), load_tensors(folder / WEIGHTS))


def spec_of(
    name: str, config: Mapping[str, Any], preprocessor: Mapping[str, Any] | None = None
) -> EncoderSpec:
    """Return what the files of a repository say of an encoder; its `dim` is not known yet.

    Parameters
    ----------
    name
        For the command line.
    config
        `config.json` of timm, or of transformers for a ViT or a DINOv2.
    preprocessor
        `preprocessor_config.json` of transformers.
    """
    try:
        if "architecture" in config:
            return _spec_of_timm(name, config)
        if config.get("model_type") in {"vit", "dinov2"} and "hidden_size" in config:
            return _spec_of_transformers(name, config, preprocessor or {})
    except (KeyError, TypeError, ValueError, ValidationError, ZeroDivisionError) as error:
        raise DamagedModel(
            f"The configuration of {name} cannot be understood ({error}).",
            "Check its config.json.",
        ) from error
    raise DamagedModel(
        f"{name} is no encoder that timm can make.",
        "Take a timm model, or a ViT or DINOv2 of transformers.",
    )


def with_tensors(
    spec: EncoderSpec, tensors: Mapping[str, torch.Tensor]
) -> tuple[EncoderSpec, dict[str, torch.Tensor]]:
    """Fit weights to the network of a specification, and measure how long its vectors are.

    Parameters
    ----------
    spec
        Its `dim` is replaced by what the network gives.
    tensors
        In timm's layout, or in transformers'.
    """
    import torch

    network = make_network(spec.architecture, spec.arguments)
    if any(".attention.attention." in name for name in tensors):
        tensors = from_transformers(tensors)
    fitted = for_network(tensors, spec.architecture, network)
    with torch.inference_mode():
        blank = torch.zeros(1, 3, spec.input, spec.input)
        dim = tokens_of(network, blank, spec.pool).shape[-1]
    return spec.model_copy(update={"dim": int(dim)}), fitted


def _spec_of_timm(name: str, config: Mapping[str, Any]) -> EncoderSpec:
    trained = config.get("pretrained_cfg") or config
    arguments = dict(config.get("model_args") or {})
    arguments.pop("num_classes", None)
    if arguments.pop("in_chans", 3) != 3:
        raise ValueError("it takes no RGB")
    pool = config.get("global_pool", arguments.get("global_pool"))
    given = arguments.get("img_size") or trained.get("input_size", (3, 224, 224))[-1]
    side = int(given[0] if isinstance(given, list) else given)
    crop = float(trained.get("crop_pct") or 0.875)
    return EncoderSpec(
        id="",
        name=name,
        architecture=str(config["architecture"]).partition(".")[0],
        arguments=arguments,
        dim=1,
        input=side,
        cell=math.floor(side / crop),
        mean=tuple(trained.get("mean") or _IMAGENET_MEAN),
        std=tuple(trained.get("std") or _IMAGENET_STD),
        interpolation=trained.get("interpolation") or "bicubic",
        crop=crop,
        pool="cls" if pool == "" else "network",
    )


def _spec_of_transformers(
    name: str, config: Mapping[str, Any], preprocessor: Mapping[str, Any]
) -> EncoderSpec:
    side, width = int(config["image_size"]), int(config["hidden_size"])
    input_size, crop = _crop(preprocessor, side)
    arguments: dict[str, Any] = {
        "img_size": side,
        "patch_size": int(config["patch_size"]),
        "embed_dim": width,
        "depth": int(config["num_hidden_layers"]),
        "num_heads": int(config["num_attention_heads"]),
        "norm_eps": float(config.get("layer_norm_eps", 1e-6)),
        "qkv_bias": bool(config.get("qkv_bias", True)),
    }
    if config["model_type"] == "vit":
        arguments["mlp_ratio"] = _ratio(int(config["intermediate_size"]), width)
    else:
        arguments |= _dinov2(config, width)
    if input_size != side:
        arguments["dynamic_img_size"] = True
    return EncoderSpec(
        id="",
        name=name,
        architecture="vit_base_patch16_224",
        arguments=arguments,
        dim=width,
        input=input_size,
        cell=math.floor(input_size / crop),
        mean=tuple(preprocessor.get("image_mean") or _IMAGENET_MEAN),
        std=tuple(preprocessor.get("image_std") or _IMAGENET_STD),
        interpolation=_PILLOW[int(preprocessor.get("resample", 3))],
        crop=crop,
        pool="cls",
    )


def _dinov2(config: Mapping[str, Any], width: int) -> dict[str, Any]:
    """Return what a DINOv2 has besides a plain ViT."""
    ratio = float(config.get("mlp_ratio", 4))
    found: dict[str, Any] = {"init_values": 1e-5, "mlp_ratio": ratio}
    if config.get("use_swiglu_ffn"):
        hidden = (int(int(width * ratio) * 2 / 3) + 7) // 8 * 8
        found |= {"mlp_layer": "SwiGLUPacked", "act_layer": "SiLU"}
        found["mlp_ratio"] = _ratio(2 * hidden, width)
    return found


def _ratio(hidden: int, width: int) -> float:
    """Return a ratio from which timm, which rounds down, comes to exactly `hidden`."""
    ratio = hidden / width
    return ratio if int(width * ratio) == hidden else (hidden + 0.5) / width


def _crop(preprocessor: Mapping[str, Any], side: int) -> tuple[int, float]:
    """Return the side of the crop, and the share of the resized picture it keeps."""
    size = preprocessor.get("size", side)
    if isinstance(size, Mapping):
        size = size.get("shortest_edge") or size.get("height") or side
    if not preprocessor.get("do_center_crop"):
        return int(size), 1.0
    crop = preprocessor.get("crop_size", size)
    if isinstance(crop, Mapping):
        crop = crop.get("height") or size
    return int(crop), min(1.0, int(crop) / int(size))


def read_json(path: Path) -> dict[str, Any]:
    """Return the object that a small JSON file holds."""
    found: Any = None
    reason: object = "it holds no object, or is far too large"
    try:
        if path.stat().st_size <= LARGEST_CONFIG:
            found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        reason = error
    if not isinstance(found, dict):
        raise DamagedModel(
            f"{path.name} of {path.parent.name} cannot be read ({reason}).", "Get the model again."
        )
    return found
