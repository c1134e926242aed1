from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Point, Polygon

from ssldiff_gui.viewer.shape_path import drawn, edited, shape_paths

RING = Polygon([(0, 0), (100, 0), (100, 80), (0, 80)], [[(20, 20), (40, 20), (40, 50), (20, 50)]])
ISLAND = Polygon([(200, 10), (260, 10), (230, 90)])
CASES = {
    "box": shapely.box(3, 4, 30, 44),
    "triangle": ISLAND,
    "hole": RING,
    "islands": MultiPolygon([RING, ISLAND]),
    "two holes": Polygon(
        shapely.box(0, 0, 90, 90).exterior,
        [shapely.box(10, 10, 20, 20).exterior, shapely.box(40, 40, 80, 80).exterior],
    ),
    "line": LineString([(0, 0), (10, 5), (20, 40)]),
}


@pytest.mark.parametrize("geometry", CASES.values(), ids=list(CASES))
def test_what_was_not_moved_comes_back_as_it_was(geometry):
    (path,) = shape_paths(geometry)
    assert edited(path, path.vertices.astype(np.float32)).equals(geometry)


@pytest.mark.parametrize("geometry", CASES.values(), ids=list(CASES))
def test_moving_all_moves_every_ring(geometry):
    (path,) = shape_paths(geometry)
    moved = edited(path, path.vertices + np.array((7, -3)))
    assert moved.equals(affinity.translate(geometry, -3, 7))


def test_a_vertex_met_twice_on_the_walk_needs_to_be_moved_once_only():
    (path,) = shape_paths(RING)
    for stop in np.flatnonzero(path.stops == 0):
        vertices = path.vertices.copy()
        vertices[stop] = (-10, -20)
        moved = edited(path, vertices)
        assert (-20, -10) in moved.exterior.coords
        assert len(moved.interiors) == 1


def test_file_precision_survives_napari_single_precision():
    far = shapely.box(198_765.4321, 123_456.789, 199_000.1234, 124_000.5678)
    (path,) = shape_paths(far)
    assert edited(path, path.vertices.astype(np.float32)).equals(far)


def test_a_simple_polygon_may_gain_a_vertex_and_one_with_a_hole_may_not():
    (simple,) = shape_paths(ISLAND)
    grown = edited(simple, np.insert(simple.vertices, 1, (0, 250), axis=0))
    assert len(grown.exterior.coords) == len(ISLAND.exterior.coords) + 1
    (ringed,) = shape_paths(RING)
    assert edited(ringed, np.insert(ringed.vertices, 1, (0, 250), axis=0)) is None


def test_lines_are_one_shape_each_and_points_none():
    assert [
        p.shape_type for p in shape_paths(MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3)]]))
    ] == [
        "path",
        "path",
    ]
    assert shape_paths(Point(1, 2)) == ()
    assert shape_paths(Polygon()) == ()


def test_an_upright_box_is_a_rectangle_and_a_turned_one_is_not():
    assert shape_paths(CASES["box"])[0].shape_type == "rectangle"
    assert shape_paths(affinity.rotate(CASES["box"], 30))[0].shape_type == "polygon"


def test_a_drawing_without_area_is_nothing():
    assert drawn(np.array([(0, 0), (5, 5), (10, 10)], dtype=float), whole_pixels=False) is None
    assert drawn(np.array([(0.1, 0.1), (0.2, 0.1), (0.2, 0.2)]), whole_pixels=True) is None


def test_a_figure_of_eight_becomes_its_two_parts():
    eight = drawn(np.array([(0, 0), (10, 10), (0, 10), (10, 0)], dtype=float), whole_pixels=False)
    assert eight.is_valid
    assert eight.geom_type == "MultiPolygon"
    assert eight.area == pytest.approx(50)


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.integers(0, 300), st.integers(2, 40)),
        min_size=1,
        max_size=5,
    ),
    st.floats(0.5, 50),
    st.floats(0.5, 50),
)
def test_any_union_of_rings_survives_a_move(circles, dx, dy):
    discs = [Point(x, y).buffer(r, 4) - Point(x, y).buffer(r / 2, 4) for x, y, r in circles]
    union = shapely.union_all(discs)
    (path,) = shape_paths(union)
    moved = edited(path, path.vertices + np.array((dy, dx)))
    expected = affinity.translate(union, dx, dy)
    assert moved.symmetric_difference(expected).area < 1e-6 * expected.area
