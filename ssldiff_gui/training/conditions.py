"""What a diffusion network is conditioned on while it is trained."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.grid import Vectors
from ssldiff_gui.core.protocols import Given
from ssldiff_gui.core.specs import EncoderSpec, PartSpec
from ssldiff_gui.models.encoders import load_encoder
from ssldiff_gui.training.latents import Embed, View, Views
from ssldiff_gui.training.model_settings import DiffusionModel
from ssldiff_gui.training.pictures import Pictures

Place = tuple[View, int, int]
"""A view, and the row and the column of a window's first cell."""

Find = Callable[[str], Path]
Dropped = npt.NDArray[np.bool_]

TEXT_LENGTH = 32
VOCABULARY = 4096
EMPTY = 1  # words begin at 2; 0 fills up


class Conditions(Protocol):
    """A kind of condition."""

    @property
    def key(self) -> str:
        """What says that the same embeddings were made."""
        ...

    @property
    def dim(self) -> int:
        """Of the embeddings that are cached; 0 when there are none."""
        ...

    @property
    def embed(self) -> Embed | None:
        """What makes them."""
        ...

    @property
    def encoder(self) -> EncoderSpec | None:
        """Whose grids the generator will take."""
        ...

    @property
    def part(self) -> PartSpec:
        """The conditioner."""
        ...

    def fit(self, views: Views, pictures: Pictures) -> None:
        """Look at all that is trained on, before the first step."""
        ...

    def given(self, views: Views, places: Sequence[Place], side: int, dropped: Dropped) -> Given:
        """Return what windows are conditioned on; nothing where it is dropped."""
        ...


class Nothing:
    """No condition. The kinds below share its calls, and leave out what they need not."""

    key, dim = "", 0
    embed: Embed | None = None
    encoder: EncoderSpec | None = None

    @property
    def part(self) -> PartSpec:
        """The conditioner."""
        return PartSpec(type="none")

    def fit(self, views: Views, pictures: Pictures) -> None:
        """Look at nothing."""

    def given(self, views: Views, places: Sequence[Place], side: int, dropped: Dropped) -> Given:
        """Return nothing, for as many windows."""
        return Given(classes=np.full(len(places), -1, np.int64))


class Embeddings(Nothing):
    """The embeddings of the cells under a window."""

    def __init__(self, told: DiffusionModel, find: Find) -> None:
        if told.encoder is None:
            raise BadRequest("The configuration names no encoder.", "Set model.encoder.")
        made = load_encoder(find(told.encoder))
        self.encoder: EncoderSpec = made.spec
        self.key, self.dim, self.embed = made.spec.id, made.spec.dim, made.embed
        self._tokens = told.tokens

    @property
    def part(self) -> PartSpec:
        """The conditioner."""
        dims = [self.dim] * self._tokens**2
        return PartSpec(type="embeddings", config={"dims": dims, "linear": "none", "null": "zeros"})

    def given(self, views: Views, places: Sequence[Place], side: int, dropped: Dropped) -> Given:
        """Return the embeddings of windows."""
        found = np.stack([views.vectors(*place, side) for place in places]).astype(np.float32)
        if self._tokens == 1:  # the engine then reads the grid at the window's middle
            found = found.mean(axis=1, keepdims=True)
        found[dropped] = np.nan
        return Given(vectors=found)


class Classes(Nothing):
    """The classes of the pictures."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.names: list[str] = []

    @property
    def part(self) -> PartSpec:
        """The conditioner; its last class is the unconditional one."""
        config = {"classes": len(self.names) + 1, "form": "token", "width": self.width}
        return PartSpec(type="class", config=dict(config))

    def fit(self, views: Views, pictures: Pictures) -> None:
        """Give every class its number."""
        self.names = pictures.labels
        if len(self.names) < 2:
            raise BadRequest(
                "There are no two classes to tell apart.",
                "Put each class into a folder of its own, or take another condition.",
            )
        if any(not entry.label for entry in pictures.entries):
            raise BadRequest("Some pictures have no class.", "Set `labels` for every source.")

    def given(self, views: Views, places: Sequence[Place], side: int, dropped: Dropped) -> Given:
        """Return the classes of windows."""
        found = self._numbers(views, places)
        return Given(classes=np.where(dropped, -1, found))

    def _numbers(self, views: Views, places: Sequence[Place]) -> npt.NDArray[np.int64]:
        of = {name: number for number, name in enumerate(self.names)}
        labels = [views.labels[views.number_of(view)] for view, _, _ in places]
        return np.array([of.get(label, -1) for label in labels])


class Clusters(Classes):
    """Labels that the machine makes itself: the cluster of a view's mean embedding."""

    def __init__(self, told: DiffusionModel, find: Find, width: int) -> None:
        super().__init__(width)
        made = Embeddings(told, find)
        self.key, self.dim, self.embed = made.key, made.dim, made.embed
        self._count = told.clusters
        self.centres: Vectors = np.zeros((0, self.dim), np.float32)

    def fit(self, views: Views, pictures: Pictures) -> None:
        """Find the clusters."""
        from scipy.cluster.vq import kmeans2

        found = views.mean_vectors
        if len(found) < self._count:
            raise BadRequest(
                f"{len(found)} views cannot make {self._count} clusters.", "Lower model.clusters."
            )
        centres, _ = kmeans2(found, self._count, minit="++", rng=np.random.default_rng(0))
        self.centres = np.asarray(centres, np.float32)
        self.names = [f"cluster {k + 1}" for k in range(self._count)]

    def _numbers(self, views: Views, places: Sequence[Place]) -> npt.NDArray[np.int64]:
        means = views.mean_vectors[[views.number_of(view) for view, _, _ in places]]
        distances = np.linalg.norm(means[:, None] - self.centres, axis=2)
        return np.asarray(distances.argmin(axis=1))


class Texts(Classes):
    """A sentence for each class, read by a small text tower that is trained along."""

    def __init__(self, told: DiffusionModel, width: int) -> None:
        super().__init__(width)
        self._texts = told.texts

    @property
    def part(self) -> PartSpec:
        """The conditioner."""
        tower = {
            "vocab_size": VOCABULARY, "hidden_size": self.width,
            "intermediate_size": 4 * self.width, "num_hidden_layers": 2,
            "num_attention_heads": max(1, self.width // 64),
            "max_position_embeddings": TEXT_LENGTH, "bos_token_id": EMPTY,
            "eos_token_id": EMPTY, "pad_token_id": 0,
        }  # fmt: skip
        return PartSpec(
            type="text", config={"config": dict(tower), "empty": [EMPTY] + [0] * (TEXT_LENGTH - 1)}
        )

    def fit(self, views: Views, pictures: Pictures) -> None:
        """See that every class has its text."""
        super().fit(views, pictures)
        if missing := [name for name in self.names if name not in self._texts]:
            raise BadRequest(
                f"There is no text for {', '.join(missing)}.", "Add them to model.texts."
            )

    def given(self, views: Views, places: Sequence[Place], side: int, dropped: Dropped) -> Given:
        """Return the words of windows, as numbers."""
        numbers = self._numbers(views, places)
        texts = [
            "" if gone or k < 0 else self._texts[self.names[k]]
            for k, gone in zip(numbers, dropped, strict=True)
        ]
        return Given(text=words_as_numbers(texts))


def words_as_numbers(texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return (n, length) int64: a number for each word, from its letters; the same everywhere."""
    found = np.zeros((len(texts), TEXT_LENGTH), np.int64)
    for line, text in zip(found, texts, strict=True):
        words = text.casefold().split()[: TEXT_LENGTH - 1]
        numbers = [EMPTY, *(2 + zlib.crc32(word.encode()) % (VOCABULARY - 2) for word in words)]
        line[: len(numbers)] = numbers
    return found


def conditions_of(told: DiffusionModel, find: Find) -> Conditions:
    """Return the conditions that a configuration asks for."""
    width = int(told.arguments.get("dim", 128))
    if told.condition == "embeddings":
        return Embeddings(told, find)
    if told.condition == "class":
        made: Conditions = Classes(width)
    elif told.condition == "cluster":
        made = Clusters(told, find, width)
    elif told.condition == "text":
        made = Texts(told, width)
    else:
        made = Nothing()
    return made
