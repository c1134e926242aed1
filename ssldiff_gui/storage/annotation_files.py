"""Annotations in whichever format a file's name says."""

from __future__ import annotations

from pathlib import Path

from ssldiff_gui.core.annotations import AnnotationSet
from ssldiff_gui.core.errors import BadAnnotations
from ssldiff_gui.core.geometry import Georeference
from ssldiff_gui.storage import geojson, geopackage

GEOJSON = ("*.geojson", "*.json", "*.geojson.gz")
GEOPACKAGE = ("*.gpkg",)


def read_file(path: Path, georeference: Georeference | None = None) -> AnnotationSet:
    """Read GeoJSON, or a GeoPackage for scenes.

    Parameters
    ----------
    path
        The file.
    georeference
        Where the scene lies; None for slides.

    Raises
    ------
    BadAnnotations
        Names the file and says what to do; nothing is half read.
    """
    if is_geopackage(path):
        return geopackage.read_set(path, _placed(path, georeference))
    return geojson.read_set(path, georeference)


def write_file(
    path: Path, content: AnnotationSet, georeference: Georeference | None = None
) -> None:
    """Write GeoJSON in pixels for slides and in degrees for scenes, or a GeoPackage for scenes."""
    if is_geopackage(path):
        place = _placed(path, georeference)
        geopackage.write_annotations(path, content.annotations, content.classes, georeference=place)
    else:
        geojson.write_annotations(
            path, content.annotations, content.classes, georeference=georeference
        )


def is_geopackage(path: Path) -> bool:
    """Whether a file's name says that it is a GeoPackage."""
    return path.suffix.lower() == ".gpkg"


def _placed(path: Path, georeference: Georeference | None) -> Georeference:
    if georeference is None:
        raise BadAnnotations(
            path,
            f"{path.name} is for maps, and this picture lies on none.",
            "Use GeoJSON for slides.",
        )
    return georeference
