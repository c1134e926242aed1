"""Regions of a scene: padding, ragged edges, any downsample, aligned to a fraction of a pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.errors import OversizedRequest
from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.slides.scene import Display, Pixels, Scene, levels_of

WIDTH, HEIGHT = 611, 397
QUICK = settings(deadline=None, max_examples=60)


class Ramp:
    """A source whose red is the column and whose green is the row, in level-0 pixels.

    A pixel of a level holds the mean of what it covers, as a proper pyramid does.
    """

    def __init__(self, sizes: list[tuple[int, int]]) -> None:
        self.levels = levels_of(sizes)
        self.asked: list[Box] = []

    def read(self, level: int, box: Box) -> Pixels:
        assert self.levels[level].box.contains(box)
        assert not box.empty
        self.asked.append(box)
        found = self.levels[level]
        x = (np.arange(box.x, box.x2) + 0.5) * found.downsample_x
        y = (np.arange(box.y, box.y2) + 0.5) * found.downsample_y
        values = np.zeros((box.height, box.width, 3), np.float32)
        values[..., 0], values[..., 1] = x[np.newaxis, :], y[:, np.newaxis]
        return Pixels(values)

    def close(self) -> None:
        """Nothing to let go of."""


def ramp_scene(sizes: list[tuple[int, int]] | None = None) -> Scene:
    source = Ramp(sizes or [(WIDTH, HEIGHT), (203, 132), (50, 33)])
    return Scene(
        Path("ramp.tif"), "ramp", source, source.levels, dtype=np.float32, bands=("x", "y", "0")
    )


# 0 … 255 for 0 … 1020 pixels: a grey value is four pixels, a quarter of one can be seen.
SHOWN = Display((0, 1, 2), ((0.0, 1020.0), (0.0, 1020.0), (0.0, 1.0)))

origins = st.integers(-300, 700)
sides = st.integers(1, 400)
downsamples = st.floats(0.3, 40)


def expected_centres(start: int, length: int, count: int) -> npt.NDArray[np.float64]:
    """Return where the centres of the pixels of a region lie, in level-0 pixels."""
    return start + (np.arange(count) + 0.5) * length / count


@QUICK
@given(x=origins, y=origins, width=sides, height=sides, downsample=downsamples)
def test_a_region_shows_what_lies_under_it(
    x: int, y: int, width: int, height: int, downsample: float
) -> None:
    scene = ramp_scene()
    region = Region(Box(x, y, width, height), downsample)
    picture = scene.read(region, SHOWN)
    assert picture.shape == (region.size[1], region.size[0], 3)
    assert picture.dtype == np.uint8
    across = expected_centres(x, width, region.size[0])
    down = expected_centres(y, height, region.size[1])
    reach = max(6.0, 3 * downsample)  # pixels near the edge mix with what lies beyond
    inside_x = (across > reach) & (across < WIDTH - reach)
    inside_y = (down > reach) & (down < HEIGHT - reach)
    if inside_x.any() and inside_y.any():
        red = picture[inside_y][:, inside_x, 0].astype(float) * 4
        green = picture[inside_y][:, inside_x, 1].astype(float) * 4
        assert np.abs(red - across[inside_x][np.newaxis, :]).max() <= 5
        assert np.abs(green - down[inside_y][:, np.newaxis]).max() <= 5
    outside_x = (across < -reach) | (across > WIDTH + reach)
    assert (picture[:, outside_x] == 255).all()
    outside_y = (down < -reach) | (down > HEIGHT + reach)
    assert (picture[outside_y] == 255).all()


@QUICK
@given(x=origins, y=origins, width=sides, height=sides, level=st.integers(0, 2))
def test_raw_values_are_padded_and_the_padding_is_not_valid(
    x: int, y: int, width: int, height: int, level: int
) -> None:
    scene = ramp_scene()
    found = scene.levels[level]
    pixels = scene.read_bands(level, Box(x, y, width, height))
    assert pixels.values.shape == (height, width, 3)
    inner = Box(x, y, width, height).intersect(found.box)
    valid = np.ones((height, width), bool) if pixels.valid is None else pixels.valid
    assert valid.sum() == inner.area
    if not inner.empty:
        columns = (np.arange(x, x + width) + 0.5) * found.downsample_x
        row = pixels.values[inner.y - y, :, 0]
        inside = valid[inner.y - y]
        assert np.allclose(row[inside], columns[inside], atol=0.01)


@QUICK
@given(
    x=st.integers(-50, 650), y=st.integers(-50, 450), split=st.integers(1, 99), across=st.booleans()
)
def test_two_halves_make_the_whole(x: int, y: int, split: int, across: bool) -> None:
    scene = ramp_scene()
    whole = scene.read(Region(Box(x, y, 100, 100)), SHOWN)
    if across:
        first = scene.read(Region(Box(x, y, split, 100)), SHOWN)
        second = scene.read(Region(Box(x + split, y, 100 - split, 100)), SHOWN)
        joined = np.concatenate([first, second], axis=1)
    else:
        first = scene.read(Region(Box(x, y, 100, split)), SHOWN)
        second = scene.read(Region(Box(x, y + split, 100, 100 - split)), SHOWN)
        joined = np.concatenate([first, second], axis=0)
    assert np.array_equal(whole, joined)


@QUICK
@given(downsample=st.floats(1, 200))
def test_the_coarsest_level_that_is_fine_enough(downsample: float) -> None:
    scene = ramp_scene()
    chosen = scene.levels[scene.level_for(downsample)]
    assert chosen.downsample <= downsample * 1.001
    finer = [level for level in scene.levels if level.downsample <= downsample]
    assert chosen.downsample >= max(level.downsample for level in finer)


def test_a_flat_file_is_gone_through_in_parts() -> None:
    source = Ramp([(9_000, 6_000)])
    scene = Scene(Path("flat.tif"), "", source, source.levels, dtype="f4", bands=("x", "y", "0"))
    region = Region(scene.box, 30)
    display = Display((0, 1, 2), ((0.0, 9_000.0), (0.0, 9_000.0), (0.0, 1.0)))
    picture = scene.read(region, display)
    assert picture.shape == (200, 300, 3)
    assert max(box.area for box in source.asked) < 10_000_000
    middle = picture[100, 5:-5, 0].astype(float)
    expected = expected_centres(0, 9_000, 300)[5:-5] * 255 / 9_000
    assert np.abs(middle - expected).max() <= 1


def test_parts_leave_no_seams() -> None:
    source = Ramp([(5000, 3000)])
    scene = Scene(Path("flat.tif"), "", source, source.levels, dtype="f4", bands=("x", "y", "0"))
    display = Display((0, 1, 2), ((0.0, 5000.0), (0.0, 5000.0), (0.0, 1.0)))
    picture = scene.read(Region(scene.box, 3.7), display).astype(int)
    steps = np.diff(picture[100, 5:-5, 0])
    assert steps.min() >= 0
    assert steps.max() <= 1


@pytest.mark.parametrize("side", [200_000, 10**9])
def test_absurd_regions_are_refused_before_anything_is_read(side: int) -> None:
    scene = ramp_scene()
    with pytest.raises(OversizedRequest):
        scene.read(Region(Box(0, 0, side, side)))
    with pytest.raises(OversizedRequest):
        scene.read_bands(0, Box(0, 0, side, side))


def test_a_scan_of_a_level_that_would_take_hours_is_refused() -> None:
    source = Ramp([(10**6, 10**6)])
    scene = Scene(Path("flat.tif"), "", source, source.levels, dtype="f4", bands=("x", "y", "0"))
    with pytest.raises(OversizedRequest, match="coarse"):
        scene.read(Region(scene.box, 5000))


class Flat:
    """A source that is one array."""

    def __init__(self, values: npt.NDArray[np.generic], valid: npt.NDArray[np.bool_]) -> None:
        self.values, self.valid = values, valid

    def read(self, level: int, box: Box) -> Pixels:
        rows, columns = slice(box.y, box.y2), slice(box.x, box.x2)
        return Pixels(self.values[rows, columns], self.valid[rows, columns])

    def close(self) -> None:
        """Nothing to let go of."""


def flat_scene(values: npt.NDArray[np.generic], **facts: object) -> Scene:
    valid = np.ones(values.shape[:2], bool)
    valid[0, 0] = False
    height, width, bands = values.shape
    return Scene(
        Path("flat.tif"),
        "",
        Flat(values, valid),
        levels_of([(width, height)]),
        dtype=values.dtype,
        bands=[str(i) for i in range(bands)],
        **facts,  # type: ignore[arg-type]
    )


def test_missing_glass_is_white() -> None:
    scene = flat_scene(np.full((4, 5, 3), 7, np.uint8))
    picture = scene.read(Region(Box(-1, 0, 5, 4)))
    assert (picture[:, 0] == 255).all()
    assert (picture[0, 1] == 255).all()
    assert (picture[1:, 1:] == 7).all()


def test_missing_land_looks_as_nodata_does() -> None:
    scene = flat_scene(np.full((4, 5, 1), 500, np.uint16), nodata=1000)
    display = Display((0, 0, 0), ((0.0, 2000.0),) * 3)
    picture = scene.read(Region(Box(-1, 0, 5, 4)), display)
    assert (picture[:, 0] == 128).all()
    assert (picture[0, 1] == 128).all()
    assert (picture[1:, 1:] == 64).all()
    raw = scene.read_bands(0, Box(-1, 0, 5, 4))
    assert (raw.values[:, 0] == 1000).all()
    assert raw.valid is not None
    assert not raw.valid[:, 0].any()


def test_extreme_values_are_shown_without_a_warning() -> None:
    values = np.array([[[np.nan], [np.inf], [-np.inf], [3.4e38], [-3.4e38], [5.0]]], np.float32)
    scene = flat_scene(values)
    picture = scene.read(Region(scene.box), Display((0, 0, 0), ((0.0, 10.0),) * 3))
    assert picture[0, 1:, 0].tolist() == [255, 0, 255, 0, 128]


def test_a_stretch_takes_percentiles_of_what_is_valid() -> None:
    values = np.arange(10_000, dtype=np.int16).reshape(100, 100, 1)
    scene = flat_scene(values)
    limits = scene.stretched((0, 0, 0)).limits
    assert limits is not None
    assert limits[0] == pytest.approx((200, 9799), abs=2)


def test_a_stretch_of_a_constant_is_no_division_by_zero() -> None:
    scene = flat_scene(np.full((4, 5, 1), 9, np.uint16))
    assert scene.read(Region(scene.box)).shape == (4, 5, 3)


def test_bands_named_for_colours_are_shown_as_these() -> None:
    values = np.zeros((4, 4, 4), np.uint8)
    values[...] = (10, 20, 30, 40)
    source = Flat(values, np.ones((4, 4), bool))
    scene = Scene(
        Path("naip.tif"), "", source, levels_of([(4, 4)]), dtype="u1",
        bands=("blue", "green", "red", "nir"),
    )  # fmt: skip
    assert scene.read(Region(scene.box))[0, 0].tolist() == [30, 20, 10]
