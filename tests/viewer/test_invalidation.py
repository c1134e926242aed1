"""A picture that changes while it is shown: only what changed is read, and nothing flickers."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ssldiff_gui.core.errors import MissingFile, UserError
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides.cache import TileCache
from ssldiff_gui.slides.loader import TileLoader
from ssldiff_gui.slides.tile_folder import TileFolder
from ssldiff_gui.viewer.levels import DisplayPyramid
from tests.slides.scenes import ArraySource, picture, scene_of

VIEW = Box(0, 0, 2048, 1536)


@pytest.fixture
def loader(tmp_path: Path) -> Iterator[TileLoader]:
    made = TileLoader(2, TileCache(64 << 20), TileFolder(tmp_path / "pyramids"))
    yield made
    made.close()


@pytest.fixture
def source() -> ArraySource:
    array = picture(4096, 3072)
    return ArraySource([array[:: 2**i, :: 2**i].copy() for i in range(3)])


@pytest.fixture
def pyramid(source: ArraySource, loader: TileLoader) -> Iterator[DisplayPyramid]:
    made = DisplayPyramid(scene_of(source), loader)
    yield made
    made.close()


def until(done, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.003)


def sharpen(pyramid: DisplayPyramid, level: int = 0, box: Box = VIEW) -> np.ndarray:
    def sharp() -> bool:
        pyramid.picture(level, box)
        return pyramid.sharp

    until(sharp)
    return pyramid.picture(level, box)


def paint(source: ArraySource, box: Box, value: int) -> None:
    for level, array in enumerate(source.arrays):
        step = 2**level
        array[box.y // step : -(-box.y2 // step), box.x // step : -(-box.x2 // step)] = value


def test_only_what_changed_is_read_again(pyramid, source):
    sharpen(pyramid)
    source.reads.clear()
    box = Box(512, 512, 512, 512)
    paint(source, box, 7)
    pyramid.scene.changed.emit([box])
    shown = sharpen(pyramid)
    assert (shown[512:1024, 512:1024] == 7).all()
    assert sorted(source.reads) == [(0, box), (2, Box(0, 0, 512, 512))]
    assert (pyramid.base[128:256, 128:256] == 7).all()


def test_the_old_pixels_stay_until_the_new_ones_are_there(pyramid, source):
    before = sharpen(pyramid).copy()
    box = Box(0, 0, 1024, 512)
    paint(source, box, 7)
    source.delay = 0.4
    pyramid.scene.changed.emit([box])
    shown = pyramid.picture(0, VIEW)
    assert np.array_equal(shown, before)
    assert not pyramid.sharp
    moved = Box(512, 0, 2048, 1536)  # a new frame, in which they are still the best there is
    kept = pyramid.picture(0, moved)[:512, :512]
    assert np.array_equal(kept, before[:512, 512:1024])
    source.delay = 0
    assert (sharpen(pyramid)[:512, :1024] == 7).all()


def test_what_was_out_of_view_is_read_again_when_it_is_seen(pyramid, source):
    sharpen(pyramid)
    other = Box(2048, 1536, 1024, 1024)
    sharpen(pyramid, 0, other)
    paint(source, Box(0, 0, 512, 512), 7)
    pyramid.scene.changed.emit([Box(0, 0, 512, 512)])
    sharpen(pyramid, 0, other)
    assert (0, Box(0, 0, 512, 512)) not in source.reads[-2:]
    assert (sharpen(pyramid)[:512, :512] == 7).all()


def test_all_levels_follow(pyramid, source):
    for level, side in ((1, 1024), (0, 2048), (2, 700)):
        sharpen(pyramid, level, Box(0, 0, side, side // 2))
        paint(source, Box(0, 0, 512, 512), 10 + level)
        pyramid.scene.changed.emit([Box(0, 0, 512, 512)])
    for level in (1, 0, 2):
        part = 512 >> level
        assert (sharpen(pyramid, level, Box(0, 0, part, part)) == 12).all()


def test_a_tile_that_changes_while_it_is_read_is_read_again(pyramid, source):
    sharpen(pyramid)
    gate, begun, read = threading.Event(), threading.Event(), source.read

    def slowly(level: int, box: Box):
        found = read(level, box)  # what was
        begun.set()
        gate.wait(10)
        return found

    source.read = slowly
    pyramid.scene.changed.emit([Box(0, 0, 512, 512)])
    assert begun.wait(10)
    paint(source, Box(0, 0, 512, 512), 7)
    pyramid.scene.changed.emit([Box(0, 0, 512, 512)])
    source.read = read
    gate.set()
    assert (sharpen(pyramid)[:512, :512] == 7).all()
    until(lambda: pyramid.base is not None and pyramid.base_complete)
    assert (pyramid.base[:128, :128] == 7).all()


def test_a_tile_that_could_not_be_read_is_tried_again(pyramid, source):
    problems: list[UserError] = []
    pyramid.failed.connect(problems.append)
    sharpen(pyramid)
    source.error = MissingFile(Path("made.tif"), "It is gone.", "Put it back.")
    pyramid.scene.changed.emit([Box(0, 0, 512, 512)])
    sharpen(pyramid)
    until(lambda: problems)
    assert isinstance(problems[0], MissingFile)
    source.error = None
    paint(source, Box(0, 0, 512, 512), 7)
    pyramid.scene.changed.emit([Box(0, 0, 512, 512)])
    assert (sharpen(pyramid)[:512, :512] == 7).all()


def test_many_changes_leave_nothing_behind(pyramid, source, loader):
    sharpen(pyramid)
    held = loader.cache.bytes
    for value in range(60):
        paint(source, Box(0, 0, 1024, 1024), value)
        pyramid.scene.changed.emit([Box(0, 0, 1024, 1024)])
        pyramid.picture(0, VIEW)
    assert (sharpen(pyramid)[:1024, :1024] == 59).all()
    assert loader.cache.bytes <= held
    assert not loader.cache._old
    client = loader._clients[pyramid._owner]
    assert not client.late
    assert not client.failed


def test_changes_from_many_threads_end_in_the_last_state(pyramid, source):
    sharpen(pyramid)

    def change(column: int) -> None:
        for value in range(20):
            box = Box(column * 512, 0, 512, 512)
            paint(source, box, value + column)
            pyramid.scene.changed.emit([box])

    threads = [threading.Thread(target=change, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        pyramid.picture(0, VIEW)
    shown = sharpen(pyramid)
    for column in range(4):
        assert (shown[:512, column * 512 : (column + 1) * 512] == 19 + column).all()


def test_a_closed_pyramid_is_let_go(source, loader):
    scene = scene_of(source)
    pyramid = DisplayPyramid(scene, loader)
    sharpen(pyramid)
    pyramid.close()
    scene.changed.emit([VIEW])
    gone = weakref.ref(pyramid)
    del pyramid
    gc.collect()
    assert gone() is None
