"""Annotations of every kind, for round trips."""

from __future__ import annotations

import math
from uuid import UUID

import shapely
from hypothesis import strategies as st

from ssldiff_gui.core.annotations import KINDS, Annotation

finite = st.floats(-1e7, 1e7, allow_nan=False, allow_subnormal=False)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
colours = st.tuples(*[st.integers(0, 255)] * 3)


@st.composite
def boxes(draw: st.DrawFn) -> shapely.Polygon:
    x, y = draw(finite), draw(finite)
    width, height = draw(st.floats(0.5, 1e5)), draw(st.floats(0.5, 1e5))
    outer = shapely.box(x, y, x + width, y + height)
    if not draw(st.booleans()):
        return outer
    hole = shapely.box(x + width / 4, y + height / 4, x + width / 2, y + height / 2)
    return shapely.Polygon(outer.exterior, [hole.exterior])


points = st.tuples(finite, finite)
shapes = st.one_of(
    boxes(),
    st.lists(boxes(), min_size=1, max_size=3).map(shapely.MultiPolygon),
    points.map(shapely.Point),
    st.lists(points, min_size=1, max_size=4).map(shapely.MultiPoint),
    st.lists(points, min_size=2, max_size=5).map(shapely.LineString),
    st.lists(st.lists(points, min_size=2, max_size=3), min_size=1, max_size=3).map(
        shapely.MultiLineString
    ),
    st.tuples(points.map(shapely.Point), boxes()).map(shapely.GeometryCollection),
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | finite | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
foreign_names = words.map(lambda word: f"x {word}")

annotations = st.builds(
    Annotation,
    geometry=shapes,
    id=st.integers(0, 2**128 - 1).map(lambda number: UUID(int=number)),
    kind=st.sampled_from(KINDS),
    name=words,
    class_name=st.none() | words.filter(bool),
    colour=st.none() | colours,
    locked=st.booleans(),
    measurements=st.dictionaries(
        words, finite | st.sampled_from([math.nan, math.inf, -math.inf]), max_size=3
    ),
    ellipse=st.booleans(),
    nucleus=st.none() | boxes(),
    plane=st.none() | st.fixed_dictionaries({"c": st.integers(-1, 5), "z": st.integers(0, 9)}),
    parent=st.none() | st.integers(0, 2**128 - 1).map(lambda number: UUID(int=number)),
    properties=st.dictionaries(foreign_names, json_values, max_size=3),
)
many = st.lists(annotations, max_size=6, unique_by=lambda a: a.id)
