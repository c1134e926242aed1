from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from ssldiff_gui.core.geometry import Georeference, Scale
from ssldiff_gui.slides.scene import Scene, levels_of
from ssldiff_gui.viewer.sizes import Position, area_text, length_text, size_text
from ssldiff_gui.viewer.world import World, image_placing


def scene(scale=None, georeference=None) -> Scene:
    return Scene(
        Path("a.tif"), "a", None, levels_of([(1000, 1000)]),
        dtype=np.uint8, bands=("red", "green", "blue"), scale=scale, georeference=georeference,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("world", "text"),
    [
        (World(0.5, 0.5, "µm"), "1,024 × 768 px · 512 × 384 µm · 0.197 mm²"),
        (World(10, 10, "m"), "1,024 × 768 px · 10.2 × 7.68 km · 78.6 km²"),
        (World(1, 1, "px"), "1,024 × 768 px · 786,432 px²"),
        (World(1, 2, "m", approximate=True), "1,024 × 768 px · ≈ 1.02 × 1.54 km · ≈ 1.57 km²"),
    ],
)
def test_a_box_in_pixels_and_in_the_world(world, text):
    assert size_text(shapely.box(100, 100, 1124, 868), world) == text


def test_areas_and_lengths_take_the_unit_that_reads_best():
    assert length_text(2.5e-6) == "2.50 µm"
    assert length_text(0.0123) == "12.3 mm"
    assert area_text(3e-10) == "300 µm²"
    assert area_text(2e6) == "2.00 km²"


def test_a_place_on_a_slide_is_counted_from_its_corner():
    position = Position.on(scene(Scale(0.25, 0.5, "µm")), 100, 200)
    assert position.place == (25.0, 100.0)
    assert position.place_text == "25.0, 100.0 µm"
    assert position.pixel_text == "100, 200 px"


def test_a_place_on_a_map_is_in_its_crs():
    place = Georeference("EPSG:32633", (10, 0, 500_000, 0, -10, 5_000_000))
    position = Position.on(scene(Scale(10, 10, "m"), place), 1, 2)
    assert position.place == (500_010, 4_999_980)
    assert position.place_text == "500,010.00, 4,999,980.00 m"


def test_an_unknown_scale_says_nothing_of_places():
    position = Position.on(scene(), 3, 4)
    assert position.place is None
    assert position.place_text == ""


def test_a_scale_given_by_hand_wins():
    assert World.of(scene(Scale(0.5, 0.5, "µm")), Scale(2, 2, "µm")).x == 2
    assert Position.on(scene(), 3, 4, by_hand=Scale(2, 2, "µm")).place == (6, 8)


@pytest.mark.parametrize(("latitude", "shrink"), [(0, 1.0), (60, 0.5), (-60, 0.5)])
def test_degrees_shrink_towards_the_poles(latitude, shrink):
    place = Georeference("EPSG:4326", (1e-4, 0, 10.0, 0, -1e-4, latitude + 0.05))
    world = World.of(scene(Scale(1e-4, 1e-4, "°"), place))
    assert world.unit == "m"
    assert world.approximate
    assert world.x / world.y == pytest.approx(shrink, rel=1e-3)


def test_an_image_lies_with_its_corner_at_zero():
    placing = image_placing(World(0.5, 0.25, "µm"))
    assert placing["translate"] == (0.125, 0.25)
    assert placing["scale"] == (0.25, 0.5)
