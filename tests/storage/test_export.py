"""Exports as other programs see them: exact pixels, right places, nothing half written."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import imagecodecs
import numpy as np
import openslide
import pytest
import rasterio
import tifffile
import tiffslide
import zarr
from PIL import Image

from ssldiff_gui.core.errors import (
    BadRequest,
    Cancelled,
    FileProblem,
    MissingFile,
    NeedsConsent,
    NoSpace,
    OversizedRequest,
    Unfinished,
)
from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.core.progress import Silent
from ssldiff_gui.slides import open_slide
from ssldiff_gui.slides.reduction import reduce_rgb
from ssldiff_gui.storage import export_png, export_tiff
from ssldiff_gui.storage.export import export
from ssldiff_gui.storage.extract import extract_of
from ssldiff_gui.storage.records import read_record
from tests.grids import same_grid
from tests.storage.fake_picture import UTM, Endless, Fake, pixels_of

ENDINGS = (".png", ".jpg", ".ome.tif", ".tif", ".ome.zarr")
LOSSLESS = tuple(ending for ending in ENDINGS if ending != ".jpg")


@pytest.fixture(scope="module")
def picture() -> Fake:
    return Fake(pixels_of(1300, 1100), georeference=UTM)


@pytest.fixture(scope="module")
def files(picture: Fake, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One export of each format."""
    folder = tmp_path_factory.mktemp("exports")
    whole = extract_of(picture)
    return {ending: export(whole, folder / f"out{ending}").path for ending in ENDINGS}


def left_behind(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_pillow_and_libpng_read_the_png(files, picture):
    with Image.open(files[".png"]) as image:
        assert image.format == "PNG"
        assert np.array_equal(np.asarray(image), picture.pixels)
        assert image.info["dpi"] == pytest.approx((50_800, 50_800))
    assert np.array_equal(imagecodecs.png_decode(files[".png"].read_bytes()), picture.pixels)


def test_pillow_reads_the_jpeg(files, picture):
    with Image.open(files[".jpg"]) as image:
        assert image.format == "JPEG"
        found = np.asarray(image).astype(int)
    assert np.abs(found - picture.pixels).mean() < 6


def test_tifffile_reads_the_pyramid(files, picture):
    with tifffile.TiffFile(files[".ome.tif"]) as tif:
        assert tif.is_ome
        (series,) = tif.series
        assert [level.shape for level in series.levels] == [(1100, 1300, 3), (550, 650, 3)]
        assert np.array_equal(series.levels[0].asarray(), picture.pixels)
        assert np.array_equal(series.levels[1].asarray(), reduce_rgb(picture.pixels, 2))
        page = tif.pages[0]
        assert page.tile == (512, 512)
        assert not tif.is_bigtiff
        pixels = tifffile.xml2dict(tif.ome_metadata)["OME"]["Image"]["Pixels"]
        assert pixels["PhysicalSizeX"] == 0.5
        assert pixels["PhysicalSizeXUnit"] == "µm"


def test_openslide_and_tiffslide_read_the_pyramid(files, picture):
    with openslide.OpenSlide(files[".ome.tif"]) as slide:
        assert slide.dimensions == (1300, 1100)
        found = np.asarray(slide.read_region((100, 50), 0, (300, 200)).convert("RGB"))
    assert np.array_equal(found, picture.pixels[50:250, 100:400])
    with tiffslide.TiffSlide(files[".ome.tif"]) as slide:
        assert slide.dimensions == (1300, 1100)
        assert slide.level_count == 2
        found = np.asarray(slide.read_region((100, 50), 0, (300, 200)).convert("RGB"))
        assert float(slide.properties["tiffslide.mpp-x"]) == pytest.approx(0.5)
    assert np.array_equal(found, picture.pixels[50:250, 100:400])


def test_gdal_reads_the_scene_on_its_map(files, picture):
    with rasterio.open(files[".tif"]) as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dataset.crs.to_epsg() == 32633
        assert tuple(dataset.transform)[:6] == UTM.affine
        assert dataset.block_shapes == [(512, 512)] * 3
        assert dataset.overviews(1) == [2, 4]
        assert np.array_equal(np.moveaxis(dataset.read(), 0, 2), picture.pixels)


def test_zarr_reads_every_level(files, picture):
    group = zarr.open_group(files[".ome.zarr"], mode="r")
    assert sorted(dict(group.members())) == ["0", "1", "ssldiff"]
    ome = group.attrs["ome"]
    assert ome["version"] == "0.5"
    paths = [dataset["path"] for dataset in ome["multiscales"][0]["datasets"]]
    levels = [np.moveaxis(group[path][:], 0, 2) for path in paths]
    assert np.array_equal(levels[0], picture.pixels)
    assert np.array_equal(levels[1], reduce_rgb(picture.pixels, 2))
    assert len(levels) == 2


@pytest.mark.parametrize("ending", LOSSLESS)
def test_the_studio_opens_what_it_wrote(files, picture, ending):
    with open_slide(files[ending]) as slide:
        scene = slide.scenes[0]
        assert np.array_equal(scene.read_level(0, scene.box), picture.pixels)
        if ending in {".tif", ".ome.zarr"}:
            assert scene.georeference == UTM
        if ending not in {".tif", ".png"}:
            assert scene.scale == picture.scale


@pytest.mark.parametrize("ending", LOSSLESS)
def test_a_part_of_a_level_lands_where_it_was(ending, tmp_path):
    picture = Fake(pixels_of(1000, 700), georeference=UTM, scale=Scale(10, 10, "m"))
    part = extract_of(picture, (44, 22, 602, 300), 1)
    done = export(part, tmp_path / f"part{ending}")
    assert (done.width, done.height, done.sha256) == (301, 150, None)
    with open_slide(done.path) as slide:
        scene = slide.scenes[0]
        wanted = reduce_rgb(picture.pixels, 2)[11:161, 22:323]
        assert np.array_equal(scene.read_level(0, scene.box), wanted)
        if ending in {".tif", ".ome.zarr"}:
            assert scene.scale == Scale(20, 20, "m")
            assert scene.georeference.affine == (20, 0, 500_440, 0, -20, 4_999_780)
        elif ending != ".png":
            assert scene.scale.x == pytest.approx(20e6)
    record = read_record(done.path)
    assert (record.box, record.level) == ((44, 22, 602, 300), 1)
    assert record.sha256 == picture.digest()


@pytest.mark.parametrize(("place", "kind"), [(UTM, "cloud-optimised GeoTIFF"), (None, "OME-TIFF")])
def test_a_tif_is_a_geotiff_where_there_is_a_map(place, kind, tmp_path):
    picture = Fake(pixels_of(64, 64), georeference=place)
    assert export(extract_of(picture), tmp_path / "a.TIF").format == kind


def test_a_scale_in_metres_or_in_nothing_goes_into_an_ome_tiff(tmp_path):
    for number, scale in enumerate((Scale(10, 20, "m"), Scale(1e-4, 1e-4, "°"), None)):
        done = export(extract_of(Fake(pixels_of(64, 64), scale=scale)), tmp_path / f"{number}.tif")
        with open_slide(done.path) as slide:
            found = slide.scenes[0].scale
        assert found == (Scale(10e6, 20e6, "µm") if number == 0 else None)


def test_what_needs_more_than_4_gb_becomes_a_bigtiff(tmp_path, monkeypatch):
    monkeypatch.setattr(export_tiff, "CLASSIC", 1)
    picture = Fake(pixels_of(1300, 300))
    done = export(extract_of(picture), tmp_path / "a.ome.tif")
    with tifffile.TiffFile(done.path) as tif:
        assert tif.is_bigtiff
        assert np.array_equal(tif.asarray(), picture.pixels)
    assert same_grid(read_record(done.path).grid, picture.grid)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 700), (700, 1), (513, 257)])
@pytest.mark.parametrize("ending", LOSSLESS)
def test_odd_sizes(width, height, ending, tmp_path):
    picture = Fake(pixels_of(width, height), georeference=UTM)
    done = export(extract_of(picture), tmp_path / f"a{ending}")
    with open_slide(done.path) as slide:
        scene = slide.scenes[0]
        assert np.array_equal(scene.read_level(0, scene.box), picture.pixels)


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_result_says_what_was_written(files, picture, ending, tmp_path):
    done = export(extract_of(picture), tmp_path / f"out{ending}")
    found = [done.path, *done.path.rglob("*")]
    assert done.bytes == sum(path.stat().st_size for path in found if path.is_file())
    assert (done.width, done.height, done.missing) == (1300, 1100, 0)
    assert done.sha256 == (None if ending == ".jpg" else picture.digest())
    facts = json.loads(done.sidecar.read_text("utf-8"))["file"]
    assert facts["name"] == f"out.synthetic{ending}"
    assert facts["bytes"] == done.bytes
    assert left_behind(tmp_path) == sorted([done.path.name, done.sidecar.name])


@pytest.mark.parametrize("ending", [".png", ".jpg", ".ome.tif"])
def test_the_same_canvas_gives_the_same_file(files, picture, ending, tmp_path):
    again = export(extract_of(picture), tmp_path / f"out{ending}").path
    assert again.read_bytes() == files[ending].read_bytes()


def test_a_better_jpeg_is_nearer(picture, tmp_path):
    sizes = [
        export(extract_of(picture), tmp_path / f"{quality}.jpg", quality=quality).bytes
        for quality in (30, 92, 100)
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2] / 2


def test_a_long_record_goes_into_a_png_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(export_png, "PART", 1000)
    picture = Fake(pixels_of(64, 64))
    done = export(extract_of(picture), tmp_path / "a.png")
    assert done.path.read_bytes().count(b"ssldiff:recipe:") >= 2
    assert same_grid(read_record(done.path).grid, picture.grid)
    assert np.array_equal(imagecodecs.png_decode(done.path.read_bytes()), picture.pixels)


def test_a_record_that_no_png_reader_takes_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(export_png, "MOST_TEXT", 1000)
    with pytest.raises(OversizedRequest, match="recipe") as caught:
        export(extract_of(Fake(pixels_of(64, 64))), tmp_path / "a.png")
    assert "OME-TIFF" in caught.value.hint
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_missing_tiles_are_said_and_need_a_word(ending, tmp_path):
    picture = Fake(pixels_of(600, 500), georeference=UTM, undone=frozenset({(0, 1), (1, 1)}))
    output = tmp_path / f"a{ending}"
    with pytest.raises(Unfinished, match="2 of the tiles") as caught:
        export(extract_of(picture), output)
    assert "--partial" in caught.value.hint
    assert left_behind(tmp_path) == []
    done = export(extract_of(picture), output, partial=True)
    assert (done.missing, done.sha256) == (2, None)
    record = read_record(done.path)
    assert record.sha256 is None
    assert json.loads(done.sidecar.read_text("utf-8"))["file"]["missing_tiles"] == 2


def test_a_finished_part_of_an_unfinished_canvas_needs_no_word(tmp_path):
    picture = Fake(pixels_of(600, 500), undone=frozenset({(0, 0)}))
    done = export(extract_of(picture, (256, 256, 100, 100)), tmp_path / "a.png")
    assert done.missing == 0
    assert read_record(done.path).sha256 is None


class _Stops(Silent):
    """Asks for an end when half is done."""

    def __init__(self) -> None:
        self.half = False

    def report(self, done: float, total: float, words: str = "") -> None:
        self.half = self.half or (words.startswith("Writing") and done * 3 >= total)

    def check(self) -> None:
        if self.half:
            raise Cancelled("Stopped.")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("before", [False, True])
def test_who_asks_for_an_end_leaves_nothing_half(ending, before, tmp_path):
    picture = Endless(size=(1600, 1600), georeference=UTM)
    output = tmp_path / f"a{ending}"
    if before:
        small = Fake(pixels_of(64, 64), georeference=UTM)
        export(extract_of(small), output)
    there = left_behind(tmp_path)
    with pytest.raises(Cancelled):
        export(extract_of(picture), output, progress=_Stops())
    assert left_behind(tmp_path) == there
    if before:
        assert read_record(tmp_path / f"a.synthetic{ending}").recipe.width == 64


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_that_is_there_is_replaced(ending, tmp_path):
    for side in (64, 96):
        picture = Fake(pixels_of(side, side), georeference=UTM)
        done = export(extract_of(picture), tmp_path / f"a{ending}")
    assert read_record(done.path).recipe.width == 96
    assert len(left_behind(tmp_path)) == 2


class _RunsFull(_Stops):
    """Stands for a disk that runs full when half is done."""

    def check(self) -> None:
        if self.half:
            raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_full_disk_is_said_as_such(ending, tmp_path):
    picture = Endless(size=(1600, 1600), georeference=UTM)
    with pytest.raises(NoSpace, match="ran full"):
        export(extract_of(picture), tmp_path / f"a{ending}", progress=_RunsFull())
    assert left_behind(tmp_path) == []


def test_hashing_can_be_stopped_too(tmp_path):
    class Impatient(Silent):
        def report(self, done, total, words=""):
            assert words == "Hashing the canvas"
            self.check = self.stop

        def stop(self):
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        export(extract_of(Endless(size=(64, 600))), tmp_path / "a.png", progress=Impatient())
    assert left_behind(tmp_path) == []


def test_a_disk_without_room_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr("ssldiff_gui.storage.preflight.free_bytes", lambda _: 65 << 20)
    with pytest.raises(NoSpace, match="MB"):
        export(extract_of(Endless(size=(4000, 4000))), tmp_path / "a.ome.tif")
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("ending", [".ome.tif", ".tif", ".ome.zarr", ".png"])
def test_the_estimate_is_near_what_is_written(ending, tmp_path):
    from ssldiff_gui.storage.export import _needed
    from ssldiff_gui.storage.export_formats import format_of

    part = extract_of(Fake(pixels_of(1600, 1600), georeference=UTM))
    output = tmp_path / f"a{ending}"
    kind = format_of(output, part)
    needed = _needed(part, kind)
    written = export(part, output).bytes * (2 if ending == ".tif" else 1)
    assert 0.8 < written / needed < 1.2


@pytest.mark.parametrize(
    ("size", "ending", "kind", "words"),
    [
        ((12_000, 10_001), ".png", NeedsConsent, "to open"),
        ((12_000, 10_001), ".jpg", NeedsConsent, "to write"),
        ((32_000, 32_000), ".png", OversizedRequest, "too many"),
        ((32_000, 32_000), ".jpg", OversizedRequest, "too many"),
        ((66_000, 100), ".jpg", OversizedRequest, "65,500"),
    ],
)
def test_sizes_that_make_no_sense_are_refused_with_their_cost(size, ending, kind, words, tmp_path):
    with pytest.raises(kind, match=words) as caught:
        export(extract_of(Endless(size=size)), tmp_path / f"a{ending}")
    assert "OME-TIFF" in caught.value.hint
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("name", ["a.bmp", "a", "a.svs", ".png", ".ome.tif", ".tif"])
def test_other_formats_are_refused(name, tmp_path):
    with pytest.raises(BadRequest, match="No format"):
        export(extract_of(Fake(pixels_of(8, 8))), tmp_path / name)


def test_a_geotiff_needs_a_place(tmp_path):
    with pytest.raises(BadRequest, match="no map") as caught:
        export(extract_of(Fake(pixels_of(8, 8))), tmp_path / "a.cog.tif")
    assert "OME-TIFF" in caught.value.hint


def test_folders_that_are_no_exports_are_left_alone(tmp_path):
    kept = tmp_path / "a.synthetic.ome.zarr" / "kept.txt"
    kept.parent.mkdir()
    kept.write_text("mine")
    with pytest.raises(BadRequest, match="no export"):
        export(extract_of(Fake(pixels_of(8, 8))), tmp_path / "a.ome.zarr")
    assert kept.read_text() == "mine"
    (tmp_path / "b.synthetic.png").mkdir()
    with pytest.raises(BadRequest, match="folder"):
        export(extract_of(Fake(pixels_of(8, 8))), tmp_path / "b.png")


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(MissingFile, match="does not exist"):
        export(extract_of(Fake(pixels_of(8, 8))), tmp_path / "no" / "a.png")


def test_gdal_that_cannot_write_is_an_error_for_people(tmp_path, monkeypatch):
    def failing(*_, **__):
        raise rasterio.errors.RasterioIOError("disk trouble")

    monkeypatch.setattr("rasterio.shutil.copy", failing)
    picture = Fake(pixels_of(64, 64), georeference=UTM)
    with pytest.raises(FileProblem, match="cannot be written"):
        export(extract_of(picture), tmp_path / "a.tif")
    assert left_behind(tmp_path) == []
