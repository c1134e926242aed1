"""Which format a file of annotations has: told by its name."""

from __future__ import annotations

from pathlib import Path

from ssldiff_gui.core.annotations import AnnotationSet
from ssldiff_gui.core.errors import BadAnnotations
from ssldiff_gui.core.geometry import Georeference


def read(path: Path, georeference: Georeference | None) -> AnnotationSet:
    """Read GeoJSON or a GeoPackage.

    Parameters
    ----------
    path
        What to read.
    georeference
        Of the scene they are for; None for slides.
    """
    from ssldiff_gui.storage import geojson, geopackage

    if path.suffix.lower() == ".gpkg":
        return geopackage.read_set(path, _placed(path, georeference))
    return geojson.read_set(path, georeference)


def write(path: Path, content: AnnotationSet, georeference: Georeference | None) -> None:
    """Write GeoJSON for QuPath (in longitude and latitude for scenes), or a GeoPackage.

    Parameters
    ----------
    path
        Where to.
    content
        Annotations and classes.
    georeference
        Of the scene they are on; None for slides.
    """
    from ssldiff_gui.storage import geojson, geopackage

    annotations, classes = content.annotations, content.classes
    if path.suffix.lower() == ".gpkg":
        placed = _placed(path, georeference)
        geopackage.write_annotations(path, annotations, classes, georeference=placed)
    else:
        geojson.write_annotations(path, annotations, classes, georeference=georeference)


def _placed(path: Path, georeference: Georeference | None) -> Georeference:
    """Return the place, or say why a slide has no use for a GeoPackage."""
    if georeference is None:
        raise BadAnnotations(
            path,
            f"{path.name} is for maps, and this picture has no place on one.",
            "Use GeoJSON for slides.",
        )
    return georeference
