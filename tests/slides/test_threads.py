"""Many threads read one scene; nothing is left behind when it closes."""

from __future__ import annotations

import contextlib
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ssldiff_gui.core.errors import BrokenFile, ClosedFile
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides import open_slide
from ssldiff_gui.slides.segments import SegmentCache
from tests.slides.made.others import ome_zarr
from tests.slides.made.pixels import picture
from tests.slides.made.small import SMALL
from tests.slides.made.tiffs import geotiff, tiff
from tests.slides.made.vendors import svs

THREADS = 8

MAKERS = {
    "svs": lambda path: svs(path / "a.svs"),
    "strips": lambda path: tiff(
        path / "a.tif", picture(700, 500), compression="zlib", rowsperstrip=31, photometric="rgb"
    ),
    "geotiff": lambda path: geotiff(
        path / "a.tif", np.moveaxis(picture(700, 500), -1, 0), tiled=True, blockxsize=64,
        blockysize=64, compress="deflate", overviews=(2,),
    ),
    "zarr": lambda path: ome_zarr(path / "a.zarr", sharded=True),
    "dicom": lambda path: SMALL["dicom"]["dicom.dcm"](path / "a.dcm"),
}  # fmt: skip


@pytest.mark.parametrize("name", MAKERS)
def test_eight_threads_see_what_one_sees(name: str, tmp_path: Path) -> None:
    path = MAKERS[name](tmp_path)
    chance = random.Random(7)
    with open_slide(path) as slide:
        scene = slide.scenes[0]
        tasks = []
        for _ in range(200):
            level = chance.randrange(len(scene.levels))
            found = scene.levels[level]
            x, y = chance.randrange(-9, found.width), chance.randrange(-9, found.height)
            tasks.append((level, Box(x, y, chance.randrange(1, 200), chance.randrange(1, 200))))
        alone = [scene.read_level(*task).tobytes() for task in tasks]
    with open_slide(path) as slide, ThreadPoolExecutor(THREADS) as pool:
        scene = slide.scenes[0]
        together = list(pool.map(lambda task: scene.read_level(*task).tobytes(), tasks))
    assert together == alone


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counts itself the same every time


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts descriptors in /proc")
@pytest.mark.parametrize("name", [*MAKERS, "broken"])
def test_no_descriptor_stays_open(name: str, tmp_path: Path) -> None:
    if name == "broken":
        path = svs(tmp_path / "a.svs")
        path.write_bytes(path.read_bytes()[:-4000])
    else:
        path = MAKERS[name](tmp_path)

    def once() -> None:
        problem = pytest.raises(BrokenFile) if name == "broken" else contextlib.nullcontext()
        with problem, open_slide(path) as slide, ThreadPoolExecutor(4) as pool:
            scene = slide.scenes[0]
            boxes = [Box(x, 0, 50, 50) for x in range(0, 200, 50)]
            list(pool.map(lambda box: scene.read_level(0, box), boxes))
            for read in slide.associated.values():
                read()

    once()
    before = descriptors()
    for _ in range(5):
        once()
    assert descriptors() <= before


@pytest.mark.parametrize("name", MAKERS)
def test_closing_while_others_read_ends_in_pixels_or_in_one_error(
    name: str, tmp_path: Path
) -> None:
    slide = open_slide(MAKERS[name](tmp_path))
    scene = slide.scenes[0]
    expected = scene.read_level(0, Box(0, 0, 90, 70)).tobytes()
    started, wrong = threading.Barrier(5), []

    def read() -> None:
        started.wait()
        for _ in range(1000):
            try:
                if scene.read_level(0, Box(0, 0, 90, 70)).tobytes() != expected:
                    wrong.append("other pixels")
            except ClosedFile:
                return
            except Exception as error:  # noqa: BLE001 - none may come
                wrong.append(repr(error))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    started.wait()
    slide.close()
    for reader in readers:
        reader.join(20)
    assert not wrong


def test_a_segment_is_decoded_once_for_all_who_wait() -> None:
    cache, decoded, gate = SegmentCache(), [], threading.Event()

    def decode() -> np.ndarray:
        decoded.append(1)
        gate.wait(5)
        return np.ones((4, 4, 1))

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(cache.get, "a", decode) for _ in range(4)]
        gate.set()
        assert all(found.result().sum() == 16 for found in waiting)
    assert len(decoded) == 1


def test_the_cache_stays_within_its_bound() -> None:
    cache = SegmentCache(limit_bytes=1000)
    for number in range(10):
        cache.get(number, lambda: np.zeros(400, np.uint8))
    kept = [number for number in range(10) if cache.find(number) is not None]
    assert kept == [8, 9]
    cache.get("large", lambda: np.zeros(5000, np.uint8))
    assert cache.find("large") is not None
    assert cache.find(9) is None


def test_a_failed_decoding_is_tried_anew_by_the_next() -> None:
    cache = SegmentCache()

    def fail() -> np.ndarray:
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        cache.get("a", fail)
    assert cache.get("a", lambda: np.ones(3)).sum() == 3
