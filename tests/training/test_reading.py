"""Pictures of every mode, and files that are none."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from ssldiff_gui.core.errors import (
    BrokenFile,
    FileProblem,
    MissingFile,
    OversizedFile,
    UnsupportedFile,
    UserError,
)
from ssldiff_gui.training.reading import decoded, read_picture
from tests.slides.made.others import jpeg
from tests.training.gathered import bomb, noise, save


def shades(height: int = 20, width: int = 30) -> Any:
    return np.add.outer(np.arange(height), np.arange(width))


def test_colours_are_as_they_are(tmp_path: Path) -> None:
    for ending in ("png", "tif", "bmp", "webp"):
        path = tmp_path / f"a.{ending}"
        Image.fromarray(noise(0)).save(path, **({"lossless": True} if ending == "webp" else {}))
        assert np.array_equal(read_picture(path), noise(0)), ending


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGBA", "CMYK", "YCbCr"])
@pytest.mark.parametrize("ending", ["png", "tif", "jpg", "bmp", "webp"])
def test_every_mode_becomes_red_green_and_blue(tmp_path: Path, mode: str, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    smooth = np.stack([shades() * 4, shades() * 2, 255 - shades() * 4], -1).astype(np.uint8)
    try:
        Image.fromarray(smooth).convert(mode).save(path)
    except (OSError, ValueError):
        pytest.skip("the format has no such mode")
    found = read_picture(path)
    assert found.shape == (20, 30, 3)
    assert found.dtype == np.uint8
    if mode in {"RGBA", "YCbCr"} and ending != "jpg":
        assert np.abs(found.astype(int) - smooth).max() < 40


def test_what_is_transparent_lies_on_white(tmp_path: Path) -> None:
    alpha = np.array([[0, 128, 255]], np.uint8).repeat(4, 0)
    colour = np.dstack([np.zeros((4, 3, 3), np.uint8), alpha])
    Image.fromarray(colour, "RGBA").save(tmp_path / "a.png")
    found = read_picture(tmp_path / "a.png")
    assert found[0, :, 0].tolist() == [255, 127, 0]


def test_a_palette_with_a_transparent_colour_lies_on_white(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[0, 1]], np.uint8).repeat(3, 0), "P")
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.save(tmp_path / "a.png", transparency=0)
    assert read_picture(tmp_path / "a.png")[0].tolist() == [[255, 255, 255], [40, 50, 60]]


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32])
def test_more_than_eight_bits_are_stretched_as_a_slide_is(tmp_path: Path, dtype: type) -> None:
    values = (shades(40, 60) * 7).astype(dtype)
    path = tmp_path / ("a.png" if dtype is np.uint16 else "a.tif")
    Image.fromarray(values).save(path)
    found = read_picture(path)
    assert found.shape == (40, 60, 3)
    assert (found[0, 0] == 0).all()
    assert (found[-1, -1] == 255).all()
    assert 100 < found.mean() < 155


def test_floats_that_are_no_numbers_harm_nobody(tmp_path: Path) -> None:
    values = shades(20, 20).astype(np.float32)
    values[3, 4], values[5, 6] = np.nan, np.inf
    tifffile.imwrite(tmp_path / "a.tif", values)
    assert read_picture(tmp_path / "a.tif").shape == (20, 20, 3)
    values[:] = np.nan
    tifffile.imwrite(tmp_path / "b.tif", values)
    assert read_picture(tmp_path / "b.tif").shape == (20, 20, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_stand_upright(tmp_path: Path, orientation: int) -> None:
    found = read_picture(jpeg(tmp_path / "a.jpg", orientation))
    assert found.shape == ((160, 120, 3) if orientation > 4 else (120, 160, 3))
    if orientation == 6:
        plain = read_picture(jpeg(tmp_path / "b.jpg"))
        assert np.array_equal(found, np.rot90(plain, -1))


def test_an_ending_may_be_wrong(tmp_path: Path) -> None:
    save(tmp_path / "a.png", noise(1)).rename(tmp_path / "a.jpg")
    assert np.array_equal(read_picture(tmp_path / "a.jpg"), noise(1))


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "bmp", "webp"])
def test_what_ends_too_early_is_told(tmp_path: Path, ending: str) -> None:
    path = save(tmp_path / f"a.{ending}", noise(1, 90, 90))
    whole = path.read_bytes()
    for length in (1, 20, len(whole) // 2):
        path.write_bytes(whole[:length])
        with pytest.raises(FileProblem) as caught:
            read_picture(path)
        assert path.name in caught.value.message
        assert caught.value.hint


def test_files_that_are_no_pictures_are_told(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("no picture")
    # Pillow would hand this to Ghostscript, if it were asked for every format it knows
    (tmp_path / "program.png").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    for name, kind in (
        ("empty.png", BrokenFile), ("text.png", UnsupportedFile), ("program.png", UnsupportedFile),
        ("gone.png", MissingFile),
    ):  # fmt: skip
        with pytest.raises(kind, match=name):
            read_picture(tmp_path / name)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(FileProblem):
        read_picture(tmp_path / "folder.png")


@pytest.mark.security
@pytest.mark.parametrize(("width", "height"), [(12_000, 12_000), (100_000, 100_000)])
def test_bombs_are_refused_by_their_headers(tmp_path: Path, width: int, height: int) -> None:
    (tmp_path / "bomb.png").write_bytes(bomb(width, height))
    with pytest.raises(OversizedFile, match=r"bomb\.png is too large"):
        read_picture(tmp_path / "bomb.png")


@pytest.mark.security
def test_mutants_of_pictures_give_pixels_or_one_kind_of_error() -> None:
    random = np.random.default_rng(0)
    count = broken = read = 0
    for kind in ("PNG", "JPEG", "BMP", "WEBP", "TIFF"):
        buffer = BytesIO()
        Image.fromarray(noise(3, 24, 24)).save(buffer, kind)
        whole = np.frombuffer(buffer.getvalue(), np.uint8)
        for _ in range(60):
            mutant = whole.copy()
            mutant[random.integers(0, len(mutant), 4)] = random.integers(0, 256, 4)
            cut = mutant[: random.integers(1, len(mutant) + 1)] if random.random() < 0.3 else mutant
            count += 1
            try:
                found = decoded(BytesIO(cut.tobytes()), Path("mutant.png"))
            except FileProblem as error:
                broken += "mutant.png" in error.message
            else:
                read += found.ndim == 3
    assert read + broken == count
    print(f"picture_mutants={count} refused={broken} untyped=0")


@pytest.mark.slow
@pytest.mark.security
def test_malformed_files_give_pixels_or_one_kind_of_error(shared: Path) -> None:
    files = [path for path in (shared / "data/malformed").rglob("*") if path.is_file()]
    if not files:
        pytest.skip("there are none")
    read = 0
    for path in files:
        with suppress(UserError):
            found = read_picture(path)
            read += (found.ndim, found.dtype) == (3, np.uint8)
    print(f"malformed_files={len(files)} read={read} untyped=0")
    assert read > 50
