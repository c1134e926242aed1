"""Annotations as the text of GeoJSON features, as QuPath writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shapely.geometry.base import BaseGeometry

from ssldiff_gui.core.annotations import Annotation, AnnotationClass, Colour
from ssldiff_gui.storage.scalars import special_word
from ssldiff_gui.storage.shapes import shapes_to_json


def feature_texts(
    annotations: Sequence[Annotation],
    classes: Sequence[AnnotationClass] = (),
    shapes: Sequence[BaseGeometry] | None = None,
) -> Iterator[str]:
    """Yield each annotation as the text of a feature.

    Parameters
    ----------
    annotations
        What to write.
    classes
        Give the colours of classifications.
    shapes
        Written in the place of the annotations' own (in another coordinate system).
    """
    if not annotations:
        return
    colours = {known.name: known.colour for known in classes}
    texts = shapes_to_json(shapes if shapes is not None else [a.geometry for a in annotations])
    for annotation, text in zip(annotations, texts, strict=True):
        extra: dict[str, Any] = {}
        if annotation.plane is not None:
            extra["plane"] = dict(annotation.plane)
        if annotation.ellipse:
            extra["isEllipse"] = True
        parts = [f'"type":"Feature","id":"{annotation.id}","geometry":{_with(text, extra)}']
        if annotation.nucleus is not None:
            plane = {key: value for key, value in extra.items() if key == "plane"}
            nucleus = shapes_to_json([annotation.nucleus])[0]
            parts.append(f'"nucleusGeometry":{_with(nucleus, plane)}')
        parts.append(f'"properties":{_dumps(_properties(annotation, colours))}')
        yield "{" + ",".join(parts) + "}"


def _properties(annotation: Annotation, colours: Mapping[str, Colour]) -> dict[str, Any]:
    result = dict(annotation.properties)
    result["objectType"] = annotation.kind
    if annotation.name:
        result["name"] = annotation.name
    if annotation.colour is not None:
        result["color"] = list(annotation.colour)
    if annotation.class_name:
        names = annotation.class_name.split(": ")
        said: dict[str, Any] = {"names": names} if len(names) > 1 else {"name": names[0]}
        if annotation.class_name in colours:
            said["color"] = list(colours[annotation.class_name])
        result["classification"] = said
    if annotation.locked:
        result["isLocked"] = True
    if annotation.measurements:
        left = annotation.properties.get("measurements")
        words = {name: special_word(value) for name, value in annotation.measurements.items()}
        result["measurements"] = {**(left if isinstance(left, Mapping) else {}), **words}
    if annotation.parent is not None:
        result["parentId"] = str(annotation.parent)
    return result


def _with(text: str, extra: Mapping[str, Any]) -> str:
    """Add members to the text of a JSON object."""
    return text if not extra else text[:-1] + "," + _dumps(extra)[1:]


def _dumps(value: Any) -> str:
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), separators=(",", ":"), allow_nan=False)


def _finite(value: Any) -> Any:
    """Write the numbers that JSON lacks as words, as QuPath does."""
    if isinstance(value, Mapping):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return special_word(value) if isinstance(value, float) else value
