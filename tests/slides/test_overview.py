from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from ssldiff_gui.core.errors import BrokenFile, ChangedFile
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides.ladder import ladder, tile_box
from ssldiff_gui.slides.overview import Overview
from ssldiff_gui.slides.reduction import reduce_rgb
from ssldiff_gui.slides.tile_file import DamagedTiles, TileFile
from ssldiff_gui.slides.tile_folder import TileFolder
from tests.slides.scenes import ArraySource, picture, scene_of

SIDE = (512, 512)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "flat.tif"
    path.write_bytes(b"its content, for the fingerprint")
    return path


def overview_of(source: ArraySource, file: Path, folder: TileFolder, **facts: object) -> Overview:
    scene = scene_of(source, file, **facts)
    return Overview(scene, ladder([(scene.width, scene.height)], 512), SIDE, folder)


def build(overview: Overview) -> None:
    while overview.step():
        pass


def place_boxes(overview: Overview):
    for level, rung in enumerate(overview._rungs):
        if overview.covers(level):
            for row in range(-(-rung.height // SIDE[1])):
                for column in range(-(-rung.width // SIDE[0])):
                    yield (level, column, row), tile_box(rung, SIDE, column, row)


def test_every_tile_shows_means_of_the_file(file, tmp_path):
    array = picture(4100, 2900)
    overview = overview_of(ArraySource([array]), file, TileFolder(tmp_path / "p"))
    build(overview)
    assert overview.complete
    for place, box in place_boxes(overview):
        expected = reduce_rgb(array, overview._rungs[place[0]].factor)
        expected = expected[box.y : box.y2, box.x : box.x2]
        found = overview.tile(place)
        assert found is not None
        assert found.valid is None
        difference = np.abs(found.values.astype(int) - expected)
        assert difference.mean() < 4, place
    overview.close()


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_other_types_are_kept_without_loss_and_with_their_mask(file, tmp_path, dtype):
    array = (picture(2500, 2100, bands=4).astype(np.float64) * 7).astype(dtype)
    mask = np.ones(array.shape[:2], bool)
    mask[:1024, :1024] = False
    overview = overview_of(ArraySource([array], mask), file, TileFolder(tmp_path / "p"))
    build(overview)
    first = overview.tile((overview.finest, 0, 0))
    second = overview.tile((overview.finest, 1, 1))
    assert not first.valid.any()
    assert second.valid.all()
    blocks = array[1024:2048, 1024:2048].astype(np.float64).reshape(512, 2, 512, 2, 4)
    expected = blocks.mean((1, 3))
    np.testing.assert_allclose(second.values, expected, atol=0.51 if dtype == np.uint16 else 1e-3)
    assert second.values.dtype == dtype
    overview.close()


def test_strips_are_read_once_each_and_in_turn(file, tmp_path):
    source = ArraySource([picture(5000, 2600)])
    overview = overview_of(source, file, TileFolder(tmp_path / "p"), tile=(5000, 16))
    build(overview)
    tops = [box.y for _, box in source.reads]
    assert tops == sorted(tops)
    assert all(box.width == 5000 for _, box in source.reads)
    assert sum(box.height for _, box in source.reads) == 2600
    overview.close()


def test_the_picture_is_there_early_and_from_everywhere(file, tmp_path):
    array = picture(8192, 8192)
    array[:4096] //= 4
    overview = overview_of(ArraySource([array]), file, TileFolder(tmp_path / "p"))
    for _ in range(5):  # of 64 blocks
        overview.step()
    shown = overview.canvas.pixels(overview.canvas.box)
    assert shown.valid.mean() > 0.9
    top, bottom = shown.values[:200].mean(), shown.values[-200:].mean()
    assert bottom > 2 * top
    overview.close()


def test_what_is_looked_at_is_built_first(file, tmp_path):
    source = ArraySource([picture(8192, 8192)])
    overview = overview_of(source, file, TileFolder(tmp_path / "p"))
    place = (overview.finest + 1, 3, 3)
    assert overview.tile(place) is None
    for _ in range(4):
        overview.step()
    assert overview.tile(place) is not None
    assert all(Box(6144, 6144, 2048, 2048).contains(box) for _, box in source.reads)
    overview.close()


def test_a_finished_pyramid_is_used_again_without_reading_the_file(file, tmp_path):
    folder, array = TileFolder(tmp_path / "p"), picture(4096, 4096)
    first = overview_of(ArraySource([array]), file, folder)
    build(first)
    kept = first.tile((first.finest, 1, 1)).values
    first.close()
    source = ArraySource([array])
    second = overview_of(source, file, folder)
    build(second)
    assert second.complete
    assert source.reads == []
    np.testing.assert_array_equal(second.tile((second.finest, 1, 1)).values, kept)
    second.close()


def test_another_content_is_another_pyramid(file, tmp_path):
    folder = TileFolder(tmp_path / "p")
    first = overview_of(ArraySource([picture(4096, 4096)]), file, folder)
    build(first)
    first.close()
    file.write_bytes(b"something else")
    source = ArraySource([picture(4096, 4096, seed=1)])
    second = overview_of(source, file, folder)
    build(second)
    assert source.reads
    second.close()


@pytest.mark.parametrize("damage", ["cut", "flip", "empty"])
def test_a_damaged_pyramid_is_built_anew(file, tmp_path, damage):
    folder, array = TileFolder(tmp_path / "p"), picture(4096, 4096)
    first = overview_of(ArraySource([array]), file, folder)
    build(first)
    first.close()
    (path,) = folder.path.iterdir()
    data = bytearray(path.read_bytes())
    if damage == "flip":
        data[-3000] ^= 255  # in the last tile, the coarsest
    path.write_bytes({"cut": data[:-9], "flip": data, "empty": b""}[damage])
    source = ArraySource([array])
    second = overview_of(source, file, folder)
    build(second)
    assert source.reads
    assert second.complete
    second.close()


def test_damage_found_later_makes_it_read_the_file_instead(file, tmp_path):
    folder, array = TileFolder(tmp_path / "p"), picture(4096, 4096)
    first = overview_of(ArraySource([array]), file, folder)
    build(first)
    first.close()
    (path,) = folder.path.iterdir()
    data = bytearray(path.read_bytes())
    data[200] ^= 255  # in the first tile that was built
    path.write_bytes(data)
    second = overview_of(ArraySource([array]), file, folder)
    build(second)
    for place, _ in place_boxes(second):
        second.tile(place)
    assert not second.covers(second.finest)
    assert not path.exists()
    second.close()


def _descriptors() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_closing_half_way_leaves_nothing_behind(file, tmp_path):
    folder = TileFolder(tmp_path / "p")
    before = _descriptors()
    overview = overview_of(ArraySource([picture(4096, 4096)]), file, folder)
    overview.step()
    assert list(folder.path.iterdir())
    overview.close()
    assert not overview.step()
    assert not list(folder.path.iterdir())
    assert _descriptors() == before


def test_an_unreadable_block_is_told_left_empty_and_not_kept_on_disk(file, tmp_path):
    folder, source = TileFolder(tmp_path / "p"), ArraySource([picture(4096, 4096)])
    source.error, source.broken = BrokenFile(file, "A part cannot be decoded."), Box(9, 9, 1, 1)
    overview, told = overview_of(source, file, folder), []
    overview.failed.connect(told.append)
    build(overview)
    assert told == [source.error]
    assert not overview.tile((overview.finest, 0, 0)).valid.any()
    assert overview.tile((overview.finest, 1, 0)).valid is None
    overview.close()
    assert not list(folder.path.iterdir())


def test_a_changed_file_ends_the_building(file, tmp_path):
    folder, source = TileFolder(tmp_path / "p"), ArraySource([picture(4096, 4096)])
    source.error = ChangedFile(file, "It was changed.")
    overview = overview_of(source, file, folder)
    with pytest.raises(ChangedFile):
        build(overview)
    overview.close()
    assert not list(folder.path.iterdir())


def test_a_folder_that_cannot_be_written_is_done_without(file, tmp_path):
    (tmp_path / "p").write_text("not a folder")
    overview = overview_of(ArraySource([picture(4096, 4096)]), file, TileFolder(tmp_path / "p"))
    with pytest.raises(Exception, match="cannot be used"):
        build(overview)
    assert not overview.covers(overview.finest)


KILLED = """
import sys, os
from pathlib import Path
from ssldiff_gui.slides.tile_folder import TileFolder
from tests.slides.scenes import ArraySource, picture
from tests.slides.test_overview import overview_of
folder = TileFolder(Path(sys.argv[2]))
overview = overview_of(ArraySource([picture(4096, 4096)]), Path(sys.argv[1]), folder)
for number in range(16):
    print(number, flush=True)
    overview.step()
"""


@pytest.mark.parametrize("steps", [1, 9, 15])
def test_killed_in_the_middle_there_is_no_half_pyramid(file, tmp_path, repository, steps):
    folder = TileFolder(tmp_path / "p")
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(file), str(folder.path)],
        stdout=subprocess.PIPE, cwd=repository,
    )  # fmt: skip
    for _ in range(steps + 1):
        child.stdout.readline()
    child.kill()
    child.wait()
    child.stdout.close()
    assert not list(folder.path.glob("*.tiles"))
    source = ArraySource([picture(4096, 4096)])
    overview = overview_of(source, file, folder)
    build(overview)
    assert overview.complete
    assert len(source.reads) == 16
    overview.close()
    (left,) = folder.path.glob("*.part")
    os.utime(left, (0, 0))
    folder.sweep()
    assert not left.exists()


def test_the_folder_stays_under_its_cap_and_the_longest_unused_goes(tmp_path):
    folder = TileFolder(tmp_path / "p", cap_bytes=5000)
    now = time.time()
    for number in range(4):
        facts: dict[str, object] = {"number": number}
        tiles = folder.begin(facts)
        tiles.put((1, 0, 0), bytes(1500))
        published = folder.publish(tiles)
        published.close()
        os.utime(published.path, (now - 100 + number, now - 100 + number))
    assert sum(path.stat().st_size for path in folder.path.iterdir()) <= 5000
    assert folder.open({"number": 0}) is None
    kept = folder.open({"number": 3})
    assert kept is not None
    kept.close()


def test_several_threads_build_the_same_as_one(file, tmp_path):
    array = picture(4096, 4096)
    overview = overview_of(ArraySource([array]), file, TileFolder(tmp_path / "many"))
    workers = [threading.Thread(target=build, args=(overview,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    alone = overview_of(ArraySource([array]), file, TileFolder(tmp_path / "one"))
    build(alone)
    assert overview.complete
    for place, _ in place_boxes(alone):
        np.testing.assert_array_equal(overview.tile(place).values, alone.tile(place).values)
    overview.close()
    alone.close()


def test_memory_stays_bounded_by_tiles_not_by_the_scene(file, tmp_path):
    import tracemalloc

    class Endless(ArraySource):
        def read(self, level: int, box: Box):
            from ssldiff_gui.slides.scene import Pixels

            return Pixels(np.full((box.height, box.width, 3), box.x % 251, np.uint8))

    source = Endless([np.broadcast_to(np.zeros(3, np.uint8), (16384, 16384, 3))])
    overview = overview_of(source, file, TileFolder(tmp_path / "p"))
    tracemalloc.start()
    build(overview)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert overview.complete
    assert peak < 32 << 20  # the scene has 768 MB
    overview.close()


@pytest.mark.parametrize("content", [b"", b"SSLDTIL1", bytes(100)])
def test_a_file_that_is_no_tile_file_is_refused(tmp_path, content):
    path = tmp_path / "x.tiles"
    path.write_bytes(content)
    with pytest.raises(DamagedTiles):
        TileFile(path)
