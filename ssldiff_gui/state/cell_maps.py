"""What is known of the cells of a grid, as data: colours, clusters, likeness, places in a plane.

Each map is fitted once to a whole grid, which takes time, and then says at once what it makes of
any embedding: so the cells that an edit changes get their new colours while it is made.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.edit_clusters import clusters, directions
from ssldiff_gui.core.edit_grids import Cell, Indices
from ssldiff_gui.core.grid import EmbeddingGrid, Mask, Vectors
from ssldiff_gui.core.grid_colours import GridColours
from ssldiff_gui.core.oklab import RGB, ramp
from ssldiff_gui.core.support import Support
from ssldiff_gui.state.cell_selection import Cosines, centre_of, likeness

LETTERS = "ABCDEFGHIJKL"
CLUSTER_COLOURS: tuple[tuple[int, int, int], ...] = (
    (0, 114, 178),
    (230, 159, 0),
    (0, 158, 115),
    (240, 228, 66),
    (86, 180, 233),
    (213, 94, 0),
    (204, 121, 167),
    (102, 0, 34),
    (0, 0, 153),
    (119, 255, 255),
    (119, 85, 85),
    (153, 102, 255),
)
"""Okabe and Ito's, and five more that are as far from them, and each other, for eyes that confuse
red with green or blue with yellow."""

MOST_CLUSTERS = len(CLUSTER_COLOURS)
SCATTERED = 20_000
"""Points of a scatter plot at most, evenly taken."""

NEW_MARK = "!"
"""Borne by cells that are unlike all that a generator was trained on."""

_FARTHEST = 2.0

Labels = npt.NDArray[np.intp]
Method = Literal["pca", "umap"]


@dataclass(frozen=True, slots=True)
class Legend:
    """What colours mean.

    Parameters
    ----------
    colours
        RGB, 0–255 each.
    words
        One for each colour: the letter of a cluster, a value of a ramp.
    even
        Whether the colours are points of a ramp, and all between them occur.
    """

    colours: tuple[tuple[int, int, int], ...] = ()
    words: tuple[str, ...] = ()
    even: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ClusterMap:
    """The kinds that the cells of a grid are parted into.

    Parameters
    ----------
    centres
        (k, dim) float64 unit vectors, the largest cluster first.
    labels
        (rows, columns) numbers from 0, -1 for glass.
    """

    centres: npt.NDArray[np.float64]
    labels: Labels

    @classmethod
    def fitted(cls, grid: EmbeddingGrid, count: int, seed: int = 0) -> ClusterMap:
        """Part the cells into at most `count` kinds, and no more than there are colours."""
        vectors = grid.vectors[grid.mask]
        labels = np.full(grid.mask.shape, -1, np.intp)
        if not len(vectors):
            return cls(np.zeros((0, grid.dim)), labels)
        found = clusters(vectors, min(max(count, 1), MOST_CLUSTERS), seed)
        kinds, sizes = np.unique(found, return_counts=True)
        kinds = kinds[np.argsort(-sizes, kind="stable")]
        units = directions(vectors)
        centres = directions(
            np.stack([units[found == kind].sum(0) for kind in kinds]).astype(np.float32)
        )
        place = np.empty(int(kinds.max()) + 1, np.intp)
        place[kinds] = np.arange(len(kinds))
        labels[grid.mask] = place[found]
        return cls(centres, labels)

    @property
    def letters(self) -> tuple[str, ...]:
        """What tells the clusters apart without colour."""
        return tuple(LETTERS[: len(self.centres)])

    @property
    def colours(self) -> RGB:
        """(k, 3) uint8."""
        return np.array(CLUSTER_COLOURS[: len(self.centres)], np.uint8).reshape(-1, 3)

    @property
    def counts(self) -> tuple[int, ...]:
        """How many cells each cluster has."""
        known = self.labels[self.labels >= 0]
        return tuple(np.bincount(known, minlength=len(self.centres)).tolist())

    def mask(self, index: int) -> Mask:
        """(rows, columns): the cells of one cluster."""
        found: Mask = self.labels == index
        return found

    def of(self, vectors: Vectors, valid: Mask) -> Labels:
        """Return (n,) the cluster that embeddings are nearest to, -1 for glass."""
        found = np.full(len(vectors), -1, np.intp)
        if len(self.centres):
            found[valid] = (directions(vectors[valid]) @ self.centres.T).argmax(1)
        return found

    def with_cells(self, rows: Indices, columns: Indices, labels: Labels) -> ClusterMap:
        """Return the map after some cells changed."""
        held = self.labels.copy()
        held[rows, columns] = labels
        return ClusterMap(self.centres, held)


@dataclass(frozen=True, slots=True, eq=False)
class LikenessMap:
    """How much cells are like one of them.

    Parameters
    ----------
    cell
        The one.
    centre
        (dim,) float32: what all cells have in common, see `centre_of`.
    model
        (dim,) float32: its direction, seen from there.
    low
        The least cosine that has a colour of its own.
    """

    cell: Cell
    centre: Vectors
    model: Vectors
    low: float

    @classmethod
    def fitted(cls, grid: EmbeddingGrid, cell: Cell) -> LikenessMap:
        """Compare all cells with one; a cell of glass is like no other."""
        cosines = likeness(grid, (cell,))
        known = cosines[cosines >= -1]
        low = float(np.floor(np.percentile(known, 2) * 20) / 20) if len(known) else 0.0
        centre = centre_of(grid)
        unit = directions((grid.vectors[cell] - centre)[None])[0].astype(np.float32)
        return cls(cell, centre, unit, min(low, 0.95))

    @property
    def legend(self) -> Legend:
        """Five values of the ramp."""
        values = np.linspace(self.low, 1, 5)
        colours = tuple(tuple(one) for one in self.colours(values.astype(np.float32)).tolist())
        return Legend(colours, tuple(f"{value:.2f}" for value in values), even=True)

    def of(self, vectors: Vectors) -> npt.NDArray[np.float32]:
        """Return (n,) cosines."""
        vectors = vectors - self.centre
        lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
        return np.asarray((vectors @ self.model) / np.where(lengths > 0, lengths, 1), np.float32)

    def colours(self, cosines: npt.NDArray[np.float32]) -> RGB:
        """Return (n, 3) uint8 colours of cosines."""
        return ramp((cosines - self.low) / (1 - self.low))


@dataclass(frozen=True, slots=True, eq=False)
class SeenMap:
    """How far cells are from all that a generator was trained on.

    Parameters
    ----------
    support
        What it has seen.
    """

    support: Support

    @property
    def legend(self) -> Legend:
        """Four points of the ramp; 1 is where an embedding begins to be unlike the training."""
        values = np.linspace(0, _FARTHEST, 5, dtype=np.float32)
        colours = tuple(tuple(one) for one in self.colours(values).tolist())
        words = ("usual", "", "new from here", "", "twice as far")
        return Legend(colours, words, even=True)

    def of(self, vectors: Vectors) -> npt.NDArray[np.float32]:
        """Return (n,) distances."""
        return self.support.distances(vectors)

    def colours(self, distances: npt.NDArray[np.float32]) -> RGB:
        """Return (n, 3) uint8 colours of distances."""
        return ramp(distances / _FARTHEST)


@dataclass(frozen=True, slots=True, eq=False)
class Scatter:
    """Cells as points of a plane; alike ones lie near each other.

    Parameters
    ----------
    method
        How they were laid out.
    rows, columns
        (n,) the cells; not all of them in a large grid.
    points
        (n, 2) float32.
    """

    method: Method
    rows: Indices
    columns: Indices
    points: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A cell and how much it is like another one."""

    row: int
    column: int
    cosine: float


def scatter(grid: EmbeddingGrid, method: Method, colours: GridColours) -> Scatter:
    """Lay cells out in a plane; takes time.

    Parameters
    ----------
    grid
        The cells.
    method
        "umap" only where it `can_umap`.
    colours
        Their main directions.
    """
    rows, columns = np.nonzero(grid.mask)
    if len(rows) > SCATTERED:
        taken = np.linspace(0, len(rows) - 1, SCATTERED).astype(np.intp)
        rows, columns = rows[taken], columns[taken]
    vectors = grid.vectors[rows, columns]
    if method == "umap" and len(rows) > 3:
        umap = importlib.import_module("umap")
        kin = min(15, len(rows) - 1)
        reducer = umap.UMAP(n_neighbors=kin, metric="cosine", random_state=0, n_jobs=1)
        points = np.asarray(reducer.fit_transform(vectors), np.float32)
    else:
        points = colours.places(vectors)[:, :2].astype(np.float32)
    return Scatter(method, rows, columns, points)


def can_umap() -> bool:
    """Return whether UMAP is installed."""
    return importlib.util.find_spec("umap") is not None


def nearest_cells(grid: EmbeddingGrid, cell: Cell, count: int = 8) -> tuple[Neighbour, ...]:
    """Return the cells most like one, itself left out, best first; none for glass."""
    cosines: Cosines = likeness(grid, (cell,))
    cosines[cell] = -2
    flat = cosines.ravel()
    taken = min(count, len(flat))
    best = np.argpartition(-flat, taken - 1)[:taken]
    best = best[np.lexsort((best, -flat[best]))]
    rows, columns = np.unravel_index(best[flat[best] >= -1], cosines.shape)
    return tuple(
        Neighbour(row, column, float(cosines[row, column]))
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    )
