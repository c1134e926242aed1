"""Shapes between a scene's pixels and coordinate reference systems."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from ssldiff_gui.core.geometry import Georeference

LON_LAT = "OGC:CRS84"
"""Longitude and latitude on WGS 84, in this order: what plain GeoJSON means (RFC 7946)."""


class BadProjection(ValueError):
    """A coordinate reference system that is unknown, or does not reach these coordinates."""


def to_pixels(
    shapes: Sequence[BaseGeometry], crs: str, georeference: Georeference
) -> list[BaseGeometry]:
    """Turn shapes in `crs` into shapes in level-0 pixels of a scene."""
    a, b, c, d, e, f = georeference.affine
    inverse = np.linalg.inv(np.array([[a, b], [d, e]]))

    def turn(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        offset: npt.NDArray[np.float64] = _between(points, crs, georeference.crs) - (c, f)
        return offset @ inverse.T

    return _transformed(shapes, turn)


def from_pixels(
    shapes: Sequence[BaseGeometry], crs: str, georeference: Georeference
) -> list[BaseGeometry]:
    """Turn shapes in level-0 pixels of a scene into shapes in `crs`."""
    a, b, c, d, e, f = georeference.affine
    matrix = np.array([[a, b], [d, e]])

    def turn(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return _between(points @ matrix.T + (c, f), georeference.crs, crs)

    return _transformed(shapes, turn)


def fits_lon_lat(shapes: Sequence[BaseGeometry]) -> bool:
    """Whether all coordinates could be degrees of longitude and latitude."""
    points = shapely.get_coordinates(np.array(shapes, dtype=object))
    return bool((np.abs(points) <= (180.0, 90.0)).all())


def _transformed(
    shapes: Sequence[BaseGeometry],
    turn: object,
) -> list[BaseGeometry]:
    if not shapes:
        return []
    return list(shapely.transform(np.array(shapes, dtype=object), turn))


def _between(points: npt.NDArray[np.float64], source: str, target: str) -> npt.NDArray[np.float64]:
    """Reproject (n, 2) coordinates, x before y whatever the authority says."""
    from rasterio.crs import CRS
    from rasterio.errors import CRSError
    from rasterio.warp import transform

    try:
        old, new = CRS.from_user_input(source), CRS.from_user_input(target)
    except CRSError as error:
        raise BadProjection(f"the coordinate system “{source[:60]}” is unknown") from error
    if old == new:
        return points
    try:
        x, y = transform(old, new, points[:, 0].tolist(), points[:, 1].tolist())
    except Exception as error:  # GDAL's errors share no public kind
        raise BadProjection(f"some coordinates lie outside “{source[:60]}”") from error
    result = np.column_stack([x, y])
    if not np.isfinite(result).all():
        raise BadProjection(f"some coordinates lie outside “{source[:60]}”")
    return result
