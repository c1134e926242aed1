"""Windows cover their axis and share every place fairly."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.sampling.blend import blend
from ssldiff_gui.sampling.noise import SIDE, KeyedNoise
from ssldiff_gui.sampling.windows import Axis, pairs, starts

lengths = st.integers(1, 64).flatmap(
    lambda window: st.tuples(
        st.integers(window, 300), st.just(window), st.integers(1, window), st.integers(0, 80)
    )
)
blends = st.sampled_from(["hann", "uniform", "gaussian"])


@given(lengths, blends)
def test_shares_add_up_to_one_everywhere(case, kind):
    length, window, stride, shift = case
    axis = Axis.of(length, window, stride, shift, kind)
    total = np.zeros(length, np.float32)
    for start, share in zip(axis.starts, axis.shares, strict=True):
        total[start : start + window] += share
    np.testing.assert_allclose(total, 1, atol=1e-6)
    assert axis.shares.min() >= 0


@given(lengths)
def test_windows_stay_inside_and_leave_no_gap(case):
    length, window, stride, shift = case
    places = starts(length, window, stride, shift)
    assert places[0] == 0
    assert places[-1] == length - window
    assert all(0 < b - a <= stride for a, b in pairwise(places))


@given(lengths, st.integers(0, 299), st.integers(1, 50))
def test_touching_finds_exactly_the_windows_with_a_place_in_a_span(case, start, size):
    length, window, stride, shift = case
    axis = Axis.of(length, window, stride, shift, "hann")
    stop = min(start + size, length)
    if start >= stop:
        return
    first, last = axis.touching(start, stop)
    slow = [k for k, s in enumerate(axis.starts) if s < stop and s + window > start]
    assert list(range(first, last)) == slow


def test_a_window_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        starts(10, 11, 3)


@given(
    st.integers(-(2**62), 2**62), st.integers(0, 3),
    st.tuples(*[st.integers(-100, 100)] * 2), st.tuples(*[st.integers(1, 70)] * 2),
)  # fmt: skip
def test_noise_of_a_part_is_part_of_the_noise(seed, stream, corner, size):
    (y, x), (height, width) = corner, size
    noise = KeyedNoise(seed, 2)
    whole = KeyedNoise(seed, 2).draw(stream, y - 5, x - 9, height + 11, width + 17)
    part = noise.draw(stream, y, x, height, width)
    np.testing.assert_array_equal(part, whole[:, 5 : 5 + height, 9 : 9 + width])


def test_noise_is_normal_and_differs_between_seeds_streams_and_places():
    drawn = KeyedNoise(3, 4).draw(0, -SIDE * 3, -SIDE * 3, SIDE * 6, SIDE * 6)
    assert abs(drawn.mean()) < 0.01
    assert abs(drawn.std() - 1) < 0.01
    blocks = drawn.reshape(4, 6, SIDE, 6, SIDE).transpose(1, 3, 0, 2, 4).reshape(36, -1)
    related = np.corrcoef(blocks) - np.eye(36)
    assert np.abs(related).max() < 0.08
    other = KeyedNoise(4, 4).draw(0, 0, 0, 8, 8)
    assert not np.array_equal(other, KeyedNoise(3, 4).draw(0, 0, 0, 8, 8))
    assert not np.array_equal(other, KeyedNoise(4, 4).draw(1, 0, 0, 8, 8))


@given(lengths, lengths, blends, st.data())
def test_a_blend_of_a_part_is_part_of_the_blend(down, across, kind, data):
    rows = Axis.of(*down[:3], down[3], kind)
    columns = Axis.of(*across[:3], across[3], kind)
    if len(rows) * len(columns) > 400:
        return
    random = np.random.default_rng(0)
    shape = (2, rows.window, columns.window)
    content = {
        place: random.standard_normal(shape).astype(np.float32)
        for place in pairs((0, len(rows)), (0, len(columns)))
    }

    def blended(box):
        spans = rows.touching(box.y, box.y2), columns.touching(box.x, box.x2)
        return blend(box, pairs(*spans), (rows, columns), content.get)

    y = data.draw(st.integers(0, rows.length - 1))
    x = data.draw(st.integers(0, columns.length - 1))
    box = Box(x, y, data.draw(st.integers(1, columns.length - x)),
              data.draw(st.integers(1, rows.length - y)))  # fmt: skip
    whole = blended(Box(0, 0, columns.length, rows.length))
    np.testing.assert_array_equal(blended(box), whole[:, box.y : box.y2, box.x : box.x2])
