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
from ssldiff_gui.slides.scene import Scene

WorldUnit = Literal["µm", "m", "px"]

PINT_NAMES: dict[WorldUnit, str] = {"µm": "micrometer", "m": "meter", "px": "pixel"}

METRES_PER_DEGREE = 111_320.0
"""Along a meridian, and along the equator; near enough for a scale bar."""


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
        Whether the size holds at the middle of the scene only (geographic coordinates).
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
        """Return the world of a scene; degrees become metres at its middle's latitude.

        Parameters
        ----------
        scene
            What is shown.
        by_hand
            A scale that a person gave; it wins over the file's.
        """
        scale = by_hand if by_hand is not None else scene.scale
        if scale is None or scale.unit == "px":
            return cls(1.0, 1.0, "px")
        if scale.unit != "°":
            return cls(scale.x, scale.y, scale.unit)
        if scene.georeference is None:
            return cls(1.0, 1.0, "px")
        _, latitude = scene.georeference.to_crs(scene.width / 2, scene.height / 2)
        shrink = max(0.01, math.cos(math.radians(max(-89.0, min(89.0, latitude)))))
        return cls(
            scale.x * METRES_PER_DEGREE * shrink, scale.y * METRES_PER_DEGREE, "m", approximate=True
        )


def image_placing(world: World) -> dict[str, Any]:
    """Return scale, units and translation of an image layer.

    The translation is half a pixel, so that the image's corner, not its first pixel's centre,
    lies at zero.
    """
    shift = (world.y / 2, world.x / 2)
    return {"scale": world.scale, "units": world.units, "translate": shift}
