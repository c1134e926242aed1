from __future__ import annotations

import time

import numpy as np
import pytest
import shapely
from shapely.geometry import Point, Polygon

from ssldiff_gui.core.annotations import Annotation
from ssldiff_gui.viewer.outline_picture import Frame, Outlines
from ssldiff_gui.viewer.world import World

BLUE = (0, 0, 255)
FRAME = Frame(0, 0, (1, 1), 200, 100)


def items(*geometries, colour=BLUE):
    return [(Annotation(geometry=geometry), colour) for geometry in geometries]


def test_nothing_is_transparent():
    assert not Outlines(()).draw(FRAME).any()


def test_an_outline_lies_where_its_annotation_does():
    picture = Outlines(items(shapely.box(50, 20, 150, 80))).draw(FRAME)
    solid = picture[..., 3] == 255
    rows, columns = np.nonzero(solid)
    assert abs(columns.min() - 50) <= 1
    assert abs(columns.max() - 150) <= 1
    assert abs(rows.min() - 20) <= 1
    assert abs(rows.max() - 80) <= 1
    assert 0 < picture[50, 100, 3] < 255
    assert picture[10, 10, 3] == 0


def test_a_hole_is_left_open():
    ring = Polygon(shapely.box(20, 10, 180, 90).exterior, [shapely.box(60, 30, 140, 70).exterior])
    picture = Outlines(items(ring)).draw(FRAME)
    assert picture[50, 100, 3] == 0
    assert picture[50, 40, 3] > 0


def test_a_speck_is_a_dot_of_its_colour():
    far = Frame(0, 0, (100, 100), 200, 100)
    picture = Outlines(items(Point(5000, 5000).buffer(20))).draw(far)
    assert tuple(picture[50, 50]) == (*BLUE, 255)
    assert (picture[..., 3] > 0).sum() == 4


def test_a_point_is_seen_at_any_distance():
    far = Frame(0, 0, (1000, 1000), 200, 100)
    assert (Outlines(items(Point(50_000, 50_000))).draw(far)[..., 3] > 0).sum() > 20


def test_what_is_selected_stands_out():
    (item,) = items(shapely.box(50, 20, 150, 80))
    picture = Outlines([item], {item[0].id}).draw(FRAME)
    assert (picture[..., :3] == 255).all(axis=2).sum() > 200


def test_the_smallest_one_under_the_cursor_is_meant():
    large, small = items(shapely.box(0, 0, 100, 100), shapely.box(40, 40, 60, 60))
    outlines = Outlines([large, small])
    assert outlines.at(50, 50, 1) == small[0].id
    assert outlines.at(10, 10, 1) == large[0].id
    assert outlines.at(103, 50, 5) == large[0].id
    assert outlines.at(150, 50, 5) is None


def test_a_drawing_can_be_cancelled():
    assert Outlines(items(shapely.box(0, 0, 50, 50))).draw(FRAME, lambda: True) is None


def test_a_hundred_thousand_cells_seen_from_afar_take_less_than_a_second():
    random = np.random.default_rng(0)
    places = shapely.points(random.uniform(0, 100_000, (100_000, 2)))
    cells = [(Annotation.model_construct(geometry=g, id=i), BLUE) for i, g in enumerate(places)]
    buffered = shapely.buffer(places, 10, quad_segs=2)
    cells = [(Annotation.model_construct(geometry=g, id=i), BLUE) for i, g in enumerate(buffered)]
    outlines = Outlines(cells)
    outlines.at(0, 0, 1)  # builds the index, once
    start = time.perf_counter()
    picture = outlines.draw(Frame(0, 0, (100, 100), 1000, 1000))
    assert time.perf_counter() - start < 1
    assert (picture[..., 3] > 0).mean() > 0.2


def test_a_frame_surrounds_the_viewport():
    frame = Frame.around((100, 100, 300, 200), 2.0, World(0.5, 0.5, "µm"))
    left, top, right, bottom = frame.bounds
    assert (left, top) == (50, 75)
    assert right >= 350 - 1
    assert bottom >= 225 - 1
    assert frame.step == pytest.approx((1, 1))
