"""Where the windows of a render stand: on the cells' lattice, wherever blocks of cells matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.sampling.field import GridField
from ssldiff_gui.sampling.plan import Plan
from ssldiff_gui.sampling.presets import PRESETS, preset_named
from tests.sampling.fakes import FakeGenerator, fake_grid, fake_spec

CHANNELS = {"channels": 2, "factor": 1, "dim": 3}

shapes = st.fixed_dictionaries(
    {
        "tokens": st.integers(2, 4), "cell": st.integers(1, 9), "rows": st.integers(1, 12),
        "columns": st.integers(1, 12), "preset": st.sampled_from(sorted(PRESETS)),
    }
)  # fmt: skip


def generator(cell, tokens, window=None, **changes):
    window = window or cell * tokens
    return FakeGenerator(fake_spec(window=window, cell=cell, tokens=tokens, **CHANNELS, **changes))


def axes(plan):
    return [axis for layer in plan.phases for axis in (layer.rows, layer.columns)]


@settings(max_examples=60, deadline=None)
@given(shapes)
def test_windows_that_see_blocks_of_cells_stand_on_the_cells(case):
    cell = case["cell"]
    preset = preset_named(case["preset"])
    plan = Plan.of(generator(cell, case["tokens"]), preset, case["rows"], case["columns"])
    for axis in axes(plan):
        assert not (axis.starts % cell).any()
        assert axis.starts[0] == 0
        assert axis.starts[-1] == axis.length - axis.window
        assert (np.diff(axis.starts) > 0).all()
        assert (np.diff(axis.starts) <= axis.window).all()


@pytest.mark.parametrize("preset", ["default", "draft", "lid", "pixcell-4k"])
def test_each_window_is_conditioned_on_exactly_the_cells_under_it(preset):
    made = generator(4, 4)
    grid = fake_grid(7, 9, cell=4)
    plan = Plan.of(made, preset_named(preset), grid.rows, grid.columns)
    field = GridField(grid, made.spec)
    for layer in plan.phases:
        for place in layer.touching(Box(0, 0, plan.width, plan.height)):
            top, left = layer.corner(place)
            block = grid.vectors[top // 4 : top // 4 + 4, left // 4 : left // 4 + 4]
            seen = field.given([(top, left)]).vectors[0]
            np.testing.assert_array_equal(seen, block.reshape(16, 3))


def test_the_windows_of_pixcell_stand_where_they_are_published():
    plan = Plan.of(generator(32, 4, window=128), preset_named("pixcell-4k"), 16, 16)
    assert len(plan.phases) == 20
    assert {axis.length for axis in axes(plan)} == {512}
    for axis in axes(plan):
        assert axis.starts.tolist() == [0, 64, 128, 192, 256, 320, 384]


def test_the_windows_of_lid_stand_where_they_are_published():
    plan = Plan.of(generator(64, 1, window=64), preset_named("lid"), 4, 4)
    assert len(plan.phases) == 50
    for axis in axes(plan):
        assert axis.starts.tolist() == list(range(0, 193, 16))


def test_windows_that_see_one_embedding_stand_anywhere():
    plan = Plan.of(generator(64, 1, window=64), preset_named("default"), 5, 5)
    starts = [axis.starts[:3].tolist() for axis in axes(plan)]
    assert starts[:4] == [[0, 48, 96], [0, 48, 96], [0, 24, 72], [0, 24, 72]]
    assert starts[4:] == [[0, 12, 60], [0, 36, 84], [0, 36, 84], [0, 12, 60]]


def test_the_phases_of_a_window_of_blocks_are_shifted_against_each_other():
    plan = Plan.of(generator(4, 4), preset_named("default"), 12, 12)
    second = [(layer.rows.starts[1], layer.columns.starts[1]) for layer in plan.phases]
    assert second == [(12, 12), (8, 8), (4, 8), (8, 4)]
