"""A disk that runs full stops a render with words, and costs nothing that was done."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ssldiff_gui.core.errors import NoSpace
from ssldiff_gui.storage.canvas import Canvas
from tests.faults.canvas_work import carry_on, finished_hash, missing

pytestmark = pytest.mark.faults

POINTS = 50
SMALLEST, STEP = 20, 3
"""Sizes of the disk, in KiB."""


@contextmanager
def disk(where: Path, kibibytes: int) -> Iterator[None]:
    """A disk of its own, in memory."""
    size = f"size={kibibytes}k"
    found = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "none", where], capture_output=True, check=False
    )
    if found.returncode:
        pytest.skip("disks cannot be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", where], check=True)


def grow(where: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=4m", where], check=True)


def work(path: Path, told: list[tuple[int, int, int]], chance: random.Random) -> NoSpace | None:
    """Go on until all is done or the disk is full; any other error is one too many."""
    try:
        carry_on(path, lambda *step: told.append(step), chance)
    except NoSpace as problem:
        return problem
    return None


def fill_up(file: Path) -> None:
    with suppress(OSError), file.open("wb", buffering=0) as rest:
        while True:
            rest.write(bytes(4096))


@pytest.mark.slow
def test_a_disk_full_at_many_points(tmp_path: Path) -> None:
    wanted = finished_hash()
    paused = lost = wrong = steps = 0
    for point in range(POINTS):
        with disk(tmp_path, SMALLEST + STEP * point):
            path, told = tmp_path / "a.ome.zarr", list[tuple[int, int, int]]()
            problem = work(path, told, random.Random(point))
            if problem is not None:
                paused += 1
                assert "full" in problem.message
                assert "Free " in problem.hint
                assert "--resume" in problem.hint
            assert path.exists() or not list(tmp_path.iterdir()), "half a canvas was left"
            grow(tmp_path)
            steps += len(told)
            lost += missing(path, told)
            carry_on(path, lambda *_: None, random.Random(point + 1))
            with Canvas.open(path) as canvas:
                wrong += canvas.digest() != wanted or not canvas.finished
    print(f"\ncanvas_full_disks={POINTS}")
    print(f"canvas_full_disks_paused={paused}")
    print(f"canvas_full_disk_steps_acknowledged={steps}")
    print(f"canvas_full_disk_steps_lost={lost}")
    print(f"canvas_full_disk_renders_with_another_hash={wrong}")
    assert paused > POINTS * 0.8
    assert lost == wrong == 0


def test_a_canvas_on_a_full_disk_can_still_be_looked_at(tmp_path: Path) -> None:
    with disk(tmp_path, 120):
        path, told = tmp_path / "a.ome.zarr", list[tuple[int, int, int]]()
        problem = work(path, told, random.Random(1))
        assert problem is not None
        assert any(character.isdigit() for character in problem.hint)
        fill_up(tmp_path / "filler")
        with Canvas.open(path) as looked:
            done, digest = looked.done, looked.digest()
        assert {(row, column) for _, row, column in told if row != 255} <= done
        grow(tmp_path)
        with Canvas.open(path, write=True) as again:
            assert (again.done, again.digest()) == (done, digest)
