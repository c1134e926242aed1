"""Which formats a file dialog offers for annotations."""

from __future__ import annotations

from ssldiff_gui.storage.annotation_files import GEOJSON, GEOPACKAGE
from ssldiff_gui.viewer.napari_plugin.opened import OpenedScene


def filters(opened: OpenedScene | None) -> str:
    """Return the choice of formats for a file dialog; maps need a place on a planet."""
    place = None if opened is None else opened.scene.georeference
    slides = f"GeoJSON ({' '.join(GEOJSON)})"
    return slides if place is None else f"{slides};;GeoPackage ({' '.join(GEOPACKAGE)})"
