"""Sizes in real units, and how they are said."""

from __future__ import annotations

import math

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from ssldiff_gui.core.geometry import Georeference, Scale, Unit
from ssldiff_gui.core.measure import (
    extent_of,
    on_the_ground,
    say_area,
    say_extent,
    say_length,
    say_pixels,
    say_position,
    say_size,
)

HALF = Scale(0.5, 0.25, "µm")
DEGREES = Scale(1e-5, 1e-5, "°")
PARIS = Georeference("EPSG:4326", (1e-5, 0, 2.35, 0, -1e-5, 48.85))


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (312, "µm", "312 µm"),
        (1240, "µm", "1.24 mm"),
        (999.4, "µm", "999 µm"),
        (999.6, "µm", "1 mm"),
        (0.25, "µm", "250 nm"),
        (12.34, "µm", "12.3 µm"),
        (1500, "m", "1.5 km"),
        (12_345_678, "m", "12 346 km"),
        (1.5, "m", "1.5 m"),
        (0, "µm", "0 nm"),
        (math.nan, "px", "– px"),
        (2048, "px", "2 048 px"),
        (-12, "m", "-12 m"),
    ],
)
def test_lengths(value: float, unit: Unit, said: str) -> None:
    assert say_length(value, unit).replace("\u202f", " ") == said


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (820, "µm", "820 µm²"),
        (1.24e6, "µm", "1.24 mm²"),
        (3.2e4, "m", "3.2 ha"),
        (5e6, "m", "5 km²"),
        (820, "m", "820 m²"),
        (64, "px", "64 px²"),
    ],
)
def test_areas(value: float, unit: Unit, said: str) -> None:
    assert say_area(value, unit) == said


def test_sizes_of_rectangles() -> None:
    assert say_pixels(2048, 1024) == "2\u202f048 × 1\u202f024 px"
    assert say_size(2048, 1024, None) == say_pixels(2048, 1024)
    assert say_size(1000, 1000, HALF) == "500 × 250 µm"
    assert say_size(4000, 1000, HALF) == "2 mm × 250 µm"
    assert say_size(-1000, 1000, HALF) == "500 × 250 µm"


def test_areas_with_pixels_that_are_not_square() -> None:
    extent = extent_of(shapely.box(0, 0, 100, 200), HALF)
    assert (extent.area_px, extent.length_px) == (20_000, 600)
    assert extent.area == pytest.approx(2_500)
    assert extent.length == pytest.approx(200)
    assert say_extent(extent) == "2\u202f500 µm²"


def test_lines_points_and_unknown_scales() -> None:
    line = extent_of(shapely.LineString([(0, 0), (100, 0)]), HALF)
    assert say_extent(line) == "50 µm"
    assert say_extent(extent_of(shapely.Point(1, 1), HALF)) == ""
    unknown = extent_of(shapely.box(0, 0, 10, 10), None)
    assert unknown.area is None
    assert say_extent(unknown) == "100 px²"


def test_holes_are_not_part_of_the_area() -> None:
    ring = shapely.box(0, 0, 10, 10) - shapely.box(2, 2, 4, 4)
    assert extent_of(ring, Scale(1, 1, "m")).area == pytest.approx(96)


def test_degrees_become_metres_where_the_thing_lies() -> None:
    scale = on_the_ground(DEGREES, PARIS, 0, 0)
    assert scale is not None
    assert scale.unit == "m"
    assert scale.y == pytest.approx(1.1120, rel=0.006)
    assert scale.x == pytest.approx(1.1132 * math.cos(math.radians(48.85)), rel=0.006)
    extent = extent_of(shapely.box(0, 0, 1000, 1000), DEGREES, PARIS)
    assert extent.area == pytest.approx(731.7 * 1112, rel=0.01)


def test_degrees_without_a_place_or_beyond_the_poles_say_pixels() -> None:
    assert on_the_ground(DEGREES, None, 0, 0) is None
    assert on_the_ground(DEGREES, PARIS, 0, -1e7) is None
    assert extent_of(shapely.box(0, 0, 9, 9), DEGREES).unit == "px"


def test_web_mercator_is_corrected() -> None:
    north = 6_250_000.0
    place = Georeference("EPSG:3857", (10, 0, 260_000, 0, -10, north))
    scale = on_the_ground(Scale(10, 10, "m"), place, 0, 0)
    assert scale is not None
    assert scale.x == pytest.approx(10 * math.cos(math.radians(48.87)), rel=0.001)
    assert scale.x == scale.y


def test_positions() -> None:
    assert say_position(2000, 1000, HALF) == "1 mm, 250 µm"
    assert say_position(2000, 1000, None) == ""
    assert say_position(0, 0, DEGREES, PARIS) == "48.85000° N, 2.35000° E"
    utm = Georeference("EPSG:32631", (0.5, 0, 450_000, 0, -0.5, 5_411_000))
    said = say_position(1, 1, Scale(0.5, 0.5, "m"), utm)
    assert said.replace("\u202f", " ") == "450 000.5, 5 410 999.5 m"


@given(st.floats(1e-3, 1e12), st.sampled_from(["µm", "m"]))
def test_what_is_said_is_true_to_half_a_percent(value: float, unit: Unit) -> None:
    number, said = say_length(value, unit).replace("\u202f", "").rsplit(" ", 1)
    factor = {"nm": 1e-9, "µm": 1e-6, "mm": 1e-3, "m": 1.0, "km": 1e3}[said]
    metres = value * (1e-6 if unit == "µm" else 1)
    assert float(number) * factor == pytest.approx(metres, rel=0.0051, abs=0.51e-11)
