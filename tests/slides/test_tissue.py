"""Glass, ink and dust are told from tissue, on made pictures and on real slides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.slides import open_slide
from ssldiff_gui.slides.tissue import TissueLook, data_share, tissue_look, tissue_share
from tests.slides.scenes import ArraySource, scene_of

EOSIN, HAEMATOXYLIN, DAB, PALE = (230, 140, 190), (110, 70, 160), (150, 100, 60), (240, 205, 228)
WHITE, GREY, TINTED = (250, 249, 250), (205, 206, 204), (246, 240, 226)
BLUE_INK, GREEN_INK, RED_INK, BLACK_INK = (30, 60, 190), (20, 130, 60), (225, 30, 40), (25, 22, 28)
SIDE = 64


def slide_of(patches: list[tuple[int, int, int]], glass: tuple[int, int, int] = WHITE) -> Any:
    """A scene of one row: a piece of glass after each patch of one colour, with noise."""
    rng = np.random.default_rng(0)
    row = np.repeat([colour for patch in patches for colour in (patch, glass)], SIDE, 0)
    picture = np.broadcast_to(row, (SIDE, *row.shape)).astype(np.int16)
    noisy = np.clip(picture + rng.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)
    return scene_of(ArraySource([noisy]))


def shares(scene: Any) -> list[float]:
    columns = scene.width // SIDE
    look = tissue_look(scene)
    found = tissue_share(scene, Region(scene.box), SIDE, 1, columns, look=look)
    return [float(share) for share in found[0]]


@pytest.mark.parametrize("glass", [WHITE, GREY, TINTED, (255, 255, 255)])
def test_stains_count_and_glass_does_not(glass: tuple[int, int, int]) -> None:
    seen = [_through(glass, stain) for stain in (EOSIN, HAEMATOXYLIN, DAB, PALE)]
    found = shares(slide_of(seen, glass))
    assert min(found[::2]) > 0.8
    assert max(found[1::2]) < 0.15  # the rim, where one fades into the other


def _through(glass: tuple[int, int, int], stain: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return the colour of a stain on a glass."""
    red, green, blue = (round(s * g / 255) for s, g in zip(stain, glass, strict=True))
    return red, green, blue


@pytest.mark.parametrize("ink", [BLUE_INK, GREEN_INK, RED_INK, BLACK_INK])
def test_ink_does_not_count(ink: tuple[int, int, int]) -> None:
    found = shares(slide_of([EOSIN, ink, HAEMATOXYLIN]))
    assert found[0] > 0.9
    assert found[2] < 0.06
    assert found[4] > 0.9


def test_a_slide_without_tissue_has_none_and_one_of_tissue_only_has_no_glass() -> None:
    assert max(shares(slide_of([WHITE, WHITE]))) < 0.02
    assert min(shares(slide_of([EOSIN, HAEMATOXYLIN], glass=EOSIN))) > 0.9


def test_a_dark_picture_counts_as_it_is() -> None:
    found = shares(slide_of([(10, 0, 60), (0, 90, 0)], glass=(0, 0, 0)))
    assert min(found) == 1.0


def test_the_look_is_of_the_whole_slide_so_that_regions_agree() -> None:
    scene = slide_of([EOSIN, HAEMATOXYLIN, PALE, WHITE])
    look = tissue_look(scene)
    whole = tissue_share(scene, Region(scene.box), SIDE, 1, 8, look=look)
    part = Region(Box(2 * SIDE, 0, 3 * SIDE, SIDE))
    assert tissue_look(scene, part.box) == look
    found = tissue_share(scene, part, SIDE, 1, 3, look=look)
    np.testing.assert_allclose(found, whole[:, 2:5], atol=0.07)  # blurred at its own edges


@settings(max_examples=30, deadline=None)
@given(
    side=st.floats(3, 90), x=st.integers(-40, 200), y=st.integers(-40, 90),
    rows=st.integers(1, 4), columns=st.integers(1, 5),
)  # fmt: skip
def test_shares_of_data_are_those_of_the_pixels(
    side: float, x: int, y: int, rows: int, columns: int
) -> None:
    rng = np.random.default_rng(3)
    mask = np.kron(rng.random((12, 24)) < 0.5, np.ones((10, 10), np.bool_)).astype(np.bool_)
    scene = scene_of(ArraySource([np.zeros((120, 240, 3), np.uint8)], mask))
    found = data_share(scene, Region(Box(x, y, 1, 1)), side, rows, columns)
    wide = np.zeros((900, 900), np.bool_)
    wide[200:320, 200:440] = mask
    for row in range(rows):
        for column in range(columns):
            top, bottom = (200 + y + round(edge * side) for edge in (row, row + 1))
            left, right = (200 + x + round(edge * side) for edge in (column, column + 1))
            assert abs(found[row, column] - wide[top:bottom, left:right].mean()) < 0.5


def test_shares_of_data_are_exact_where_cells_are_whole_pixels() -> None:
    mask = np.zeros((40, 60), np.bool_)
    mask[:20, :30] = True
    scene = scene_of(ArraySource([np.zeros((40, 60, 3), np.uint8)], mask))
    found = data_share(scene, Region(Box(0, 0, 80, 40)), 20, 2, 4)
    assert found.tolist() == [[1.0, 0.5, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]


def test_learning_from_nothing_is_no_error() -> None:
    look = TissueLook.of(np.full((4, 4, 3), 255, np.uint8))
    assert not look.mask(np.full((4, 4, 3), 255, np.uint8)).any()


def test_the_sample_slide_is_partly_tissue(repository: Path) -> None:
    with open_slide(repository / "resources" / "samples" / "sample-slide.tif") as slide:
        scene = slide.scenes[0]
        rows, columns = scene.height // 256, scene.width // 256
        look = tissue_look(scene)
        found = tissue_share(scene, Region(scene.box), 256, rows, columns, look=look) >= 0.1
    assert 0.25 < found.mean() < 0.75
    assert not found[[0, -1], [0, -1]].any()


def test_real_slides_are_partly_tissue(shared: Path) -> None:
    expected = {"CMU-1-Small-Region.svs": (0.3, 0.6), "tcga-cr-7395-01a-01-ts1.svs": (0.5, 0.85)}
    for name, (low, high) in expected.items():
        paths = sorted((shared / "data" / "slides").rglob(name))
        if not paths:
            pytest.skip(f"{name} is not there")
        with open_slide(paths[0]) as slide:
            scene = slide.scenes[0]
            rows, columns = scene.height // 128, scene.width // 128
            look = tissue_look(scene)
            found = tissue_share(scene, Region(scene.box), 128, rows, columns, look=look)
        assert low < (found >= 0.1).mean() < high
