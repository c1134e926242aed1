"""Which format a file of annotations has: told by its name."""

from __future__ import annotations

from pathlib import Path

from ssldiff_gui.core.annotations import AnnotationSet
from ssldiff_gui.core.geometry import Georeference
from ssldiff_gui.storage import geojson


def read(path: Path, georeference: Georeference | None) -> AnnotationSet:
    """Read GeoJSON, or a GeoPackage."""
    return geojson.read_set(path, georeference)


def write(path: Path, content: AnnotationSet, georeference: Georeference | None) -> None:
    """Write GeoJSON for QuPath (or for maps, when there is a place on a planet)."""
    geojson.write_annotations(path, content.annotations, content.classes, georeference=georeference)
