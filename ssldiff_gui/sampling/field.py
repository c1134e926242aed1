"""What each window is conditioned on: a grid of embeddings seen from any place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import IncompatibleGrid
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.grid import NO_ENCODER, EmbeddingGrid, Mask, Vectors, is_blank
from ssldiff_gui.core.protocols import Given
from ssldiff_gui.core.slerp import between_cells
from ssldiff_gui.core.specs import GeneratorSpec
from ssldiff_gui.sampling.plan import Layer, Place

Corners = Sequence[tuple[int, int]]
Shares = npt.NDArray[np.float32]

SCALE_TOLERANCE = 0.02
"""Scanners disagree by a percent about the same objective."""


class Field(Protocol):
    """Conditions for windows anywhere on the canvas."""

    def given(self, corners: Corners) -> Given:
        """Return what windows are conditioned on, by their top left corners in latents."""
        ...

    def empty(self, box: Box) -> bool:
        """Whether nothing is to be drawn in a box of latents."""
        ...

    def shown(self, pixels: Box) -> Shares | None:
        """Return (height, width) shares from 0 to 1 of what is drawn; None when all of it is."""
        ...


class GridField:
    """A grid of embeddings under a canvas.

    A window is conditioned on the embedding at its own place, between the four cells around it;
    or, for models that take several, on the block of cells it stands on. Cells without an
    embedding stay white; windows at their border see the nearest one that has one. Under models
    that take no embeddings lies a blank grid.

    Parameters
    ----------
    grid
        Of the model's encoder, cell and scale.
    spec
        Of the generator.
    """

    def __init__(self, grid: EmbeddingGrid, spec: GeneratorSpec) -> None:
        require_fit(grid, spec)
        self.spec = spec
        self.grid = grid
        self._whole = bool(grid.mask.all())
        self._vectors = grid.vectors if self._whole else _filled(grid.vectors, grid.mask)
        rows, columns = grid.mask.shape
        self._sums = np.zeros((rows + 1, columns + 1), np.int64)
        self._sums[1:, 1:] = grid.mask.cumsum(0).cumsum(1)

    def given(self, corners: Corners) -> Given:
        """Return the embeddings for windows, by their top left corners in latents."""
        if self.spec.encoder is None:
            return Given()
        tops, lefts = (np.array(axis, np.float64) for axis in zip(*corners, strict=True))
        if self.spec.tokens == 1:
            middle = (self.spec.window / self.spec.cell - 1) / 2
            rows, columns = (axis / self.spec.cell + middle for axis in (tops, lefts))
            return Given(vectors=between_cells(self._vectors, rows, columns)[:, None, :])
        side = np.arange(self.spec.tokens)
        rows = np.minimum(
            tops.astype(np.int64)[:, None] // self.spec.cell + side, self.grid.rows - 1
        )
        columns = np.minimum(
            lefts.astype(np.int64)[:, None] // self.spec.cell + side, self.grid.columns - 1
        )
        blocks = self._vectors[rows[:, :, None], columns[:, None, :]]
        return Given(vectors=blocks.reshape(len(corners), -1, self.grid.dim))

    def empty(self, box: Box) -> bool:
        """Whether no cell under a box of latents, or beside it, holds an embedding."""
        if self._whole:
            return False
        rows, columns = self._span(box.y, box.y2, 0), self._span(box.x, box.x2, 1)
        return not self._count(rows, columns)

    def shown(self, pixels: Box) -> Shares | None:
        """Return the share of what is drawn: it fades out between a cell and an empty one."""
        if self._whole:
            return None
        side = self.spec.cell * self.spec.factor
        rows = _fade(np.arange(pixels.y, pixels.y2), side, self.grid.rows)
        columns = _fade(np.arange(pixels.x, pixels.x2), side, self.grid.columns)
        return np.asarray(rows @ self.grid.mask.astype(np.float32) @ columns.T)

    def changed(self, other: GridField, layer: Layer) -> set[Place]:
        """Return the windows of a phase that see something else here than in another field."""
        masks = self.grid.mask != other.grid.mask
        differs = (self._vectors != other._vectors).any(axis=2) | masks
        found: set[Place] = set()
        for row, column in np.argwhere(differs):
            found.update(layer.touching(self._around(int(row), int(column))))
        if masks.any() or not found:
            return found
        places = sorted(found)
        corners = [layer.corner(place) for place in places]
        ours, theirs = (GridField.given(one, corners).vectors for one in (self, other))
        same = [np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True)]  # type: ignore[arg-type]
        return {place for place, equal in zip(places, same, strict=True) if not equal}

    def _around(self, row: int, column: int) -> Box:
        """Return the latents of a cell and of its neighbours."""
        cell = self.spec.cell
        return Box((column - 1) * cell, (row - 1) * cell, 3 * cell, 3 * cell)

    def _span(self, start: int, stop: int, axis: int) -> tuple[int, int]:
        """Return the cells from which something is seen between two latents."""
        cell, count = self.spec.cell, self.grid.mask.shape[axis]
        first = int(np.floor(start / cell - 0.5))
        last = int(np.ceil(stop / cell - 0.5))
        return min(max(first, 0), count - 1), min(max(last, 0), count - 1) + 1

    def _count(self, rows: tuple[int, int], columns: tuple[int, int]) -> int:
        (top, bottom), (left, right) = rows, columns
        sums = self._sums
        return int(sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left])


def require_fit(grid: EmbeddingGrid, spec: GeneratorSpec) -> None:
    """Raise `IncompatibleGrid` unless a generator can render a grid."""
    if spec.encoder is None:
        if not is_blank(grid) or not grid.mask.all():
            raise IncompatibleGrid(
                f"{spec.title} takes no grid.", "Choose a model that is conditioned on embeddings."
            )
    elif grid.encoder == NO_ENCODER:
        raise IncompatibleGrid(
            f"The grid is blank, and {spec.title} is conditioned on embeddings.",
            "Embed a region, or have a prior draw a grid: ssldiff prior.",
        )
    elif grid.encoder != spec.encoder:
        raise IncompatibleGrid(
            f"The grid was made with {grid.encoder}; {spec.title} was trained on {spec.encoder}.",
            "Embed the region with that encoder, choose a model that fits the grid, or turn the "
            "grid into one of that encoder with `ssldiff map`.",
        )
    if spec.dim is not None and grid.dim != spec.dim:
        raise IncompatibleGrid(
            f"The grid's embeddings have {grid.dim} values; {spec.title} takes {spec.dim}.",
            "Embed the region again with the model's encoder.",
        )
    if grid.cell != spec.cell * spec.factor:
        raise IncompatibleGrid(
            f"A cell of the grid is {grid.cell} pixels wide; {spec.title} takes "
            f"{spec.cell * spec.factor}.",
            "Embed the region again with the model's encoder.",
        )
    _require_scale(grid, spec)


def _require_scale(grid: EmbeddingGrid, spec: GeneratorSpec) -> None:
    if grid.scale is None or spec.pixel is None:
        return
    wanted = spec.pixel
    near = abs(grid.scale.x / wanted.size - 1) <= SCALE_TOLERANCE
    if grid.scale.unit != wanted.unit or not near:
        raise IncompatibleGrid(
            f"The grid was taken at {grid.scale.x:g} {grid.scale.unit} a pixel; {spec.title} "
            f"was trained at {wanted.size:g} {wanted.unit}.",
            "Embed the region at that scale.",
        )


def _filled(vectors: Vectors, mask: Mask) -> Vectors:
    """Return the grid with each missing embedding replaced by the nearest one that is there."""
    if not mask.any():
        raise IncompatibleGrid(
            "No cell of the grid holds an embedding.", "Choose a region with tissue or land in it."
        )
    from scipy.ndimage import distance_transform_edt

    rows, columns = distance_transform_edt(~mask, return_distances=False, return_indices=True)
    return np.asarray(vectors[rows, columns])


def _fade(pixels: npt.NDArray[np.int64], side: int, count: int) -> Shares:
    """Return (pixels, cells): each cell's share in a pixel, smooth from centre to centre."""
    place = np.clip((pixels + 0.5) / side - 0.5, 0, count - 1)
    first = np.minimum(place.astype(np.int64), max(count - 2, 0))
    share = place - first
    share = share * share * (3 - 2 * share)
    shares = np.zeros((len(pixels), count), np.float32)
    index = np.arange(len(pixels))
    shares[index, first] = 1 - share
    shares[index, np.minimum(first + 1, count - 1)] += share
    return shares
