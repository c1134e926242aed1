"""Parts of a canvas at any resolution: the same pixels, however they are come by."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.geometry import Box, Scale
from ssldiff_gui.slides.reduction import reduce_rgb
from ssldiff_gui.storage import extract as module
from ssldiff_gui.storage.extract import extract_of
from tests.storage.fake_picture import UTM, Fake, pixels_of

PICTURE = Fake(pixels_of(301, 203), tile=64)


def expected(pixels: np.ndarray, times: int) -> np.ndarray:
    for _ in range(times):
        pixels = reduce_rgb(pixels, 2)
    return pixels


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_any_part_at_any_size_is_what_halving_its_own_pixels_gives(data):
    x = data.draw(st.integers(0, 300))
    y = data.draw(st.integers(0, 202))
    box = (x, y, data.draw(st.integers(1, 301 - x)), data.draw(st.integers(1, 203 - y)))
    part = extract_of(PICTURE, box)
    sizes = part.sizes(16)
    times = data.draw(st.integers(0, len(sizes) - 1))
    width, height = sizes[times]
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    wanted = Box(
        left,
        top,
        data.draw(st.integers(1, width - left)),
        data.draw(st.integers(1, height - top)),
    )
    whole = expected(PICTURE.pixels[y : y + box[3], x : x + box[2]], times)
    assert whole.shape == (height, width, 3)
    found = part.read(wanted, times)
    assert np.array_equal(found, whole[top : wanted.y2, left : wanted.x2])


@pytest.mark.parametrize("block", [2, 8, 512])
def test_the_pieces_do_not_show(block, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", block)
    part = extract_of(PICTURE, (13, 7, 97, 101))
    found = part.read(Box(0, 0, 13, 13), 3)
    assert np.array_equal(found, expected(PICTURE.pixels[7:108, 13:110], 3))


def test_smaller_levels_of_an_unfinished_canvas_come_from_its_tiles():
    class WithoutCoarse(Fake):
        def read(self, box, level=0):
            assert level == 0, "the coarser levels are not all there"
            return super().read(box, level)

    picture = WithoutCoarse(pixels_of(300, 200), tile=64, undone=frozenset({(0, 0)}))
    whole = extract_of(picture)
    assert whole.missing == 1
    assert np.array_equal(whole.read(Box(0, 0, 75, 50), 2), expected(picture.pixels, 2))
    small = extract_of(picture, None, 1)
    assert np.array_equal(small.read(Box(0, 0, 150, 100)), expected(picture.pixels, 1))


def test_only_the_tiles_that_are_touched_count_as_missing():
    picture = Fake(pixels_of(300, 200), tile=64, undone=frozenset({(0, 0), (3, 4)}))
    assert extract_of(picture).missing == 2
    assert extract_of(picture, (64, 64, 64, 64)).missing == 0
    assert extract_of(picture, (63, 63, 2, 2)).missing == 1
    assert extract_of(picture, None, 1).missing == 2


def test_a_level_has_its_own_scale_and_place():
    picture = Fake(pixels_of(300, 200), tile=64, georeference=UTM, scale=Scale(10, 10, "m"))
    part = extract_of(picture, (40, 20, 100, 60), 2)
    assert part.box == Box(10, 5, 25, 15)
    assert part.corner == (40, 20, 100, 60)
    assert part.scale == Scale(40, 40, "m")
    assert part.georeference is not None
    assert part.georeference.crs == "EPSG:32633"
    assert part.georeference.affine == (40, 0, 500_400, 0, -40, 4_999_800)


def test_a_region_that_reaches_beyond_is_cut():
    assert extract_of(PICTURE, (-10, 190, 1000, 1000)).box == Box(0, 190, 301, 13)
    assert extract_of(PICTURE).whole
    assert not extract_of(PICTURE, (0, 0, 301, 202)).whole
    assert not extract_of(PICTURE, None, 1).whole


def test_the_last_pixels_of_a_level_do_not_reach_beyond_the_canvas():
    assert extract_of(PICTURE, None, 1).corner == (0, 0, 301, 203)


@pytest.mark.parametrize(
    ("region", "level", "words"),
    [
        ((0, 0, 0, 5), 0, "shows nothing"),
        ((0, 0, 5, -1), 0, "shows nothing"),
        ((301, 0, 5, 5), 0, "outside"),
        ((-9, -9, 5, 5), 0, "outside"),
        (None, 4, "no level 4"),
        (None, -1, "no level -1"),
    ],
)
def test_what_is_not_there_is_refused(region, level, words):
    with pytest.raises(BadRequest, match=words):
        extract_of(PICTURE, region, level)
