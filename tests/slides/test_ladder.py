from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides.ladder import COARSEST_SIDE, ladder, tile_box, tile_side


def sizes_of(rungs):
    return [(rung.width, rung.height) for rung in rungs]


def test_a_gap_of_four_gets_a_level_between():
    rungs = ladder([(8000, 6000), (2000, 1500), (500, 375)])
    assert sizes_of(rungs) == [(8000, 6000), (4000, 3000), (2000, 1500), (1000, 750), (500, 375)]
    assert [(rung.level, rung.factor) for rung in rungs] == [(0, 1), (0, 2), (1, 1), (1, 2), (2, 1)]


def test_a_gap_of_two_stays():
    assert sizes_of(ladder([(2048, 2048), (1024, 1024)])) == [(2048, 2048), (1024, 1024)]


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_flat_file_gets_levels_down_to_the_coarsest(width, height):
    rungs = ladder([(width, height)])
    assert max(rungs[-1].width, rungs[-1].height) <= COARSEST_SIDE
    for fine, coarse in itertools.pairwise(rungs):
        assert coarse.factor == 2 * fine.factor
        assert (coarse.width, coarse.height) == (-(-fine.width // 2), -(-fine.height // 2))


@given(st.integers(1, 5000))
def test_tiles_are_whole_blocks_where_that_fits(block):
    side = tile_side(block)
    assert 512 <= side <= 1024
    assert side % block == 0 or block > 512


def test_tiles_at_the_edge_are_cut():
    rung = ladder([(1000, 700)])[0]
    assert tile_box(rung, (512, 512), 1, 1) == Box(512, 512, 488, 188)
