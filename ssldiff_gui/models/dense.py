"""Features of every place in a picture: what an encoder sees before it makes one vector of it.

Transformers give the tokens of their last block, or the keys of its attention; networks that
keep a map all the way give that of one of their stages. A picture of any size is filled up at its
right and lower edge, never squeezed, and taken in overlapping tiles when it is large. Networks
that take one size only are given tiles of it.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from ssldiff_gui.core.errors import BadNumbers, BadRequest, OutOfMemory
from ssldiff_gui.core.progress import Progress, Silent

if TYPE_CHECKING:
    import torch

    from ssldiff_gui.models.encoders import TimmEncoder

Features = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
Kind = Literal["features", "keys"]

STRIDE = 16.0
"""Pixels between tokens that is asked for when nobody says."""

TILE, MARGIN = 512, 64
"""Side of what a network sees at once, and what is dropped where two meet."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Features of the places of a picture.

    Parameters
    ----------
    features
        (rows, columns, dim) float32; the last row and column may reach beyond the picture.
    stride
        Pixels of the picture between two of them.
    keys
        Whether they are the keys of an attention.
    """

    features: Features
    stride: float
    keys: bool


@dataclass(frozen=True, slots=True)
class _Reader:
    """A network, and how its map of features is had.

    Parameters
    ----------
    network
        For any size, or for `fixed` alone.
    stage
        Number of what it gives, as timm counts.
    stride
        Of that, in pixels of the network's input.
    unit
        What the sides of its input are multiples of.
    tokens
        Whether it is a transformer's, whose last norm belongs to it.
    fixed
        The one side that it takes; None for any.
    attention
        The last one, whose keys are wanted; None takes the features.
    """

    network: Any
    stage: int
    stride: int
    unit: int
    tokens: bool
    fixed: int | None
    attention: Any

    def read(self, values: torch.Tensor) -> torch.Tensor:
        """Return (rows, columns, dim) of (1, 3, height, width)."""
        seen: list[torch.Tensor] = []
        handle = None
        if self.attention is not None:
            handle = self.attention.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
        try:
            found = self.network.forward_intermediates(
                values, indices=[self.stage], norm=self.tokens, stop_early=True,
                output_fmt="NCHW", intermediates_only=True,
            )[0]  # fmt: skip
        finally:
            if handle is not None:
                handle.remove()
        rows, columns = found.shape[-2:]
        if not seen:
            features: torch.Tensor = found[0].permute(1, 2, 0)
            return features
        keys = _keys(self.attention, seen[-1])[0, self.network.num_prefix_tokens :]
        return keys.reshape(rows, columns, -1)


def dense_tokens(
    encoder: TimmEncoder,
    picture: Pixels,
    *,
    kind: Kind = "features",
    stride: float | None = None,
    progress: Progress | None = None,
) -> Tokens:
    """Return the features of the places of a picture.

    Parameters
    ----------
    encoder
        Whose.
    picture
        (height, width, 3) uint8 at the encoder's scale, of any size.
    kind
        "keys" takes those of a transformer's last attention, and the features of other networks.
    stride
        Pixels between tokens that is wanted; a network that offers several takes the coarsest
        that is no coarser. None takes 16.
    progress
        Asked between tiles whether to go on.

    Raises
    ------
    BadRequest
        The encoder has no such features.
    BadNumbers
        It answers with NaN or infinity.
    """
    if picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise BadRequest(f"That is no picture in colour: an array of the shape {picture.shape}.")
    how = encoder.preprocessing
    zoom = how.resized / how.cell
    reader = _reader(encoder, (stride or STRIDE) * zoom, kind)
    if how.resized != how.cell:
        picture = _resized(picture, zoom, how.interpolation)
    features = _tiled(encoder, reader, picture, progress or Silent())
    if not np.isfinite(features).all():
        raise BadNumbers(
            f"The encoder {encoder.spec.name} answered with NaN or infinity.",
            "Verify it with `ssldiff models verify`, or get it again.",
        )
    return Tokens(features, reader.stride / zoom, reader.attention is not None)


def _reader(encoder: TimmEncoder, stride: float, kind: Kind) -> _Reader:
    network: Any = encoder.network
    stages = getattr(network, "feature_info", None)
    if not hasattr(network, "forward_intermediates") or not isinstance(stages, list):
        raise BadRequest(
            f"The encoder {encoder.spec.name} gives one vector for a picture, and none for its "
            "places.",
            "Choose another: transformers and convolutional networks of timm have them.",
        )
    strides = [int(stage["reduction"]) for stage in stages]
    fitting = [k for k, found in enumerate(strides) if found <= stride * 1.01]
    stage = fitting[-1] if fitting else strides.index(min(strides))
    tokens = len(set(strides)) == 1
    if tokens:
        stage = len(strides) - 1
    attention = _last_attention(network) if kind == "keys" and tokens else None
    network, fixed = _for_any_size(network, encoder.spec.input)
    unit = strides[stage] if fixed else max(strides)
    return _Reader(network, stage, strides[stage], unit, tokens, fixed, attention)


def _for_any_size(network: Any, side: int) -> tuple[Any, int | None]:
    """Return a view of a network that takes any size, or the network and the size that it takes.

    The view shares all weights. Only positions that are looked up in a table are interpolated.
    """
    from timm.layers.format import Format
    from timm.layers.patch_embed import PatchEmbed
    from timm.models.vision_transformer import VisionTransformer

    if getattr(network, "dynamic_img_size", False):
        return network, None
    if type(network) is VisionTransformer and type(network.patch_embed) is PatchEmbed:
        patches: Any = copy.copy(network.patch_embed)
        view: Any = copy.copy(network)
        patches.strict_img_size, patches.flatten = False, False
        patches.output_fmt = Format.NHWC
        view._modules = {**network._modules, "patch_embed": patches}  # noqa: SLF001 - no other way
        view.dynamic_img_size = True
        return view, None
    fixed = bool((getattr(network, "pretrained_cfg", None) or {}).get("fixed_input_size"))
    return network, side if fixed else None


def _last_attention(network: Any) -> Any:
    """Return the last attention whose keys can be had; None when there is none."""
    blocks = getattr(network, "blocks", None)
    if not blocks or not hasattr(network, "num_prefix_tokens"):
        return None
    attention = getattr(blocks[-1], "attn", None)
    projection = getattr(attention, "qkv", None) or getattr(attention, "k_proj", None)
    return None if getattr(projection, "weight", None) is None else attention


def _keys(attention: Any, seen: torch.Tensor) -> torch.Tensor:
    """Return (n, tokens, dim): the keys of what an attention was given, heads side by side."""
    from torch.nn.functional import linear

    if getattr(attention, "qkv", None) is None:
        found: torch.Tensor = attention.k_proj(seen)
        return found
    weight, bias = attention.qkv.weight, attention.qkv.bias
    middle = slice(len(weight) // 3, 2 * len(weight) // 3)
    return linear(seen, weight[middle], None if bias is None else bias[middle])


def _resized(picture: Pixels, zoom: float, interpolation: str) -> Pixels:
    height, width = (max(1, round(n * zoom)) for n in picture.shape[:2])
    kind = Image.Resampling[interpolation.upper()]
    return np.asarray(Image.fromarray(picture).resize((width, height), kind))


def _tiled(encoder: TimmEncoder, reader: _Reader, picture: Pixels, progress: Progress) -> Features:
    """Return (rows, columns, dim) of a whole picture, tile by tile."""
    step = reader.stride
    side = reader.fixed or max(reader.unit, TILE // reader.unit * reader.unit)
    margin = min(MARGIN, side // 4) // reader.unit * reader.unit
    rows, columns = (math.ceil(n / step) for n in picture.shape[:2])
    least = reader.fixed or reader.unit
    tall, wide = (max(least, _whole(n, reader.unit)) for n in picture.shape[:2])
    grown = np.pad(
        picture, ((0, tall - picture.shape[0]), (0, wide - picture.shape[1]), (0, 0)), mode="edge"
    )
    made: Features | None = None
    for top, upper in _starts(tall, side, margin):
        for left, inner in _starts(wide, side, margin):
            progress.check()
            tile = np.ascontiguousarray(grown[top : top + side, left : left + side])
            found = _forward(encoder, reader, tile)
            if made is None:
                made = np.zeros((tall // step, wide // step, found.shape[-1]), np.float32)
            y, x = (top + upper) // step, (left + inner) // step
            part = found[upper // step :, inner // step :]
            made[y : y + part.shape[0], x : x + part.shape[1]] = part
    if made is None:  # a picture has a tile
        raise BadRequest("That is no picture in colour: it is empty.")
    return made[:rows, :columns]


def _whole(length: int, unit: int) -> int:
    return math.ceil(length / unit) * unit


def _starts(length: int, side: int, margin: int) -> Iterator[tuple[int, int]]:
    """Yield where tiles begin, and how much of their beginning is left to the one before."""
    if length <= side:
        yield 0, 0
        return
    start = 0
    while start + side < length:
        yield start, margin if start else 0
        start += side - 2 * margin
    last = length - side
    yield last, margin if last else 0


def _forward(encoder: TimmEncoder, reader: _Reader, tile: Pixels) -> Features:
    import torch

    planes = torch.from_numpy(tile).permute(2, 0, 1)[None]
    try:
        with torch.inference_mode(), encoder.casting():
            found = reader.read(encoder.preprocessing.normalised(planes, encoder.device))
            return np.asarray(found.to(device="cpu", dtype=torch.float32).numpy())
    except torch.OutOfMemoryError as error:
        raise OutOfMemory(
            f"The device has no memory for {encoder.spec.name}.",
            "Close other programs that use it, or compute with --device cpu.",
        ) from error
