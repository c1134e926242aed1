"""Reads slides and scenes for napari."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ssldiff_gui.slides import open_slide
from ssldiff_gui.slides.formats import is_candidate
from ssldiff_gui.state.document import Document
from ssldiff_gui.viewer.levels import DisplayPyramid
from ssldiff_gui.viewer.napari_plugin.opened import KEY, OPENED, OpenedScene
from ssldiff_gui.viewer.scene_layer import IMAGE_OPTIONS
from ssldiff_gui.viewer.world import image_placing

LayerData = tuple[Any, dict[str, Any], str]
Paths = str | Sequence[str]


def get_reader(path: Paths) -> Callable[[Paths], list[LayerData]] | None:
    """Return the reader when all the files look like slides or scenes, None otherwise.

    Parameters
    ----------
    path
        A file (or a folder, for OME-Zarr), or several.
    """
    return read if all(is_candidate(Path(one)) for one in _listed(path)) else None


def read(path: Paths) -> list[LayerData]:
    """Open files and return one multiscale image layer for each of their scenes.

    Parameters
    ----------
    path
        One file, or several.

    Returns
    -------
    list of tuple
        Levels that answer at once, options of the layer, and "image".

    Raises
    ------
    FileProblem
        Names the file and says what to do.
    """
    OPENED.follow_viewers()
    return [layer for one in _listed(path) for layer in _read_slide(Path(one))]


def _read_slide(path: Path) -> list[LayerData]:
    document = Document(open_slide(path))
    layers = []
    for index, scene in enumerate(document.slide.scenes):
        opened = OpenedScene(document, index, DisplayPyramid(scene, OPENED.loader))
        options = {
            "name": opened.title,
            "metadata": _metadata(opened),
            **IMAGE_OPTIONS,
            **image_placing(opened.world),
        }
        layers.append((opened.pyramid.levels, options, "image"))
    return layers


def _metadata(opened: OpenedScene) -> dict[str, Any]:
    """Return what other plugins may want to know, and how this one finds its layer again."""
    slide, scene = opened.document.slide, opened.scene
    place = scene.georeference
    return {
        KEY: opened,
        "path": str(slide.path),
        "format": slide.kind,
        "scene": scene.name,
        "bands": list(scene.bands),
        "objective": scene.objective,
        "pixel_size": None if scene.scale is None else (scene.scale.x, scene.scale.y),
        "pixel_size_unit": None if scene.scale is None else scene.scale.unit,
        "crs": None if place is None else place.crs,
        "affine": None if place is None else place.affine,
    }


def _listed(path: Paths) -> list[str]:
    return [path] if isinstance(path, str) else list(path)
