"""True sizes of pixels, where map units are not true."""

from __future__ import annotations

import math

import pytest

from ssldiff_gui.core.geometry import Georeference, Scale
from ssldiff_gui.core.ground import on_the_ground

DEGREES = Scale(1e-5, 1e-5, "°")
PARIS = Georeference("EPSG:4326", (1e-5, 0, 2.35, 0, -1e-5, 48.85))


def test_degrees_become_metres_where_the_thing_lies() -> None:
    scale = on_the_ground(DEGREES, PARIS, 0, 0)
    assert scale is not None
    assert scale.unit == "m"
    assert scale.y == pytest.approx(1.1120, rel=0.006)
    assert scale.x == pytest.approx(1.1132 * math.cos(math.radians(48.85)), rel=0.006)


def test_degrees_without_a_place_or_beyond_the_poles_have_no_size() -> None:
    assert on_the_ground(DEGREES, None, 0, 0) is None
    assert on_the_ground(DEGREES, PARIS, 0, -1e7) is None


def test_web_mercator_is_corrected() -> None:
    place = Georeference("EPSG:3857", (10, 0, 260_000, 0, -10, 6_250_000.0))
    scale = on_the_ground(Scale(10, 10, "m"), place, 0, 0)
    assert scale is not None
    assert scale.x == pytest.approx(10 * math.cos(math.radians(48.87)), rel=0.001)
    assert scale.x == scale.y


def test_true_units_stay_as_they_are() -> None:
    slide, metric = Scale(0.5, 0.25, "µm"), Scale(0.3, 0.3, "m")
    assert on_the_ground(slide, None, 0, 0) == slide
    assert (
        on_the_ground(metric, Georeference("EPSG:32633", (0.3, 0, 0, 0, -0.3, 0)), 0, 0) == metric
    )
    assert on_the_ground(Scale(1, 1, "px"), None, 0, 0) is None
