"""What stands where in the pictures: boxes and masks, as maps beside the latents."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.training.conditions import Dropped, Find, Place, encoder_of, labels_of
from ssldiff_gui.training.latents import Marks, Views
from ssldiff_gui.training.model_settings import DiffusionModel
from ssldiff_gui.training.pictures import Entry, Pictures, Pixels
from ssldiff_gui.training.self_labels.labelled import (
    INDEX,
    NOWHERE,
    PictureLabels,
    read_labels,
    read_mask,
)
from ssldiff_gui.training.self_labels.lost import box_map, boxes
from ssldiff_gui.training.self_labels.masks import MaskMaker

if TYPE_CHECKING:
    from ssldiff_gui.core.specs import PartSpec

Maps = npt.NDArray[np.float32]
MANY = 512
"""Pictures that classes of masks are found in, at most."""


class Marker(Protocol):
    """Says what stands where in a picture."""

    @property
    def key(self) -> str:
        """What says that the same was found."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """Of the classes; the one name "" stands for anything."""
        ...

    def fit(self, pictures: Pictures, progress: Progress) -> None:
        """Look at the pictures that are trained on, before any is asked for."""
        ...

    def mark(self, entry: Entry, picture: Pixels) -> Marks:
        """Return (height, width) numbers of classes, `NOWHERE` where there is nothing."""
        ...


class Layouts:
    """Boxes or masks of the pictures of a run.

    Parameters
    ----------
    marker
        Finds them.
    """

    def __init__(self, marker: Marker) -> None:
        self._marker = marker
        self._kept: dict[int, bytes] = {}
        self.names, self.key = marker.names, marker.key

    def fit(self, pictures: Pictures, progress: Progress) -> None:
        """Look at all pictures; those that are trained on say which classes there are."""
        self._marker.fit(pictures, progress)
        self.names = self._marker.names

    def areas(self, pictures: Pictures, number: int) -> Marks:
        """Return what stands where in a picture; it is found once for all views of it."""
        entry = pictures.entries[number]
        kept = self._kept.get(entry.start)
        if kept is None:
            found = self._marker.mark(entry, pictures[number]).astype(np.int16)
            kept = self._kept[entry.start] = zlib.compress(found.tobytes(), 1)
        flat = np.frombuffer(zlib.decompress(kept), np.int16)
        return flat.reshape(entry.height, entry.width)

    def release(self) -> None:
        """Let go of what was needed for looking."""
        self._kept = {}
        del self._marker

    def given(self, views: Views, places: Sequence[Place], side: int, dropped: Dropped) -> Maps:
        """Return (windows, classes, height, width): 1 where a class is; zeros where dropped."""
        marks = np.stack([views.marks(*place, side) for place in places])
        marks[dropped] = NOWHERE
        numbers = np.arange(len(self.names), dtype=np.int16)
        return np.asarray(marks[:, None] == numbers[:, None, None], np.float32)

    def beside(self, part: PartSpec) -> PartSpec:
        """Return a conditioner that takes these maps as well."""
        count = len(self.names)
        if part.type == "none":
            return part.model_copy(update={"type": "maps", "config": {"channels": count}})
        return part.model_copy(update={"config": {**part.config, "maps": count}})


class OwnBoxes:
    """Boxes around things, found by the machine itself."""

    names = ("",)

    def __init__(self, told: DiffusionModel, find: Find) -> None:
        self._encoder = encoder_of(told, find)
        self.key = f"boxes by {self._encoder.spec.id}"

    def fit(self, pictures: Pictures, progress: Progress) -> None:
        """Need nothing: each picture speaks for itself."""

    def mark(self, entry: Entry, picture: Pixels) -> Marks:
        """Return 0 inside of boxes."""
        found = boxes(self._encoder, np.ascontiguousarray(picture))
        return box_map(found, entry.height, entry.width).astype(np.int16) - 1


class OwnMasks:
    """Masks of classes that the machine finds among the tokens of an encoder."""

    def __init__(self, told: DiffusionModel, find: Find, seed: int) -> None:
        self._encoder = encoder_of(told, find)
        self._count, self._seed = told.areas, seed
        self.key = f"{told.areas} masks by {self._encoder.spec.id}, {seed}"
        self.names = tuple(f"area {k + 1}" for k in range(told.areas))
        self._maker: MaskMaker | None = None

    def fit(self, pictures: Pictures, progress: Progress) -> None:
        """Find the classes."""
        there = pictures.training()
        few = np.linspace(0, len(there) - 1, min(len(there), MANY)).round().astype(int)
        seen = [np.ascontiguousarray(there[k]) for k in few]
        self._maker = MaskMaker.fit(self._encoder, seen, self._count, self._seed, progress)

    def mark(self, entry: Entry, picture: Pixels) -> Marks:  # noqa: ARG002 - all is in the picture
        """Return the classes of a picture."""
        assert self._maker is not None  # noqa: S101 - it was fitted before
        return self._maker.mask(np.ascontiguousarray(picture))


class Known:
    """Boxes or masks that lie in a folder of labels.

    Parameters
    ----------
    folder
        With `labels.json`.
    form
        Which of the two.
    """

    def __init__(self, folder: Path, form: str) -> None:
        self._labels = read_labels(folder)
        self._folder = folder if folder.is_dir() else folder.parent
        self._form = form
        self._of: dict[tuple[int, str], PictureLabels] = {}
        self._crops: list[float] = []
        self.names = ("",) if form == "boxes" else self._labels.classes
        self.key = f"{form} {_digest(self._folder, self._labels.pictures)}"

    def fit(self, pictures: Pictures, progress: Progress) -> None:  # noqa: ARG002
        """See that the pictures have labels."""
        self._crops = [float(source["crop"]) for source in pictures.facts["wanted"]["sources"]]
        self._of = labels_of(self._labels, pictures)
        missing = [e.name for e in pictures.entries if (e.source, e.name) not in self._of]
        if missing:
            raise BadRequest(
                f"{missing[0]}{' and others are' if len(missing) > 1 else ' is'} not in the "
                "labels that model.labels names.",
                "Label the same folder of pictures that is trained on.",
            )
        told = self._of.values()
        if not any(one.boxes if self._form == "boxes" else one.mask for one in told):
            raise BadRequest(
                f"The labels in {self._folder} hold no {self._form}.",
                f"Make them: ssldiff label PICTURES --method {self._form} -o LABELS.",
            )

    def mark(self, entry: Entry, picture: Pixels) -> Marks:  # noqa: ARG002 - the folder knows
        """Return what the folder says of a picture, at the run's resolution."""
        one = self._of[entry.source, entry.name]
        if self._form == "boxes":
            found = box_map(one.areas, one.height, one.width).astype(np.int16) - 1
        else:
            found = read_mask(self._folder, self._labels, one)
        return _brought(found, entry, self._crops[entry.source])


def layouts_of(told: DiffusionModel, find: Find, seed: int) -> Layouts | None:
    """Return what says where things stand; None when the configuration asks for nothing."""
    if told.layout is None:
        return None
    if told.labels != "self":
        return Layouts(Known(Path(told.labels).expanduser(), told.layout))
    return Layouts(OwnBoxes(told, find) if told.layout == "boxes" else OwnMasks(told, find, seed))


def _brought(found: Marks, entry: Entry, crop: float) -> Marks:
    """Return the middle of a picture's labels in the size that the picture has in the run."""
    height, width = (max(1, round(n * crop)) for n in found.shape)
    top, left = (found.shape[0] - height) // 2, (found.shape[1] - width) // 2
    part = np.ascontiguousarray(found[top : top + height, left : left + width])
    if part.shape == (entry.height, entry.width):
        return part
    size = (entry.width, entry.height)
    return np.asarray(Image.fromarray(part.astype(np.int32)).resize(size, Image.Resampling.NEAREST))


def _digest(folder: Path, pictures: Sequence[PictureLabels]) -> str:
    """Return a hash over the labels and their masks."""
    found = hashlib.sha256((folder / INDEX).read_bytes())
    for one in pictures:
        if one.mask is not None and (folder / one.mask).is_file():
            found.update((folder / one.mask).read_bytes())
    return found.hexdigest()
