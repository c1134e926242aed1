"""Sample data, for napari's File menu."""

from __future__ import annotations

from ssldiff_gui.resources import resource_path
from ssldiff_gui.viewer.napari_plugin.reader import LayerData, read


def sample_slide() -> list[LayerData]:
    """Return the slide that comes with the studio."""
    return read(str(resource_path("samples", "sample-slide.tif")))


def sample_scene() -> list[LayerData]:
    """Return the satellite scene that comes with the studio."""
    return read(str(resource_path("samples", "sample-scene.tif")))
