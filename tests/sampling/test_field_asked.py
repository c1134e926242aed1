"""What a window is told beside its embedding, and which windows an edit of that reaches."""

from __future__ import annotations

import numpy as np
import pytest
from shapely.affinity import translate
from shapely.geometry import Polygon, box

from ssldiff_gui.core.errors import IncompatibleGrid
from ssldiff_gui.core.grid import blank_grid
from ssldiff_gui.core.layout import Area, Layout
from ssldiff_gui.sampling.field import GridField
from ssldiff_gui.sampling.field_asked import Asked, AskedField
from ssldiff_gui.sampling.plan import Layer
from ssldiff_gui.sampling.windows import Axis
from tests.sampling.fakes import fake_grid, fake_spec

TOLD = {"layout": ("tumour", "stroma"), "encoder": None, "dim": None}
WEDGE = Polygon([(40, 30), (90, 44), (70, 100), (38, 70)])
AREAS = (
    Area(box(4, 4, 60, 50), "tumour", "one"),
    Area(WEDGE, "stroma"),
    Area(box(120, 96, 150, 120), "", "two"),
)
LAYER = Layer(Axis.of(32, 8, 6, 2, "hann"), Axis.of(40, 8, 6, 4, "hann"))
PLACES = [(r, c) for r in range(len(LAYER.rows)) for c in range(len(LAYER.columns))]


def spec_of(**changes):
    return fake_spec().model_copy(update={**TOLD, **changes})


def ids(word):
    return np.array([1, *map(ord, word), 0, 0][:4], np.int64)


def asked_of(areas=AREAS, text="all", number=-1):
    """What `jobs.fields` makes of a recipe, of a model that knows one class and texts."""
    return Asked(
        Layout(tuple(areas)), text=ids(text), number=number,
        texts={n: ids(a.text) for n, a in enumerate(areas) if a.text},
        numbers={n: 3 for n, a in enumerate(areas) if a.label == "stroma"},
    )  # fmt: skip


def field_of(spec=None, **changes):
    return AskedField(blank_grid(4, 5, 32), spec or spec_of(), asked_of(**changes))


def told(field, places=PLACES):
    given = field.given([LAYER.corner(place) for place in places])
    return [
        (given.text[k].tobytes(), int(given.classes[k]), given.maps[k].tobytes())
        for k in range(len(places))
    ]


def test_each_window_is_told_of_its_part_of_the_layout():
    corners = [LAYER.corner(place) for place in PLACES]
    given = field_of().given(corners)
    assert given.vectors is None
    for corner, maps in zip(corners, given.maps, strict=True):
        np.testing.assert_array_equal(maps, Layout(AREAS).maps(corner, 8, 4, TOLD["layout"]))
    assert {maps.any() for maps in given.maps} == {True, False}


def test_text_and_class_are_those_of_the_last_area_over_the_middle_that_has_any():
    given = field_of().given([(0, 0), (5, 6), (12, 14), (24, 28), (0, 30)])
    assert [line.tobytes() for line in given.text] == [
        ids(word).tobytes() for word in ("one", "one", "all", "two", "all")
    ]
    assert given.classes.tolist() == [-1, 3, 3, -1, -1]


def test_windows_without_any_area_share_their_maps():
    maps = field_of().given([(0, 32), (2, 32)]).maps
    assert maps.shape == (2, 2, 8, 8)
    assert maps.strides[0] == 0
    assert not maps.any()


def test_a_model_of_boxes_is_told_of_boxes():
    boxed = field_of(spec_of(layout_form="boxes")).given([(8, 10)]).maps
    expected = Layout(AREAS).boxes().maps((8, 10), 8, 4, TOLD["layout"])
    np.testing.assert_array_equal(boxed[0], expected)
    assert boxed.sum() > field_of().given([(8, 10)]).maps.sum()


def test_embeddings_and_areas_go_together():
    grid, spec = fake_grid(), fake_spec(layout=("tumour",))
    given = AskedField(grid, spec, Asked(Layout(AREAS))).given([(0, 0), (9, 9)])
    np.testing.assert_array_equal(
        given.vectors, GridField(grid, spec).given([(0, 0), (9, 9)]).vectors
    )
    assert given.maps.any()
    assert given.text is None
    assert given.classes is None


@pytest.mark.parametrize(
    "areas",
    [
        (Area(translate(AREAS[0].geometry, 8, 0), "tumour", "one"), *AREAS[1:]),
        AREAS[1:],
        AREAS[::-1],
        (*AREAS, Area(box(0, 100, 30, 128), "tumour")),
        (Area(AREAS[0].geometry, "tumour", "new"), *AREAS[1:]),
        (Area(AREAS[0].geometry, "stroma", "one"), *AREAS[1:]),
        (),
    ],
)
def test_an_edit_reaches_the_windows_that_are_told_something_else(areas):
    before, after = field_of(), field_of(areas=areas)
    pairs = zip(PLACES, told(before), told(after), strict=True)
    expected = {place for place, ours, theirs in pairs if ours != theirs}
    assert after.changed(before, LAYER) == before.changed(after, LAYER) == expected
    assert 0 < len(expected) < len(PLACES)


def test_another_text_reaches_the_windows_that_have_none_of_their_own():
    found = field_of(text="new").changed(field_of(), LAYER)
    lines = zip(PLACES, told(field_of()), strict=True)
    assert found == {place for place, line in lines if line[0] == ids("all").tobytes()}
    assert found != set(PLACES)
    assert field_of().changed(field_of(), LAYER) == set()


def test_a_layout_where_there_was_none_is_an_edit_as_well():
    grid, spec = fake_grid(), fake_spec(layout=("tumour",))
    plain, told_of = (AskedField(grid, spec, Asked(Layout(areas))) for areas in ((), AREAS))
    assert told_of.changed(plain, LAYER)
    assert told_of.changed(plain, LAYER) == plain.changed(told_of, LAYER)


def test_a_blank_grid_is_for_models_without_embeddings_and_no_other_is():
    with pytest.raises(IncompatibleGrid, match="takes no grid"):
        GridField(fake_grid(), spec_of())
    with pytest.raises(IncompatibleGrid, match="is blank"):
        GridField(blank_grid(2, 2, 32), fake_spec())
    with pytest.raises(IncompatibleGrid, match="64 pixels wide"):
        GridField(blank_grid(2, 2, 64), spec_of())
