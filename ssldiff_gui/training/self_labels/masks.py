"""Masks by clusters of dense tokens over many pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.grid import Vectors
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.training.self_labels.clusters import Clusters, unit
from ssldiff_gui.training.self_labels.labelled import MOST
from ssldiff_gui.training.self_labels.lost import at_tokens, is_blank

if TYPE_CHECKING:
    from ssldiff_gui.models.encoders import TimmEncoder

Mask = npt.NDArray[np.int16]
Pixels = npt.NDArray[np.uint8]
Map = npt.NDArray[np.float32]
Where = Callable[[Pixels], npt.NDArray[np.bool_]]

STRIDE = 8.0
"""Pixels between tokens that is asked for: finer than for boxes."""

SAMPLE = 40_000
"""Tokens that the clusters are fitted to, from all pictures together."""

BAND = 512
"""Rows of a mask that are made at once."""

ROUNDNESS = 12.0
"""How much place counts beside colour where edges are moved to those of the picture."""


class ManyPictures(Protocol):
    """Pictures by their numbers: a list of arrays, or `training.pictures.Pictures`."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def __getitem__(self, number: int, /) -> Pixels:
        """Return (height, width, 3) uint8."""
        ...


@dataclass(frozen=True, slots=True)
class MaskMaker:
    """Pixels → classes that no one has named.

    Parameters
    ----------
    encoder
        Its tokens are looked at.
    mean, spread
        (dim,): tokens are brought to ``(token - mean) / spread``.
    clusters
        Of such tokens, the most frequent first.
    stride
        Pixels between tokens that is asked for.
    """

    encoder: TimmEncoder
    mean: Vectors
    spread: Vectors
    clusters: Clusters
    stride: float = STRIDE

    @classmethod
    def fit(
        cls,
        encoder: TimmEncoder,
        pictures: ManyPictures | Sequence[Pixels],
        count: int,
        seed: int = 0,
        progress: Progress | None = None,
        *,
        stride: float = STRIDE,
        where: Where | None = None,
    ) -> Self:
        """Find classes: k-means over a sample of the tokens of all pictures.

        Parameters
        ----------
        encoder
            Whose tokens.
        pictures
            (height, width, 3) uint8 each, at the encoder's scale.
        count
            Of classes.
        seed
            Of the sample and of the clusters.
        progress
            Told of each picture.
        stride
            Pixels between tokens; a transformer's own counts, whatever is asked for.
        where
            Says of a picture, as (height, width), what counts; None counts all.

        Raises
        ------
        BadRequest
            All pictures are blank, they have fewer tokens than classes, or there are more classes
            than a mask can number.
        """
        if count > MOST:
            raise BadRequest(f"A mask can number {MOST} classes at most.", "Take fewer.")
        watch, random = progress or Silent(), np.random.default_rng(seed)
        quota = max(16, SAMPLE // max(1, len(pictures)))
        parts = [
            flat[random.permutation(len(flat))[:quota]]
            for flat in _tokens(encoder, pictures, stride, where, watch)
        ]
        if not parts:
            raise BadRequest(
                "All of the pictures are blank: there is nothing to tell apart.",
                "Check that they are the ones you mean.",
            )
        found = np.concatenate(parts)
        mean, spread = found.mean(axis=0), np.maximum(found.std(axis=0), 1e-6)
        sample = (found - mean) / spread
        clusters = Clusters.fit(sample, count, seed)
        sizes = np.bincount(clusters.numbers(sample), minlength=count)
        order = np.argsort(-sizes, kind="stable")
        return cls(encoder, mean, spread, Clusters(clusters.centres[order]), stride)

    @property
    def names(self) -> tuple[str, ...]:
        """What the classes are called."""
        return self.clusters.names

    def mask(
        self, picture: Pixels, *, edges: bool = True, progress: Progress | None = None
    ) -> Mask:
        """Return (height, width) int16 numbers of classes, from 0 on.

        Parameters
        ----------
        picture
            (height, width, 3) uint8 at the encoder's scale.
        edges
            Whether borders are moved to where the picture's colour changes.
        progress
            Asked now and then whether to go on.
        """
        from ssldiff_gui.models.dense import dense_tokens

        watch = progress or Silent()
        tokens = dense_tokens(self.encoder, picture, stride=self.stride, progress=watch)
        likeness = self._likeness(tokens.features)
        made = np.empty(picture.shape[:2], np.int16)
        for top in range(0, len(made), BAND):
            watch.check()
            rows = slice(top, min(top + BAND, len(made)))
            scores = _enlarged(likeness, tokens.stride, rows, picture.shape[1])
            if edges:
                scores = _by_colour(scores, picture[rows], tokens.stride)
            made[rows] = scores.argmax(axis=-1)
        return made

    def _likeness(self, features: Map) -> Map:
        """Return (rows, columns, count): how near tokens are to each centre."""
        flat = unit((features.reshape(-1, features.shape[-1]) - self.mean) / self.spread)
        centres = self.clusters.centres
        found = 2 * flat @ centres.T - (centres**2).sum(axis=1)
        return np.asarray(found, np.float32).reshape(*features.shape[:2], len(centres))


def _tokens(
    encoder: TimmEncoder,
    pictures: ManyPictures | Sequence[Pixels],
    stride: float,
    where: Where | None,
    watch: Progress,
) -> Iterator[Vectors]:
    """Yield the tokens that count, (n, dim), of each picture that is not blank."""
    from ssldiff_gui.models.dense import dense_tokens

    for number in range(len(pictures)):
        watch.check()
        watch.report(number, len(pictures), f"Looking at {len(pictures):,} pictures")
        picture = pictures[number]
        if is_blank(picture):
            continue
        tokens = dense_tokens(encoder, picture, stride=stride, progress=watch)
        counted = np.ones(tokens.features.shape[:2], np.bool_)
        if where is not None:
            counted = at_tokens(where(picture), tokens)
        if counted.any():
            yield tokens.features[counted]


def _enlarged(likeness: Map, stride: float, rows: slice, width: int) -> Map:
    """Return (rows, width, count): what is between the tokens' centres, bilinearly."""
    y = _places(np.arange(rows.start, rows.stop), stride, likeness.shape[0])
    x = _places(np.arange(width), stride, likeness.shape[1])
    across = _between(likeness, *y, axis=0)
    return _between(across, *x, axis=1)


def _places(
    pixels: npt.NDArray[np.int64], stride: float, count: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return the token before each pixel, and how far it is on the way to the next one."""
    place = np.clip((pixels + 0.5) / stride - 0.5, 0, count - 1)
    first = np.minimum(place.astype(np.int64), max(count - 2, 0))
    return first, (place - first).astype(np.float32)


def _between(
    values: Map, first: npt.NDArray[np.int64], share: npt.NDArray[np.float32], *, axis: int
) -> Map:
    after = np.minimum(first + 1, values.shape[axis] - 1)
    shape = [1] * values.ndim
    shape[axis] = -1
    weight = share.reshape(shape)
    return np.asarray(values.take(first, axis) * (1 - weight) + values.take(after, axis) * weight)


def _by_colour(scores: Map, picture: Pixels, stride: float) -> Map:
    """Give the pixels of each patch of one colour the same scores: their mean."""
    from skimage.segmentation import slic

    height, width, count = scores.shape
    parts = slic(
        picture, n_segments=max(4, round(2 * height * width / stride**2)),
        compactness=ROUNDNESS, start_label=0, channel_axis=-1,
    ).reshape(-1)  # fmt: skip
    sizes = np.bincount(parts)
    flat = scores.reshape(-1, count)
    means = np.stack([np.bincount(parts, flat[:, k]) / sizes for k in range(count)], axis=-1)
    return np.asarray(means[parts].reshape(scores.shape), np.float32)
