"""One GeoJSON feature, as QuPath writes it, and one annotation.

Nothing is lost on the way: what has no field of its own stays in `Annotation.properties`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

import shapely
from pydantic import ValidationError
from shapely.geometry.base import BaseGeometry

from ssldiff_gui.core.annotations import (
    KINDS,
    Annotation,
    AnnotationClass,
    Colour,
)
from ssldiff_gui.core.palettes import next_colour
from ssldiff_gui.storage.scalars import colour_from, measurement
from ssldiff_gui.storage.shapes import BadShape, shapes_from_json

NAMESPACE = UUID("7d3f3b52-6a0e-5d0c-9c0b-55d1ff9f0a11")
"""Of the stable ids given to features that have none."""

_OLD_KINDS = {
    "PathAnnotationObject": "annotation",
    "PathDetectionObject": "detection",
    "PathCellObject": "cell",
    "PathTileObject": "tile",
    "TMACoreObject": "tmaCore",
    "PathRootObject": "root",
}
"""QuPath 0.2 wrote the kind of an object as its id."""


class BadFeature(ValueError):
    """A feature that cannot be understood; says which one and why."""


@dataclass(slots=True)
class _Raw:
    """A feature on its way to becoming an annotation."""

    feature: Mapping[str, Any]
    label: str
    parent: UUID | None
    identity: UUID | None = None
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Parsed:
    """What features turned into.

    Parameters
    ----------
    annotations
        In the file's order, children after their parents.
    classes
        In order of appearance.
    skipped
        Features without a shape.
    """

    annotations: list[Annotation]
    classes: list[AnnotationClass]
    skipped: int


def parse_features(features: Sequence[Any]) -> Parsed:
    """Turn features into annotations, all or none.

    Parameters
    ----------
    features
        As the JSON parser gives them; bare geometries will do.

    Raises
    ------
    BadFeature
        For the first one that cannot be understood.
    """
    raws: list[_Raw] = []
    for index, feature in enumerate(features):
        raws.extend(_flattened(feature, f"feature {index}", None))
    shapes = _shapes(raws, [raw.feature.get("geometry") for raw in raws])
    nuclei = _shapes(raws, [raw.feature.get("nucleusGeometry") for raw in raws])
    taken: set[UUID] = set()
    colours: dict[str, Colour | None] = {}
    annotations = []
    for index, (raw, shape, nucleus) in enumerate(zip(raws, shapes, nuclei, strict=True)):
        if shape is None:
            continue
        identity = raw.identity or uuid5(NAMESPACE, f"{index} {shapely.to_wkb(shape, hex=True)}")
        while identity in taken:
            identity = uuid5(identity, "again")
        taken.add(identity)
        annotations.append(_annotation(raw, identity, shape, nucleus))
        _note_class(raw, colours)
    return Parsed(annotations, _classes(colours), len(raws) - len(annotations))


def _flattened(feature: Any, label: str, parent: UUID | None) -> Iterator[_Raw]:
    """Yield a feature and then its children, each knowing its parent."""
    waiting = [(feature, label, parent)]
    while waiting:
        feature, label, parent = waiting.pop()
        raw, children = _unwrapped(feature, label, parent)
        yield raw
        below = raw.identity if raw.fields["kind"] != "root" else None
        labelled = [
            (child, f"{label}, child {number}", below) for number, child in enumerate(children)
        ]
        waiting.extend(reversed(labelled))


def _unwrapped(feature: Any, label: str, parent: UUID | None) -> tuple[_Raw, list[Any]]:
    """Sort what a feature says into fields; return it with its children."""
    if not isinstance(feature, Mapping):
        raise BadFeature(f"{label} is not an object")
    if "geometry" not in feature and ("coordinates" in feature or "geometries" in feature):
        feature = {"geometry": feature}
    if feature.get("type", "Feature") != "Feature":
        raise BadFeature(f"{label} is a “{feature['type']}”, not a feature")
    given = feature.get("properties")
    if given is not None and not isinstance(given, Mapping):
        raise BadFeature(f"{label} has properties that are not an object")
    rest = dict(given or {})
    raw = _Raw(feature, label, parent)
    children = _children(rest, label)
    _take_identity(raw, rest)
    _take_kind(raw, rest)
    _take_words(raw, rest)
    _take_classification(raw, rest)
    raw.fields["measurements"] = _taken_measurements(rest)
    _take_parent(raw, rest)
    geometry = feature.get("geometry")
    if isinstance(geometry, Mapping):
        raw.fields["ellipse"] = geometry.get("isEllipse") is True
        raw.fields["plane"] = _plane(geometry.get("plane"))
    raw.fields["properties"] = rest
    if children and raw.identity is None:
        raw.identity = uuid5(NAMESPACE, label)
    return raw, children


def _children(rest: dict[str, Any], label: str) -> list[Any]:
    children = rest.pop("childObjects", None)
    if children is None:
        return []
    if not isinstance(children, list):
        raise BadFeature(f"{label} has childObjects that are not a list")
    return children


def _take_identity(raw: _Raw, rest: dict[str, Any]) -> None:
    given = raw.feature.get("id")
    if given is None or given in _OLD_KINDS.keys():  # noqa: SIM118 - `given` may be unhashable
        return
    raw.identity = _uuid(given)
    if raw.identity is None:
        raw.identity = uuid5(NAMESPACE, f"id {given}")
        rest.setdefault("originalId", given)


def _take_kind(raw: _Raw, rest: dict[str, Any]) -> None:
    kind = rest.get("objectType")
    if isinstance(kind, str):
        del rest["objectType"]
    elif isinstance(rest.get("object_type"), str):
        kind = rest.pop("object_type")
    elif rest.get("type") in (*KINDS, "root"):
        kind = rest.pop("type")
    else:
        given = raw.feature.get("id")
        kind = _OLD_KINDS.get(given, "annotation") if isinstance(given, str) else "annotation"
    raw.fields["kind"] = kind


def _take_words(raw: _Raw, rest: dict[str, Any]) -> None:
    name = rest.get("name")
    if isinstance(name, str | int | float) and not isinstance(name, bool):
        raw.fields["name"] = str(rest.pop("name"))
    elif name is None:
        rest.pop("name", None)
    if isinstance(rest.get("isLocked"), bool):
        raw.fields["locked"] = rest.pop("isLocked")
    colour = colour_from(rest.get("color"))
    if colour is not None:
        raw.fields["colour"] = colour
        del rest["color"]


def _take_classification(raw: _Raw, rest: dict[str, Any]) -> None:
    given = rest.get("classification")
    name: str | None = None
    colour: Colour | None = None
    if isinstance(given, str):
        name = given
    elif isinstance(given, Mapping):
        names = given.get("names")
        if isinstance(names, list) and names and all(isinstance(n, str) for n in names):
            name = ": ".join(names)
        elif isinstance(given.get("name"), str):
            name = given["name"]
        colour = colour_from(given.get("color", given.get("colorRGB")))
    if name:
        raw.fields["class_name"] = name
        raw.fields["class_colour"] = colour
    if name is not None or given is None:
        rest.pop("classification", None)


def _taken_measurements(rest: dict[str, Any]) -> dict[str, float]:
    """Take numbers out of the measurements; what is none stays with the other properties."""
    given = rest.get("measurements")
    if isinstance(given, list):  # QuPath up to 0.3
        pairs = [m for m in given if isinstance(m, Mapping) and isinstance(m.get("name"), str)]
        if len(pairs) != len(given):
            return {}
        given = {m["name"]: m.get("value") for m in pairs}
    if not isinstance(given, Mapping):
        if given is None:
            rest.pop("measurements", None)
        return {}
    numbers = {name: measurement(value) for name, value in given.items()}
    left = {name: value for name, value in given.items() if numbers[name] is None}
    if left:
        rest["measurements"] = left
    else:
        del rest["measurements"]
    return {name: number for name, number in numbers.items() if number is not None}


def _take_parent(raw: _Raw, rest: dict[str, Any]) -> None:
    parent = raw.parent
    if parent is None:
        parent = _uuid(rest.get("parentId"))
        if parent is not None:
            del rest["parentId"]
    raw.fields["parent"] = parent


def _annotation(
    raw: _Raw, identity: UUID, shape: BaseGeometry, nucleus: BaseGeometry | None
) -> Annotation:
    fields = {key: value for key, value in raw.fields.items() if key != "class_colour"}
    try:
        return Annotation(id=identity, geometry=shape, nucleus=nucleus, **fields)
    except ValidationError as error:
        problem = error.errors()[0]
        raise BadFeature(f"{raw.label}: {problem['loc'][0]}: {problem['msg']}") from error


def _shapes(raws: Sequence[_Raw], geometries: list[Any]) -> list[BaseGeometry | None]:
    try:
        return shapes_from_json(geometries)
    except BadShape as error:
        raise BadFeature(f"{raws[error.index].label}: {error.reason}") from error


def _note_class(raw: _Raw, colours: dict[str, Colour | None]) -> None:
    name = raw.fields.get("class_name")
    if name and colours.get(name) is None:
        colours[name] = raw.fields.get("class_colour")


def _classes(colours: Mapping[str, Colour | None]) -> list[AnnotationClass]:
    classes = [AnnotationClass(name=n, colour=c) for n, c in colours.items() if c is not None]
    found = {known.name: known for known in classes}
    for name in colours:
        if name not in found:
            found[name] = AnnotationClass(name=name, colour=next_colour(found.values()))
    return [found[name] for name in colours]


def _plane(value: Any) -> dict[str, int] | None:
    if not isinstance(value, Mapping):
        return None
    return {str(key): part for key, part in value.items() if type(part) is int}


def _uuid(value: Any) -> UUID | None:
    if not isinstance(value, str) or len(value) != 36:
        return None
    try:
        return UUID(value)
    except ValueError:
        return None
