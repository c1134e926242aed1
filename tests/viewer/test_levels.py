from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.errors import BrokenFile, ChangedFile, OversizedRequest
from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.slides.cache import TileCache
from ssldiff_gui.slides.loader import TileLoader
from ssldiff_gui.slides.scene import Display
from ssldiff_gui.slides.tile_folder import TileFolder
from ssldiff_gui.viewer.levels import DisplayPyramid
from tests.slides.scenes import ArraySource, picture, scene_of


@pytest.fixture
def loader(tmp_path: Path) -> Iterator[TileLoader]:
    made = TileLoader(2, TileCache(64 << 20), TileFolder(tmp_path / "pyramids"))
    yield made
    made.close()


def halves(array: np.ndarray, count: int, step: int = 2) -> list[np.ndarray]:
    return [array[:: step**i, :: step**i].copy() for i in range(count)]


def sharpen(pyramid: DisplayPyramid, level: int, box: Box) -> np.ndarray:
    end = time.monotonic() + 20
    shown = pyramid.picture(level, box)
    while not pyramid.sharp:
        assert time.monotonic() < end, "it does not get sharp"
        time.sleep(0.005)
        shown = pyramid.picture(level, box)
    return shown


def settle(pyramid: DisplayPyramid) -> None:
    end = time.monotonic() + 20
    assert pyramid.base is not None  # a look, without which a flat file is only sketched
    while not pyramid.base_complete:
        assert time.monotonic() < end
        time.sleep(0.002)


def test_levels_are_what_napari_asks_for(loader):
    pyramid = DisplayPyramid(scene_of(ArraySource(halves(picture(4000, 3000), 2, 4))), loader)
    assert [level.shape for level in pyramid.levels] == [
        (3000, 4000, 3), (1500, 2000, 3), (750, 1000, 3),
    ]  # fmt: skip
    for level in pyramid.levels:
        assert level.dtype == np.uint8
        assert level.ndim == len(level.chunks) == 3
        assert level.size == np.prod(level.shape)
        assert all(512 <= side <= 1024 for side in level.chunks[:2])
    pyramid.close()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1900), st.integers(0, 1400), st.integers(1, 900), st.integers(1, 700))
def test_a_sharp_view_is_what_the_scene_reads(x, y, width, height):
    scene = scene_of(ArraySource(halves(picture(2100, 1600), 2)))
    loader = TileLoader(2, TileCache(64 << 20))
    pyramid = DisplayPyramid(scene, loader)
    box = Box(x, y, width, height).intersect(scene.box)
    np.testing.assert_array_equal(sharpen(pyramid, 0, box), scene.read(Region(box)))
    pyramid.close()
    loader.close()


def test_a_level_between_two_of_the_file_shows_means(loader):
    array = picture(4000, 3000)
    pyramid = DisplayPyramid(scene_of(ArraySource(halves(array, 2, 4))), loader)
    shown = sharpen(pyramid, 1, Box(300, 200, 800, 600))
    blocks = array[400:1600, 600:2200].reshape(600, 2, 800, 2, 3).astype(np.float64)
    assert np.abs(shown - blocks.mean((1, 3))).max() <= 0.51
    pyramid.close()


def test_nothing_is_decoded_in_the_thread_that_asks(loader):
    source = ArraySource(halves(picture(4000, 3000), 2, 4))
    source.delay = 0.05
    pyramid = DisplayPyramid(scene_of(source), loader)
    sharpen(pyramid, 0, Box(0, 0, 1500, 1000))
    sharpen(pyramid, 1, Box(0, 0, 1500, 1000))
    np.asarray(pyramid.levels[-1])
    assert source.reads
    assert threading.get_ident() not in source.threads
    pyramid.close()


def test_it_answers_long_before_a_slow_file_does(loader):
    source = ArraySource(halves(picture(4000, 3000), 2, 4))
    pyramid = DisplayPyramid(scene_of(source), loader)
    settle(pyramid)
    source.delay = 3.0
    started = time.thread_time(), time.monotonic()
    pyramid.levels[0][0:1000, 0:1600]
    assert time.thread_time() - started[0] < 0.25
    assert time.monotonic() - started[1] < 2.5
    pyramid.close()
    source.delay = 0.0


def test_missing_tiles_are_enlarged_from_where_they_lie(loader):
    source = ArraySource(halves(picture(4096, 3072), 3))
    pyramid = DisplayPyramid(scene_of(source), loader)
    settle(pyramid)
    source.delay = 0.5
    shown = pyramid.picture(0, Box(1000, 700, 1200, 900)).copy()
    coarse = source.arrays[2]
    expected = coarse[np.arange(700, 1600) // 4][:, np.arange(1000, 2200) // 4]
    np.testing.assert_array_equal(shown, expected)
    pyramid.close()


def test_the_nearest_coarser_level_in_memory_stands_in(loader):
    source = ArraySource(halves(picture(4096, 3072), 4))
    pyramid = DisplayPyramid(scene_of(source), loader)
    settle(pyramid)
    sharpen(pyramid, 1, Box(0, 0, 1024, 1024))
    source.delay = 0.5
    shown = pyramid.picture(0, Box(512, 512, 1024, 1024)).copy()
    expected = source.arrays[1][256:768, 256:768].repeat(2, 0).repeat(2, 1)
    np.testing.assert_array_equal(shown, expected)
    pyramid.close()


def test_coarse_tiles_come_before_fine_ones():
    source = ArraySource(halves(picture(8192, 8192), 4))
    loader = TileLoader(1, TileCache(64 << 20))
    pyramid = DisplayPyramid(scene_of(source), loader)
    settle(pyramid)
    source.reads.clear()
    sharpen(pyramid, 0, Box(2048, 2048, 2048, 1536))
    levels = [level for level, _ in source.reads]
    assert set(levels) == {0, 2}
    assert levels.index(2) == 0
    assert 0 not in levels[: levels.count(2)]
    pyramid.close()
    loader.close()


def test_moving_on_drops_what_is_no_longer_in_view():
    source = ArraySource([picture(8192, 8192), picture(1024, 1024)])
    loader = TileLoader(1, TileCache(64 << 20))
    pyramid = DisplayPyramid(scene_of(source), loader)
    settle(pyramid)
    source.delay = 0.02
    for left in range(0, 6144, 1024):
        pyramid.picture(0, Box(left, 0, 2048, 2048))
    source.reads.clear()
    sharpen(pyramid, 0, Box(6144, 6144, 2048, 2048))
    fine = [box for level, box in source.reads if level == 0]
    assert sum(box.y < 6144 for box in fine) <= 2  # those begun before anybody moved on
    assert len(fine) <= 18
    pyramid.close()
    loader.close()


def test_what_is_in_view_comes_before_the_rest_of_the_chunks():
    source = ArraySource([picture(8192, 8192), picture(1024, 1024)])
    loader = TileLoader(1, TileCache(64 << 20))
    pyramid = DisplayPyramid(scene_of(source), loader)
    settle(pyramid)
    source.delay = 0.03
    pyramid.picture(0, Box(0, 0, 4096, 4096))
    source.reads.clear()
    pyramid.wanted(Box(3600, 3600, 400, 400))
    end = time.monotonic() + 20
    while len(source.reads) < 4:
        assert time.monotonic() < end
        time.sleep(0.005)
    assert any(box == Box(3584, 3584, 512, 512) for _, box in source.reads[:3])
    pyramid.close()
    loader.close()


def test_all_basic_indices_mean_what_they_mean_in_numpy(loader):
    array = picture(1900, 1700)
    pyramid = DisplayPyramid(scene_of(ArraySource([array, array[::2, ::2]])), loader)
    level = pyramid.levels[0]
    sharpen(pyramid, 0, Box(0, 0, 1900, 1700))
    keys = [
        (slice(3, 9), slice(5, 700)), (slice(3, 9, 2), slice(700, 5, -3), 1), (4, -2), (...,),
        (-1, slice(None), slice(0, 2)), slice(10, 12), (slice(5, 5), slice(0, 4)), (..., 0),
        (slice(np.int64(1), np.int64(3), 1), slice(0, 5), slice(None)),
    ]  # fmt: skip
    for key in keys:
        level[key]
        end = time.monotonic() + 20
        while not pyramid.sharp:
            assert time.monotonic() < end
            level[key]
        np.testing.assert_array_equal(level[key], array[key])
    with pytest.raises(IndexError):
        level[1700]
    with pytest.raises(IndexError):
        level[0, 0, 0, 0]
    pyramid.close()


def test_a_giant_level_is_not_read_whole(loader):
    giant = np.broadcast_to(np.uint8(7), (100_000, 100_000, 3))
    pyramid = DisplayPyramid(
        scene_of(ArraySource([giant, np.zeros((500, 500, 3), np.uint8)])), loader
    )
    with pytest.raises(OversizedRequest):
        np.asarray(pyramid.levels[0])
    assert np.asarray(pyramid.levels[-1]) is pyramid.base
    pyramid.close()


def test_the_coarsest_array_fills_in_place(loader):
    array = picture(3000, 2000)
    source = ArraySource([array, array[::3, ::3]])
    source.delay = 0.1
    pyramid = DisplayPyramid(scene_of(source), loader)
    held = np.asarray(pyramid.levels[-1])
    assert (held == 255).all()  # the glass
    settle(pyramid)
    np.testing.assert_array_equal(held, source.arrays[-1])
    pyramid.close()


def test_another_display_shows_other_pixels(loader):
    array = picture(3000, 2000, bands=4)
    pyramid = DisplayPyramid(scene_of(ArraySource([array, array[::2, ::2]])), loader)
    box, told = Box(100, 100, 600, 500), []
    sharpen(pyramid, 0, box)
    pyramid.display_changed.connect(lambda: told.append(True))
    pyramid.set_display(Display((3, 1, 0)))
    shown = sharpen(pyramid, 0, box)
    np.testing.assert_array_equal(shown, array[100:600, 100:700][..., [3, 1, 0]])
    assert told == [True]
    pyramid.close()


@pytest.mark.parametrize("kind", [BrokenFile, ChangedFile])
def test_trouble_is_told_once_and_the_view_settles(loader, kind):
    source = ArraySource(halves(picture(3000, 2000), 2))
    pyramid = DisplayPyramid(scene_of(source), loader)
    settle(pyramid)
    told: list[Exception] = []
    pyramid.failed.connect(told.append)
    source.error = kind(Path("made.tif"), "It cannot be read.")
    sharpen(pyramid, 0, Box(0, 0, 1500, 1500))
    count = len(source.reads)
    for _ in range(5):
        pyramid.picture(0, Box(0, 0, 1500, 1500))
        time.sleep(0.01)
    assert told == [source.error]
    assert len(source.reads) == count
    pyramid.close()


def test_closing_drops_tiles_and_requests(loader):
    source = ArraySource(halves(picture(4000, 3000), 2))
    source.delay = 0.02
    pyramid = DisplayPyramid(scene_of(source), loader)
    pyramid.picture(0, Box(0, 0, 3000, 3000))
    pyramid.close()
    time.sleep(0.1)
    count = len(source.reads)
    time.sleep(0.1)
    assert len(source.reads) == count
    assert loader.cache.bytes == 0


def test_the_cache_is_shared_and_stays_under_its_limit(loader):
    loader.cache.limit = 6 << 20
    scenes = [scene_of(ArraySource(halves(picture(4000, 3000, seed=i), 2))) for i in range(2)]
    pyramids = [DisplayPyramid(scene, loader) for scene in scenes]
    for step in range(0, 2000, 500):
        for scene, pyramid in zip(scenes, pyramids, strict=True):
            box = Box(step, step // 2, 1000, 700)
            np.testing.assert_array_equal(sharpen(pyramid, 0, box), scene.read(Region(box)))
            assert loader.cache.bytes <= 6 << 20
    for pyramid in pyramids:
        pyramid.close()


def test_a_flat_file_fills_everywhere_and_gets_sharp(loader, tmp_path):
    path = tmp_path / "flat.tif"
    path.write_bytes(b"content")
    array = picture(6400, 4200)
    pyramid = DisplayPyramid(scene_of(ArraySource([array]), path), loader)
    assert [rung.factor for rung in pyramid.rungs] == [1, 2, 4, 8]
    shown = sharpen(pyramid, 2, Box(0, 0, 1600, 1050))
    expected = array.reshape(1050, 4, 1600, 4, 3).astype(np.float64).mean((1, 3))
    assert np.abs(shown - expected).mean() < 3
    settle(pyramid)
    coarse = array.reshape(525, 8, 800, 8, 3).astype(np.float64).mean((1, 3))
    assert np.abs(pyramid.base - coarse).mean() < 3
    pyramid.close()


def test_a_flat_file_opened_again_is_sharp_without_being_read(loader, tmp_path):
    path = tmp_path / "flat.tif"
    path.write_bytes(b"content")
    array = picture(6400, 4200)
    first = DisplayPyramid(scene_of(ArraySource([array]), path), loader)
    settle(first)
    end = time.monotonic() + 10
    while not list(loader.folder.path.glob("*.tiles")):
        assert time.monotonic() < end
        time.sleep(0.01)
    first.close()
    source = ArraySource([array])
    second = DisplayPyramid(scene_of(source, path), loader)
    settle(second)
    sharpen(second, 1, Box(0, 0, 1024, 1024))
    assert source.reads == []
    second.close()


def test_a_damaged_pyramid_on_disk_is_read_around(loader, tmp_path):
    path = tmp_path / "flat.tif"
    path.write_bytes(b"content")
    array = picture(6400, 4200)
    loader.folder.path.write_text("no folder")
    pyramid, told = DisplayPyramid(scene_of(ArraySource([array]), path), loader), []
    pyramid.failed.connect(told.append)
    shown = sharpen(pyramid, 1, Box(0, 0, 1024, 1024))
    expected = array[:2048, :2048].reshape(1024, 2, 1024, 2, 3).astype(np.float64).mean((1, 3))
    assert np.abs(shown - expected).max() <= 0.51
    pyramid.close()


def test_a_flat_file_is_only_sketched_before_anybody_looks(loader, tmp_path):
    path = tmp_path / "flat.tif"
    path.write_bytes(b"content")
    source = ArraySource([picture(6400, 6400)])
    pyramid = DisplayPyramid(scene_of(source, path), loader)
    end = time.monotonic() + 20
    while not source.reads:
        assert time.monotonic() < end
        time.sleep(0.01)
    time.sleep(0.3)
    assert len(source.reads) < 8  # of 49 blocks
    settle(pyramid)
    assert len(source.reads) >= 49
    pyramid.close()


def test_a_picture_in_use_is_not_drawn_over(loader):
    array = picture(3000, 2000)
    pyramid = DisplayPyramid(scene_of(ArraySource([array, array[::2, ::2]])), loader)
    boxes = [Box(x, 100, 700, 600) for x in (0, 500, 1000, 1500)]
    held = [sharpen(pyramid, 0, box) for box in boxes]
    for box, shown in zip(boxes, held, strict=True):
        np.testing.assert_array_equal(shown, array[100:700, box.x : box.x2])
    assert len({shown.ctypes.data for shown in held}) == len(boxes)
    pyramid.close()
