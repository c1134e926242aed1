"""Many outlines as one picture: what is small on the screen costs no more than a dot."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely
from PIL import Image, ImageDraw

from ssldiff_gui.core.annotations import Annotation, Colour
from ssldiff_gui.viewer.world import World

RGBA = npt.NDArray[np.uint8]
"""(height, width, 4) uint8; fully transparent where nothing is drawn."""

SPECK = 3.0
"""Screen pixels below which an outline is a dot."""

FACE_ALPHA = 30
SELECTED_COLOUR = (255, 255, 255)
BREATH = 256
"""Outlines between two moments in which other threads may run."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle of level-0 pixels and the picture that shows it.

    Parameters
    ----------
    left, top
        Upper left corner in level-0 pixels.
    step
        Level-0 pixels (x, y) for one pixel of the picture.
    width, height
        Of the picture.
    """

    left: float
    top: float
    step: tuple[float, float]
    width: int
    height: int

    @classmethod
    def around(
        cls, viewport: tuple[float, float, float, float], zoom: float, world: World
    ) -> Frame:
        """Return the frame of a viewport, a quarter larger on each side.

        Parameters
        ----------
        viewport
            Left, top, right and bottom in level-0 pixels.
        zoom
            Screen pixels for one unit of the world.
        world
            Size of a level-0 pixel.
        """
        left, top, right, bottom = viewport
        margin_x, margin_y = (right - left) / 4, (bottom - top) / 4
        step = (1 / (zoom * world.x), 1 / (zoom * world.y))
        width = max(1, min(4096, round((right - left + 2 * margin_x) / step[0])))
        height = max(1, min(4096, round((bottom - top + 2 * margin_y) / step[1])))
        return cls(left - margin_x, top - margin_y, step, width, height)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom in level-0 pixels."""
        return (
            self.left,
            self.top,
            self.left + self.width * self.step[0],
            self.top + self.height * self.step[1],
        )


class Outlines:
    """A fixed set of annotations, indexed by place; safe to use from any thread.

    Parameters
    ----------
    items
        Annotations and the colours they are shown in, in drawing order.
    selected
        Those that stand out.
    """

    def __init__(
        self, items: Sequence[tuple[Annotation, Colour]], selected: Collection[UUID] = ()
    ) -> None:
        self.identities: list[UUID] = [annotation.id for annotation, _ in items]
        self._geometries = np.array([annotation.geometry for annotation, _ in items], dtype=object)
        self._colours = np.array([colour for _, colour in items], dtype=np.uint8).reshape(-1, 3)
        self._selected = np.array([a.id in selected for a, _ in items], dtype=np.bool_)

    def __len__(self) -> int:
        return len(self.identities)

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._geometries)

    def at(self, x: float, y: float, tolerance: float) -> UUID | None:
        """Return the smallest annotation at a place, in level-0 pixels, None when there is none."""
        if not len(self):
            return None
        spot = shapely.Point(x, y)
        near = self._tree.query(spot, predicate="dwithin", distance=tolerance)
        if not len(near):
            return None
        areas = shapely.area(shapely.envelope(self._geometries[near]))
        return self.identities[int(near[np.argmin(areas)])]

    def draw(self, frame: Frame, cancelled: Callable[[], bool] = lambda: False) -> RGBA | None:
        """Return the picture of a frame, None when it was cancelled meanwhile."""
        picture = np.zeros((frame.height, frame.width, 4), dtype=np.uint8)
        if not len(self):
            return picture
        found = np.sort(self._tree.query(shapely.box(*frame.bounds)))
        bounds = shapely.bounds(self._geometries[found])
        extent = (bounds[:, 2:] - bounds[:, :2]) / frame.step
        points = shapely.get_type_id(self._geometries[found]) % 4 == 0
        small = (extent.max(axis=1, initial=0) < SPECK) & ~points & ~self._selected[found]
        self._draw_specks(picture, frame, found[small], bounds[small])
        image = Image.fromarray(picture)
        pen = ImageDraw.Draw(image)
        large = found[~small]
        for start in range(0, len(large), BREATH):
            if cancelled():
                return None
            self._draw_outlines(pen, frame, large[start : start + BREATH])
            time.sleep(0)
        return np.asarray(image)

    def _draw_specks(
        self, picture: RGBA, frame: Frame, which: npt.NDArray[np.intp], bounds: npt.NDArray[Any]
    ) -> None:
        middle = (bounds[:, :2] + bounds[:, 2:]) / 2
        place = np.floor((middle - (frame.left, frame.top)) / frame.step).astype(np.intp)
        for right, down in ((0, 0), (1, 0), (0, 1), (1, 1)):
            columns, rows = place[:, 0] + right, place[:, 1] + down
            inside = (columns >= 0) & (rows >= 0)
            inside &= (columns < frame.width) & (rows < frame.height)
            picture[rows[inside], columns[inside], :3] = self._colours[which[inside]]
            picture[rows[inside], columns[inside], 3] = 255

    def _draw_outlines(
        self, pen: ImageDraw.ImageDraw, frame: Frame, which: npt.NDArray[np.intp]
    ) -> None:
        parts, owner = shapely.get_parts(self._geometries[which], return_index=True)
        for part, index in zip(parts, which[owner], strict=True):
            colour = tuple(int(value) for value in self._colours[index])
            _draw_part(pen, frame, part, colour, bool(self._selected[index]))


def _draw_part(
    pen: ImageDraw.ImageDraw, frame: Frame, part: Any, colour: tuple[int, ...], selected: bool
) -> None:
    edge = (*(SELECTED_COLOUR if selected else colour), 255)
    width = 3 if selected else 2
    if part.geom_type == "Point":
        x, y = _places(frame, part)[0]
        pen.ellipse((x - 4, y - 4, x + 4, y + 4), fill=(*colour, 255), outline=edge, width=width)
    elif part.geom_type == "Polygon":
        pen.polygon(_places(frame, part.exterior), fill=(*colour, FACE_ALPHA))
        for hole in part.interiors:
            pen.polygon(_places(frame, hole), fill=(0, 0, 0, 0))
        for ring in (part.exterior, *part.interiors):
            pen.line(_places(frame, ring), fill=edge, width=width)
    else:
        for line in getattr(part, "geoms", (part,)):
            pen.line(_places(frame, line), fill=edge, width=width)


def _places(frame: Frame, part: Any) -> list[tuple[float, float]]:
    """Return coordinates in the picture, kept within what PIL can count."""
    places = (shapely.get_coordinates(part) - (frame.left, frame.top)) / frame.step
    return [(x, y) for x, y in np.clip(places, -30_000, 60_000).tolist()]
