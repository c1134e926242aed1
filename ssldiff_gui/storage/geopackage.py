"""Annotations of scenes in GeoPackage, with a coordinate system that any GIS understands."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import numpy as np
import numpy.typing as npt
import shapely
from pydantic import ValidationError
from shapely.geometry.base import BaseGeometry

from ssldiff_gui.core.annotations import Annotation, AnnotationClass, AnnotationSet, Colour
from ssldiff_gui.core.errors import BadAnnotations, FileProblem, MissingFile
from ssldiff_gui.core.geometry import Georeference
from ssldiff_gui.core.palettes import next_colour
from ssldiff_gui.storage.atomic import replacing
from ssldiff_gui.storage.features import NAMESPACE
from ssldiff_gui.storage.projection import BadProjection, from_pixels, to_pixels
from ssldiff_gui.storage.scalars import measurement, special_word

LAYER = "annotations"
MAGIC = b"SQLite format 3\0"
_OURS = (
    "id", "kind", "name", "class", "class_colour", "colour", "locked", "measurements",
    "properties",
)  # fmt: skip

Row = Mapping[str, Any]


def read_annotations(path: Path, georeference: Georeference) -> tuple[Annotation, ...]:
    """Read the annotations of all layers; see `read_set`."""
    return read_set(path, georeference).annotations


def read_set(path: Path, georeference: Georeference) -> AnnotationSet:
    """Read the annotations and classes of all layers, in level-0 pixels of a scene.

    Raises
    ------
    BadAnnotations
        Names the file, the layer, the feature and what to do; nothing is half read.
    """
    layers = read_layers(path, georeference)
    annotations: dict[UUID, Annotation] = {}
    classes: dict[str, AnnotationClass] = {}
    for found in layers.values():
        for annotation in found.annotations:
            identity = annotation.id
            while identity in annotations:
                identity = uuid5(identity, "again")
            annotations[identity] = (
                annotation if identity == annotation.id else annotation.with_(id=identity)
            )
        for known in found.classes:
            classes.setdefault(known.name, known)
    skipped = sum(found.skipped for found in layers.values())
    return AnnotationSet(tuple(annotations.values()), tuple(classes.values()), skipped)


def read_layers(path: Path, georeference: Georeference) -> dict[str, AnnotationSet]:
    """Read each layer that has shapes, by name."""
    _check(path)
    import pyogrio

    try:
        names = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
        tables = {name: pyogrio.raw.read(path, layer=name, force_2d=True) for name in names}
    except (RuntimeError, ValueError) as error:  # pyogrio's errors are RuntimeErrors
        raise _bad(path, "it is damaged.", "Save it again from your GIS.") from error
    return {name: _layer(path, name, table, georeference) for name, table in tables.items()}


def write_annotations(
    path: Path,
    annotations: Sequence[Annotation],
    classes: Sequence[AnnotationClass] = (),
    *,
    georeference: Georeference,
) -> None:
    """Write annotations into one layer, in the scene's own coordinate system."""
    write_layers(path, {LAYER: annotations}, classes, georeference=georeference)


def write_layers(
    path: Path,
    layers: Mapping[str, Sequence[Annotation]],
    classes: Sequence[AnnotationClass] = (),
    *,
    georeference: Georeference,
) -> None:
    """Write several layers; the file is replaced whole or not at all.

    Parameters
    ----------
    path
        Ends in .gpkg.
    layers
        Annotations by the layer's name.
    classes
        Give the colours of classes.
    georeference
        Of the scene.
    """
    import pyogrio

    colours = {known.name: known.colour for known in classes}
    with replacing(path) as fresh:
        fresh.unlink()
        try:
            for name, annotations in layers.items():
                shapes = from_pixels(
                    [a.geometry for a in annotations], georeference.crs, georeference
                )
                rows = [_row(annotation, colours) for annotation in annotations]
                pyogrio.raw.write(
                    fresh,
                    geometry=shapely.to_wkb(np.array(shapes, dtype=object)),
                    field_data=[_column([row[field] for row in rows], field) for field in _OURS],
                    fields=np.array(_OURS, dtype=object),
                    layer=name,
                    driver="GPKG",
                    geometry_type="Unknown",
                    crs=georeference.crs,
                    append=fresh.exists(),
                )
        except RuntimeError as error:
            raise FileProblem(
                path, f"{path.name} cannot be written ({error}).", "Choose another folder."
            ) from error


def _check(path: Path) -> None:
    """Let only real GeoPackages reach GDAL, which would follow other files' addresses."""
    try:
        with path.open("rb") as file:
            magic = file.read(len(MAGIC))
    except FileNotFoundError as error:
        raise MissingFile(path, f"{path.name} does not exist.", "Check its name.") from error
    except OSError as error:
        raise _bad(path, "it cannot be read.", "Choose a file that you may read.") from error
    if magic != MAGIC:
        raise _bad(path, "it is no GeoPackage.", "Save it as GeoPackage from your GIS.")


def _layer(
    path: Path, name: str, table: tuple[Any, ...], georeference: Georeference
) -> AnnotationSet:
    meta, _, wkb, columns = table
    fields = [str(field) for field in meta["fields"]]
    if wkb is None:
        return AnnotationSet()
    try:
        shapes = list(shapely.from_wkb(wkb))
    except shapely.errors.GEOSException as error:
        raise _bad(path, f"layer {name} has a broken shape.", "Repair it in your GIS.") from error
    shown = [i for i, shape in enumerate(shapes) if shape is not None and not shape.is_empty]
    try:
        moved = to_pixels([shapes[i] for i in shown], meta["crs"] or georeference.crs, georeference)
    except BadProjection as error:
        hint = "Export it in the scene's own coordinate system."
        raise _bad(path, f"in layer {name} {error}.", hint) from error
    annotations = []
    colours: dict[str, Colour | None] = {}
    for index, shape in zip(shown, moved, strict=True):
        row = {field: _plain(column[index]) for field, column in zip(fields, columns, strict=True)}
        try:
            annotations.append(_annotation(row, shape, f"{name} {index}"))
        except (ValidationError, ValueError) as error:
            reason = f"in layer {name}, feature {index} makes no sense."
            raise _bad(path, reason, "Correct it in your GIS.") from error
        label = annotations[-1].class_name
        if label and colours.get(label) is None:
            colours[label] = _colour(row.get("class_colour"))
    return AnnotationSet(tuple(annotations), _classes(colours), len(shapes) - len(shown))


def _row(annotation: Annotation, colours: Mapping[str, Colour]) -> dict[str, Any]:
    own: dict[str, Any] = {}
    if annotation.ellipse:
        own["isEllipse"] = True
    if annotation.plane is not None:
        own["plane"] = dict(annotation.plane)
    if annotation.parent is not None:
        own["parentId"] = str(annotation.parent)
    rest = {**annotation.properties, **({"ssldiff": own} if own else {})}
    numbers = {name: special_word(value) for name, value in annotation.measurements.items()}
    return {
        "id": str(annotation.id),
        "kind": _whole(annotation.kind),
        "name": _whole(annotation.name),
        "class": _whole(annotation.class_name or ""),
        "class_colour": _hex(colours.get(annotation.class_name or "")),
        "colour": _hex(annotation.colour),
        "locked": annotation.locked,
        "measurements": json.dumps(numbers) if numbers else None,
        "properties": json.dumps(rest) if rest else None,
    }


def _annotation(row: Row, shape: BaseGeometry, label: str) -> Annotation:
    rest = {key: value for key, value in row.items() if key not in _OURS and value is not None}
    rest.update(_mapping(row.get("properties")))
    own = rest.pop("ssldiff", {})
    measurements = {
        key: number
        for key, value in _mapping(row.get("measurements")).items()
        if (number := measurement(value)) is not None
    }
    try:
        identity = UUID(str(row.get("id")))
    except ValueError:
        identity = uuid5(NAMESPACE, f"{label} {row.get('id')}")
        if row.get("id") is not None:
            rest.setdefault("originalId", row["id"])
    parent = own.get("parentId")
    return Annotation(
        id=identity,
        geometry=shape,
        kind=str(row.get("kind") or "annotation"),
        name=str(row.get("name") or ""),
        class_name=str(row["class"]) if row.get("class") else None,
        colour=_colour(row.get("colour")),
        locked=bool(row.get("locked") or False),
        measurements=measurements,
        ellipse=bool(own.get("isEllipse")),
        plane=own.get("plane"),
        parent=None if parent is None else UUID(parent),
        properties=rest,
    )


def _classes(colours: Mapping[str, Colour | None]) -> tuple[AnnotationClass, ...]:
    classes: list[AnnotationClass] = []
    for name, colour in colours.items():
        classes.append(AnnotationClass(name=name, colour=colour or next_colour(classes)))
    return tuple(classes)


def _whole(text: str) -> str | None:
    """Return a text without the character at which GDAL would cut it off; None when empty."""
    return text.replace("\0", "") or None


def _column(values: list[Any], field: str) -> npt.NDArray[Any]:
    return np.array(values, dtype=np.bool_ if field == "locked" else object)


def _mapping(text: Any) -> dict[str, Any]:
    if not isinstance(text, str) or not text:
        return {}
    found = json.loads(text)
    return found if isinstance(found, dict) else {}


def _plain(value: Any) -> Any:
    """Return a cell as something JSON can hold; missing numbers as None."""
    if isinstance(value, np.datetime64):
        return str(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value != value:  # noqa: PLR0124 - NaN stands for NULL
        return None
    return value.hex() if isinstance(value, bytes) else value


def _hex(colour: Colour | None) -> str | None:
    return None if colour is None else "#{:02x}{:02x}{:02x}".format(*colour)


def _colour(text: Any) -> Colour | None:
    if not isinstance(text, str) or len(text) != 7 or text[0] != "#":
        return None
    try:
        packed = int(text[1:], 16)
    except ValueError:
        return None
    return packed >> 16, (packed >> 8) & 255, packed & 255


def _bad(path: Path, reason: str, hint: str) -> BadAnnotations:
    return BadAnnotations(path, f"{path.name} cannot be read as annotations: {reason}", hint)
