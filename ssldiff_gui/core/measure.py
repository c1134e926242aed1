"""How large things are on the glass or on the ground, and how to say it.

Degrees become metres on a sphere of the Earth's mean radius, at the latitude of the thing
measured: within 0.6 % of the ellipsoid, for things much smaller than the Earth. Web Mercator's
metres are true at the equator only; they are corrected in the same way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from ssldiff_gui.core.geometry import Georeference, Scale, Unit

EARTH_RADIUS = 6_371_008.8
MERCATOR_RADIUS = 6_378_137.0
WEB_MERCATOR = frozenset({"EPSG:3857", "EPSG:900913", "EPSG:3785"})

NARROW_SPACE = "\u202f"
"""Between thousands, and never broken at the end of a line."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How large one shape is.

    Parameters
    ----------
    area_px, length_px
        In level-0 pixels; the length is the outline's for areas, holes included.
    area, length
        In `unit`, or None when no scale is known.
    unit
        "µm", "m", or "px" when no scale is known.
    """

    area_px: float
    length_px: float
    area: float | None = None
    length: float | None = None
    unit: Unit = "px"


def extent_of(
    geometry: BaseGeometry, scale: Scale | None, georeference: Georeference | None = None
) -> Extent:
    """Measure a shape.

    Parameters
    ----------
    geometry
        In level-0 pixels.
    scale
        Size of a pixel, if it is known.
    georeference
        Needed for scales in degrees.
    """
    area, length = float(geometry.area), float(geometry.length)
    middle = shapely.box(*geometry.bounds).centroid
    ground = None
    if scale is not None and not geometry.is_empty:
        ground = on_the_ground(scale, georeference, middle.x, middle.y)
    if ground is None:
        return Extent(area, length)
    factor = np.array((ground.x, ground.y))
    stretched = shapely.transform(geometry, lambda points: points * factor)
    return Extent(area, length, float(stretched.area), float(stretched.length), ground.unit)


def on_the_ground(
    scale: Scale, georeference: Georeference | None, x: float, y: float
) -> Scale | None:
    """Return the true size of the pixel at (x, y), in µm or m; None when it cannot be told."""
    if scale.unit == "px":
        return None
    if scale.unit == "°":
        if georeference is None:
            return None
        degree = math.radians(1) * EARTH_RADIUS
        latitude = georeference.to_crs(x, y)[1]
        return _shrunk(Scale(scale.x * degree, scale.y * degree, "m"), latitude, both=False)
    if georeference is not None and georeference.crs.upper() in WEB_MERCATOR:
        northing = georeference.to_crs(x, y)[1]
        latitude = math.degrees(2 * math.atan(math.exp(northing / MERCATOR_RADIUS))) - 90
        return _shrunk(scale, latitude, both=True)
    return scale


def say_length(value: float, unit: Unit) -> str:
    """Say a length in a unit that suits it: "312 µm", "1.24 mm", "1.5 km"."""
    if unit == "px":
        return f"{_number(value)} px"
    if unit == "°":
        return f"{_number(value)}°"
    metres = value * 1e-6 if unit == "µm" else value
    return _in_steps(metres, (("km", 1e3), ("m", 1.0), ("mm", 1e-3), ("µm", 1e-6), ("nm", 1e-9)))


def say_area(value: float, unit: Unit) -> str:
    """Say an area in a unit that suits it: "820 µm²", "1.24 mm²", "3.2 ha"."""
    if unit in ("px", "°"):
        return f"{_number(value)} {unit}²"
    square_metres = value * 1e-12 if unit == "µm" else value
    if unit == "µm":
        return _in_steps(square_metres, (("cm²", 1e-4), ("mm²", 1e-6), ("µm²", 1e-12)))
    return _in_steps(square_metres, (("km²", 1e6), ("ha", 1e4), ("m²", 1.0), ("cm²", 1e-4)))


def say_pixels(width: float, height: float) -> str:
    """Say a size in pixels: "2 048 × 1 024 px"."""
    return f"{_grouped(round(width))} × {_grouped(round(height))} px"


def say_size(
    width: float,
    height: float,
    scale: Scale | None,
    georeference: Georeference | None = None,
    at: tuple[float, float] = (0.0, 0.0),
) -> str:
    """Say the size of a rectangle of pixels in real units, or in pixels when no scale is known.

    Parameters
    ----------
    width, height
        In level-0 pixels.
    scale, georeference
        Of the scene.
    at
        Where it lies, for scales in degrees.
    """
    ground = None if scale is None else on_the_ground(scale, georeference, *at)
    if ground is None:
        return say_pixels(width, height)
    one = say_length(abs(width) * ground.x, ground.unit)
    other = say_length(abs(height) * ground.y, ground.unit)
    number, _, unit = one.rpartition(" ")
    return f"{number} × {other}" if other.endswith(f" {unit}") else f"{one} × {other}"


def say_extent(extent: Extent) -> str:
    """Say how large a shape is: its area, its length for lines, nothing for points."""
    if extent.area_px > 0:
        value = extent.area_px if extent.area is None else extent.area
        return say_area(value, extent.unit)
    if extent.length_px > 0:
        value = extent.length_px if extent.length is None else extent.length
        return say_length(value, extent.unit)
    return ""


def say_position(
    x: float, y: float, scale: Scale | None, georeference: Georeference | None = None
) -> str:
    """Say where a point lies: on the map, on the glass, or nothing when neither is known."""
    if georeference is not None:
        east, north = georeference.to_crs(x, y)
        if scale is not None and scale.unit == "°":
            return f"{_degrees(north, 'N', 'S')}, {_degrees(east, 'E', 'W')}"
        return f"{_grouped(round(east, 1))}, {_grouped(round(north, 1))} m"
    if scale is None or scale.unit not in ("µm", "m"):
        return ""
    return f"{say_length(x * scale.x, scale.unit)}, {say_length(y * scale.y, scale.unit)}"


def _shrunk(scale: Scale, latitude: float, *, both: bool) -> Scale | None:
    """Return a scale at the equator as it is at a latitude; None at the poles and beyond."""
    shrink = math.cos(math.radians(latitude))
    if not 0 < shrink <= 1 or abs(latitude) >= 90:
        return None
    return Scale(scale.x * shrink, scale.y * (shrink if both else 1.0), scale.unit)


def _in_steps(value: float, steps: tuple[tuple[str, float], ...]) -> str:
    """Say a value in the largest unit that leaves at least one whole of it."""
    size = abs(value)
    for name, factor in steps:
        if size >= factor * 0.9995:
            return f"{_number(value / factor)} {name}"
    name, factor = steps[-1]
    return f"{_number(value / factor)} {name}"


def _number(value: float) -> str:
    """Say a number with three figures, but never fewer than its whole part has."""
    if not math.isfinite(value):
        return "–"
    if abs(value) >= 99.95:
        return _grouped(round(value))
    digits = 1 if abs(value) >= 9.995 else 2
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _grouped(value: float) -> str:
    return f"{value:,}".replace(",", NARROW_SPACE)


def _degrees(value: float, positive: str, negative: str) -> str:
    return f"{abs(value):.5f}° {positive if value >= 0 else negative}"
