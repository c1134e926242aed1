"""Whose features tell how far pictures are apart: a domain's encoder, or Inception."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from ssldiff_gui.core.errors import BadRequest, MissingModel
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.jobs.evaluate_features import cells_of, embed_cells
from ssldiff_gui.models.encoder_choice import only_encoder_for
from ssldiff_gui.models.folders import installed_models

if TYPE_CHECKING:
    from ssldiff_gui.jobs.kept import Kept
    from ssldiff_gui.models.encoders import TimmEncoder

RGB = npt.NDArray[np.uint8]
Vectors = npt.NDArray[np.float32]

INCEPTION = "inception"
SEEN = 256
"""Side in pixels of what is judged at once, about."""

BATCH = 32


class Judge(Protocol):
    """Pictures of one size → a vector each."""

    @property
    def name(self) -> str:
        """Who it is."""
        ...

    @property
    def pixel(self) -> PixelSize | None:
        """The resolution it is used to; None for any."""
        ...

    @property
    def common(self) -> bool:
        """Whether its distances are as papers print them; else in units of the real set."""
        ...

    def side(self, shortest: int) -> int:
        """Return the side of the squares it looks at, when pictures have such a shortest side."""
        ...

    def features(self, pictures: RGB) -> Vectors:
        """Return (n, dim) of (n, side, side, 3)."""
        ...


@dataclass(frozen=True, slots=True)
class EncoderJudge:
    """The mean embedding of a picture's cells."""

    encoder: TimmEncoder
    common: bool = False

    @property
    def name(self) -> str:
        """The encoder's id."""
        return self.encoder.spec.id

    @property
    def pixel(self) -> PixelSize | None:
        """The resolution that the encoder was trained at."""
        return self.encoder.spec.pixel

    def side(self, shortest: int) -> int:
        """Return whole cells; a picture smaller than a cell is enlarged to one."""
        cell = self.encoder.spec.cell
        if shortest < cell:
            return shortest
        return min(shortest // cell, max(1, round(SEEN / cell))) * cell

    def features(self, pictures: RGB) -> Vectors:
        """Return (n, dim)."""
        cell = self.encoder.spec.cell
        if pictures.shape[1] < cell:
            pictures = np.stack([_resized(picture, cell) for picture in pictures])
        cells = cells_of(pictures, cell)
        count, rows, columns = cells.shape[:3]
        vectors = embed_cells(self.encoder, cells.reshape(-1, cell, cell, 3))
        found: Vectors = vectors.reshape(count, rows * columns, -1).mean(axis=1)
        return found


def judge_of(
    name: str | None, unit: Literal["µm", "m"] | None, device: str, models: Kept
) -> tuple[Judge, str | None]:
    """Return who judges, and what has to be said of the choice.

    Parameters
    ----------
    name
        "inception", or the name or folder of an encoder; None takes the one that fits.
    unit
        "µm" for slides, "m" for scenes, None when nobody knows.
    device, models
        As everywhere.

    Raises
    ------
    MissingModel, BadRequest
        There is none, or several fit.
    """
    if name == INCEPTION:
        from ssldiff_gui.models.inception import load_inception

        return load_inception(device), None
    if name is not None:
        return EncoderJudge(models.encoder(name, device)), None
    try:
        found = only_encoder_for(unit)
    except (MissingModel, BadRequest) as error:
        names = [
            entry.name for entry in installed_models()
            if entry.model is not None and entry.model.encoder is not None
        ]  # fmt: skip
        raise BadRequest(
            f"Nobody said whose features judge: {error.message}",
            f"Name an encoder with --judge: {', '.join(names) or 'none is installed'}.",
        ) from error
    return EncoderJudge(models.encoder(found, device)), f"The judge is {found}: it fits the images."


def features_of(judge: Judge, pictures: Iterable[RGB]) -> Vectors:
    """Return (n, dim) of pictures of one size, a batch at a time."""
    parts = [judge.features(np.stack(batch)) for batch in _batches(iter(pictures))]
    return np.concatenate(parts) if parts else np.zeros((0, 1), np.float32)


def _batches(pictures: Iterator[RGB]) -> Iterator[list[RGB]]:
    while batch := list(islice(pictures, BATCH)):
        yield batch


def _resized(picture: RGB, side: int) -> RGB:
    return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC))
