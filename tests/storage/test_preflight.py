"""What a canvas takes is said before it is made, and within ten per cent."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from ssldiff_gui.core.errors import FileProblem, NoSpace
from ssldiff_gui.slides import open_slide
from ssldiff_gui.storage import preflight
from ssldiff_gui.storage.canvas_shards import RGB
from ssldiff_gui.storage.preflight import (
    TYPICAL,
    Estimate,
    check_space,
    estimate,
    in_words,
    still_needed,
    telling_of_full_disks,
)
from tests.storage.canvases import a_canvas, fill, tile_of


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def on_disk(folder: Path) -> int:
    return sum(
        -(-file.stat().st_size // 4096) * 4096 for file in folder.rglob("*") if file.is_file()
    )


def natural(width: int, height: int) -> RGB:
    """Noise whose neighbours are alike, as in pictures."""
    chance = np.random.default_rng(3)
    out = np.full((height, width, 3), 128.0)
    for side in (2, 4, 8, 16):
        rough = chance.normal(0, 3 * side**0.5, (height // side + 1, width // side + 1, 3))
        out += np.repeat(np.repeat(rough, side, 0), side, 1)[:height, :width]
    return np.clip(out + chance.normal(0, 3, out.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("width", "height"), [(2300, 1500), (1024, 1024), (1500, 300)])
def test_the_estimate_is_within_ten_per_cent(tmp_path: Path, width: int, height: int) -> None:
    picture = natural(width, height)
    sample = picture[:512, :512]
    said = estimate(width, height, sample=sample, tile=512, chunk=256).disk
    with a_canvas(tmp_path / "a.ome.zarr", width, height, tile=512, chunk=256) as canvas:
        fill(canvas, picture)
        canvas.finish()
    assert abs(said / on_disk(canvas.path) - 1) < 0.1


@pytest.mark.parametrize(
    "name",
    [
        "slides/CMU-1-Small-Region.svs",
        "slides/tcga-cr-7395-01a-01-ts1.svs",
        "geo/m_4709963_se_14_1_20200831.tif",
    ],
)
def test_the_usual_ratio_holds_for_real_pictures(shared: Path, tmp_path: Path, name: str) -> None:
    if not (shared / "data" / name).is_file():
        pytest.skip(f"{name} is not there")
    with open_slide(shared / "data" / name) as slide:
        scene = slide.scenes[0]
        box = scene.levels[0].box
        part = type(box)(box.width // 2 - 300, box.height // 2 - 300, 600, 600)
        picture = np.asarray(scene.read_level(0, part))[..., :3]
    with a_canvas(tmp_path / "a.ome.zarr", 600, 600, tile=1024, chunk=256) as canvas:
        fill(canvas, picture)
        size = (canvas.path / "0" / "c" / "0" / "0" / "0").stat().st_size
    assert abs(size / picture.nbytes / TYPICAL - 1) < 0.15


def test_what_is_still_needed_is_judged_by_what_is_there(tmp_path: Path) -> None:
    picture = natural(640, 640)
    with a_canvas(tmp_path / "a.ome.zarr", 640, 640, tile=128, chunk=64) as canvas:
        for column in range(5):
            canvas.write(0, column, tile_of(canvas, picture, 0, column))
        before = on_disk(canvas.path)
        said = still_needed(canvas._state)
        fill(canvas, picture)
        canvas.finish()
        assert abs(said / (on_disk(canvas.path) - before) - 1) < 0.15
        assert still_needed(canvas._state) == 0


def test_an_estimate_grows_with_the_canvas_and_holds_the_memory_of_the_engine() -> None:
    small, large = estimate(4096, 4096), estimate(32768, 32768, memory=20)
    assert 60 < large.disk / small.disk < 66
    assert large.memory - 20 < 1.2 * small.memory


def test_a_disk_without_room_is_refused_with_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = 10 * 10**9
    monkeypatch.setattr(preflight.shutil, "disk_usage", lambda _: Usage(free * 2, free, free))
    check_space(tmp_path / "not" / "yet", Estimate(disk=free - preflight.SPARE))
    with pytest.raises(NoSpace, match=r"about 11\.0 GB on disk, and 10\.0 GB are free") as caught:
        check_space(tmp_path, Estimate(disk=11 * 10**9))
    assert "Free 1.1 GB" in caught.value.hint


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_becomes_words(tmp_path: Path, number: int) -> None:
    with (
        pytest.raises(NoSpace, match="full") as caught,
        telling_of_full_disks(tmp_path, lambda: 10**15),
    ):
        raise OSError(number, os.strerror(number))
    assert "GB" in caught.value.hint
    assert "--resume" in caught.value.hint


def test_another_failure_names_the_folder(tmp_path: Path) -> None:
    with (
        pytest.raises(FileProblem, match="cannot be written") as caught,
        telling_of_full_disks(tmp_path),
    ):
        raise OSError(errno.EROFS, "read-only")
    assert caught.value.path == tmp_path


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 kB"), (1, "1 kB"), (1500, "2 kB"), (10**6, "1.0 MB"), (1_040_000_001, "1.1 GB")],
)
def test_sizes_in_words_are_rounded_up(size: int, words: str) -> None:
    assert in_words(size) == words
