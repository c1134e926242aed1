"""Areas on a canvas: kept as data, drawn as maps, mended where they cross themselves."""

from __future__ import annotations

import json

import numpy as np
import pytest
from shapely.geometry import Polygon, box

from ssldiff_gui.core.annotations import Annotation, AnnotationSet
from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.layout import Area, Layout, areal

CIRCLE = Polygon([(10, 10), (50.5, 12), (40, 55), (12, 40)])
BOW = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])


def a_layout():
    return Layout((Area(box(0, 0, 40, 40), "tumour"), Area(CIRCLE, "stroma", "many cells")))


def test_a_layout_is_the_same_after_a_way_through_json():
    layout = a_layout()
    again = Layout.of_facts(json.loads(json.dumps(layout.facts())))
    assert again == layout
    assert again.digest() == layout.digest() != Layout(layout.areas[:1]).digest()
    assert Layout().digest() == ""


def test_the_later_area_counts_and_classes_have_a_map_each():
    maps = a_layout().maps((0, 0), 16, 4, ("tumour", "stroma", "fat"))
    assert maps.shape == (3, 16, 16)
    assert maps.dtype == np.float32
    assert (maps.sum(axis=0) <= 1).all()
    assert maps[0, 0, 0] == 1
    assert maps[1, 5, 5] == 1
    assert not maps[2].any()


def test_a_window_shows_its_part_of_the_whole():
    layout, names = a_layout(), ("tumour", "stroma")
    whole = layout.maps((0, 0), 32, 2, names)
    for top, left in ((0, 0), (3, 17), (16, 16), (-5, 28)):
        part = layout.maps((top, left), 8, 2, names)
        rows, columns = slice(max(top, 0), top + 8), slice(left, left + 8)
        shown = whole[:, rows, columns]
        np.testing.assert_array_equal(part[:, 8 - shown.shape[1] :, : shown.shape[2]], shown)


def test_one_map_takes_every_area_and_areas_of_no_class_hide_none():
    layout = Layout((Area(box(0, 0, 8, 8), "tumour"), Area(box(4, 0, 12, 8), "", "a vessel")))
    assert layout.maps((0, 0), 4, 4, ("",))[0, 0].tolist() == [1, 1, 1, 0]
    assert layout.maps((0, 0), 4, 4, ("tumour",))[0, 0].tolist() == [1, 1, 0, 0]


def test_boxes_fill_the_bounds():
    area = Area(Polygon([(0, 0), (8, 0), (0, 8)]), "a")
    plain = Layout((area,)).maps((0, 0), 8, 1, ("a",))
    boxed = Layout((area,)).boxes().maps((0, 0), 8, 1, ("a",))
    assert plain.sum() < boxed.sum() == 64


def test_shapes_that_cross_themselves_are_mended():
    assert areal(BOW).area == pytest.approx(50)
    drawn = AnnotationSet((Annotation(geometry=BOW, class_name="a", name="text"),), (), ())
    found = Layout.of_annotations(drawn, left=2, downsample=2).areas[0]
    assert (found.label, found.text) == ("a", "text")
    assert found.geometry.is_valid
    assert found.geometry.area == pytest.approx(12.5)
    told = Layout((Area(BOW, "a"),)).facts()
    assert Layout.of_facts(told).areas[0].geometry.is_valid


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"areas": 5},
        {"areas": [3]},
        {"areas": [{"geometry": {"type": "Point", "coordinates": [1, 2]}, "label": ""}]},
        {"areas": [{"geometry": {"type": "Polygon", "coordinates": []}, "text": ""}]},
        {"areas": [{"label": "", "text": ""}]},
    ],
)
def test_what_is_no_layout_is_refused(change):
    with pytest.raises(BadRequest, match="no layout"):
        Layout.of_facts({**a_layout().facts(), **change})
