"""Every format read back from files whose every pixel is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import openslide
import pytest
import tifffile
from affine import Affine
from PIL import Image

from ssldiff_gui.core.geometry import Box, Region, Scale
from ssldiff_gui.slides import open_slide
from tests.slides.made.others import dicom, jpeg, ome_zarr, png
from tests.slides.made.pixels import halved, picture
from tests.slides.made.tiffs import geotiff, ome_tiff, tiff
from tests.slides.made.vendors import APERIO, bif, ndpi, philips, qptiff, scn, svs


def test_aperio(tmp_path: Path) -> None:
    with open_slide(svs(tmp_path / "a.svs")) as slide:
        scene = slide.scenes[0]
        assert [(level.width, level.height) for level in scene.levels] == [(700, 500), (350, 250)]
        assert scene.scale == Scale(0.499, 0.499, "µm")
        assert scene.objective == 20
        assert np.abs(scene.read_level(0, scene.box).astype(int) - picture(700, 500)).mean() < 3
        label = slide.associated["label"]()
        assert np.array_equal(label, picture(90, 60))
        assert slide.associated["macro"]().shape == (50, 120, 3)
        assert slide.associated["thumbnail"]().shape == (125, 175, 3)
        assert slide.properties["aperio.AppMag"] == "20"


def test_hamamatsu(tmp_path: Path) -> None:
    path = ndpi(tmp_path / "a.ndpi")
    with open_slide(path) as slide, openslide.OpenSlide(path) as other:
        scene = slide.scenes[0]
        assert slide.kind == "Hamamatsu NDPI"
        assert [(level.width, level.height) for level in scene.levels] == [(640, 400), (320, 200)]
        assert scene.scale is not None
        assert scene.scale.x == pytest.approx(10_000 / 44_000)
        assert scene.objective == 20
        assert list(slide.associated) == ["macro"]
        theirs = np.asarray(other.read_region((100, 50), 0, (300, 200)))[..., :3]
        assert np.array_equal(scene.read_level(0, Box(100, 50, 300, 200)), theirs)


def test_leica_areas_are_scenes_and_the_whole_slide_is_the_macro(tmp_path: Path) -> None:
    with open_slide(scn(tmp_path / "a.scn")) as slide:
        assert [scene.name for scene in slide.scenes] == ["area 0", "area 1"]
        assert [(scene.width, scene.height) for scene in slide.scenes] == [(600, 400), (320, 260)]
        assert all(scene.scale == Scale(0.5, 0.5, "µm") for scene in slide.scenes)
        assert all(scene.objective == 20 for scene in slide.scenes)
        assert all(len(scene.levels) == 2 for scene in slide.scenes)
        assert slide.associated["macro"]().shape == (300, 200, 3)


def test_philips(tmp_path: Path) -> None:
    with open_slide(philips(tmp_path / "a.tiff")) as slide:
        scene = slide.scenes[0]
        assert slide.kind == "Philips TIFF"
        assert [level.width for level in scene.levels] == [512, 256]
        assert scene.scale == Scale(0.25, 0.25, "µm")
        assert sorted(slide.associated) == ["label", "macro"]


def test_perkin_elmer(tmp_path: Path) -> None:
    with open_slide(qptiff(tmp_path / "a.qptiff")) as slide:
        scene = slide.scenes[0]
        assert slide.kind == "PerkinElmer QPTIFF"
        assert scene.bands == ("DAPI", "Opal 520")
        assert [level.width for level in scene.levels] == [300, 150]
        assert scene.scale == Scale(0.5, 0.5, "µm")
        found = scene.read_bands(0, scene.box).values
        assert np.array_equal(found, picture(300, 200)[..., :2])
        assert slide.associated["thumbnail"]().shape == (40, 60, 3)


def test_ventana(tmp_path: Path) -> None:
    with open_slide(bif(tmp_path / "a.bif")) as slide:
        scene = slide.scenes[0]
        assert slide.kind == "Ventana"
        assert [level.width for level in scene.levels] == [768, 384]
        assert scene.scale == Scale(0.465, 0.465, "µm")
        assert scene.objective == 20
        part = Box(200, 180, 300, 200)
        expected = picture(768, 512)[part.y : part.y2, part.x : part.x2].astype(int)
        assert np.abs(scene.read_level(0, part) - expected).mean() < 3
        assert slide.associated["macro"]().shape == (160, 120, 3)


@pytest.mark.parametrize("compression", ["zlib", "lzw", "jpeg2000", None])
def test_ome_tiff_with_a_pyramid_and_two_images(tmp_path: Path, compression: str) -> None:
    with open_slide(ome_tiff(tmp_path / "a.ome.tif", compression=compression)) as slide:
        tissue, cells = slide.scenes
        data = picture(610, 430)
        assert [level.width for level in tissue.levels] == [610, 305, 152]
        assert tissue.levels[2].downsample_y == pytest.approx(430 / 107)
        assert tissue.scale == Scale(0.5, 0.5, "µm")
        assert np.array_equal(tissue.read_level(0, tissue.box), data)
        assert np.array_equal(tissue.read_level(1, tissue.levels[1].box), halved(data))
        assert cells.bands == ("DAPI", "FITC")
        assert cells.dtype == np.uint16
        assert cells.scale is None
        found = cells.read_bands(0, Box(10, 20, 100, 90))
        assert np.array_equal(found.values, data[20:110, 10:110, :2].astype(np.uint16) * 200)


def _rgb(**options: Any) -> Callable[[Path], tuple[Path, Any]]:
    data = picture(301, 203)
    return lambda path: (tiff(path, data, photometric="rgb", **options), data)


def _grey(kind: str, **options: Any) -> Callable[[Path], tuple[Path, Any]]:
    data = (picture(301, 203)[..., 0].astype(np.float64) * 100).astype(kind)
    return lambda path: (tiff(path, data, **options), data[..., np.newaxis])


LAYOUTS: dict[str, Callable[[Path], tuple[Path, Any]]] = {
    "one strip": _rgb(rowsperstrip=203),
    "one deflated strip": _rgb(rowsperstrip=203, compression="zlib"),
    "ragged strips": _rgb(rowsperstrip=7, compression="lzw", predictor=True),
    "plain strips": _rgb(rowsperstrip=16),
    "tiles": _rgb(tile=(64, 32), compression="zlib"),
    "plain tiles": _rgb(tile=(64, 32)),
    "big-endian 16 bit": _grey(">u2", byteorder=">", rowsperstrip=50),
    "float": _grey("f4", tile=(64, 64), compression="zstd", predictor=True),
    "half": lambda path: (
        tiff(path, picture(80, 60)[..., 0].astype(np.float16)),
        picture(80, 60)[..., :1].astype(np.float32),
    ),
    "signed": _grey("i2", compression="lzw"),
    "planar": lambda path: (
        tiff(
            path, np.moveaxis(picture(301, 203), -1, 0), photometric="rgb",
            planarconfig="separate", tile=(64, 64), compression="lzw",
        ),
        picture(301, 203),
    ),
    "planar rows": lambda path: (
        tiff(
            path, np.moveaxis(picture(301, 203), -1, 0), photometric="rgb",
            planarconfig="separate", rowsperstrip=203,
        ),
        picture(301, 203),
    ),
    "white is zero": lambda path: (
        tiff(path, 255 - picture(80, 60)[..., 0], photometric="miniswhite"),
        picture(80, 60)[..., :1],
    ),
    "palette": lambda path: (
        tiff(
            path, picture(80, 60)[..., 0], photometric="palette",
            colormap=np.stack([np.arange(256) * 257, np.arange(256)[::-1] * 257,
                               np.zeros(256, int)]).astype(np.uint16),
        ),
        np.stack([picture(80, 60)[..., 0], 255 - picture(80, 60)[..., 0],
                  np.zeros((60, 80), np.uint8)], axis=2),
    ),
    "bilevel": lambda path: (
        tiff(path, picture(83, 60)[..., 2] > 99, compression="packbits", photometric="minisblack"),
        (picture(83, 60)[..., 2:] > 99) * np.uint8(255),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_of_plain_tiffs(name: str, tmp_path: Path) -> None:
    path, expected = LAYOUTS[name](tmp_path / "a.tif")
    with open_slide(path) as slide:
        scene = slide.scenes[0]
        assert slide.kind == "TIFF"
        assert scene.dtype == expected.dtype.newbyteorder("=")
        assert np.array_equal(scene.read_bands(0, scene.box).values, expected)
        part = Box(13, 9, 41, 37)
        assert np.array_equal(
            scene.read_bands(0, part).values, expected[part.y : part.y2, part.x : part.x2]
        )


def test_alpha_says_where_the_picture_is(tmp_path: Path) -> None:
    data = np.dstack([picture(80, 60), np.where(np.arange(80) < 40, 0, 255) * np.ones((60, 1))])
    path = tiff(
        tmp_path / "a.tif", data.astype(np.uint8), photometric="rgb", extrasamples=["unassalpha"]
    )
    with open_slide(path) as slide:
        scene = slide.scenes[0]
        assert scene.bands == ("Red", "Green", "Blue")
        shown = scene.read_level(0, scene.box)
        assert (shown[:, :40] == 255).all()
        assert np.array_equal(shown[:, 40:], picture(80, 60)[:, 40:])


def test_absent_tiles_are_glass(tmp_path: Path) -> None:
    path = tiff(tmp_path / "a.tif", picture(128, 128), tile=(64, 64), photometric="rgb")
    with tifffile.TiffFile(path, mode="r+b") as tif:
        counts = list(tif.pages.first.databytecounts)
        tif.pages.first.tags["TileByteCounts"].overwrite([0, *counts[1:]])
    with open_slide(path) as slide:
        shown = slide.scenes[0].read_level(0, Box(0, 0, 128, 128))
        assert (shown[:64, :64] == 255).all()
        assert np.array_equal(shown[64:], picture(128, 128)[64:])


def test_pages_of_one_size_are_scenes_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as tif:
        for number in range(3):
            tif.write(picture(64, 48) // (number + 1), photometric="rgb", metadata=None)
    with open_slide(path) as slide:
        assert [scene.name for scene in slide.scenes] == ["Page 1", "Page 2", "Page 3"]
        last = slide.scenes[2]
        assert np.array_equal(last.read_level(0, last.box), picture(64, 48) // 3)


@pytest.mark.parametrize(
    ("dots", "unit", "expected"),
    [
        (20_000.0, "CENTIMETER", 0.5),
        (25_400.0, "INCH", 1.0),
        (72.0, "INCH", None),
        (300.0, "INCH", None),
        (28.35, "CENTIMETER", None),
        (20_000.0, "NONE", None),
    ],
)
def test_a_printers_resolution_is_no_scale(
    dots: float, unit: str, expected: float | None, tmp_path: Path
) -> None:
    path = tiff(
        tmp_path / "a.tif", picture(64, 48), photometric="rgb", resolution=(dots, dots),
        resolutionunit=unit,
    )  # fmt: skip
    with open_slide(path) as slide:
        scale = slide.scenes[0].scale
        assert (None if scale is None else scale.x) == pytest.approx(expected)


def test_subsampled_aperio_jpeg_2000_is_put_together(tmp_path: Path) -> None:
    data = picture(128, 128)
    ycbcr = np.asarray(Image.fromarray(data).convert("YCbCr"))
    tile = imagecodecs.jpeg2k_encode(ycbcr, codecformat="j2k", mct=False)
    text = APERIO.format(w=128, h=128)
    with tifffile.TiffWriter(tmp_path / "a.svs") as tif:
        tif.write(
            iter([tile]), shape=data.shape, dtype=data.dtype, tile=(128, 128), description=text,
            compression=33003, photometric="ycbcr", subsampling=(1, 1), metadata=None,
        )  # fmt: skip
    with open_slide(tmp_path / "a.svs") as slide:
        scene = slide.scenes[0]
        assert scene.scale == Scale(0.499, 0.499, "µm")
        assert np.abs(scene.read_level(0, scene.box).astype(int) - data).mean() < 3


def test_a_rotated_scene(tmp_path: Path) -> None:
    place = Affine.translation(500_000, 4_000_000) @ Affine.rotation(30) @ Affine.scale(2, -3)
    data = np.moveaxis(picture(60, 50), -1, 0)
    with open_slide(geotiff(tmp_path / "a.tif", data, transform=place)) as slide:
        scene = slide.scenes[0]
        assert scene.scale is not None
        assert (scene.scale.x, scene.scale.y, scene.scale.unit) == pytest.approx((2, 3, "m"))
        assert scene.georeference is not None
        assert scene.georeference.affine == pytest.approx(tuple(place)[:6])
        assert scene.georeference.to_crs(10, 20) == pytest.approx(place @ (10, 20))


def test_feet_become_metres(tmp_path: Path) -> None:
    data = np.moveaxis(picture(60, 50), -1, 0)
    with open_slide(geotiff(tmp_path / "a.tif", data, crs="EPSG:2263")) as slide:
        scale = slide.scenes[0].scale
        assert scale is not None
        assert scale.unit == "m"
        assert scale.x == pytest.approx(0.5 * 0.3048006)


def test_degrees_stay_degrees(tmp_path: Path) -> None:
    data = np.moveaxis(picture(60, 50), -1, 0)
    place = Affine(0.001, 0, 10, 0, -0.001, 50)
    with open_slide(geotiff(tmp_path / "a.tif", data, crs="EPSG:4326", transform=place)) as slide:
        assert slide.scenes[0].scale == Scale(0.001, 0.001, "°")


def test_nodata_overviews_and_many_bands(tmp_path: Path) -> None:
    grey = picture(301, 203)[..., 0].astype(np.float32)
    grey[50:60, 70:90] = -9999
    path = geotiff(
        tmp_path / "a.tif", np.stack([grey] * 7), nodata=-9999, tiled=True, blockxsize=64,
        blockysize=64, compress="deflate", overviews=(2, 4),
    )  # fmt: skip
    with open_slide(path) as slide:
        scene = slide.scenes[0]
        assert len(scene.bands) == 7
        assert [level.width for level in scene.levels] == [301, 151, 76]
        found = scene.read_bands(0, Box(40, 40, 100, 100))
        assert found.valid is not None
        assert np.array_equal(found.valid, grey[40:140, 40:140] != -9999)
        limits = scene.stretched((6, 0, 3)).limits
        assert limits is not None
        assert limits[0][0] >= 20
        outside = scene.read_bands(0, Box(-5, -5, 4, 4))
        assert (outside.values == -9999).all()


def test_a_mask_inside_the_file(tmp_path: Path) -> None:
    mask = picture(60, 50)[..., 2] > 120
    data = np.moveaxis(picture(60, 50), -1, 0)
    with open_slide(geotiff(tmp_path / "a.tif", data, mask=mask)) as slide:
        scene = slide.scenes[0]
        found = scene.read_bands(0, scene.box)
        assert found.valid is not None
        assert np.array_equal(found.valid, mask)
        assert (scene.read_level(0, scene.box)[~mask] == 0).all()


def test_nan_is_missing_even_when_nobody_says_so(tmp_path: Path) -> None:
    data = picture(60, 50)[..., 0].astype(np.float32)
    data[3, 4] = np.nan
    with open_slide(geotiff(tmp_path / "a.tif", data[np.newaxis])) as slide:
        found = slide.scenes[0].read_bands(0, Box(0, 0, 10, 10))
        assert found.valid is not None
        assert np.argwhere(~found.valid).tolist() == [[3, 4]]


@pytest.mark.parametrize(("version", "sharded"), [("0.4", False), ("0.5", False), ("0.5", True)])
def test_ome_zarr(version: str, sharded: bool, tmp_path: Path) -> None:
    path = ome_zarr(tmp_path / "a.zarr", version=version, sharded=sharded)
    with open_slide(path) as slide:
        scene = slide.scenes[0]
        assert slide.kind == f"OME-Zarr {version}"
        assert [level.width for level in scene.levels] == [300, 150, 75]
        assert scene.scale == Scale(0.5, 0.5, "µm")
        assert scene.name == "tissue"
        part = Box(17, 23, 120, 90)
        expected = picture(300, 220)[part.y : part.y2, part.x : part.x2]
        assert np.array_equal(scene.read_level(0, part), expected)
    with open_slide(path / ("zarr.json" if version == "0.5" else ".zattrs")) as slide:
        assert slide.path == path.resolve()


def test_dicom(tmp_path: Path) -> None:
    with open_slide(dicom(tmp_path / "a.dcm")) as slide:
        scene = slide.scenes[0]
        assert slide.kind == "DICOM"
        assert scene.scale == Scale(0.5, 0.5, "µm")
        assert np.abs(scene.read_level(0, scene.box).astype(int) - picture(100, 80)).mean() < 3


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "1", "LA"])
def test_png(mode: str, tmp_path: Path) -> None:
    with open_slide(png(tmp_path / "a.png", mode)) as slide:
        scene = slide.scenes[0]
        expected = np.asarray(Image.fromarray(picture(160, 120)).convert(mode).convert("RGB"))
        assert np.array_equal(scene.read_level(0, scene.box), expected)
        assert scene.scale is None


@pytest.mark.parametrize("orientation", range(1, 9))
def test_jpeg_is_shown_upright(orientation: int, tmp_path: Path) -> None:
    path = jpeg(tmp_path / "a.jpg", orientation)
    turns: dict[int, Callable[[Any], Any]] = {
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: lambda a: np.swapaxes(a, 0, 1),
        6: lambda a: np.rot90(a, -1),
        7: lambda a: np.rot90(np.swapaxes(a, 0, 1), 2),
        8: np.rot90,
    }
    with open_slide(path) as slide:
        scene = slide.scenes[0]
        expected = turns[orientation](picture(160, 120)).astype(int)
        assert (scene.height, scene.width) == expected.shape[:2]
        assert np.abs(scene.read_level(0, scene.box) - expected).mean() < 2


def test_downsamples_that_are_no_integers_are_taken_per_axis(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    data = picture(1000, 700)
    small = np.asarray(Image.fromarray(data).resize((333, 234), Image.Resampling.BOX))
    with tifffile.TiffWriter(path) as tif:
        tif.write(data, tile=(64, 64), photometric="rgb", metadata=None)
        tif.write(small, tile=(64, 64), photometric="rgb", subfiletype=1, metadata=None)
    with open_slide(path) as slide:
        scene = slide.scenes[0]
        assert scene.levels[1].downsample_x == 1000 / 333
        assert scene.levels[1].downsample_y == 700 / 234
        ours = scene.read(Region(Box(100, 100, 800, 500), 5))
        exact = Image.fromarray(data).resize(
            (160, 100), Image.Resampling.BOX, box=(100, 100, 900, 600)
        )
        assert np.abs(ours.astype(int) - np.asarray(exact)).mean() < 2
