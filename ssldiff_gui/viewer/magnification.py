"""What zoom means to people: an objective on slides, a map scale on scenes, otherwise percent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ssldiff_gui.viewer.world import World

MagnificationKind = Literal["objective", "map", "percent"]

OBJECTIVES = (1.0, 2.5, 5.0, 10.0, 20.0, 40.0)
MAP_SCALES = (500.0, 1_000.0, 2_500.0, 5_000.0, 10_000.0, 25_000.0, 50_000.0, 100_000.0)
PERCENTS = (6.25, 12.5, 25.0, 50.0, 100.0, 200.0)

MICRONS_AT_1X = 10.0
"""A 20x objective is 0.5 µm a pixel; so is, by the same rule, 1x 10 µm a pixel."""

METRES_PER_INCH = 0.0254


@dataclass(frozen=True, slots=True)
class Magnifier:
    """Turns screen pixels per level-0 pixel into a magnification, and back.

    Parameters
    ----------
    world
        Size of a level-0 pixel.
    dpi
        Pixels of the screen in an inch, for map scales.
    """

    world: World
    dpi: float = 96.0

    @property
    def kind(self) -> MagnificationKind:
        """What the numbers mean."""
        if self.world.unit == "px":
            return "percent"
        return "objective" if self.world.unit == "µm" else "map"

    @property
    def presets(self) -> tuple[float, ...]:
        """Round values worth a button, from far to near for slides, near to far for maps."""
        return {"objective": OBJECTIVES, "map": MAP_SCALES, "percent": PERCENTS}[self.kind]

    def magnification(self, ratio: float) -> float:
        """Return the magnification at `ratio` screen pixels per level-0 pixel."""
        size = self.world.metres_per_pixel
        if size is None:
            return ratio * 100
        if self.kind == "objective":
            return ratio * MICRONS_AT_1X / (size * 1e6)
        return size / ratio / (METRES_PER_INCH / self.dpi)

    def ratio(self, magnification: float) -> float:
        """Return screen pixels per level-0 pixel at a magnification."""
        if not magnification > 0:
            raise ValueError(f"a magnification is above zero: {magnification}")
        size = self.world.metres_per_pixel
        if size is None:
            return magnification / 100
        if self.kind == "objective":
            return magnification * size * 1e6 / MICRONS_AT_1X
        return size / magnification / (METRES_PER_INCH / self.dpi)

    def text(self, magnification: float) -> str:
        """Return a magnification as people write it: 20x, 1 : 25,000, 50 %."""
        if self.kind == "objective":
            return f"{_short(magnification)}x"
        if self.kind == "map":
            return f"1 : {_rounded(magnification):,.0f}"
        return f"{_short(magnification)} %"


def _short(number: float) -> str:
    digits = 0 if number >= 100 else 1 if number >= 10 else 2
    text = f"{number:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _rounded(number: float) -> float:
    """Keep three figures: nobody reads 1 : 24,987."""
    return float(f"{number:.3g}")
