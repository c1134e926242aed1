"""Exports hold a few tiles at a time, however large the canvas."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHILD = """
import sys
from pathlib import Path
from ssldiff_gui.storage.export import export
from ssldiff_gui.storage.extract import extract_of
from tests.security.child import peak_memory
from tests.storage.fake_picture import UTM, Endless

folder, ending, side, *region = sys.argv[1:]
picture = Endless(size=(int(side), int(side)), georeference=UTM)
part = extract_of(picture, tuple(map(int, region)) if region else None)
print(export(part, Path(folder) / f"a{ending}").width, peak_memory())
"""

SMALL, LARGE = 2048, 6144


def peak(folder: Path, ending: str, side: int, *region: int) -> int:
    """Return the most bytes that a process of its own ever held."""
    command = [sys.executable, "-c", CHILD, str(folder), ending, str(side), *map(str, region)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    return int(done.stdout.split()[1])


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".ome.tif", ".tif", ".ome.zarr", ".png"])
def test_memory_does_not_grow_with_the_canvas(ending, tmp_path):
    small, large = (peak(tmp_path, ending, side) for side in (SMALL, LARGE))
    print(f"\nexport{ending.replace('.', '_')}_memory_mb={small / 1e6:.0f},{large / 1e6:.0f}")
    assert large / small <= 1.5
    assert large - small < LARGE * LARGE * 3, "the picture was in memory as a whole"


@pytest.mark.slow
def test_nor_does_it_for_parts_that_no_level_of_the_canvas_fits(tmp_path):
    small = peak(tmp_path, ".ome.tif", LARGE, 1, 1, SMALL, SMALL)
    large = peak(tmp_path, ".ome.tif", LARGE, 1, 1, LARGE - 3, LARGE - 3)
    assert large / small <= 1.5
