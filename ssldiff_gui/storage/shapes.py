"""GeoJSON geometries to shapely and back, tens of thousands at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

Positions = npt.NDArray[np.float64]
"""(n, 2) float64, x and y."""

DEEPEST_COLLECTION = 8


class BadShape(ValueError):
    """A geometry that cannot be understood.

    Parameters
    ----------
    index
        Which one.
    reason
        What is wrong with it, for a person.
    """

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(reason)
        self.index = index
        self.reason = reason


def shapes_from_json(geometries: Sequence[Any]) -> list[BaseGeometry | None]:
    """Build shapes from GeoJSON geometry objects.

    Parameters
    ----------
    geometries
        As the JSON parser gives them, or None.

    Returns
    -------
    list of BaseGeometry or None
        One for each, two-dimensional; None where there is nothing to show.

    Raises
    ------
    BadShape
        For the first geometry that is none.
    """
    areas = _Areas()
    shapes: list[BaseGeometry | None] = [None] * len(geometries)
    for index, geometry in enumerate(geometries):
        try:
            if geometry is None:
                continue
            kind = _mapping(geometry).get("type")
            if kind in ("Polygon", "MultiPolygon"):
                areas.add(index, kind, _list(geometry.get("coordinates")))
            else:
                shapes[index] = _single(geometry)
        except (ValueError, TypeError, OverflowError, shapely.errors.GEOSException) as error:
            raise BadShape(index, str(error)) from error
    for index, shape in areas.built():
        shapes[index] = shape
    return shapes


def shapes_to_json(shapes: Sequence[BaseGeometry]) -> list[str]:
    """Return each shape as the text of a GeoJSON geometry, exact to the last bit."""
    return [str(text) for text in shapely.to_geojson(np.array(shapes, dtype=object))]


class _Areas:
    """Polygons of all features, gathered so that shapely builds them in three calls."""

    def __init__(self) -> None:
        self._rings: list[Positions] = []
        self._ring_polygon: list[int] = []
        self._polygon_shape: list[int] = []
        self._multi: list[tuple[int, bool]] = []

    def add(self, index: int, kind: str, coordinates: list[Any]) -> None:
        polygons = coordinates if kind == "MultiPolygon" else [coordinates]
        parts = [[_ring(ring) for ring in _list(polygon) if ring != []] for polygon in polygons]
        parts = [part for part in parts if part]
        if not parts:
            return
        for part in parts:
            self._rings.extend(part)
            self._ring_polygon.extend([len(self._polygon_shape)] * len(part))
            self._polygon_shape.append(len(self._multi))
        self._multi.append((index, kind == "MultiPolygon"))

    def built(self) -> list[tuple[int, BaseGeometry]]:
        if not self._multi:
            return []
        lengths = [len(ring) for ring in self._rings]
        rings = shapely.linearrings(
            np.concatenate(self._rings), indices=np.repeat(np.arange(len(lengths)), lengths)
        )
        polygons = shapely.polygons(rings, indices=np.array(self._ring_polygon))
        owners = np.array(self._polygon_shape)
        first = np.searchsorted(owners, np.arange(len(self._multi)))
        result = []
        for number, (index, multi) in enumerate(self._multi):
            if multi:
                last = first[number + 1] if number + 1 < len(first) else len(owners)
                result.append((index, shapely.multipolygons(polygons[first[number] : last])))
            else:
                result.append((index, polygons[first[number]]))
        return result


def _single(geometry: Mapping[str, Any], depth: int = 0) -> BaseGeometry | None:
    """Build one shape of any kind; None when it is empty."""
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        return _collection(geometry, depth)
    coordinates = _list(geometry.get("coordinates"))
    if kind == "Point":
        return shapely.Point(_positions([coordinates])[0]) if coordinates else None
    if not coordinates:
        if kind in ("MultiPoint", "LineString", "MultiLineString"):
            return None
    elif kind == "MultiPoint":
        return shapely.MultiPoint(_positions(coordinates))
    elif kind == "LineString":
        return shapely.LineString(_line(coordinates))
    elif kind == "MultiLineString":
        return shapely.MultiLineString([_line(line) for line in coordinates])
    raise ValueError(f"“{kind}” is no kind of shape")


def _collection(geometry: Mapping[str, Any], depth: int) -> BaseGeometry | None:
    if depth >= DEEPEST_COLLECTION:
        raise ValueError("collections are nested too deep")
    parts: list[BaseGeometry] = []
    for part in _list(geometry.get("geometries")):
        if _mapping(part).get("type") in ("Polygon", "MultiPolygon"):
            shape = shapes_from_json([part])[0]
        else:
            shape = _single(part, depth + 1)
        if shape is not None:
            parts.append(shape)
    return shapely.GeometryCollection(parts) if parts else None


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError("it is not an object")  # noqa: TRY004 - one kind for the caller
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("it has no list of coordinates")  # noqa: TRY004 - one kind for the caller
    return value


def _positions(raw: Any) -> Positions:
    try:
        found = np.array(raw, dtype=np.float64)
    except ValueError:  # some with a height, some without
        found = np.array([position[:2] for position in _list(raw)], dtype=np.float64)
    if found.ndim != 2 or found.shape[1] < 2:
        raise ValueError("a position is not a pair of numbers")
    if not np.isfinite(found).all():
        raise ValueError("a coordinate is not a finite number")
    return found[:, :2]


def _line(raw: Any) -> Positions:
    found = _positions(raw)
    if len(found) < 2:
        raise ValueError("a line has fewer than two points")
    return found


def _ring(raw: Any) -> Positions:
    found = _positions(raw)
    closed = len(found) > 1 and bool((found[0] == found[-1]).all())
    if len(found) - closed < 3:
        raise ValueError("an outline has fewer than three points")
    return found
