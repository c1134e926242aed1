"""What a generator is told beside the grid: which areas it knows, and what is said of others."""

from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import Point, box

from ssldiff_gui.core.annotations import Annotation
from ssldiff_gui.core.edits import Sample
from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.core.layout import Area, Layout
from ssldiff_gui.core.specs import GeneratorSpec, PartSpec
from ssldiff_gui.core.support import Support
from ssldiff_gui.state.telling import Takes, areas_of, told_of
from tests.state.grid_cases import editor_of
from tests.state.test_cells import PAINT, Watched


class Opened:
    """A grid and the annotations of its picture."""

    def __init__(self, grid, *annotations: Annotation) -> None:
        self.editor = editor_of(grid)
        self.document = type("Doc", (), {"editor": type("Ed", (), {"annotations": annotations})})


def spec(**changes: object) -> GeneratorSpec:
    part = PartSpec(type="GridUNet")
    return GeneratorSpec(
        name="g", title="G", channels=4, factor=8, window=16, cell=4, network=part,
        autoencoder=part, **changes,
    )  # fmt: skip


def test_a_model_says_what_it_takes():
    assert not Takes.of(None).areas
    assert not Takes.of(spec(encoder="e@1")).areas
    assert Takes.of(spec(layout=("road",))).areas
    assert Takes.of(spec(conditioner=PartSpec(type="text"))).text


def test_areas_are_in_pixels_of_the_canvas():
    grid = editor_of().original
    size = grid.cell
    placed = type(grid)(
        grid.vectors, grid.encoder, size, grid.scale, grid.mask,
        Region(Box(100, 200, 2 * size * grid.columns, 2 * size * grid.rows), 2.0),
    )  # fmt: skip
    inside = Annotation(geometry=box(110, 220, 130, 260), class_name="road", name="a lane")
    elsewhere = Annotation(geometry=box(0, 0, 50, 50), class_name="road")
    dot = Annotation(geometry=Point(120, 230), class_name="road")
    found = Annotation(geometry=box(110, 220, 130, 260), class_name="road", kind="detection")
    embedded = Annotation(geometry=box(100, 200, 9000, 9000))
    (area,) = areas_of(Opened(placed, embedded, inside, elsewhere, dot, found)).areas
    assert area.geometry.bounds == (5, 10, 15, 30)
    assert (area.label, area.text) == ("road", "a lane")


@pytest.mark.parametrize(
    ("takes", "kept", "words"),
    [
        (Takes(layout=("road", "roof")), ["road", "roof"], "tree"),
        (Takes(layout=("",)), ["road", "roof", "tree", ""], None),
        (Takes(classes=("tree",)), ["tree"], "road"),
        (Takes(text=True), [""], "road"),
    ],
)
def test_only_what_a_model_knows_is_told(takes, kept, words):
    areas = [Area(box(0, 0, 9, 9), name) for name in ("road", "roof", "tree")]
    layout = Layout((*areas, Area(box(0, 0, 5, 5), "", "a pond")))
    found, said = told_of(layout, takes)
    assert [area.label for area in found.areas] == kept
    assert ("Unknown" in said) == (words is not None)
    assert words is None or words in said.partition("Unknown")[2]


def test_no_area_is_said_to_be_none():
    found, said = told_of(Layout(), Takes(layout=("road",)))
    assert not found
    assert said == "No area is drawn yet."


def support_for(editor) -> Support:
    known = editor.original.vectors[editor.original.mask]
    return Support.of(np.repeat(known, 3, axis=0), known)


def test_what_is_new_to_a_model_bears_a_mark():
    editor = editor_of()
    seen = Watched(editor)
    seen.cells.show("unseen")
    assert seen.overlays[-1].colours is None
    seen.cells.know(support_for(editor))
    shown = seen.overlays[-1]
    assert shown.words == ("!",)
    assert (shown.labels >= 0).mean() < 0.1
    original = editor.original
    editor.add_source("odd", original.with_vectors(original.vectors + 1000, original.mask))
    odd = Sample(cells=((0, 0),), grid="odd")
    editor.do(PAINT.model_copy(update={"embedding": odd}))
    touched = seen.parts[-1] if seen.parts else None
    assert touched is not None
    assert (touched.labels == 0).any()
    seen.cells.know(None)
    assert seen.overlays[-1].colours is None
