from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from ssldiff_gui.evaluation.seams import block_ratio, border_ratio

SIDE = 256


def smooth(seed=0, side=SIDE):
    """A picture without lines: (side, side, 3), about 0 to 255."""
    noise = np.random.default_rng(seed).standard_normal((side, side, 3))
    return 128 + 200 * gaussian_filter(noise, (2, 2, 0))


def tiled(tile, seed=0, side=SIDE, shift=(0, 0)):
    """Squares that know nothing of each other."""
    made = np.empty((side, side, 3))
    for row in range(-1, side // tile + 1):
        for column in range(-1, side // tile + 1):
            top, left = row * tile + shift[0], column * tile + shift[1]
            rows = slice(max(top, 0), max(top + tile, 0))
            columns = slice(max(left, 0), max(left + tile, 0))
            piece = smooth([seed, row + 1, column + 1], tile)
            target = made[rows, columns]
            if target.size:
                start = rows.start - top, columns.start - left
                made[rows, columns] = piece[
                    start[0] : start[0] + target.shape[0], start[1] : start[1] + target.shape[1]
                ]
    return made


SQUARES = tiled(64, side=192)


def test_a_picture_without_seams_is_near_one():
    pictures = np.stack([smooth(seed) for seed in range(4)])
    assert 1 <= border_ratio(pictures, 64) < 1.2
    assert block_ratio(pictures, 8) == pytest.approx(1, abs=0.03)


def test_windows_side_by_side_show():
    assert border_ratio(tiled(64), 64) > 2.5
    assert border_ratio(tiled(64), 32) > 1.5, "each second line of a stride is a seam"


def test_a_seam_shows_whatever_its_place_in_the_window():
    moved = tiled(64, shift=(24, 40))
    assert border_ratio(moved, 64) == pytest.approx(border_ratio(tiled(64), 64), rel=0.2)


def test_a_seam_shows_in_one_direction_alone():
    picture = smooth()
    picture[64:] += 60
    assert border_ratio(picture, 128) > 2.5
    assert border_ratio(picture.transpose(1, 0, 2), 128) == border_ratio(picture, 128)


def test_blocks_are_no_borders_when_lines_between_patches_alone_are_looked_at():
    pictures = np.stack([tiled(8, seed) for seed in range(4)])
    assert block_ratio(pictures, 8) > 2
    assert border_ratio(pictures, 64) > 2
    assert border_ratio(pictures, 64, step=8) < 1.2


def test_a_window_shows_through_blocks():
    picture = tiled(8)
    picture[96:] += 200
    assert border_ratio(picture, 128, step=8) > 1.5


def test_ratios_are_those_counted_by_hand():
    ramp = np.array([0, 1, 2, 3, 13, 14, 15, 16, 36, 37, 38, 39], float)  # steps 1 1 1 10 1 1 1 20
    picture = np.broadcast_to(ramp[:, None, None], (12, 12, 1))
    assert border_ratio(picture, 4) == 15
    assert border_ratio(picture, 8) == 20
    # across nothing changes: 2 lines between patches and 9 others count there too
    assert block_ratio(picture, 4) == pytest.approx((30 / 4) / (9 / 18))
    assert block_ratio(picture[2:], 4, offset=(2, 0)) == pytest.approx((30 / 4) / (7 / 16))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 63), st.integers(0, 63))
def test_an_offset_says_where_the_windows_of_a_crop_are(top, left):
    crop = SQUARES[top:, left:]
    assert border_ratio(crop, 64, step=16, offset=(top, left)) > 2.5
    if top % 16 and left % 16:
        assert border_ratio(crop, 64, step=16) < 1.7, "the seams are between the lines"


@settings(deadline=None, max_examples=20)
@given(st.floats(0.1, 10), st.floats(-100, 100))
def test_neither_brightness_nor_contrast_matters(gain, bias):
    picture = tiled(32, side=96)
    assert border_ratio(picture * gain + bias, 32) == pytest.approx(
        border_ratio(picture, 32), rel=1e-2
    )
    assert block_ratio(picture * gain + bias, 8) == pytest.approx(block_ratio(picture, 8), rel=1e-2)


def test_bytes_do_not_wrap_around():
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[32:] = 255
    assert border_ratio(picture, 32) == math.inf
    assert border_ratio(picture[::-1], 32) == math.inf


def test_pictures_of_one_colour_have_no_seams():
    flat = np.full((64, 64, 3), 7, np.uint8)
    assert border_ratio(flat, 16) == 1
    assert block_ratio(flat, 8) == 1


@pytest.mark.parametrize("step", [0, 3])
def test_a_window_is_made_of_whole_steps(step):
    with pytest.raises(ValueError, match="whole number"):
        border_ratio(smooth(side=64), 32, step=step)


def test_pictures_that_are_too_small_are_refused():
    with pytest.raises(ValueError, match="every place"):
        border_ratio(smooth(side=32), 64)
    with pytest.raises(ValueError, match="smaller"):
        block_ratio(smooth(side=8), 8)
    with pytest.raises(ValueError, match="no lines"):
        block_ratio(smooth(side=8), 1)
