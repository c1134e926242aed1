"""A canvas that is looked at while somebody else writes it."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from ssldiff_gui.core.errors import MissingFile
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides.placed import NOTHING
from ssldiff_gui.slides.scene import RGB
from ssldiff_gui.storage import growing_levels
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.canvas_files import shard_path
from ssldiff_gui.storage.growing import GrowingCanvas
from ssldiff_gui.storage.live_preview import MOST
from tests.storage.canvases import (
    CHUNK,
    TILE,
    a_canvas,
    a_grid,
    a_picture,
    a_recipe,
    all_tiles,
    fill,
    halved,
    tile_of,
    whole,
)

WIDE, HIGH = 300, 200


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made.ome.zarr"


@pytest.fixture(params=[2048, 64], ids=["all levels in memory", "most on the disk"])
def growing(path: Path, request, monkeypatch: pytest.MonkeyPatch) -> GrowingCanvas:
    monkeypatch.setattr(growing_levels, "SKETCH_SIDE", request.param)
    return GrowingCanvas(path, WIDE, HIGH, tile=TILE, chunk=CHUNK)


def seen(growing: GrowingCanvas, level: int = 0) -> RGB:
    return growing.scene.read_level(level, growing.scene.levels[level].box)


def write(canvas: Canvas, growing: GrowingCanvas, picture: RGB, *at: tuple[int, int]) -> None:
    for row, column in at:
        canvas.write(row, column, tile_of(canvas, picture, row, column))
        growing.tile_written(canvas.layout.box((0, row, column)))


def close_to(a: RGB, b: RGB, most: int = 2) -> bool:
    return bool(np.abs(a.astype(int) - b.astype(int)).max() <= most)


def test_before_anything_is_made_it_says_so(growing: GrowingCanvas) -> None:
    assert (seen(growing) == NOTHING).all()
    assert (seen(growing, len(growing.scene.levels) - 1) == NOTHING).all()


def test_a_preview_shows_first_and_tiles_replace_it(growing: GrowingCanvas, path: Path) -> None:
    picture = a_picture()
    growing.set_preview(growing.scene.box, np.full((16, 24, 3), 90, np.uint8))
    for level in range(len(growing.scene.levels)):
        assert (seen(growing, level) == 90).all()
    with a_canvas(path) as canvas:
        write(canvas, growing, picture, (0, 0), (1, 1))
        shown = seen(growing)
    assert np.array_equal(shown[:64, :64], picture[:64, :64])
    assert np.array_equal(shown[64:128, 64:128], picture[64:128, 64:128])
    assert (shown[:64, 64:] == 90).all()


def test_a_preview_is_enlarged_smoothly_and_lies_where_it_belongs(growing: GrowingCanvas) -> None:
    ramp = np.repeat(np.linspace(0, 250, 25).astype(np.uint8)[None, :, None], 4, 0)
    growing.set_preview(Box(50, 40, 250, 100), np.repeat(ramp, 3, 2))
    shown = seen(growing)[90, :, 0].astype(int)
    assert (seen(growing)[:40] == NOTHING).all()
    assert (shown[:50] == NOTHING[0]).all()
    assert np.abs(np.diff(shown[50:])).max() <= 3
    assert shown[50] < 10
    assert shown[-1] > 240


def test_seen_from_far_away_there_is_what_there_is(growing: GrowingCanvas, path: Path) -> None:
    picture = a_picture()
    growing.set_preview(growing.scene.box, np.full((16, 24, 3), 90, np.uint8))
    with a_canvas(path) as canvas:
        seen(growing, 3)
        write(canvas, growing, picture, (0, 1), (2, 3))
        expected = picture[:64, 64:128]
        for level in range(1, 4):
            assert not shard_path(path, (level, 0, 0)).exists()
            expected, step = halved(expected), 2**level
            shown = seen(growing, level)[: 64 // step, 64 // step : 128 // step]
            assert close_to(shown, expected)
            assert (seen(growing, level)[: 60 // step, : 60 // step] == 90).all()


def test_what_is_finished_is_the_canvas(growing: GrowingCanvas, path: Path) -> None:
    with a_canvas(path) as canvas:
        for at in all_tiles(canvas):
            write(canvas, growing, a_picture(), at)
            seen(growing, 2)
        canvas.finish()
        assert growing.layout.levels == canvas.levels
        for _ in ("as told", "as the ledger says"):
            assert np.array_equal(seen(growing), whole(canvas))
            for level in range(1, len(canvas.levels)):
                assert close_to(seen(growing, level), whole(canvas, level))
            growing.refresh()


def test_a_canvas_that_is_there_is_opened_by_its_name(path: Path) -> None:
    with a_canvas(path) as canvas:
        fill(canvas, a_picture())
        canvas.finish()
        known = GrowingCanvas.of(path)
        assert (known.scene.width, known.scene.height) == (WIDE, HIGH)
        assert np.array_equal(seen(known), whole(canvas))


def test_rendered_anew_in_place_no_level_shows_what_was(growing: GrowingCanvas, path: Path) -> None:
    before, after = a_picture(), a_picture(seed=5)
    with a_canvas(path) as canvas:
        fill(canvas, before)
        canvas.finish()
        assert np.array_equal(seen(growing), before)
        grid = a_grid(1)
        canvas.change(a_recipe(grid, WIDE, HIGH), grid, [(0, 0), (1, 1)])
        assert np.array_equal(seen(growing), before)  # until there is something newer
        growing.set_preview(Box(0, 0, 64, 64), np.full((8, 8, 3), 90, np.uint8))
        shown = seen(growing)
        assert (shown[:64, :64] == 90).all()
        assert np.array_equal(shown[:, 64:], before[:, 64:])
        write(canvas, growing, after, (0, 0))
        shown = seen(growing)
        assert np.array_equal(shown[:64, :64], after[:64, :64])
        assert np.array_equal(shown[64:], before[64:])
        assert shard_path(path, (1, 0, 0)).exists()  # the old one
        assert close_to(seen(growing, 1)[:32, :32], halved(after[:64, :64]))
        write(canvas, growing, after, (1, 1))
        canvas.finish()
        assert close_to(seen(growing, 2), whole(canvas, 2))
        growing.refresh()
        assert np.array_equal(seen(growing), whole(canvas))


def test_written_anew_without_a_word_of_it_before(growing: GrowingCanvas, path: Path) -> None:
    before, after = a_picture(), a_picture(seed=5)
    with a_canvas(path) as canvas:
        fill(canvas, before)
        assert close_to(seen(growing, 3), whole(canvas, 3))
        grid = a_grid(1)
        canvas.change(a_recipe(grid, WIDE, HIGH), grid, [(0, 0)])
        write(canvas, growing, after, (0, 0))
        assert np.array_equal(seen(growing)[:64, :64], after[:64, :64])
        assert close_to(seen(growing, 1)[:32, :32], halved(after[:64, :64]))


def test_it_tells_of_tiles_that_nobody_told_it_of(growing: GrowingCanvas, path: Path) -> None:
    picture = a_picture()
    seen(growing)
    told: list[list[Box]] = []
    with a_canvas(path) as canvas:  # a copy, say, of another canvas's tiles
        canvas.write(0, 0, tile_of(canvas, picture, 0, 0))
        canvas.write(0, 1, tile_of(canvas, picture, 0, 1))
        canvas.write(2, 2, tile_of(canvas, picture, 2, 2))
        growing.scene.changed.connect(told.append)
        growing.tile_written(canvas.layout.box((0, 2, 2)))
        assert told == [[Box(128, 128, 64, 64)]]
        shown = seen(growing)
    assert told[1:] == [[Box(0, 0, 128, 64)]]
    assert np.array_equal(shown[:64, :128], picture[:64, :128])


def test_it_tells_only_of_what_changed(growing: GrowingCanvas, path: Path) -> None:
    told: list[list[Box]] = []
    growing.scene.changed.connect(told.append)
    with a_canvas(path) as canvas:
        write(canvas, growing, a_picture(), (0, 0), (0, 1), (0, 2))
        seen(growing)
        told.clear()
        growing.set_preview(growing.scene.box, np.full((16, 24, 3), 90, np.uint8))
    assert not any(Box(0, 0, 192, 64).intersect(box).area for box in told[0])
    assert sum(box.area for box in told[0]) == WIDE * HIGH - 192 * 64


@pytest.mark.parametrize("previews", [3 * MOST])
def test_previews_do_not_pile_up(growing: GrowingCanvas, previews: int) -> None:
    kept = growing._source.preview._parts
    for i in range(previews):
        growing.set_preview(Box(i, 0, 10, 10), np.full((4, 4, 3), i % 256, np.uint8))
    assert len(kept) == MOST
    growing.set_preview(growing.scene.box, np.zeros((4, 4, 3), np.uint8))
    assert len(kept) == 1
    growing.refresh()
    assert not kept


def test_a_folder_that_vanished_is_said_to_be_gone(growing: GrowingCanvas, path: Path) -> None:
    growing.slide.check_unchanged()
    with a_canvas(path) as canvas:
        write(canvas, growing, a_picture(), (0, 0))
        seen(growing)
        growing.slide.check_unchanged()
    shutil.rmtree(path)
    with pytest.raises(MissingFile, match=r"made\.ome\.zarr is gone") as caught:
        seen(growing)
    assert caught.value.hint
    with pytest.raises(MissingFile):
        growing.slide.check_unchanged()
    with a_canvas(path) as canvas:  # somebody generates it again
        write(canvas, growing, a_picture(seed=3), (0, 1))
        shown = seen(growing)
    assert np.array_equal(shown[:64, 64:128], a_picture(seed=3)[:64, 64:128])
    assert (shown[:64, :64] == NOTHING).all()


def test_a_tile_that_vanished_is_nothing(growing: GrowingCanvas, path: Path) -> None:
    with a_canvas(path) as canvas:
        fill(canvas, a_picture())
        shard_path(path, (0, 0, 0)).unlink()
        shown = seen(growing)
    assert (shown[:64, :64] == NOTHING).all()
    assert np.array_equal(shown[64:], a_picture()[64:])


def test_a_canvas_of_another_size_is_not_believed(growing: GrowingCanvas, path: Path) -> None:
    with a_canvas(path, 500, 400) as canvas:
        fill(canvas, a_picture(500, 400))
        growing.tile_written(Box(0, 0, 64, 64))
        for level in range(len(growing.scene.levels)):
            assert (seen(growing, level) == NOTHING).all()


@pytest.mark.parametrize("seed", range(3))
def test_it_reads_while_somebody_writes(growing: GrowingCanvas, path: Path, seed: int) -> None:
    picture, order = a_picture(seed=seed), np.random.default_rng(seed)
    trouble: list[BaseException] = []
    over = threading.Event()

    def look() -> None:
        chance = np.random.default_rng(seed)
        try:
            while not over.is_set():
                seen(growing, int(chance.integers(0, 4)))
        except BaseException as error:  # noqa: BLE001
            trouble.append(error)

    readers = [threading.Thread(target=look) for _ in range(2)]
    with a_canvas(path) as canvas:
        for reader in readers:
            reader.start()
        for at in order.permutation(all_tiles(canvas)).tolist():
            write(canvas, growing, picture, tuple(at))
        canvas.finish()
        over.set()
        for reader in readers:
            reader.join()
        assert not trouble
        for level in range(4):
            assert close_to(seen(growing, level), whole(canvas, level))


def test_closed_it_holds_nothing(growing: GrowingCanvas, path: Path) -> None:
    with a_canvas(path) as canvas:
        write(canvas, growing, a_picture(), (0, 0))
    seen(growing, 3)
    growing.slide.close()
    assert growing._source._levels._sketch is None


def test_at_the_end_only_what_was_not_told_is_read_again(
    growing: GrowingCanvas, path: Path
) -> None:
    told: list[Box] = []
    growing.scene.changed.connect(told.extend)
    picture = a_picture()
    with a_canvas(path) as canvas:
        growing.set_preview(growing.scene.box, np.full((8, 8, 3), 90, np.uint8))
        for at in all_tiles(canvas)[:-2]:
            write(canvas, growing, picture, at)
        seen(growing)
        for at in all_tiles(canvas)[-2:]:  # whose words are lost
            canvas.write(*at, tile_of(canvas, picture, *at))
        canvas.finish()
        told.clear()
        growing.refresh()
        assert sum(box.area for box in told) < 3 * TILE * TILE
        growing.scene.read_level(0, Box(0, 0, 8, 8))
        assert sum(box.area for box in told) < 5 * TILE * TILE
        assert np.array_equal(seen(growing), whole(canvas))
        told.clear()
        grid = a_grid(1)
        canvas.change(a_recipe(grid, WIDE, HIGH), grid, [(1, 1)])
        after = a_picture(seed=5)
        canvas.write(1, 1, tile_of(canvas, after, 1, 1))  # nor is this one told of
        canvas.finish()
        growing.refresh()
        growing.scene.read_level(0, Box(0, 0, 8, 8))
        assert Box(64, 64, 64, 64) in told
        assert sum(box.area for box in told) < 2 * TILE * TILE
        for level in range(4):
            assert close_to(seen(growing, level), whole(canvas, level))


def test_old_pixels_are_seen_from_far_away_too(growing: GrowingCanvas, path: Path) -> None:
    before = a_picture()
    with a_canvas(path) as canvas:
        canvas.write(0, 0, tile_of(canvas, before, 0, 0))
        canvas.write(1, 2, tile_of(canvas, before, 1, 2))
        grid = a_grid(1)
        canvas.change(a_recipe(grid, WIDE, HIGH), grid, [(0, 0), (1, 2)])
    shown = seen(growing, 1)
    assert close_to(shown[:32, :32], halved(before[:64, :64]))
    assert close_to(shown[32:64, 64:96], halved(before[64:128, 128:192]))
    assert (shown[32:64, :64] == NOTHING).all()
