"""What is to stand where on a canvas: areas with a class, a text, or both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
import shapely
from pydantic import JsonValue
from shapely.geometry import box as shapely_box
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from ssldiff_gui.core.annotations import AnnotationSet
from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.geometry import Box

Form = Literal["box", "mask", "area"]
"""How an area speaks: as a box, as a mask of a class, or by a text or class of its own."""

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Area:
    """One area.

    Parameters
    ----------
    geometry
        A polygon or several, in pixels of the canvas.
    label
        Its class, or "".
    text
        What it shows, in words, or "".
    """

    geometry: BaseGeometry
    label: str = ""
    text: str = ""

    @property
    def box(self) -> Box:
        """The whole pixels that it lies in."""
        left, top, right, bottom = (float(n) for n in self.geometry.bounds)
        x, y = int(np.floor(left)), int(np.floor(top))
        return Box(x, y, int(np.ceil(right)) - x, int(np.ceil(bottom)) - y)


@dataclass(frozen=True, slots=True)
class Layout:
    """Areas over a canvas; where two overlap, the later one counts.

    Parameters
    ----------
    areas
        In their order.
    """

    areas: tuple[Area, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.areas)

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes in it, in the order in which they first come."""
        return tuple(dict.fromkeys(area.label for area in self.areas if area.label))

    def digest(self) -> str:
        """Return a SHA-256 over all of it; "" when it is empty."""
        if not self.areas:
            return ""
        text = json.dumps(self.facts(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def facts(self) -> dict[str, JsonValue]:
        """Return it as JSON has it."""
        return {
            "format": FORMAT,
            "areas": [
                {"geometry": json.loads(json.dumps(mapping(a.geometry))), "label": a.label,
                 "text": a.text}
                for a in self.areas
            ],
        }  # fmt: skip

    @classmethod
    def of_facts(cls, data: JsonValue) -> Self:
        """Return the layout that `facts` has told of.

        Raises
        ------
        BadRequest
            It is none.
        """
        try:
            areas = tuple(_areas(data))
        except _WRONG as bad:
            raise BadRequest(
                f"That is no layout: {bad}.", "Draw it anew, or give annotations as GeoJSON."
            ) from bad
        return cls(areas)

    @classmethod
    def of_annotations(
        cls, found: AnnotationSet, *, left: float = 0, top: float = 0, downsample: float = 1
    ) -> Self:
        """Return areas that people have drawn: their class, and their name as the text.

        Parameters
        ----------
        found
            What lies in it; points and lines are left out.
        left, top
            Of the canvas, in pixels of the picture that they were drawn on.
        downsample
            Pixels of that picture for each pixel of the canvas.
        """

        def placed(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
            return np.asarray((points - np.array((left, top))) / downsample)

        areas = [
            Area(shapely.transform(shape, placed), one.class_name or "", one.name)
            for one in found.annotations
            if (shape := areal(one.geometry)).area > 0
        ]
        return cls(tuple(areas))

    def boxes(self) -> Self:
        """Return the same areas, each filling its bounds."""
        return type(self)(
            tuple(Area(shapely_box(*a.geometry.bounds), a.label, a.text) for a in self.areas)
        )

    def at(self, x: float, y: float) -> Area | None:
        """Return the area that counts at a place; None when there is none."""
        point = shapely.Point(x, y)
        return next((a for a in reversed(self.areas) if a.geometry.covers(point)), None)

    def cells(self, rows: int, columns: int, side: float) -> npt.NDArray[np.int64]:
        """Return (rows, columns) numbers of areas by the cells' centres; -1 where there is none.

        Parameters
        ----------
        rows, columns
            Of the cells.
        side
            Of a cell in pixels.
        """
        ys, xs = (np.arange(n, dtype=np.float64) * side + side / 2 for n in (rows, columns))
        return _numbers(self.areas, ys, xs)

    def maps(self, corner: tuple[int, int], side: int, factor: int, labels: Sequence[str]
             ) -> npt.NDArray[np.float32]:  # fmt: skip
        """Return (labels, side, side) of a window: 1 where a class is, by the latents' centres.

        Areas of no class that the model knows hide none.

        Parameters
        ----------
        corner
            Top and left of the window, in latents.
        side
            Of the window, in latents.
        factor
            Pixels for each latent along one axis.
        labels
            The classes that the model knows; the single name "" takes every area.
        """
        steps = np.arange(side, dtype=np.float64) + 0.5
        ys, xs = ((place + steps) * factor for place in corner)
        made = np.zeros((len(labels), side, side), np.float32)
        told = [a for a in self.areas if "" in labels or a.label in labels]
        numbers = _numbers(told, ys, xs)
        for k, name in enumerate(labels):
            made[k] = np.isin(numbers, [n for n, a in enumerate(told) if name in ("", a.label)])
        return made


def areal(geometry: BaseGeometry) -> BaseGeometry:
    """Return the areas of a shape: crossings resolved, points and lines left out; maybe empty."""
    sound = geometry if geometry.is_valid else shapely.make_valid(geometry)
    if sound.geom_type in ("Polygon", "MultiPolygon"):
        return sound
    parts = shapely.get_parts(shapely.get_parts(sound))
    return shapely.union_all([p for p in parts if p.geom_type == "Polygon" and p.area > 0])


def _numbers(
    areas: Sequence[Area], ys: npt.NDArray[np.float64], xs: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Return (ys, xs) numbers of the last area over each place; -1 where there is none."""
    found = np.full((len(ys), len(xs)), -1, np.int64)
    for number, area in enumerate(areas):
        left, top, right, bottom = area.geometry.bounds
        r, c = (ys >= top) & (ys <= bottom), (xs >= left) & (xs <= right)
        if r.any() and c.any():
            shapely.prepare(area.geometry)
            inside = shapely.contains_xy(area.geometry, *np.meshgrid(xs[c], ys[r]))
            part = found[np.ix_(r, c)]
            part[inside] = number
            found[np.ix_(r, c)] = part
    return found


_WRONG = (ValueError, TypeError, KeyError, AttributeError, shapely.errors.ShapelyError)


def _areas(data: JsonValue) -> Iterator[Area]:
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ValueError("it has another format")
    told = data["areas"]
    if not isinstance(told, list):
        raise TypeError("its areas are no list")
    for one in told:
        if not isinstance(one, dict):
            raise TypeError("an area is no table")
        yield Area(_area(shape(one["geometry"])), str(one["label"]), str(one["text"]))


def _area(geometry: BaseGeometry) -> BaseGeometry:
    geometry = shapely.force_2d(geometry)
    found = areal(geometry) if np.isfinite(shapely.get_coordinates(geometry)).all() else None
    if found is None or found.is_empty or found.area <= 0:
        raise ValueError("an area has no polygon")
    return found
