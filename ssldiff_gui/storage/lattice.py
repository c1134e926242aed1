"""From places of patches to cells of a grid.

A grid has no overlap: its cells lie side by side, as far apart as a patch is wide. Patches that
overlap are a finer picture of the same tissue, but a cell's embedding stands for its whole
footprint when it is rendered; so of overlapping patches every k-th is taken when one asks for it,
and patches beside the lattice are moved onto it when one asks for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadGrid

Fit = Literal["exact", "thin", "snap"]
"""How patches become cells: as they are, every k-th, or each in the nearest cell."""

Places = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

ROUNDED = 1.0
"""Pixels that a patch may lie beside its cell: footprints need not be integers, places are."""

FINEST = 16
"""Patches that may overlap along one axis."""


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """Cells and the patches in them.

    Parameters
    ----------
    x, y
        Corner of the first cell, in level-0 pixels.
    rows, columns
        (n,) cells, from 0.
    patches
        (n,) which patch is in each.
    moved
        Greatest distance from a patch to its cell, in level-0 pixels.
    """

    x: float
    y: float
    rows: Indices
    columns: Indices
    patches: Indices
    moved: float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return int(self.rows.max()) + 1, int(self.columns.max()) + 1


def lay(coords: npt.NDArray[np.int64], footprint: float, fit: Fit = "exact") -> Lattice:
    """Find the cells that patches are.

    Parameters
    ----------
    coords
        (n, 2) x and y of the patches' corners, in level-0 pixels.
    footprint
        Side of a patch in level-0 pixels.
    fit
        What to do with patches that are not side by side.

    Raises
    ------
    BadGrid
        When they are not, and `fit` does not help; says what would.
    """
    places = coords.astype(np.float64)
    if fit == "snap":
        return _found(places, _usual_corner(places, footprint), footprint, np.arange(len(places)))
    corner = places.min(0)
    if fit == "exact":
        if not _regular(places, corner, footprint):
            raise _irregular(places, footprint)
        return _alone(_found(places, corner, footprint, np.arange(len(places))), len(places))
    finer = _overlap(places, footprint)
    if finer is None:
        raise _irregular(places, footprint)
    return _thinned(places, footprint, finer)


def on(
    coords: npt.NDArray[np.int64], corner: tuple[float, float], footprint: float
) -> tuple[Indices, Indices] | None:
    """Return rows and columns of patches in a lattice that is known; None when they are not."""
    places, first = coords.astype(np.float64), np.array(corner, np.float64)
    if not _regular(places, first, footprint):
        return None
    cells = _cells(places, first, footprint)
    return cells[:, 1], cells[:, 0]


def _cells(places: Places, corner: Places, footprint: float) -> Indices:
    """Return (n, 2) the column and row of the cell that is nearest to each place."""
    found: Indices = np.floor((places - corner) / footprint + 0.5).astype(np.intp)
    return found


def _regular(places: Places, corner: Places, pitch: float) -> bool:
    """Whether all places are on a lattice, but for rounding."""
    beside = np.abs(places - corner - _cells(places, corner, pitch) * pitch)
    return bool(beside.max() <= ROUNDED)


def _found(places: Places, corner: Places, footprint: float, patches: Indices) -> Lattice:
    """Return the lattice of some patches; of several in one cell the nearest is taken."""
    cells = _cells(places, corner, footprint)
    beside = np.hypot(*(places - corner - cells * footprint).T)
    nearest = np.lexsort((patches, beside))
    _, first = np.unique(cells[nearest], axis=0, return_index=True)
    taken = np.sort(nearest[first])
    least = cells[taken].min(0)
    columns, rows = (cells[taken] - least).T
    x, y = (corner + least * footprint).tolist()
    return Lattice(x, y, rows, columns, patches[taken], float(beside[taken].max()))


def _alone(lattice: Lattice, count: int) -> Lattice:
    if len(lattice.patches) < count:
        raise BadGrid(
            f"{count - len(lattice.patches)} patches lie where another one lies.",
            "Take the nearest one for each cell with the fit “snap”, or make the patches again.",
        )
    return lattice


def _usual_corner(places: Places, footprint: float) -> Places:
    """Return a corner such that as many patches as possible need not move."""
    beside = np.mod(places, footprint)
    corner = []
    for axis in range(2):
        values, counts = np.unique(np.round(beside[:, axis]), return_counts=True)
        corner.append(float(values[counts.argmax()]))
    return np.array(corner)


def _overlap(places: Places, footprint: float) -> int | None:
    """Return how many patches overlap along one axis; None when they lie in no order."""
    for finer in range(2, FINEST + 1):
        pitch = footprint / finer
        if pitch > 2 * ROUNDED and _regular(places, places.min(0), pitch):
            return finer
    return None


def _thinned(places: Places, footprint: float, finer: int) -> Lattice:
    """Take every k-th patch along both axes, such that as many as possible are taken."""
    corner = places.min(0)
    phases = np.mod(_cells(places, corner, footprint / finer), finer)
    kinds, counts = np.unique(phases, axis=0, return_counts=True)
    phase = kinds[counts.argmax()]
    patches = np.flatnonzero((phases == phase).all(1))
    start = corner + phase * (footprint / finer)
    return _found(places[patches], start, footprint, patches)


def _irregular(places: Places, footprint: float) -> BadGrid:
    finer = _overlap(places, footprint)
    if finer is not None:
        return BadGrid(
            f"The patches overlap: they lie {footprint / finer:g} pixels apart, "
            f"and are {footprint:g} wide.",
            f"Take every {finer}. one with the fit “thin”, or make patches that do not overlap.",
        )
    return BadGrid(
        f"The patches lie on no common lattice of {footprint:g} pixels, as when each piece of "
        "tissue has its own.",
        "Move each into the nearest cell with the fit “snap”, or embed the slide here.",
    )
