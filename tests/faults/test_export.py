"""kill -9 in an export: the old file, or the new one, never half of either."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ssldiff_gui.storage.export import export
from ssldiff_gui.storage.extract import extract_of
from ssldiff_gui.storage.records import read_record
from tests.storage.fake_picture import UTM, Fake, pixels_of

pytestmark = [pytest.mark.faults, pytest.mark.slow]

CHILD = """
import sys
from pathlib import Path
from ssldiff_gui.storage.export import export
from ssldiff_gui.storage.extract import extract_of
from tests.storage.fake_picture import UTM, Fake, pixels_of

picture = Fake(pixels_of(1400, 1400), georeference=UTM)
print("begun", flush=True)
export(extract_of(picture), Path(sys.argv[1]))
"""

KILLS = 6
"""Of each format."""


@pytest.mark.parametrize("ending", [".png", ".ome.tif", ".tif", ".ome.zarr"])
def test_killed_exports(ending, tmp_path):
    output = tmp_path / f"a{ending}"
    small = Fake(pixels_of(64, 64), georeference=UTM)
    chance = random.Random(ending)
    sizes = []
    for _ in range(KILLS):
        export(extract_of(small), output)
        command = [sys.executable, "-c", CHILD, str(output)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
        ) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(chance.uniform(0, 0.7))
            child.kill()
        final = tmp_path / f"a.synthetic{ending}"
        if not final.exists():  # between two renames of folders; it lies beside, under both names
            final = next(tmp_path.glob(f".{final.stem}.*/{final.name}"))
        record = read_record(final)
        sizes.append(record.recipe.width)
        assert read_record(tmp_path / f"a.synthetic{ending}.json").recipe.width in (64, 1400)
    print(f"\nexport_kills{ending.replace('.', '_')}={KILLS}")
    print(f"export_whole{ending.replace('.', '_')}={len(sizes)}")
    assert set(sizes) <= {64, 1400}
