"""Pictures at their place in a larger one, and how far two pictures are apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.slides.difference import GAIN, difference
from ssldiff_gui.slides.identity import NOWHERE
from ssldiff_gui.slides.ladder import COARSEST_SIDE
from ssldiff_gui.slides.placed import NOTHING, placed
from ssldiff_gui.slides.slide import Slide
from tests.slides.scenes import ArraySource, picture, scene_of


def halves(array: np.ndarray, count: int) -> list[np.ndarray]:
    return [array[:: 2**i, :: 2**i].copy() for i in range(count)]


def a_slide(array: np.ndarray, levels: int = 1) -> Slide:
    scene = scene_of(ArraySource(halves(array, levels)))
    return Slide(Path("made.tif"), "Fake", [scene], identity=NOWHERE)


@pytest.fixture
def whole():
    return scene_of(ArraySource([picture(4000, 3000)]))


def test_there_is_always_a_level_that_needs_no_building(whole):
    shown = placed(a_slide(picture(500, 400)), Region(Box(700, 300, 500, 400)), whole).scenes[0]
    assert (shown.width, shown.height) == (4000, 3000)
    assert max(shown.levels[-1].width, shown.levels[-1].height) <= COARSEST_SIDE
    for level, facts in enumerate(shown.levels):
        found = shown.read_level(level, facts.box)
        step = facts.downsample
        inside = found[
            round(400 / step) : round(600 / step), round(800 / step) : round(1100 / step)
        ]
        assert not (inside == NOTHING).all(axis=2).any()
        assert (found[: round(280 / step)] == NOTHING).all()


def test_what_changes_is_told_at_its_place(whole):
    made = a_slide(picture(512, 512), 2)
    shown = placed(made, Region(Box(1024, 512, 1024, 1024), 2.0), whole).scenes[0]
    told: list[list[Box]] = []
    shown.changed.connect(told.append)
    made.scenes[0].changed.emit([Box(0, 0, 64, 64), Box(64, 128, 10, 10)])
    assert told == [[Box(512, 256, 64, 64), Box(576, 384, 10, 10)]]


def test_far_away_a_small_picture_in_a_large_one_is_read_where_it_is_only():
    class Whole:
        width, height, georeference = 100_000, 80_000, None

    made = a_slide(picture(512, 512), 2)
    scene = made.scenes[0]
    shown = placed(made, Region(Box(40_003, 30_001, 512, 512)), Whole()).scenes[0]
    read: list[Box] = []
    before = scene.read_bands
    scene.read_bands = lambda level, box: read.append(box) or before(level, box)
    found = shown.read_level(len(shown.levels) - 1, shown.levels[-1].box)
    assert 0 < (found != NOTHING).any(axis=2).sum() <= 25
    assert max(max(box.width, box.height) for box in read) <= 1024


@settings(max_examples=30, deadline=None)
@given(st.integers(-50, 300), st.integers(-50, 300), st.integers(0, 400), st.integers(0, 300))
def test_what_changes_at_an_odd_place_is_told_wholly(x, y, left, top):
    whole = scene_of(ArraySource([np.zeros((900, 1000, 3), np.uint8)]))
    made = a_slide(np.full((400, 500, 3), 9, np.uint8), 3)
    shown = placed(made, Region(Box(x, y, 500, 400)), whole).scenes[0]
    told: list[list[Box]] = []
    shown.changed.connect(told.append)
    before = [shown.read_level(i, level.box) for i, level in enumerate(shown.levels)]
    changed = Box(left, top, 40, 30).intersect(made.scenes[0].box)
    for i, array in enumerate(made.scenes[0]._source.arrays):
        array[changed.y >> i : -(-changed.y2 >> i), changed.x >> i : -(-changed.x2 >> i)] = 200
    made.scenes[0].changed.emit([changed])
    for i, level in enumerate(shown.levels):
        rows, columns = np.nonzero((shown.read_level(i, level.box) != before[i]).any(axis=2))
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            spot = Box.covering(
                column * level.downsample_x, row * level.downsample_y,
                (column + 1) * level.downsample_x, (row + 1) * level.downsample_y,
            )  # fmt: skip
            assert not spot.intersect(told[0][0]).empty


def test_the_same_picture_differs_nowhere():
    array = picture(1200, 900)
    whole = scene_of(ArraySource(halves(array, 3)))
    region = Region(Box(256, 128, 512, 512))
    made = a_slide(array[128:640, 256:768], 3)
    shown = difference(whole, made, region).scenes[0]
    for level, facts in enumerate(shown.levels):
        assert (shown.read_level(level, facts.box) == 0).all()


def test_what_differs_is_as_bright_as_it_differs():
    whole = scene_of(ArraySource([np.full((300, 400, 3), 100, np.uint8)]))
    array = np.full((100, 120, 3), 100, np.uint8)
    array[20:40, 30:60] = (120, 100, 110)
    array[60:80] = 255
    shown = difference(whole, a_slide(array), Region(Box(50, 60, 120, 100))).scenes[0]
    found = shown.read_level(0, shown.box)
    assert (found[:20] == 0).all()
    assert (found[20:40, 30:60] == 30 * GAIN // 3).all()
    assert (found[60:80] == 255).all()


def test_pictures_of_other_resolutions_are_brought_together():
    fine = np.add.outer(np.arange(800) // 8, np.arange(1000) // 8)[..., None].repeat(3, 2)
    whole = scene_of(ArraySource([fine.astype(np.uint8)]))
    box = Box(101, 203, 600, 400)
    part = fine[203:603, 101:701].reshape(200, 2, 300, 2, 3).mean(axis=(1, 3))
    made = a_slide(np.round(part).astype(np.uint8), 2)
    shown = difference(whole, made, Region(box, 2.0)).scenes[0]
    assert shown.read_level(0, shown.box).max() <= 2 * GAIN
    assert shown.read_level(1, shown.levels[1].box).max() <= 3 * GAIN


def test_where_nothing_is_made_nothing_differs():
    whole = scene_of(ArraySource([np.zeros((100, 100, 3), np.uint8)]))
    source = ArraySource([np.full((50, 50, 3), 7, np.uint8)], mask=np.eye(50, dtype=bool))
    made = Slide(Path("made.tif"), "Fake", [scene_of(source)], identity=NOWHERE)
    shown = difference(whole, made, Region(Box(0, 0, 50, 50))).scenes[0]
    found = shown.read_level(0, shown.box)
    assert (found[np.eye(50, dtype=bool)] == 7 * GAIN).all()
    assert (found[~np.eye(50, dtype=bool)] == NOTHING).all()
