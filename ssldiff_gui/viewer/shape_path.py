"""Geometries as napari's shapes, and back, without losing holes or parts.

napari knows a polygon as one closed path. A path that walks the outer ring, then each other ring,
and comes back to its start between them draws holes and several parts exactly: its bridges are
walked twice and cancel out in faces and outlines alike. A plan of the walk lets an edited path be
turned back into the rings it was made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon

ShapeType = Literal["polygon", "rectangle", "path"]
Vertices = npt.NDArray[np.float64]
"""(n, 2): row and column in level-0 pixels, as napari orders them."""


@dataclass(frozen=True, slots=True)
class ShapePath:
    """One napari shape and the plan of its walk.

    Parameters
    ----------
    vertices
        (n, 2) row and column of each stop.
    shape_type
        What napari is told.
    rings
        For each polygon the lengths of its rings, outer first, closing vertex not counted;
        empty for a path.
    """

    vertices: Vertices
    shape_type: ShapeType
    rings: tuple[tuple[int, ...], ...] = ()

    @property
    def stops(self) -> npt.NDArray[np.intp]:
        """(n,) which vertex (all rings counted through) each stop of the walk is."""
        if not self.rings:
            return np.arange(len(self.vertices))
        walk: list[int] = []
        start = 0
        for length in (length for polygon in self.rings for length in polygon):
            walk += [*range(start, start + length), start]
            walk += [0] if start else []
            start += length
        simple = sum(len(polygon) for polygon in self.rings) == 1
        return np.array(walk[:-1] if simple else walk, dtype=np.intp)


def shape_paths(geometry: Any) -> tuple[ShapePath, ...]:
    """Return the napari shapes that draw a geometry: one for all its polygons, one a line.

    Points have no shape and are left out.
    """
    parts = list(_parts(geometry))
    polygons = [part for part in parts if part.geom_type == "Polygon"]
    lines = [part for part in parts if part.geom_type in {"LineString", "LinearRing"}]
    shapes = [_polygons_path(polygons)] if polygons else []
    shapes += [ShapePath(_rows_first(line.coords), "path") for line in lines]
    return tuple(shapes)


def edited(path: ShapePath, vertices: Vertices) -> Any | None:
    """Return the geometry of a path after its vertices were moved.

    Parameters
    ----------
    path
        As it was before.
    vertices
        (n, 2) as they are now.

    Returns
    -------
    Polygon, MultiPolygon, LineString or None
        None when the result is not a geometry (nothing left of it), or when vertices were added
        to a path of several rings, which cannot be told apart.
    """
    if not path.rings:
        return LineString(vertices[:, ::-1]) if len(vertices) > 1 else None
    if len(vertices) != len(path.vertices):
        simple = len(path.rings) == 1 and len(path.rings[0]) == 1
        return _valid(Polygon(vertices[:, ::-1])) if simple and len(vertices) > 2 else None
    flat = _merged(path, vertices)
    polygons = []
    start = 0
    for lengths in path.rings:
        rings = []
        for length in lengths:
            rings.append(flat[start : start + length, ::-1])
            start += length
        polygons.append(Polygon(rings[0], rings[1:]))
    return _valid(polygons[0] if len(polygons) == 1 else MultiPolygon(polygons))


def drawn(vertices: Vertices, *, whole_pixels: bool) -> Any | None:
    """Return the geometry of something just drawn, None when nothing of it has an area.

    Parameters
    ----------
    vertices
        (n, 2) row and column.
    whole_pixels
        Whether to snap to corners of pixels, as regions need.
    """
    if len(vertices) < 3:
        return None
    placed = np.rint(vertices) if whole_pixels else vertices
    return _valid(Polygon(placed[:, ::-1]))


def _polygons_path(polygons: list[Polygon]) -> ShapePath:
    rings = [[ring, *polygon.interiors] for polygon in polygons for ring in [polygon.exterior]]
    corners = [_rows_first(ring.coords)[:-1] for group in rings for ring in group]
    lengths = tuple(tuple(len(ring.coords) - 1 for ring in group) for group in rings)
    plan = ShapePath(np.empty((0, 2)), "polygon", lengths)
    vertices = np.concatenate(corners)[plan.stops]
    return ShapePath(vertices, _shape_type(polygons), lengths)


def _shape_type(polygons: list[Polygon]) -> ShapeType:
    """Say "rectangle" of upright ones: napari keeps them so when they are resized."""
    only = polygons[0]
    if len(polygons) > 1 or only.interiors or len(only.exterior.coords) != 5:
        return "polygon"
    return "rectangle" if only.equals(shapely.box(*only.bounds)) else "polygon"


def _merged(path: ShapePath, vertices: Vertices) -> Vertices:
    """Gather the stops of a walk into vertices; of a vertex met twice the moved stop counts."""
    stops = path.stops
    count = int(stops.max()) + 1
    flat = np.empty((count, 2))
    flat[stops] = vertices
    # The file's own precision is kept where napari's 32-bit copy did not move.
    moved = np.abs(vertices - path.vertices).max(axis=1) > _tolerance(path.vertices)
    flat[stops[~moved]] = path.vertices[~moved]
    flat[stops[moved]] = vertices[moved]
    return flat


def _tolerance(vertices: Vertices) -> float:
    return max(1e-3, float(np.abs(vertices).max(initial=0)) * 2.0**-22)


def _valid(geometry: Any) -> Any | None:
    if not geometry.is_valid:
        geometry = shapely.make_valid(geometry)
    areas = [part for part in _parts(geometry) if part.geom_type == "Polygon" and part.area > 0]
    if not areas:
        return None
    return areas[0] if len(areas) == 1 else MultiPolygon(areas)


def _parts(geometry: Any) -> list[Any]:
    if geometry.is_empty:
        return []
    if hasattr(geometry, "geoms"):
        return [part for member in geometry.geoms for part in _parts(member)]
    return [geometry]


def _rows_first(coords: Any) -> Vertices:
    return np.asarray(coords, dtype=np.float64)[:, 1::-1]
