"""Areas that people have outlined on a slide, each with its class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from ssldiff_gui.core.annotations import READ_ONLY_KINDS, Annotation
from ssldiff_gui.core.errors import BadAnnotations, MissingFile
from ssldiff_gui.core.geometry import Box, Georeference
from ssldiff_gui.slides.problems import naming
from ssldiff_gui.storage.annotation_files import read_file

ENDINGS = (".geojson", ".geojson.gz", ".json", ".gpkg")
_AREAS = (3, 6)  # shapely's numbers of Polygon and MultiPolygon


@dataclass(frozen=True, slots=True)
class Outline:
    """An area of a slide.

    Parameters
    ----------
    shape
        In level-0 pixels.
    label
        Its class, or "".
    """

    shape: BaseGeometry
    label: str

    def share(self, box: Box) -> float:
        """Return how much of a box lies in it, 0 to 1."""
        square = shapely.box(box.x, box.y, box.x2, box.y2)
        return float(shapely.intersection(self.shape, square).area) / max(1, box.area)


def outlines_for(slide: Path, regions: Path, georeference: Georeference | None) -> list[Outline]:
    """Read the areas in which a slide is wanted.

    Parameters
    ----------
    slide
        Its file.
    regions
        A file of annotations, or a folder with one of the slide's name.
    georeference
        Where a scene lies; None for slides.

    Raises
    ------
    MissingFile
        The folder has none for this slide.
    BadAnnotations
        The file cannot be understood, or outlines nothing.
    """
    path = _file_for(slide, regions)
    with naming(path):
        found = outlines_of(read_file(path, georeference).annotations)
    if not found:
        raise BadAnnotations(
            path, f"{path.name} outlines no area.", "Draw areas, or leave `regions` out."
        )
    return found


def outlines_of(annotations: Sequence[Annotation]) -> list[Outline]:
    """Return the areas among annotations, cut so that no pixel has two classes.

    Where areas of different classes overlap, the smaller one counts; classes whose names begin
    with “Ignore”, as QuPath's does, are cut out of all. What programs detected counts only where
    nobody has drawn.
    """
    drawn = [item for item in annotations if item.kind not in READ_ONLY_KINDS]
    shapes = [(_areal(item.geometry), item.class_name or "") for item in drawn or annotations]
    areas = sorted((Outline(*pair) for pair in shapes if not pair[0].is_empty), key=_size)
    tree = shapely.STRtree([area.shape for area in areas])
    kept = []
    for number, area in enumerate(areas):
        near = [int(n) for n in np.sort(tree.query(area.shape, predicate="intersects"))]
        above = [
            areas[n].shape
            for n in near
            if areas[n].label != area.label and (n < number or _ignored(areas[n]))
        ]
        left = shapely.difference(area.shape, shapely.union_all(above)) if above else area.shape
        if not left.is_empty and not _ignored(area):
            kept.append(Outline(left, area.label))
    return kept


def _size(area: Outline) -> tuple[float, str, str]:
    return float(area.shape.area), area.label, str(area.shape.wkt)


def _ignored(area: Outline) -> bool:
    return area.label.casefold().startswith("ignore")


def _areal(shape: BaseGeometry) -> BaseGeometry:
    """Return what has an area in a shape, mended where its outline crosses itself."""
    parts = shapely.get_parts(shapely.get_parts(shapely.make_valid(shape)))
    return shapely.union_all([part for part in parts if shapely.get_type_id(part) in _AREAS])


def _file_for(slide: Path, regions: Path) -> Path:
    if not regions.is_dir():
        return regions
    stems = dict.fromkeys((slide.name, slide.stem, slide.name.partition(".")[0]))
    for name in [stem + ending for stem in stems for ending in ENDINGS]:
        if (regions / name).is_file():
            return regions / name
    raise MissingFile(
        regions,
        f"{regions} has no annotations for {slide.name}.",
        f"Name them as the slide: {slide.stem}.geojson.",
    )
