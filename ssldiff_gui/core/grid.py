"""A region seen as a grid of self-supervised embeddings: the picture that people edit."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadGrid
from ssldiff_gui.core.geometry import Box, Georeference, Region, Scale

Vectors = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


NO_ENCODER = "none"
"""Encoder of a grid that says nothing: it stands under pictures made without embeddings."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a grid was made from.

    Parameters
    ----------
    name
        File name of the slide or scene, without its folder.
    fingerprint
        Of the file's content.
    scene
        Name of the scene inside the file.
    georeference
        Place of level 0 on a planet, for scenes that have one.
    """

    name: str
    fingerprint: str
    scene: str = ""
    georeference: Georeference | None = None


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingGrid:
    """One embedding for each cell of a region; immutable.

    Parameters
    ----------
    vectors
        (rows, columns, dim) float32, raw encoder output; zeros where not valid.
    encoder
        Id of the encoder, which covers its weights and its preprocessing.
    cell
        Side of a cell in pixels, at the resolution the cells were read at.
    scale
        Size of one of those pixels; None when nobody knows.
    valid
        (rows, columns): False for glass and nodata. None means all of them.
    region
        Where the grid was taken: its box begins at the first cell's corner, in level-0 pixels of
        the source; its downsample leads to the resolution of `scale`. None for a grid from
        nothing.
    source
        The file it was taken from.
    """

    vectors: Vectors
    encoder: str
    cell: int
    scale: Scale | None = None
    valid: Mask | None = None
    region: Region | None = None
    source: Source | None = None

    def __post_init__(self) -> None:
        vectors = np.array(self.vectors, dtype=np.float32, order="C")
        if vectors.ndim != 3 or 0 in vectors.shape:
            raise BadGrid(
                f"A grid has rows, columns and values; this array has the shape {vectors.shape}."
            )
        valid = np.ones(vectors.shape[:2], np.bool_) if self.valid is None else self.valid
        valid = np.array(valid, dtype=np.bool_, order="C")
        if valid.shape != vectors.shape[:2]:
            raise BadGrid(
                f"The mask has the shape {valid.shape}, the grid {vectors.shape[:2]}.",
                "Make both from the same region.",
            )
        if self.cell < 1:
            raise BadGrid(f"A cell is at least one pixel wide, not {self.cell}.")
        if not np.isfinite(vectors).all():
            row, column = np.argwhere(~np.isfinite(vectors).all(axis=2))[0]
            raise BadGrid(
                f"The cell in row {row}, column {column} holds NaN or infinity.",
                "Embed the region again, or paint over the cell.",
            )
        vectors[~valid] = 0
        vectors.flags.writeable = False
        valid.flags.writeable = False
        object.__setattr__(self, "vectors", vectors)
        object.__setattr__(self, "valid", valid)

    @property
    def rows(self) -> int:
        """Number of rows of cells."""
        return int(self.vectors.shape[0])

    @property
    def columns(self) -> int:
        """Number of columns of cells."""
        return int(self.vectors.shape[1])

    @property
    def dim(self) -> int:
        """Number of values of one embedding."""
        return int(self.vectors.shape[2])

    @property
    def mask(self) -> Mask:
        """(rows, columns): where there is an embedding."""
        assert self.valid is not None  # noqa: S101 - __post_init__ fills it
        return self.valid

    @property
    def footprint(self) -> float:
        """Side of a cell in level-0 pixels of the source; not always an integer."""
        return self.cell * (1.0 if self.region is None else self.region.downsample)

    def box_of(self, row: int, column: int) -> Box:
        """Return the part of the source that a cell covers, in level-0 pixels."""
        x0, y0 = (0, 0) if self.region is None else (self.region.box.x, self.region.box.y)
        side = self.footprint
        return Box.covering(
            x0 + round(column * side),
            y0 + round(row * side),
            x0 + round((column + 1) * side),
            y0 + round((row + 1) * side),
        )

    def with_vectors(self, vectors: Vectors, valid: Mask | None = None) -> EmbeddingGrid:
        """Return the same grid with other values."""
        return replace(self, vectors=vectors, valid=self.valid if valid is None else valid)

    def trusted(self, vectors: Vectors, valid: Mask) -> EmbeddingGrid:
        """Return the same grid with other values, which are neither copied nor looked at.

        For arrays that are known to be what the constructor makes of any: finite, zero where not
        valid, of the right kind and shape, and written by nobody as long as the grid is in use.
        """
        found = object.__new__(EmbeddingGrid)
        for field in fields(self):
            object.__setattr__(found, field.name, getattr(self, field.name))
        for name, array in (("vectors", vectors.view()), ("valid", valid.view())):
            array.flags.writeable = False
            object.__setattr__(found, name, array)
        return found

    def digest(self) -> str:
        """Return a SHA-256 over all that a render depends on: values, mask, encoder, cell."""
        found = hashlib.sha256(f"{self.vectors.shape}|{self.encoder}|{self.cell}|".encode())
        found.update(self.vectors.astype("<f4").tobytes())
        found.update(self.mask.tobytes())
        return found.hexdigest()


def blank_grid(rows: int, columns: int, cell: int, scale: Scale | None = None) -> EmbeddingGrid:
    """Return a grid that says how large a canvas is, and nothing of what it shows."""
    return EmbeddingGrid(np.zeros((rows, columns, 1), np.float32), NO_ENCODER, cell, scale=scale)


def is_blank(grid: EmbeddingGrid) -> bool:
    """Whether a grid says nothing."""
    return grid.encoder == NO_ENCODER and grid.dim == 1 and not grid.vectors.any()
