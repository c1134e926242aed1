"""How the cells of a grid go with those beside them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ssldiff_gui.evaluation.likeness import cosines

Vectors = npt.NDArray[np.floating]

DIRECTIONS = {"horizontal": (0, 1), "vertical": (1, 0), "diagonal": (1, 1)}


def neighbour_cosine(grids: Sequence[Vectors], direction: str, lag: int, centre: Vectors) -> float:
    """Return the mean cosine of cells and those `lag` cells away; NaN where no grid is so large.

    Parameters
    ----------
    grids
        Of (rows, columns, dim) each.
    direction
        One of `DIRECTIONS`; "diagonal" takes both diagonals.
    lag
        In cells, along each axis of the direction.
    centre
        (dim,) that is taken from all vectors.
    """
    down, across = (lag * step for step in DIRECTIONS[direction])
    found = []
    for grid in grids:
        ways = [grid] if direction != "diagonal" else [grid, grid[:, ::-1]]
        for way in ways:
            rows, columns = way.shape[0] - down, way.shape[1] - across
            if rows > 0 and columns > 0:
                near = cosines(way[:rows, :columns], way[down:, across:], centre)
                found.append(near.ravel())
    return float(np.concatenate(found).mean()) if found else float("nan")
