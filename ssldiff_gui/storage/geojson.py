"""Annotations in GeoJSON, as QuPath reads and writes it, and as maps use it."""

from __future__ import annotations

import gc
import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ssldiff_gui.core.annotations import Annotation, AnnotationClass, AnnotationSet
from ssldiff_gui.core.errors import BadAnnotations, MissingFile, RemoteFile
from ssldiff_gui.core.geometry import Georeference
from ssldiff_gui.storage.atomic import write_bytes
from ssldiff_gui.storage.feature_texts import feature_texts
from ssldiff_gui.storage.features import BadFeature, parse_features
from ssldiff_gui.storage.projection import (
    LON_LAT,
    BadProjection,
    fits_lon_lat,
    from_pixels,
    to_pixels,
)

LARGEST_TEXT = 1 << 30
"""Most bytes of JSON that are read, after unpacking."""

_SHAPES = (
    "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon",
    "GeometryCollection",
)  # fmt: skip

_EXPORT_AGAIN = "Export it again as GeoJSON (a FeatureCollection) from the program that made it."


def read_annotations(
    path: Path, georeference: Georeference | None = None
) -> tuple[Annotation, ...]:
    """Read the annotations of a file; see `read_set`."""
    return read_set(path, georeference).annotations


def read_set(path: Path, georeference: Georeference | None = None) -> AnnotationSet:
    """Read annotations and classes; all of them, or none and an error.

    Parameters
    ----------
    path
        A .geojson or .json file, packed with gzip or not.
    georeference
        Of the scene they are for; None for slides. Coordinates are level-0 pixels for slides,
        whatever `crs` a file declares. For scenes, a `crs` member counts; without one, the
        coordinates are longitude and latitude (RFC 7946), unless they cannot be, or QuPath
        wrote the file: then they are pixels.

    Raises
    ------
    BadAnnotations
        Names the file, the feature and what to do.
    """
    with _no_collection():
        document = _parsed(path, _text(path))
        features = _features(path, document)
        try:
            found = parse_features(features)
        except BadFeature as error:
            raise _bad(path, f"{error}.") from error
    annotations = found.annotations
    crs = _crs(document, features, annotations) if georeference and annotations else None
    if georeference is not None and crs is not None:
        annotations = _moved_to_pixels(path, annotations, crs, georeference)
    return AnnotationSet(tuple(annotations), tuple(found.classes), found.skipped)


def write_annotations(
    path: Path,
    annotations: Sequence[Annotation],
    classes: Sequence[AnnotationClass] = (),
    *,
    georeference: Georeference | None = None,
) -> None:
    """Write annotations for QuPath, or for maps; whole or not at all.

    Parameters
    ----------
    path
        Packed with gzip when its name ends in .gz.
    annotations
        What to write; `read_set` gives them back equal.
    classes
        Give the colours of classes.
    georeference
        Of a scene: coordinates are written as longitude and latitude, for maps. None writes
        level-0 pixels.
    """
    shapes = None
    crs = ""
    if georeference is not None:
        shapes = from_pixels([a.geometry for a in annotations], LON_LAT, georeference)
        name = "urn:ogc:def:crs:OGC:1.3:CRS84"
        crs = f'"crs":{{"type":"name","properties":{{"name":"{name}"}}}},\n'
        annotations = [a if a.nucleus is None else a.with_(nucleus=None) for a in annotations]
    body = ",\n".join(feature_texts(annotations, classes, shapes))
    text = f'{{"type":"FeatureCollection",\n{crs}"features":[\n{body}\n]}}\n'
    content = text.encode()
    write_bytes(path, gzip.compress(content, 6) if path.suffix.lower() == ".gz" else content)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Hold the garbage collector off: it would walk millions of coordinates, again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _text(path: Path) -> str:
    """Return the file's text, unpacked."""
    if "://" in str(path) or str(path).startswith(("http:/", "https:/", "s3:/", "ftp:/")):
        raise RemoteFile(
            path, f"{path} is an address, not a file on this computer.", "Download it first."
        )
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        opener = gzip.open if packed else open
        with opener(path, "rb") as file:
            content: bytes = file.read(LARGEST_TEXT + 1)
    except FileNotFoundError as error:
        raise MissingFile(path, f"{path.name} does not exist.", "Check its name.") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _bad(path, "it is packed with gzip and damaged.", "Copy it again.") from error
    except OSError as error:
        raise _bad(path, "it cannot be read.", "Choose a file that you may read.") from error
    if len(content) > LARGEST_TEXT:
        raise _bad(path, "it holds more than 1 GB of text.", "Split it into smaller files.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad(path, "it is not text in UTF-8.") from error


def _parsed(path: Path, text: str) -> Any:
    if not text.strip():
        raise _bad(path, "it is empty.")
    try:
        return json.loads(text, parse_constant=str)
    except json.JSONDecodeError as error:
        reason = f"it is not JSON at line {error.lineno}, column {error.colno}."
        raise _bad(path, reason) from error
    except (RecursionError, ValueError) as error:
        raise _bad(path, "it is not JSON that can be read.") from error


def _features(path: Path, document: Any) -> Sequence[Any]:
    if isinstance(document, list):
        return document
    if isinstance(document, Mapping):
        kind = document.get("type")
        features = document.get("features")
        if isinstance(features, list) and kind in (None, "FeatureCollection"):
            return features
        if kind == "Feature" or kind in _SHAPES:
            return [document]
    raise _bad(path, "it is JSON, but holds no annotations.")


def _crs(document: Any, features: Sequence[Any], annotations: Sequence[Annotation]) -> str | None:
    """Return the coordinate system of a file for scenes; None means pixels."""
    declared = document.get("crs") if isinstance(document, Mapping) else None
    if isinstance(declared, Mapping):
        properties = declared.get("properties")
        name = properties.get("name") if isinstance(properties, Mapping) else None
        if isinstance(name, str):
            return name
    from_qupath = any(
        isinstance(f, Mapping)
        and isinstance(f.get("properties"), Mapping)
        and "objectType" in f["properties"]
        for f in features
    )
    plain = not from_qupath and fits_lon_lat([a.geometry for a in annotations])
    return LON_LAT if plain else None


def _moved_to_pixels(
    path: Path, annotations: list[Annotation], crs: str, georeference: Georeference
) -> list[Annotation]:
    try:
        shapes = to_pixels([a.geometry for a in annotations], crs, georeference)
    except BadProjection as error:
        raise _bad(path, f"{error}.", "Export it in WGS 84 (EPSG:4326).") from error
    return [a.with_(geometry=shape) for a, shape in zip(annotations, shapes, strict=True)]


def _bad(path: Path, reason: str, hint: str = _EXPORT_AGAIN) -> BadAnnotations:
    return BadAnnotations(path, f"{path.name} cannot be read as annotations: {reason}", hint)
