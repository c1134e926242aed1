"""What people draw on a picture: shapes with a name, a class and a colour.

The vocabulary is QuPath's, because that is where annotations come from and go to.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self
from uuid import UUID, uuid4

import numpy as np
import shapely
from pydantic import BaseModel, ConfigDict, Field, field_serializer, field_validator
from shapely.geometry.base import BaseGeometry

Colour = tuple[int, int, int]
"""Red, green and blue, 0–255."""

UNCLASSIFIED: Colour = (230, 159, 0)
"""Shown for a shape that has neither a colour of its own nor a class."""

KINDS = ("annotation", "detection", "cell", "tile", "tmaCore")
"""The kinds of object that QuPath knows; others that a file brings are kept as they are."""

READ_ONLY_KINDS = frozenset({"detection", "cell", "tile"})
"""Made by programs, often by the ten thousand: shown, but not drawn or reshaped by hand."""


class AnnotationClass(BaseModel):
    """A class that shapes belong to.

    Parameters
    ----------
    name
        As people call it; "Tumour: Positive" is a class within a class, as in QuPath.
    colour
        How its shapes are shown.
    """

    model_config = ConfigDict(frozen=True)

    name: str = Field(min_length=1)
    colour: Colour

    @field_validator("colour")
    @classmethod
    def _in_range(cls, colour: Colour) -> Colour:
        return checked_colour(colour)


class Annotation(BaseModel):
    """One shape on a picture; immutable, change it with `with_`.

    Parameters
    ----------
    geometry
        Points, lines or areas in level-0 pixels, x to the right, y down; two-dimensional.
    id
        Stable across saving and loading.
    kind
        One of `KINDS`, or another word that a file brought.
    name
        As people call it, or empty.
    class_name
        Name of its class, or None.
    colour
        A colour of its own; None takes its class's.
    locked
        Whether it is guarded from being moved, reshaped or deleted.
    measurements
        Numbers by name; may be NaN or infinite.
    ellipse
        Whether the polygon stands for the ellipse in its bounds.
    nucleus
        For cells: the outline of the nucleus.
    plane
        Channel, depth and time as the file gave them, or None.
    parent
        The annotation this one lies within, for files that keep a hierarchy.
    properties
        Everything else that its file said of it; written back.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True, extra="forbid")

    geometry: BaseGeometry
    id: UUID = Field(default_factory=uuid4)
    kind: str = "annotation"
    name: str = ""
    class_name: str | None = None
    colour: Colour | None = None
    locked: bool = False
    measurements: Mapping[str, float] = Field(default_factory=dict)
    ellipse: bool = False
    nucleus: BaseGeometry | None = None
    plane: Mapping[str, int] | None = None
    parent: UUID | None = None
    properties: Mapping[str, Any] = Field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.id)

    @field_validator("geometry")
    @classmethod
    def _flat(cls, geometry: BaseGeometry) -> BaseGeometry:
        if geometry.is_empty:
            raise ValueError("an annotation has a shape")
        return shapely.force_2d(geometry) if geometry.has_z else geometry

    @field_validator("colour")
    @classmethod
    def _in_range(cls, colour: Colour | None) -> Colour | None:
        return None if colour is None else checked_colour(colour)

    @field_validator("measurements")
    @classmethod
    def _one_nan(cls, measurements: Mapping[str, float]) -> Mapping[str, float]:
        # The one NaN object makes equal mappings compare equal: Python looks at identity first.
        return MappingProxyType(
            {key: math.nan if value != value else value for key, value in measurements.items()}  # noqa: PLR0124
        )

    @field_validator("plane", "properties")
    @classmethod
    def _read_only(cls, mapping: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        return None if mapping is None else MappingProxyType(dict(mapping))

    @field_serializer("measurements", "plane", "properties")
    def _plain(self, mapping: Mapping[str, Any] | None) -> dict[str, Any] | None:
        return None if mapping is None else dict(mapping)

    def with_(self, **changes: Any) -> Self:
        """Return a copy with some fields changed (and checked)."""
        kept = {field: getattr(self, field) for field in type(self).model_fields}
        return type(self)(**{**kept, **changes})

    def moved(self, dx: float, dy: float) -> Self:
        """Return a copy that lies elsewhere."""
        nucleus = self.nucleus
        return self.with_(
            geometry=_shifted(self.geometry, dx, dy),
            nucleus=None if nucleus is None else _shifted(nucleus, dx, dy),
        )

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom in level-0 pixels."""
        left, top, right, bottom = self.geometry.bounds
        return float(left), float(top), float(right), float(bottom)

    @property
    def editable(self) -> bool:
        """Whether a person may reshape it: drawn by hand and not locked."""
        return not self.locked and self.kind not in READ_ONLY_KINDS

    @property
    def label(self) -> str:
        """What is written beside it on the picture: its name, or its class, or nothing."""
        return self.name or self.class_name or ""

    @property
    def title(self) -> str:
        """What to call it in a list: its label, or its kind."""
        return self.label or self.kind[:1].upper() + self.kind[1:]


@dataclass(frozen=True, slots=True)
class AnnotationSet:
    """Annotations and the classes they belong to, as a file or an editor holds them.

    Parameters
    ----------
    annotations
        In drawing order.
    classes
        Each named once.
    skipped
        Features of a file that have no shape (QuPath's root object, for one).
    """

    annotations: tuple[Annotation, ...] = ()
    classes: tuple[AnnotationClass, ...] = ()
    skipped: int = 0


def checked_colour(colour: Colour) -> Colour:
    """Return the colour, or raise ValueError when a part is outside 0–255."""
    if not all(0 <= part <= 255 for part in colour):
        raise ValueError(f"a colour's parts lie between 0 and 255: {colour}")
    return colour


def colour_of(annotation: Annotation, classes: Iterable[AnnotationClass]) -> Colour:
    """Return the colour an annotation is shown in: its own, its class's, or the default."""
    if annotation.colour is not None:
        return annotation.colour
    for known in classes:
        if known.name == annotation.class_name:
            return known.colour
    return UNCLASSIFIED


def _shifted(geometry: BaseGeometry, dx: float, dy: float) -> BaseGeometry:
    offset = np.array((dx, dy))
    return shapely.transform(geometry, lambda points: points + offset)
