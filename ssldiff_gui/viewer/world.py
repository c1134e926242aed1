"""How a scene lies in napari's world: which unit it has and how large a level-0 pixel is.

Level-0 pixel coordinates name corners, as in every annotation file: (0, 0) is the upper left
corner of the first pixel. napari puts a pixel's *centre* at whole numbers; an image is therefore
shifted by half a pixel, and annotations are not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.core.ground import on_the_ground
from ssldiff_gui.slides.scene import Scene

WorldUnit = Literal["µm", "m", "px"]

PINT_NAMES: dict[WorldUnit, str] = {"µm": "micrometer", "m": "meter", "px": "pixel"}


@dataclass(frozen=True, slots=True)
class World:
    """Size of a level-0 pixel in napari's world.

    Parameters
    ----------
    x, y
        Width and height of a pixel in `unit`.
    unit
        "px" says that the scale is not known.
    approximate
        Whether the size holds at the middle of the scene only (degrees, Web Mercator).
    """

    x: float
    y: float
    unit: WorldUnit
    approximate: bool = False

    @property
    def scale(self) -> tuple[float, float]:
        """Rows, then columns, as napari counts."""
        return self.y, self.x

    @property
    def units(self) -> tuple[str, str]:
        """Names that napari and pint understand."""
        name = PINT_NAMES[self.unit]
        return name, name

    @property
    def metres_per_pixel(self) -> float | None:
        """Mean size of a pixel on the specimen or on the ground."""
        mean = math.sqrt(self.x * self.y)
        return {"µm": mean * 1e-6, "m": mean, "px": None}[self.unit]

    @classmethod
    def of(cls, scene: Scene, by_hand: Scale | None = None) -> World:
        """Return the world of a scene; map units become true metres at its middle.

        Parameters
        ----------
        scene
            What is shown.
        by_hand
            A scale that a person gave; it wins over the file's.
        """
        scale = by_hand if by_hand is not None else scene.scale
        if scale is None:
            return cls(1.0, 1.0, "px")
        place = None if by_hand is not None else scene.georeference
        ground = on_the_ground(scale, place, scene.width / 2, scene.height / 2)
        if ground is None:
            return cls(1.0, 1.0, "px")
        unit: WorldUnit = "µm" if ground.unit == "µm" else "m"
        return cls(ground.x, ground.y, unit, approximate=ground != scale)


def image_placing(world: World) -> dict[str, Any]:
    """Return scale, units and translation of an image layer.

    The translation is half a pixel, so that the image's corner, not its first pixel's centre,
    lies at zero.
    """
    shift = (world.y / 2, world.x / 2)
    return {"scale": world.scale, "units": world.units, "translate": shift}
