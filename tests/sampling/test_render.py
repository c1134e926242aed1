"""What the engine promises: the same bits, whatever is rendered, in whatever order, on whatever."""

from __future__ import annotations

import random
import threading

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.errors import Cancelled, IncompatibleGrid, OutOfMemory
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.progress import Silent
from ssldiff_gui.sampling.field import GridField
from ssldiff_gui.sampling.noise import KeyedNoise
from ssldiff_gui.sampling.plan import Plan
from ssldiff_gui.sampling.presets import preset_named
from ssldiff_gui.sampling.render import Renderer
from ssldiff_gui.sampling.store import WindowStore
from tests.sampling.fakes import FakeGenerator, fake_grid, fake_spec

ROWS, COLUMNS, CELL = 5, 6, 32
WIDTH, HEIGHT = COLUMNS * CELL, ROWS * CELL
WHOLE = Box(0, 0, WIDTH, HEIGHT)


def engine(
    grid=None, *, preset="default", steps=None, batch=4, devices=1, spec=None, store=None,
    seed=5, guidance=2.0, progress=None, generators=None, **fake,
):  # fmt: skip
    generators = generators or [FakeGenerator(spec, **fake) for _ in range(devices)]
    grid = grid or fake_grid(ROWS, COLUMNS)
    plan = Plan.of(generators[0], preset_named(preset, steps=steps), grid.rows, grid.columns)
    return Renderer(
        generators, plan, GridField(grid, plan.spec), KeyedNoise(seed, plan.spec.channels),
        store or WindowStore(None), batch=batch, guidance=guidance, progress=progress,
    )  # fmt: skip


def picture(renderer, bands=None):
    found = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for box, pixels in renderer.render(bands or [[WHOLE]]):
        found[box.y : box.y2, box.x : box.x2] = pixels
    return found


def tiles(side=48):
    return [
        Box(x, y, side, side).intersect(WHOLE)
        for y in range(0, HEIGHT, side)
        for x in range(0, WIDTH, side)
    ]


@pytest.fixture(scope="module")
def whole():
    return picture(engine())


def test_a_picture_follows_its_grid_its_seed_and_its_guidance(whole):
    assert whole.std() > 20
    assert not np.array_equal(whole, picture(engine(seed=6)))
    assert not np.array_equal(whole, picture(engine(guidance=1.0)))
    assert not np.array_equal(whole, picture(engine(fake_grid(ROWS, COLUMNS, seed=9))))
    np.testing.assert_array_equal(whole, picture(engine()))


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6))
def test_the_order_of_tiles_does_not_matter(whole, seed):
    boxes = tiles()
    random.Random(seed).shuffle(boxes)
    cut = random.Random(seed + 1).randrange(1, len(boxes))
    np.testing.assert_array_equal(picture(engine(), [boxes[:cut], boxes[cut:]]), whole)


def test_row_by_row_is_all_at_once(whole):
    rows = [[box for box in tiles() if box.y == y] for y in sorted({b.y for b in tiles()})]
    renderer = engine()
    np.testing.assert_array_equal(picture(renderer, rows), whole)
    assert renderer.evaluations == renderer.plan.evaluations


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_crop_is_a_part_of_the_whole(whole, data):
    x, y = data.draw(st.integers(0, WIDTH - 1)), data.draw(st.integers(0, HEIGHT - 1))
    width = data.draw(st.integers(1, WIDTH - x))
    height = data.draw(st.integers(1, HEIGHT - y))
    box = Box(x, y, width, height)
    ((_, pixels),) = engine().render([[box]])
    np.testing.assert_array_equal(pixels, whole[y : box.y2, x : box.x2])


def test_one_tile_alone_asks_for_its_neighbourhood_only():
    big = fake_grid(16, 16)
    renderer = engine(big)
    list(renderer.render([[Box(256, 256, 32, 32)]]))
    assert 0 < renderer.evaluations < renderer.plan.evaluations / 5


@pytest.mark.parametrize("devices", [2, 3])
def test_several_devices_share_the_windows(whole, devices):
    renderer = engine(devices=devices)
    np.testing.assert_array_equal(picture(renderer), whole)
    assert all(generator.calls for generator in renderer.generators)


def test_the_network_always_sees_the_same_shape_and_batch_mates_do_not_matter(whole):
    for batch in (1, 3, 7):
        renderer = engine(batch=batch)
        np.testing.assert_array_equal(picture(renderer), whole)
        assert renderer.generators[0].shapes == {(batch, 2, 8, 8)}


def test_a_network_that_mixes_its_batch_would_be_noticed():
    one = picture(engine(mates=True))
    assert not np.array_equal(one, picture(engine(mates=True), [[box] for box in tiles()[::-1]]))


def test_latents_on_disk_are_latents_in_memory(whole, tmp_path):
    store = WindowStore(tmp_path / "windows", limit=10_000)
    rows = [[box for box in tiles() if box.y == y] for y in sorted({b.y for b in tiles()})]
    most = 0

    class Watch(Silent):
        def report(self, done, total, words=""):
            nonlocal most
            most = max(most, store.bytes)

    np.testing.assert_array_equal(picture(engine(store=store, progress=Watch()), rows), whole)
    assert 0 < most <= 10_000
    assert not list(store)


def test_memory_does_not_grow_with_the_canvas(tmp_path):
    def most_held(rows):
        store = WindowStore(tmp_path / str(rows), limit=1 << 40)
        most = 0

        class Watch(Silent):
            def report(self, done, total, words=""):
                nonlocal most
                most = max(most, store.bytes)

        renderer = engine(fake_grid(rows, 2), store=store, progress=Watch(), steps=8)
        for _ in renderer.render([[Box(0, y, 64, 32)] for y in range(0, rows * CELL, 32)]):
            pass
        return most

    assert most_held(24) <= 1.1 * most_held(8)


def test_a_restart_goes_on_with_the_same_bits(whole, tmp_path):
    class Stop(Silent):
        calls = 0

        def check(self):
            self.calls += 1
            if self.calls > 60:
                raise Cancelled("enough")

    with pytest.raises(Cancelled):
        picture(engine(store=WindowStore(tmp_path, limit=5000, keep=True), progress=Stop()))
    kept = WindowStore(tmp_path, keep=True)
    assert len(list(kept)) > 5
    renderer = engine(store=kept)
    np.testing.assert_array_equal(picture(renderer), whole)
    assert renderer.evaluations < renderer.plan.evaluations


def test_a_damaged_window_is_made_again(whole, tmp_path):
    first = WindowStore(tmp_path, keep=True)
    picture(engine(store=first))
    first.flush()
    files = sorted((tmp_path / "3").glob("*.latents"))
    for number, path in enumerate(files[:6]):
        content = bytearray(path.read_bytes())
        content[60] ^= 1
        path.write_bytes(content if number % 2 else content[:30])
    np.testing.assert_array_equal(picture(engine(store=WindowStore(tmp_path, keep=True))), whole)


def changed(grid, row, column):
    vectors = grid.vectors.copy()
    vectors[row, column] += 1
    return grid.with_vectors(vectors)


@pytest.mark.parametrize("cell", [(0, 0), (7, 8), (15, 15)])
@pytest.mark.parametrize("local", [False, True])
def test_an_edit_renders_its_neighbourhood_to_the_bits_of_a_full_render(tmp_path, cell, local):
    spec = fake_spec(local=local)
    grid, side = fake_grid(16, 16), 16 * CELL
    box = Box(0, 0, side, side)
    store = WindowStore(tmp_path, keep=True)
    renderer = engine(grid, spec=spec, store=store)
    ((_, before),) = renderer.render([[box]])
    edited = changed(grid, *cell)
    again = engine(edited, spec=spec, store=store)
    reached = again.plan.touched(lambda layer: again.field.changed(renderer.field, layer))
    store.forget((index, *place) for index, places in enumerate(reached) for place in places)
    parts = [again.plan.pixels_of(place) for place in reached[-1]]
    mixed = before.copy()
    for part, pixels in again.render([parts]):
        mixed[part.y : part.y2, part.x : part.x2] = pixels
    ((_, full),) = engine(edited, spec=spec).render([[box]])
    np.testing.assert_array_equal(mixed, full)
    assert not np.array_equal(before, full)
    assert again.evaluations <= renderer.evaluations / 20
    untouched = np.ones((side, side), bool)
    y, x = (k * CELL + CELL // 2 for k in cell)
    untouched[max(0, y - 5 * CELL) : y + 5 * CELL, max(0, x - 5 * CELL) : x + 5 * CELL] = False
    assert np.array_equal(before[untouched], full[untouched])


def test_an_edit_that_changes_the_mask_is_seen_too(tmp_path):
    grid = fake_grid(9, 9)
    valid = np.ones((9, 9), bool)
    valid[0, 0] = False
    edited = grid.with_vectors(grid.vectors, valid)
    box = Box(0, 0, 288, 288)
    renderer = engine(grid)
    ((_, before),) = renderer.render([[box]])
    again = engine(edited)
    reached = again.plan.touched(lambda layer: again.field.changed(renderer.field, layer))
    mixed = before.copy()
    for part, pixels in again.render([[again.plan.pixels_of(place) for place in reached[-1]]]):
        mixed[part.y : part.y2, part.x : part.x2] = pixels
    ((_, full),) = engine(edited).render([[box]])
    np.testing.assert_array_equal(mixed, full)


def test_glass_stays_white_and_costs_nothing():
    valid = np.zeros((12, 12), bool)
    valid[4:7, 4:7] = True
    grid = fake_grid(12, 12, valid=valid)
    renderer = engine(grid)
    ((_, pixels),) = renderer.render([[Box(0, 0, 384, 384)]])
    assert (pixels[:96] == 255).all()
    assert (pixels[-96:] == 255).all()
    assert pixels[4 * CELL : 7 * CELL, 4 * CELL : 7 * CELL].std() > 20
    assert renderer.evaluations < renderer.plan.evaluations / 2
    parts = [Box(x, y, 64, 96) for y in range(0, 384, 96) for x in range(0, 384, 64)]
    for box, part in engine(grid).render([parts[::-1]]):
        np.testing.assert_array_equal(part, pixels[box.y : box.y2, box.x : box.x2])


def test_numbers_that_are_not_finite_are_tried_again_in_full_precision(whole):
    np.testing.assert_array_equal(picture(engine(bad=[3, 40, 41])), whole)


def test_a_window_that_stays_broken_fails_what_it_touches_and_nothing_else(whole):
    class Broken(FakeGenerator):
        def denoise(self, x, sigma, condition, *, shift=0):
            seen = super().denoise(x, sigma, condition, shift=shift)
            where = condition.tokens.flatten(1).abs().amax(1) > 50
            return torch.where(where[:, None, None, None], torch.nan, seen)

    grid = fake_grid(10, 10)
    vectors = grid.vectors.copy()
    vectors[0, 0] = 100
    bad = grid.with_vectors(vectors)
    boxes = [Box(x, y, 64, 64) for y in range(0, 320, 64) for x in range(0, 320, 64)]
    found = dict(engine(bad, generators=[Broken()]).render([boxes]))
    failed = [box for box, pixels in found.items() if pixels is None]
    assert Box(0, 0, 64, 64) in failed
    assert len(failed) <= len(boxes) * 0.7
    good = dict(engine(bad).render([boxes]))
    for box, pixels in found.items():
        if pixels is not None:
            np.testing.assert_array_equal(pixels, good[box])


def test_an_end_is_heard_at_the_next_step():
    class Stop(Silent):
        def __init__(self):
            self.left = 3

        def check(self):
            self.left -= 1
            if self.left < 0:
                raise Cancelled("enough")

    renderer = engine(progress=Stop())
    with pytest.raises(Cancelled):
        picture(renderer)
    assert renderer.generators[0].calls <= 6  # three steps, perhaps guided; none after
    assert not [t for t in threading.enumerate() if t.name.startswith("device")]


def test_no_memory_on_the_device_is_said_as_such():
    class Small(FakeGenerator):
        def denoise(self, x, sigma, condition, *, shift=0):
            raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(OutOfMemory, match="batch"):
        picture(engine(generators=[Small()]))

    class Odd(FakeGenerator):
        def denoise(self, x, sigma, condition, *, shift=0):
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        picture(engine(generators=[Odd()]))


def test_guidance_asks_twice_only_inside_its_interval():
    asked = []

    class Counting(FakeGenerator):
        def denoise(self, x, sigma, condition, *, shift=0):
            asked.append((round(sigma, 9), bool((condition.tokens == 0).all())))
            return super().denoise(x, sigma, condition, shift=shift)

    renderer = engine(generators=[Counting()])
    picture(renderer)
    guided = {step.now for phase in renderer.plan.phases for step in phase.steps if step.guided}
    assert {sigma for sigma, null in asked if null} == {round(s, 9) for s in guided}


@pytest.mark.parametrize("preset", ["default", "draft", "lid", "pixcell-4k"])
def test_evaluations_are_what_the_plan_says(preset):
    renderer = engine(fake_grid(3, 3), preset=preset, steps=10)
    list(renderer.render([[Box(0, 0, 96, 96)]]))
    assert renderer.evaluations == renderer.plan.evaluations


def test_ours_takes_a_twenty_fifth_of_the_published_evaluations():
    generator = FakeGenerator(fake_spec(window=64, cell=64, factor=4, channels=3))
    ours, theirs = (
        Plan.of(generator, preset_named(name), 16, 16).evaluations for name in ("default", "lid")
    )
    assert theirs == 372_100
    assert ours <= theirs / 25


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"encoder": "other@000000000000"}, "trained on fake@"),
        ({"cell": 64}, "64 pixels wide"),
        ({"vectors": np.ones((2, 2, 5), np.float32)}, "have 5 values"),
        ({"valid": np.zeros((4, 5), bool)}, "No cell"),
    ],
)
def test_a_grid_that_does_not_fit_is_refused_in_words(change, words):
    from dataclasses import replace

    with pytest.raises(IncompatibleGrid, match=words):
        engine(replace(fake_grid(), **({"valid": None} | change)))
