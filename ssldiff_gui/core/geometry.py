"""Rectangles, regions and physical scales. Everything is half-open and in level-0 pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Unit = Literal["µm", "m", "°", "px"]


@dataclass(frozen=True, slots=True)
class Box:
    """A half-open rectangle of whole pixels: ``x <= column < x2``, ``y <= row < y2``."""

    x: int
    y: int
    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 0 or self.height < 0:
            raise ValueError(f"a box has no negative size: {self}")

    @property
    def x2(self) -> int:
        """First column to the right of the box."""
        return self.x + self.width

    @property
    def y2(self) -> int:
        """First row below the box."""
        return self.y + self.height

    @property
    def area(self) -> int:
        """Number of pixels."""
        return self.width * self.height

    @property
    def empty(self) -> bool:
        """Whether the box holds no pixel."""
        return self.area == 0

    def intersect(self, other: Box) -> Box:
        """Return the common part, empty (but never negative) when there is none."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        return Box(x, y, max(0, min(self.x2, other.x2) - x), max(0, min(self.y2, other.y2) - y))

    def contains(self, other: Box) -> bool:
        """Whether `other` lies wholly inside."""
        return (
            self.x <= other.x and self.y <= other.y and other.x2 <= self.x2 and other.y2 <= self.y2
        )

    @classmethod
    def covering(cls, x1: float, y1: float, x2: float, y2: float) -> Box:
        """Return the smallest box of whole pixels that covers a real rectangle."""
        left, top = math.floor(x1), math.floor(y1)
        return cls(left, top, max(0, math.ceil(x2) - left), max(0, math.ceil(y2) - top))


@dataclass(frozen=True, slots=True)
class Scale:
    """Physical size of a level-0 pixel.

    Parameters
    ----------
    x, y
        Width and height of one pixel in `unit`.
    unit
        "µm" for slides, "m" for scenes in a metric CRS, "°" for geographic ones.
    """

    x: float
    y: float
    unit: Unit

    def __post_init__(self) -> None:
        if not (math.isfinite(self.x) and math.isfinite(self.y) and self.x > 0 and self.y > 0):
            raise ValueError(f"a pixel has a finite, positive size: {self}")


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a scene and the resolution it is wanted at.

    Parameters
    ----------
    box
        The part, in level-0 pixels; may reach beyond the scene.
    downsample
        Level-0 pixels for each pixel wanted; any real number above zero.
    """

    box: Box
    downsample: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.downsample) and self.downsample > 0):
            raise ValueError(f"a downsample is finite and above zero: {self.downsample}")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, in pixels, of the image this region asks for (at least 1×1)."""
        return (
            max(1, round(self.box.width / self.downsample)),
            max(1, round(self.box.height / self.downsample)),
        )


@dataclass(frozen=True, slots=True)
class Georeference:
    """Where a scene lies on a planet.

    Parameters
    ----------
    crs
        Coordinate reference system as "EPSG:…" when it has a code, otherwise WKT.
    affine
        (a, b, c, d, e, f): ``X = a·column + b·row + c``, ``Y = d·column + e·row + f``.
    """

    crs: str
    affine: tuple[float, float, float, float, float, float]

    def to_crs(self, x: float, y: float) -> tuple[float, float]:
        """Turn level-0 pixel coordinates into CRS coordinates."""
        a, b, c, d, e, f = self.affine
        return a * x + b * y + c, d * x + e * y + f

    def to_pixel(self, easting: float, northing: float) -> tuple[float, float]:
        """Turn CRS coordinates into level-0 pixel coordinates."""
        a, b, c, d, e, f = self.affine
        determinant = a * e - b * d
        dx, dy = easting - c, northing - f
        return (e * dx - b * dy) / determinant, (a * dy - d * dx) / determinant
