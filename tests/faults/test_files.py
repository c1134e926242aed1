"""Files that change under the reader's feet, and requests that nobody can answer."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from ssldiff_gui.core.errors import FileProblem, OversizedRequest, UserError
from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.slides import open_slide
from ssldiff_gui.slides.fingerprint import fingerprint
from tests.slides.made.small import SMALL
from tests.slides.made.vendors import svs

pytestmark = pytest.mark.faults

FLIPS = 80


def test_a_flipped_bit_never_goes_unseen(tmp_path: Path) -> None:
    """Many a flipped bit reads as wrong pixels without any error; the fingerprint tells."""
    path = svs(tmp_path / "slide.svs")
    whole, known = path.read_bytes(), fingerprint(path)
    with open_slide(path) as slide:
        expected = slide.scenes[0].read(Region(slide.scenes[0].box)).tobytes()
    chance = random.Random(3)
    silent = unseen = 0
    for _ in range(FLIPS):
        content = bytearray(whole)
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        unseen += fingerprint(path) == known
        try:
            with open_slide(path) as slide:
                found = slide.scenes[0].read(Region(slide.scenes[0].box)).tobytes()
                silent += found != expected
        except FileProblem:
            pass
    print(f"\nflipped_bits={FLIPS}")
    print(f"flipped_bits_without_an_error={silent}")
    print(f"flipped_bits_unseen_by_fingerprint={unseen}")
    assert silent
    assert not unseen


@pytest.mark.parametrize("name", ["svs.svs", "raw.tif", "geo.tif", "dicom.dcm", "png.png"])
def test_an_absurd_region_is_refused_at_once(name: str, tmp_path: Path) -> None:
    group = next(group for group in SMALL.values() if name in group)
    with open_slide(group[name](tmp_path / name)) as slide:
        scene = slide.scenes[0]
        start = time.perf_counter()
        with pytest.raises(OversizedRequest) as caught:
            scene.read(Region(Box(0, 0, 200_000, 200_000)))
        took = (time.perf_counter() - start) * 1000
        print(f"\nabsurd_region_{name.partition('.')[0]}_ms={took:.2f}")
        assert took < 100
        assert caught.value.hint


def test_a_slide_that_is_cut_short_while_it_is_read_ends_in_a_typed_error(tmp_path: Path) -> None:
    """Cut in place again and again while tiles are read: never a crash, never silence."""
    path = svs(tmp_path / "slide.svs", 1400, 1000)
    whole = path.read_bytes()
    chance = random.Random(5)
    caught = 0
    for _ in range(100):
        path.write_bytes(whole)
        with open_slide(path) as slide:
            scene = slide.scenes[0]
            scene.read_level(0, Box(0, 0, 100, 100))
            with path.open("r+b") as file:
                file.truncate(chance.randrange(1, len(whole)))
            try:
                scene.read_level(0, Box(chance.randrange(1200), chance.randrange(800), 200, 200))
            except UserError:
                caught += 1
    print(f"\ncut_while_open={100}")
    print(f"cut_while_open_caught={caught}")
    assert caught == 100
