"""Labels of a slide or a scene: annotations that can be corrected by hand."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import shapely
from pydantic import JsonValue
from shapely.geometry.base import BaseGeometry

from ssldiff_gui.core.annotations import Annotation, AnnotationClass, AnnotationSet
from ssldiff_gui.core.errors import BadRequest, MissingFile, UnsupportedFile
from ssldiff_gui.core.lab.label import LabelRequest
from ssldiff_gui.core.palettes import many_colours
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.requests import EmbedRequest
from ssldiff_gui.jobs.embed import embed
from ssldiff_gui.jobs.embed_plan import plan_embedding, scene_of
from ssldiff_gui.jobs.kept import Kept
from ssldiff_gui.jobs.label_windows import Windows, mask_maker, region_mask
from ssldiff_gui.slides import open_slide
from ssldiff_gui.storage import geojson
from ssldiff_gui.storage.annotation_files import is_geopackage, write_file
from ssldiff_gui.training.self_labels.clusters import Clusters
from ssldiff_gui.training.self_labels.labelled import NOWHERE
from ssldiff_gui.training.self_labels.lost import boxes
from ssldiff_gui.training.self_labels.polygons import moved, polygons

if TYPE_CHECKING:
    from ssldiff_gui.models.encoders import TimmEncoder

ENDINGS = (".geojson", ".json", ".geojson.gz", ".gpkg")
THING = "thing"
SPECKS, TOLERANCE = 256, 1.0
"""Pixels at the encoder's scale: of a part of a mask at least; that its outline may move."""

MANY = 20_000

Shape = tuple[int, BaseGeometry]


@dataclass(frozen=True, slots=True)
class _Found:
    """What a method has found.

    Parameters
    ----------
    classes
        Their names.
    shapes
        Class and shape of each, in level-0 pixels.
    figures
        How good they are.
    notes
        What the person should know.
    """

    classes: tuple[str, ...]
    shapes: list[Shape]
    figures: dict[str, float]
    notes: tuple[str, ...] = ()


def label_slide(
    request: LabelRequest, encoder: TimmEncoder, watch: Progress, models: Kept, *, yes: bool
) -> dict[str, JsonValue]:
    """Label a region of a slide or a scene; see `jobs.label.label`."""
    from ssldiff_gui.jobs.label import write_request

    out = Path(request.output).expanduser()
    _check_output(out)
    with open_slide(request.source) as slide:
        asked = _as_embedding(request)
        scene = scene_of(slide, asked)
        windows = Windows.of(scene, plan_embedding(asked, scene, encoder.spec, yes=yes))
        if is_geopackage(out) and scene.georeference is None:
            raise UnsupportedFile(
                out, f"{out.name} is for maps, and this slide lies on none.", "Write GeoJSON."
            )
        if request.method == "clusters":
            found = _clusters(request, asked, watch, models, yes=yes)
        elif request.method == "boxes":
            found = _boxes(request, encoder, windows, watch)
        else:
            found = _masks(request, encoder, windows, watch)
        content = _annotations(request, encoder.spec.id, found)
        if is_geopackage(out):
            write_file(out, content, scene.georeference)
        else:  # in pixels for scenes as well: that is how both the studio and QuPath take them
            geojson.write_annotations(out, content.annotations, content.classes)
    write_request(out.with_name(f"{out.name}.request.json"), request)
    counts = [sum(k == number for number, _ in found.shapes) for k in range(len(found.classes))]
    return {
        "output": str(out), "method": request.method, "shapes": len(found.shapes),
        "classes": dict(zip(found.classes, counts, strict=True)), **found.figures,
        "notes": list(found.notes),
    }  # fmt: skip


def _check_output(out: Path) -> None:
    if not out.name.lower().endswith(ENDINGS):
        raise UnsupportedFile(
            out, f"{out.name} is no file of annotations.", "Call it NAME.geojson or NAME.gpkg."
        )
    if not out.parent.is_dir():
        raise MissingFile(out.parent, f"There is no folder {out.parent}.", "Make it first.")


def _as_embedding(request: LabelRequest) -> EmbedRequest:
    """Return the embedding of the same region: it has the same scale and costs the same."""
    return EmbedRequest(
        slide=request.source, scene=request.scene, region=request.region, model=request.encoder,
        output="-.safetensors", pixel=request.pixel, device=request.device,
    )  # fmt: skip


def _clusters(
    request: LabelRequest, asked: EmbedRequest, watch: Progress, models: Kept, *, yes: bool
) -> _Found:
    """Cluster the embeddings of cells, and join those of one cluster that touch."""
    with tempfile.TemporaryDirectory() as folder:
        there = asked.model_copy(update={"output": str(Path(folder) / "grid.safetensors")})
        grid = embed(there, watch, yes=yes, models=models).grid
    if grid.region is None:
        raise BadRequest("The grid does not say where it lies.", "Embed the slide anew.")
    valid = np.ones((grid.rows, grid.columns), np.bool_) if grid.valid is None else grid.valid
    vectors = grid.vectors[valid]
    if len(vectors) < request.count:
        raise BadRequest(
            f"The region has {len(vectors):,} cells, and {request.count} clusters are wanted.",
            "Take a larger region, or a lower --count.",
        )
    clusters = Clusters.fit(vectors, request.count, request.seed, form=request.form)
    numbers = np.full(valid.shape, NOWHERE, np.int16)
    numbers[valid] = clusters.numbers(vectors)
    side, corner = grid.cell * grid.region.downsample, (grid.region.box.x, grid.region.box.y)
    found = [(number, moved(shape, corner, side)) for number, shape in polygons(numbers)]
    return _Found(clusters.names, found, {"silhouette": round(clusters.silhouette(vectors), 4)})


def _boxes(
    request: LabelRequest, encoder: TimmEncoder, windows: Windows, watch: Progress
) -> _Found:
    """Find boxes in each window that shows something."""
    found: list[Shape] = []
    empty = 0
    for number, box in enumerate(windows.boxes):
        watch.check()
        watch.report(number, len(windows.boxes), f"Finding boxes in {len(windows.boxes):,} windows")
        picture, where = windows.picture(box), windows.where(box)
        things = [] if not where.any() else boxes(
            encoder, picture, most=request.boxes, expansion=request.expansion, where=where
        )  # fmt: skip
        empty += not things
        for one in things:
            corners = shapely.box(one.x, one.y, one.x2, one.y2)
            found.append((0, moved(corners, windows.corner(box), windows.downsample)))
    notes = (f"{empty:,} of {len(windows.boxes):,} windows are blank or have no box.",)
    return _Found((THING,), found, {}, notes if empty else ())


def _masks(
    request: LabelRequest, encoder: TimmEncoder, windows: Windows, watch: Progress
) -> _Found:
    """Make a mask of the whole region, and outline its parts."""
    maker = mask_maker(request, encoder, windows, watch)
    mask = region_mask(maker, windows, watch, edges=request.edges)
    watch.report(0, 1, "Outlining the masks")
    found = [
        (number, moved(shape, windows.origin, windows.downsample))
        for number, shape in polygons(mask, specks=SPECKS, tolerance=TOLERANCE)
    ]
    note = f"{len(found):,} shapes are many: a lower --count or a smaller region has fewer."
    return _Found(maker.names, found, {}, (note,) if len(found) > MANY else ())


def _annotations(request: LabelRequest, encoder: str, found: _Found) -> AnnotationSet:
    """Return shapes as annotations; the same shapes have the same ids."""
    kinds = tuple(
        AnnotationClass(name=name, colour=colour)
        for name, colour in zip(found.classes, many_colours(len(found.classes)), strict=True)
    )
    return AnnotationSet(tuple(_drawn(request, encoder, found)), kinds)


def _drawn(request: LabelRequest, encoder: str, found: _Found) -> Iterator[Annotation]:
    for place, (number, shape) in enumerate(found.shapes):
        told = f"{encoder}|{request.method}|{request.seed}|{place}|{shape.wkt}"
        yield Annotation(
            geometry=shape, id=uuid5(NAMESPACE_URL, told), class_name=found.classes[number]
        )
