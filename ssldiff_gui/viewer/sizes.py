"""Lengths, areas and places as text: pixels first, then what they mean on the specimen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.slides.scene import Scene
from ssldiff_gui.viewer.world import World

LENGTHS = ((1e3, "km"), (1.0, "m"), (1e-3, "mm"), (1e-6, "µm"))
AREAS = ((1e6, "km²"), (1.0, "m²"), (1e-6, "mm²"), (1e-12, "µm²"))


def length_text(metres: float) -> str:
    """Return a length in the unit that reads best."""
    factor, name = _unit_for(metres, LENGTHS)
    return f"{_figures(metres / factor)} {name}"


def area_text(square_metres: float) -> str:
    """Return an area in the unit that reads best; 0.2 mm² reads better than 200,000 µm²."""
    factor, name = _unit_for(square_metres * 10, AREAS)
    return f"{_figures(square_metres / factor)} {name}"


def size_text(geometry: Any, world: World) -> str:
    """Return the size of a drawing: width × height and area.

    Parameters
    ----------
    geometry
        shapely geometry in level-0 pixels.
    world
        Size of a pixel; without a scale only pixels are given.

    Returns
    -------
    str
        "1,024 × 768 px · 512 × 384 µm · 0.197 mm²".
    """
    if geometry.is_empty:
        return ""
    left, top, right, bottom = geometry.bounds
    width, height = right - left, bottom - top
    parts = [f"{width:,.0f} × {height:,.0f} px"]
    if world.unit == "px":
        parts.append(f"{geometry.area:,.0f} px²")
        return " · ".join(parts)
    metre = 1e-6 if world.unit == "µm" else 1.0
    about = "≈ " if world.approximate else ""
    parts.append(f"{about}{_pair(width * world.x * metre, height * world.y * metre)}")
    parts.append(f"{about}{area_text(geometry.area * world.x * world.y * metre * metre)}")
    return " · ".join(parts)


def line_text(length: float, world: World) -> str:
    """Return the length of a line that is `length` level-0 pixels long."""
    pixels = f"{length:,.0f} px"
    if world.unit == "px":
        return pixels
    metre = (1e-6 if world.unit == "µm" else 1.0) * min(world.scale)
    return f"{pixels} · {length_text(length * metre)}"


@dataclass(frozen=True, slots=True)
class Position:
    """Where the cursor is.

    Parameters
    ----------
    x, y
        Level-0 pixels, counted from the upper left corner.
    place
        The same in µm from that corner, or in the scene's CRS; None when the scale is unknown.
    unit
        Unit of `place`: "µm", "m", "°" or "".
    rgb
        Colour shown there, when the cursor is on the picture.
    """

    x: float
    y: float
    place: tuple[float, float] | None = None
    unit: str = ""
    rgb: tuple[int, int, int] | None = None

    @classmethod
    def on(
        cls,
        scene: Scene,
        x: float,
        y: float,
        rgb: tuple[int, int, int] | None = None,
        by_hand: Scale | None = None,
    ) -> Position:
        """Return the position of a level-0 pixel coordinate on a scene.

        Parameters
        ----------
        scene
            What is shown.
        x, y
            Level-0 pixel coordinates.
        rgb
            Colour shown there.
        by_hand
            A scale that a person gave; it wins over the file's.
        """
        scale = by_hand if by_hand is not None else scene.scale
        if scene.georeference is not None:
            return cls(x, y, scene.georeference.to_crs(x, y), scale.unit if scale else "", rgb)
        if scale is None or scale.unit == "px":
            return cls(x, y, None, "", rgb)
        return cls(x, y, (x * scale.x, y * scale.y), scale.unit, rgb)

    @property
    def pixel_text(self) -> str:
        """Whole pixels, as "12,034, 8,120 px"."""
        return f"{self.x:,.0f}, {self.y:,.0f} px"

    @property
    def place_text(self) -> str:
        """Physical or CRS coordinates, empty when there are none."""
        if self.place is None:
            return ""
        x, y = self.place
        digits = {"°": 6, "m": 2}.get(self.unit, 1)
        return f"{x:,.{digits}f}, {y:,.{digits}f} {self.unit}".rstrip()


def _pair(width: float, height: float) -> str:
    """Return both sides in one unit, the one that suits the longer."""
    factor, name = _unit_for(max(width, height), LENGTHS)
    return f"{_figures(width / factor)} × {_figures(height / factor)} {name}"


def _unit_for(value: float, units: tuple[tuple[float, str], ...]) -> tuple[float, str]:
    fits = (unit for unit in units if value >= unit[0])
    return next(fits, units[-1])


def _figures(value: float) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{digits}f}"
