"""Boxes around the things in a picture, by LOST's rule over the tokens of an encoder.

Of all patches, the one that is like the fewest others is taken for a part of a thing: the seed.
The patches most like a part of a thing, as few others are like them, and like the seed help to
say what else belongs to it. As published: "Localizing Objects with Self-Supervised Transformers
and no Labels", 2021.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ssldiff_gui.core.geometry import Box

if TYPE_CHECKING:
    from ssldiff_gui.models.dense import Tokens
    from ssldiff_gui.models.encoders import TimmEncoder

Features = npt.NDArray[np.float32]
Map = npt.NDArray[np.float32]
Where = npt.NDArray[np.bool_]

EXPANSION = 100
"""How many of the least connected patches may help the seed."""

SMALLEST = 4
"""Patches that a box after the first has at least."""

BLANK = 6.0
"""Standard deviation of pixels, of 255, below which a picture shows nothing."""

_AT_ONCE = 1 << 24
"""Products that are held at once."""


@dataclass(frozen=True, slots=True)
class Thing:
    """What LOST finds in a map of features.

    Parameters
    ----------
    seed
        Row and column of the patch it began with.
    inverse_degree
        (rows, columns): minus the number of other patches that a patch is like.
    correlation
        (rows, columns): how much each patch is like the seed and its helpers.
    patches
        (rows, columns): those that belong to the thing.
    """

    seed: tuple[int, int]
    inverse_degree: Map
    correlation: Map
    patches: Where

    @property
    def box(self) -> Box:
        """Around its patches, in patches."""
        ys, xs = np.nonzero(self.patches)
        x, y = int(xs.min()), int(ys.min())
        return Box(x, y, int(xs.max()) + 1 - x, int(ys.max()) + 1 - y)


def boxes(
    encoder: TimmEncoder,
    picture: npt.NDArray[np.uint8],
    *,
    most: int = 1,
    expansion: int = EXPANSION,
    stride: float | None = None,
    where: Where | None = None,
) -> list[Box]:
    """Return boxes around the things in a picture, in its pixels.

    Parameters
    ----------
    encoder
        Its tokens are looked at: the keys of a transformer's last attention, as published; of
        other networks the features of a stage, less their mean.
    picture
        (height, width, 3) uint8 at the encoder's scale.
    most
        How many boxes: 1, as published, or more, each of what the others have left.
    expansion
        How many patches may help a seed.
    stride
        Pixels between patches, for networks that offer a choice; None takes 16.
    where
        (height, width): what counts, tissue without glass for one; None counts all.

    Returns
    -------
    list
        None at all for a picture that shows nothing.
    """
    from ssldiff_gui.models.dense import dense_tokens

    if is_blank(picture):
        return []
    tokens = dense_tokens(encoder, picture, kind="keys", stride=stride)
    features, (height, width) = tokens.features, picture.shape[:2]
    left = np.ones(features.shape[:2], np.bool_)
    if where is not None:
        left = at_tokens(where, tokens)
    if not left.any():
        return []
    if not tokens.keys:  # what an activation leaves is alike in sign: nothing would be unlike
        features = features - features[left].mean(axis=0)
    return [
        placed(found.box, tokens, width, height)
        for found in things(features, most=most, expansion=expansion, left=left)
    ]


def at_tokens(where: Where, tokens: Tokens) -> Where:
    """Return (rows, columns): what (height, width) says at the middle of each token."""
    rows, columns = (
        np.minimum(((np.arange(count) + 0.5) * tokens.stride).astype(np.int64), length - 1)
        for count, length in zip(tokens.features.shape[:2], where.shape, strict=True)
    )
    return where[np.ix_(rows, columns)]


def is_blank(picture: npt.NDArray[np.uint8]) -> bool:
    """Whether a picture has nothing to be found in it."""
    return float(picture.reshape(-1, 3).std(axis=0).max(initial=0)) < BLANK


def placed(box: Box, tokens: Tokens, width: int, height: int) -> Box:
    """Return a box of patches in pixels, clipped to a picture."""
    sides = (box.x, box.y, box.x2, box.y2)
    return Box.covering(*(n * tokens.stride for n in sides)).intersect(Box(0, 0, width, height))


def box_map(found: Sequence[Box], height: int, width: int) -> npt.NDArray[np.uint8]:
    """Return (height, width) uint8: 1 inside of boxes, 0 elsewhere."""
    made = np.zeros((height, width), np.uint8)
    for box in found:
        made[box.y : box.y2, box.x : box.x2] = 1
    return made


def things(
    features: Features, *, most: int = 1, expansion: int = EXPANSION, left: Where | None = None
) -> Iterator[Thing]:
    """Yield the things of a map of features, the clearest first.

    Parameters
    ----------
    features
        (rows, columns, dim).
    most
        How many at most.
    expansion
        How many patches may help a seed.
    left
        (rows, columns): the patches that count; None counts all.
    """
    left = np.ones(features.shape[:2], np.bool_) if left is None else left
    for number in range(most):
        found = thing(features, left=left, expansion=expansion)
        if found is None or (number and found.patches.sum() < SMALLEST):
            return
        yield found
        left = left & ~found.patches


def thing(
    features: Features, *, left: Where | None = None, expansion: int = EXPANSION
) -> Thing | None:
    """Return the thing in a map of features; None when no patch is like its own seed.

    Parameters
    ----------
    features
        (rows, columns, dim).
    left
        (rows, columns): the patches that count; None counts all.
    expansion
        How many patches may help the seed.
    """
    shape = features.shape[:2]
    flat = features.reshape(-1, features.shape[-1]).astype(np.float32)
    counted = np.ones(len(flat), np.bool_) if left is None else left.reshape(-1)
    numbers = np.flatnonzero(counted)
    if not len(numbers):
        return None
    flat = flat[numbers]
    degree = _degrees(flat)
    order = np.argsort(degree, kind="stable")  # ties go to the upper left
    near = order[:expansion]
    helpers = near[flat[near] @ flat[order[0]] > 0]
    correlation = np.full(counted.shape, -math.inf, np.float32)
    correlation[numbers] = (flat[helpers] @ flat.T).sum(axis=0)
    seed = divmod(int(numbers[order[0]]), shape[1])
    parts, _ = ndimage.label(correlation.reshape(shape) > 0)
    if not parts[seed]:
        return None
    inverse = np.full(counted.shape, -math.inf, np.float32)
    inverse[numbers] = -degree
    return Thing(seed, inverse.reshape(shape), correlation.reshape(shape), parts == parts[seed])


def _degrees(flat: Features) -> npt.NDArray[np.int64]:
    """Return for each vector the number of others at less than a right angle to it."""
    degrees = np.empty(len(flat), np.int64)
    step = max(1, _AT_ONCE // len(flat))
    for start in range(0, len(flat), step):
        part = flat[start : start + step] @ flat.T > 0
        degrees[start : start + step] = part.sum(axis=1)
    return np.asarray(degrees - ((flat * flat).sum(axis=1) > 0))
