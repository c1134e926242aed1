"""What a diffusion network is conditioned on while it is trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.protocols import Given
from ssldiff_gui.core.specs import EncoderSpec, GeneratorSpec, PartSpec
from ssldiff_gui.models.encoders import load_encoder
from ssldiff_gui.training.latents import Embed, View, Views
from ssldiff_gui.training.model_settings import DiffusionModel
from ssldiff_gui.training.pictures import Pictures
from ssldiff_gui.training.self_labels.clusters import Clusters as KMeans
from ssldiff_gui.training.self_labels.labelled import Labelled, PictureLabels, read_labels

if TYPE_CHECKING:
    import torch

    from ssldiff_gui.models.encoders import TimmEncoder
    from ssldiff_gui.models.generators.conditioners import Conditioner

Place = tuple[View, int, int]
"""A view, and the row and the column of a window's first cell."""

Find = Callable[[str], Path]
Dropped = npt.NDArray[np.bool_]


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
    def width(self) -> int:
        """Of the tokens that the network is told; 0 when there are none."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Names, in the order of their numbers, when it is a class."""
        ...

    @property
    def captions(self) -> tuple[str, ...]:
        """Some of the texts that were read."""
        ...

    @property
    def part(self) -> PartSpec:
        """The conditioner."""
        ...

    def fit(self, views: Views, pictures: Pictures, folder: Path) -> None:
        """Look at all pictures, before the first step; what is kept goes into a folder."""
        ...

    def release(self) -> None:
        """Let go of what was needed for looking."""
        ...

    def teller(self, spec: GeneratorSpec) -> Conditioner | None:
        """Return what tells the network its condition when nothing of that is trained."""
        ...

    def weights(self) -> Mapping[str, torch.Tensor]:
        """Return the weights of the conditioner, when they are not trained."""
        ...

    def files(self) -> Mapping[str, Path]:
        """Return what else belongs to the generator, by the names of its files."""
        ...

    def given(self, views: Views, places: Sequence[Place], side: int, dropped: Dropped) -> Given:
        """Return what windows are conditioned on; nothing where it is dropped."""
        ...


class Nothing:
    """No condition. The kinds below share its calls, and leave out what they need not."""

    key, dim, width = "", 0, 0
    embed: Embed | None = None
    encoder: EncoderSpec | None = None
    classes: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()

    @property
    def part(self) -> PartSpec:
        """The conditioner."""
        return PartSpec(type="none")

    def fit(self, views: Views, pictures: Pictures, folder: Path) -> None:
        """Look at nothing."""

    def release(self) -> None:
        """Let the encoder go: its embeddings are kept."""
        self.embed = None

    def teller(self, spec: GeneratorSpec) -> Conditioner | None:
        """Return None: what tells it is trained along."""
        return None

    def weights(self) -> Mapping[str, torch.Tensor]:
        """Return none: what there is, is trained."""
        return {}

    def files(self) -> Mapping[str, Path]:
        """Return none."""
        return {}

    def given(self, views: Views, places: Sequence[Place], side: int, dropped: Dropped) -> Given:
        """Return nothing, for as many windows."""
        return Given(classes=np.full(len(places), -1, np.int64))


class Embeddings(Nothing):
    """The embeddings of the cells under a window."""

    def __init__(self, told: DiffusionModel, find: Find) -> None:
        made = encoder_of(told, find)
        self.encoder: EncoderSpec = made.spec
        self.key, self.dim, self.embed = made.spec.id, made.spec.dim, made.embed
        self.width = self.dim
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

    @property
    def part(self) -> PartSpec:
        """The conditioner; its last class is the unconditional one."""
        config = {"classes": len(self.classes) + 1, "form": "token", "width": self.width}
        return PartSpec(type="class", config=dict(config))

    def fit(self, views: Views, pictures: Pictures, folder: Path) -> None:
        """Give every class its number."""
        self.classes = tuple(pictures.training().labels)
        if len(self.classes) < 2:
            raise BadRequest(
                "There are no two classes to tell apart.",
                "Put each class into a folder of its own, or take another condition.",
            )
        if any(not entry.label for entry in pictures.training().entries):
            raise BadRequest("Some pictures have no class.", "Set `labels` for every source.")

    def given(self, views: Views, places: Sequence[Place], side: int, dropped: Dropped) -> Given:
        """Return the classes of windows."""
        found = self._numbers(views, [views.number_of(view) for view, _, _ in places])
        return Given(classes=np.where(dropped, -1, found))

    def _numbers(self, views: Views, numbers: Sequence[int]) -> npt.NDArray[np.int64]:
        """Return the classes of views, -1 for one that is not known."""
        of = {name: number for number, name in enumerate(self.classes)}
        return np.array([of.get(views.labels[k], -1) for k in numbers])


class Clusters(Classes):
    """Labels that the machine makes itself: the cluster of a view's mean embedding."""

    def __init__(self, told: DiffusionModel, find: Find, width: int) -> None:
        super().__init__(width)
        made = encoder_of(told, find)
        self.key, self.dim, self.embed = made.spec.id, made.spec.dim, made.embed
        self._count = told.clusters
        self._found: KMeans | None = None

    def fit(self, views: Views, pictures: Pictures, folder: Path) -> None:
        """Find the clusters."""
        if len(views) < self._count:
            raise BadRequest(
                f"{len(views)} views cannot make {self._count} clusters.", "Lower model.clusters."
            )
        self._found = KMeans.fit(views.mean_vectors, self._count)
        self.classes = self._found.names

    def _numbers(self, views: Views, numbers: Sequence[int]) -> npt.NDArray[np.int64]:
        assert self._found is not None  # noqa: S101 - they were fitted before
        return self._found.numbers(views.mean_vectors[[*numbers]])


class KnownClusters(Classes):
    """Clusters that were found before, and may have been corrected since."""

    def __init__(self, folder: Path, width: int) -> None:
        super().__init__(width)
        self._labels: Labelled = read_labels(folder)
        self.classes = self._labels.classes
        self._of: dict[tuple[int, str], int | None] = {}

    def fit(self, views: Views, pictures: Pictures, folder: Path) -> None:
        """See that every picture has its cluster."""
        found = labels_of(self._labels, pictures)
        self._of = {key: one.cluster for key, one in found.items()}
        there = pictures.training().entries
        if missing := [e.name for e in there if self._of.get((e.source, e.name)) is None]:
            raise BadRequest(
                f"{missing[0]}{' and others have' if len(missing) > 1 else ' has'} no cluster in "
                "the folder that model.labels names.",
                "Label the same folder of pictures that is trained on.",
            )

    def _numbers(self, views: Views, numbers: Sequence[int]) -> npt.NDArray[np.int64]:
        entries = [views.entries[k] for k in numbers]
        found = [self._of.get((entry.source, entry.name)) for entry in entries]
        return np.array([-1 if cluster is None else cluster for cluster in found], np.int64)


def labels_of(labels: Labelled, pictures: Pictures) -> dict[tuple[int, str], PictureLabels]:
    """Return the labels of pictures, by their source's number and their name.

    The folder that was labelled is a source, or the folder above several of them.
    """
    of = labels.by_name()
    above = [Path(source["path"]).name for source in pictures.facts["wanted"]["sources"]]
    found = {}
    for entry in pictures.entries:
        one = of.get(entry.name) or of.get(f"{above[entry.source]}/{entry.name}")
        if one is not None:
            found[entry.source, entry.name] = one
    return found


def encoder_of(told: DiffusionModel, find: Find) -> TimmEncoder:
    """Return the encoder that a configuration names."""
    if told.encoder is None:
        raise BadRequest("The configuration names no encoder.", "Set model.encoder.")
    return load_encoder(find(told.encoder))


def conditions_of(told: DiffusionModel, find: Find) -> Conditions:
    """Return the conditions that a configuration asks for."""
    heard = told.arguments.get("dim", told.arguments.get("cross_attention_dim", 128))
    width = int(heard)
    if told.condition == "embeddings":
        return Embeddings(told, find)
    if told.condition == "cluster" and told.labels != "self":
        return KnownClusters(Path(told.labels).expanduser(), width)
    if told.condition == "text":
        from ssldiff_gui.training.conditions_text import texts_of

        return texts_of(told, width)
    if told.condition == "class":
        made: Conditions = Classes(width)
    elif told.condition == "cluster":
        made = Clusters(told, find, width)
    else:
        made = Nothing()
    return made
