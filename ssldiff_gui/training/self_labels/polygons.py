"""Maps of classes as polygons that people can correct."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from ssldiff_gui.training.self_labels.labelled import NOWHERE

Classes = npt.NDArray[np.int16]


def polygons(
    classes: Classes, *, specks: int = 0, tolerance: float = 0.0
) -> Iterator[tuple[int, BaseGeometry]]:
    """Yield the number of a class and a polygon, with its holes, for each connected part.

    Parameters
    ----------
    classes
        (rows, columns) numbers; `NOWHERE` belongs to none.
    specks
        Parts of fewer pixels than this go to what is around them.
    tolerance
        Corners are left out as long as the outline does not move farther than that.
    """
    from rasterio import features

    if specks > 1:
        there = classes != NOWHERE
        classes = np.where(there, features.sieve(classes, specks, mask=there), NOWHERE)
        classes = classes.astype(np.int16)
    for shape, number in features.shapes(classes, mask=classes != NOWHERE, connectivity=4):
        found = shapely.geometry.shape(shape)
        if tolerance:
            found = _valid(found.simplify(tolerance))
        if found.area > 0:
            yield int(number), found


def moved(shape: BaseGeometry, corner: tuple[float, float], side: float) -> BaseGeometry:
    """Return a shape whose unit is `side` elsewhere, and which begins at a corner there."""
    return shapely.transform(shape, lambda points: points * side + np.array(corner))


def _valid(shape: BaseGeometry) -> BaseGeometry:
    """Return the areas of a shape, whose outline may have been made to cross itself."""
    if shape.is_valid:
        return shape
    parts = [part for part in shapely.get_parts(shapely.make_valid(shape)) if part.area > 0]
    return shapely.union_all(parts)
