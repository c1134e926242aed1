"""Canvases come from anywhere: a damaged or forged one is an error for people, nothing worse."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.storage.canvas import Canvas
from tests.storage.canvases import a_canvas, a_picture, fill, in_memory

pytestmark = [pytest.mark.security, pytest.mark.slow]

MUTANTS = 1000
SLOWEST = 30.0


def mutate(content: bytes, chance: random.Random) -> bytes:
    """Flip, cut, repeat or overwrite a part."""
    kind = chance.randrange(5)
    start = chance.randrange(len(content) + 1)
    end = min(len(content), start + chance.choice((1, 2, 8, 64)))
    if kind == 0:
        return content[:start]
    if kind == 1:
        return content[:start] + content[end:]
    if kind == 2:
        return content[:end] + content[start:]
    if kind == 3:
        return content[:start] + chance.randbytes(end - start) + content[end:]
    return content[:start] + chance.choice((b"\xff", b"\0", b"9")) * (end - start) + content[end:]


def use(path: Path) -> None:
    """Do with a canvas what people do."""
    for write in (False, True):
        with Canvas.open(path, write=write) as canvas:
            _ = canvas.grid
            for level, (width, height) in enumerate(canvas.levels):
                canvas.read(Box(0, 0, min(width, 500), min(height, 500)), level)
            canvas.verify()
            if write:
                canvas.finish()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with in_memory(tmp_path) as folder:
        yield folder


def test_mutants_are_refused_in_words(folder: Path) -> None:
    with a_canvas(folder / "whole.ome.zarr", 70, 40, tile=32, chunk=16) as canvas:
        fill(canvas, a_picture(70, 40))
        canvas.finish()
    files = sorted(file for file in canvas.path.rglob("*") if file.is_file())
    chance = random.Random(3)
    refused = 0
    slowest = 0.0
    resource = pytest.importorskip("resource")  # Windows keeps no such account
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(MUTANTS):
        path = folder / f"{number}.ome.zarr"
        shutil.copytree(canvas.path, path)
        victim = path / chance.choice(files).relative_to(canvas.path)
        victim.write_bytes(mutate(victim.read_bytes(), chance))
        began = time.perf_counter()
        try:
            use(path)
        except UserError:  # any other error ends the test
            refused += 1
        slowest = max(slowest, time.perf_counter() - began)
        shutil.rmtree(path)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"\ncanvas_mutants={MUTANTS}")
    print(f"canvas_mutants_refused={refused}")
    print(f"canvas_mutants_slowest_s={slowest:.3f}")
    print(f"canvas_mutants_memory_growth_kB={grown}")
    assert refused > MUTANTS / 4
    assert slowest < SLOWEST
    assert grown < 300_000
