"""Pictures → vectors, for those who measure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.grid import Vectors
from ssldiff_gui.core.progress import Progress

RGB = npt.NDArray[np.uint8]

BATCH = 256
"""Cells that an encoder sees at once."""


class Embeds(Protocol):
    """Whoever turns cells into vectors."""

    def embed(self, cells: RGB) -> Vectors:
        """Return (n, dim) float32 for (n, cell, cell, 3) uint8 RGB."""
        ...


def cells_of(pictures: RGB, cell: int) -> RGB:
    """Return (n, rows, columns, cell, cell, 3) of (n, height, width, 3), cut to whole cells."""
    count, height, width, _ = pictures.shape
    rows, columns = height // cell, width // cell
    whole = pictures[:, : rows * cell, : columns * cell]
    return whole.reshape(count, rows, cell, columns, cell, 3).swapaxes(2, 3)


def embed_cells(encoder: Embeds, cells: RGB) -> Vectors:
    """Return (n, dim) of (n, cell, cell, 3), a batch at a time."""
    parts = [
        encoder.embed(np.ascontiguousarray(cells[start : start + BATCH]))
        for start in range(0, len(cells), BATCH)
    ]
    return np.concatenate(parts)


def embed_pictures(
    encoder: Embeds, pictures: RGB, cell: int, progress: Progress, words: str
) -> Vectors:
    """Return (n, rows, columns, dim) of pictures of one size."""
    found = []
    for number, picture in enumerate(pictures):
        progress.check()
        progress.report(number, len(pictures), words)
        cells = cells_of(picture[None], cell)[0]
        rows, columns = cells.shape[:2]
        vectors = embed_cells(encoder, cells.reshape(-1, cell, cell, 3))
        found.append(vectors.reshape(rows, columns, -1))
    return np.stack(found)


def some_cells(picture: RGB, cell: int, most: int) -> RGB:
    """Return (n, cell, cell, 3): all cells of a picture, or `most` evenly spread over it."""
    cells = cells_of(picture[None], cell)[0]
    rows, columns = cells.shape[:2]
    flat = cells.reshape(-1, cell, cell, 3)
    if rows * columns <= most:
        return np.ascontiguousarray(flat)
    side = max(1, int(most**0.5))
    down, across = (
        np.unique(((np.arange(min(side, n)) + 0.5) * n / min(side, n)).astype(np.int64))
        for n in (rows, columns)
    )
    return np.ascontiguousarray(cells[down][:, across].reshape(-1, cell, cell, 3))


def pooled(vectors: Vectors) -> Vectors:
    """Return (2 · dim,): mean and standard deviation of a picture's cells."""
    wide = vectors.astype(np.float64)
    return np.concatenate([wide.mean(axis=0), wide.std(axis=0)]).astype(np.float32)


def windows_of(grids: Vectors, side: int, step: int | None = None) -> Vectors:
    """Return (n, dim): the mean embedding of windows of `side` cells.

    Parameters
    ----------
    grids
        (n, rows, columns, dim).
    side
        In cells; at most what the grids have.
    step
        Between windows, in cells; None has them overlap by half.
    """
    rows, columns = grids.shape[1:3]
    side = min(side, rows, columns)
    step = step or max(1, side // 2)
    found = [
        grids[:, top : top + side, left : left + side].mean(axis=(1, 2))
        for top in range(0, rows - side + 1, step)
        for left in range(0, columns - side + 1, step)
    ]
    return np.stack(found, axis=1).reshape(-1, grids.shape[-1])


def squares_of(pictures: RGB, side: int) -> RGB:
    """Return (n, side, side, 3): pictures cut into squares, those of a picture together."""
    side = min(side, *pictures.shape[1:3])
    cut = cells_of(pictures, side)
    return np.ascontiguousarray(cut.reshape(-1, side, side, 3))


def sheet(rows: Sequence[Sequence[RGB]], gap: int = 4) -> RGB:
    """Return pictures of one size side by side, row by row, with white between."""
    height, width = rows[0][0].shape[:2]
    columns = max(len(row) for row in rows)
    size = (len(rows) * (height + gap) - gap, columns * (width + gap) - gap, 3)
    made = np.full(size, 255, np.uint8)
    for down, row in enumerate(rows):
        for across, picture in enumerate(row):
            top, left = down * (height + gap), across * (width + gap)
            made[top : top + height, left : left + width] = picture
    return made


def to_levels(pictures: npt.NDArray[np.floating]) -> RGB:
    """Return (n, height, width, 3) uint8 of (n, 3, height, width), about -1 to 1."""
    levels = np.rint((np.clip(pictures, -1, 1) + 1) * 127.5).astype(np.uint8)
    return np.ascontiguousarray(levels.transpose(0, 2, 3, 1))


def recoded(coder: Callable[[RGB], RGB], pictures: RGB, progress: Progress) -> RGB:
    """Return pictures that went through an autoencoder, a few at a time."""
    parts = []
    for start in range(0, len(pictures), 8):
        progress.check()
        progress.report(start, len(pictures), "Coding and decoding")
        parts.append(coder(pictures[start : start + 8]))
    return np.concatenate(parts)
