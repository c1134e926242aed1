"""Which format a file of annotations has: told by its name."""

from __future__ import annotations

from pathlib import Path

from ssldiff_gui.core.annotations import AnnotationSet
from ssldiff_gui.core.errors import BadAnnotations
from ssldiff_gui.core.geometry import Georeference
from ssldiff_gui.storage import geojson, geopackage
from ssldiff_gui.viewer.napari_plugin.opened import OpenedScene

GEOJSON = "GeoJSON (*.geojson *.json *.geojson.gz)"
GEOPACKAGE = "GeoPackage (*.gpkg)"


def filters(opened: OpenedScene | None) -> str:
    """Return the choice of formats for a file dialog; maps need a place on a planet."""
    place = None if opened is None else opened.scene.georeference
    return GEOJSON if place is None else f"{GEOJSON};;{GEOPACKAGE}"


def read(path: Path, place: Georeference | None) -> AnnotationSet:
    """Read GeoJSON, or a GeoPackage.

    Parameters
    ----------
    path
        The file.
    place
        Where the scene lies, when it lies anywhere.
    """
    if path.suffix.lower() == ".gpkg":
        return geopackage.read_set(path, _placed(path, place))
    return geojson.read_set(path, place)


def write(path: Path, content: AnnotationSet, place: Georeference | None) -> None:
    """Write GeoJSON for QuPath (or for maps, when there is a place on a planet), or a GeoPackage.

    Parameters
    ----------
    path
        The file.
    content
        What is written.
    place
        Where the scene lies, when it lies anywhere.
    """
    if path.suffix.lower() == ".gpkg":
        place = _placed(path, place)
        geopackage.write_annotations(path, content.annotations, content.classes, georeference=place)
    else:
        geojson.write_annotations(path, content.annotations, content.classes, georeference=place)


def _placed(path: Path, place: Georeference | None) -> Georeference:
    if place is None:
        raise BadAnnotations(
            path, f"{path.name} holds places on a map, and this picture has none.",
            "Use GeoJSON for slides.",
        )  # fmt: skip
    return place
