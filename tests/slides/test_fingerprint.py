"""A fingerprint follows the content, and nothing else."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from pathlib import Path

import pytest

from ssldiff_gui.slides import fingerprint as module
from ssldiff_gui.slides.fingerprint import fingerprint
from tests.slides.made.others import ome_zarr


def large(path: Path) -> Path:
    with path.open("wb") as file:
        for number in range(24):
            file.write(bytes([number]) * (1 << 20))
    return path


def test_a_copy_under_another_name_is_the_same(tmp_path: Path) -> None:
    path = large(tmp_path / "a.svs")
    copy = shutil.copy(path, tmp_path / "b.tif")
    os.utime(copy, (1, 1))
    assert fingerprint(Path(copy)) == fingerprint(path)


@pytest.mark.parametrize("place", [0, 500_000, 12 << 20, (24 << 20) - 1])
def test_a_rewritten_part_shows(place: int, tmp_path: Path) -> None:
    path = large(tmp_path / "a.svs")
    before = fingerprint(path)
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"\xff" * 100_000)
    assert fingerprint(path) != before


def test_any_flipped_bit_of_a_small_file_shows(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(1000))
    seen = {fingerprint(path)}
    for place in range(0, 1000, 97):
        content = bytearray(1000)
        content[place] ^= 1
        path.write_bytes(content)
        seen.add(fingerprint(path))
    assert len(seen) == 12


@pytest.mark.parametrize("change", [-1, 1])
def test_another_length_shows(change: int, tmp_path: Path) -> None:
    path = large(tmp_path / "a.svs")
    before = fingerprint(path)
    with path.open("r+b") as file:
        file.truncate((24 << 20) + change)
    assert fingerprint(path) != before


def test_ten_gigabytes_take_no_time(tmp_path: Path) -> None:
    path = tmp_path / "sparse.svs"
    with path.open("wb") as file:
        file.truncate(10 << 30)
    start = time.monotonic()
    fingerprint(path)
    assert time.monotonic() - start < 2


def test_the_samples_cover_the_file_evenly() -> None:
    room = 100 * module.WHOLE
    steps = [room * index // (module.SPREAD - 1) for index in range(module.SPREAD)]
    gaps = {after - before for before, after in itertools.pairwise(steps)}
    assert max(gaps) - min(gaps) <= 1


def test_a_folder_is_its_names_sizes_and_metadata(tmp_path: Path) -> None:
    path = ome_zarr(tmp_path / "a.zarr")
    before = fingerprint(path)
    copy = Path(shutil.copytree(path, tmp_path / "b.zarr"))
    assert fingerprint(copy) == before
    metadata = copy / "zarr.json"
    metadata.write_text(metadata.read_text().replace("tissue", "tissuE"))
    assert fingerprint(copy) != before
    chunk = next(file for file in (path / "0").rglob("*") if file.name == "0" and file.is_file())
    chunk.unlink()
    assert fingerprint(path) != before
