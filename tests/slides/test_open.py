"""Every way of giving a wrong path, and files that change or go while they are open."""

from __future__ import annotations

import os
import shutil
import socket
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssldiff_gui.core.errors import (
    BrokenFile,
    ChangedFile,
    ClosedFile,
    EncryptedFile,
    FileProblem,
    MissingFile,
    OversizedFile,
    RemoteFile,
    UnsupportedFile,
)
from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.slides import open_slide
from tests.slides.made.others import jpeg, ome_zarr, png
from tests.slides.made.pixels import picture
from tests.slides.made.small import SMALL
from tests.slides.made.tiffs import geotiff, tiff
from tests.slides.made.vendors import svs

ADDRESSES = (
    "http://example.org/slide.svs",
    "https://example.org/slide.svs",
    "s3://bucket/slide.svs",
    "file:///etc/passwd",
    "simplecache::https://example.org/slide.svs",
    "/vsicurl/http://example.org/scene.tif",
    "/vsizip//tmp/a.zip/a.tif",
    "zip://a.tif::http://example.org/a.zip",
    "GTIFF_DIR:1:scene.tif",
    "NETCDF:http://example.org/a.nc",
)


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: Any, **named: Any) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.usefixtures("no_sockets")
def test_an_address_is_refused(address: str) -> None:
    with pytest.raises(RemoteFile) as caught:
        open_slide(address)
    assert address in caught.value.message
    assert caught.value.hint


def test_a_virtual_raster_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scene.tif"
    path.write_text('<VRTDataset rasterXSize="1" rasterYSize="1"></VRTDataset>')
    with pytest.raises(RemoteFile, match=r"scene\.tif"):
        open_slide(path)


def test_a_local_name_may_look_like_an_address(tmp_path: Path, monkeypatch: Any) -> None:
    png(tmp_path / "s3:slide.png")
    monkeypatch.chdir(tmp_path)
    with open_slide("s3:slide.png") as slide:
        assert slide.kind == "PNG"


def _encrypted_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "text")
    content = bytearray(path.read_bytes())
    content[6] |= 1
    path.write_bytes(content)


def _special(path: Path) -> None:
    os.mkfifo(path)


WRONG: dict[str, tuple[Any, type[FileProblem]]] = {
    "missing.svs": (lambda _: None, MissingFile),
    "empty.tif": (lambda path: path.touch(), BrokenFile),
    "text.svs": (lambda path: path.write_text("not a slide at all"), UnsupportedFile),
    "folder": (lambda path: path.mkdir(), UnsupportedFile),
    "folder.zarr": (lambda path: path.mkdir(), UnsupportedFile),
    "pipe.svs": (_special, UnsupportedFile),
    "secret.zip": (_encrypted_zip, EncryptedFile),
    "secret.svs": (lambda path: path.write_bytes(b"Salted__" + bytes(64)), EncryptedFile),
    "header.tif": (lambda path: path.write_bytes(b"II*\0\x08\0\0\0"), BrokenFile),
    "header.png": (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n"), BrokenFile),
    "header.jpg": (lambda path: path.write_bytes(b"\xff\xd8\xff\xe0"), BrokenFile),
    "header.dcm": (lambda path: path.write_bytes(bytes(128) + b"DICM" + bytes(9)), UnsupportedFile),
    "slide.mrxs": (lambda path: path.write_bytes(b"\xff\xd8\xff\xe0"), UnsupportedFile),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_named(name: str, tmp_path: Path) -> None:
    make, kind = WRONG[name]
    make(tmp_path / name)
    with pytest.raises(kind, match=name) as caught:
        open_slide(tmp_path / name)
    assert caught.value.hint
    assert caught.value.path.name == name


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX only")
def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "a.tif", np.moveaxis(picture(60, 50), -1, 0))
    renamed = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.tif"))
    path.rename(renamed)
    with pytest.raises(UnsupportedFile, match="no text"):
        open_slide(renamed)
    slide = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xfe.png"))
    png(tmp_path / "b.png").rename(slide)
    with open_slide(slide) as found:
        assert found.kind == "PNG"


def test_a_path_that_cannot_be_one_is_a_missing_file() -> None:
    for path in ("", "a\0b", "x" * 5000):
        with pytest.raises(FileProblem):
            open_slide(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = png(tmp_path / "a.png")
    path.chmod(0)
    with pytest.raises(MissingFile, match=r"a\.png"):
        open_slide(path)


def read_all(path: Path) -> None:
    with open_slide(path) as slide:
        for scene in slide.scenes:
            for number, level in enumerate(scene.levels):
                scene.read_bands(number, level.box)


def test_a_wrong_suffix_does_not_matter(tmp_path: Path) -> None:
    path = jpeg(tmp_path / "picture.jpg").rename(tmp_path / "picture.svs")
    with open_slide(path) as slide:
        assert slide.kind == "JPEG"


@pytest.mark.parametrize("name", ["svs.svs", "strips.tif", "ome.ome.tif", "geo.tif", "png.png"])
def test_a_file_cut_anywhere_is_said_to_be_damaged(name: str, tmp_path: Path) -> None:
    group = next(group for group in SMALL.values() if name in group)
    whole = group[name](tmp_path / name).read_bytes()
    path = tmp_path / f"cut-{name}"
    for part in range(1, 12):
        path.write_bytes(whole[: len(whole) * part // 12])
        with pytest.raises((BrokenFile, UnsupportedFile), match="cut-") as caught:
            read_all(path)
        assert caught.value.hint


def test_a_strip_that_no_machine_could_hold(tmp_path: Path) -> None:
    path = tiff(tmp_path / "a.tif", picture(64, 64), rowsperstrip=64, compression="zlib")
    import tifffile

    with tifffile.TiffFile(path, mode="r+b") as tif:
        for tag in ("ImageWidth", "ImageLength", "RowsPerStrip"):
            tif.pages.first.tags[tag].overwrite(60_000)
    with pytest.raises(OversizedFile, match=r"a\.tif"):
        open_slide(path)


@pytest.mark.parametrize("name", ["svs.svs", "raw.tif", "geo.tif", "png.png", "dicom.dcm"])
def test_a_file_that_is_rewritten_while_it_is_open(name: str, tmp_path: Path) -> None:
    group = next(group for group in SMALL.values() if name in group)
    path = group[name](tmp_path / name)
    with open_slide(path) as slide:
        scene = slide.scenes[0]
        scene.read(Region(Box(0, 0, 20, 20)))
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(content)
        with pytest.raises(ChangedFile, match=name):
            scene.read(Region(Box(0, 0, 20, 20)))
        with pytest.raises(ChangedFile, match=name):
            slide.check_unchanged()


def test_a_file_that_goes_away_while_it_is_open(tmp_path: Path) -> None:
    path = svs(tmp_path / "a.svs")
    with open_slide(path) as slide:
        path.unlink()
        with pytest.raises(MissingFile, match=r"a\.svs"):
            slide.scenes[0].read(Region(Box(0, 0, 20, 20)))


def test_a_zarr_folder_that_is_written_anew(tmp_path: Path) -> None:
    path = ome_zarr(tmp_path / "a.zarr")
    with open_slide(path) as slide:
        shutil.rmtree(path)
        ome_zarr(path, width=100)
        with pytest.raises(ChangedFile):
            slide.scenes[0].read(Region(Box(0, 0, 20, 20)))


@pytest.mark.parametrize("name", ["svs.svs", "geo.tif", "png.png", "dicom.dcm", "z5.zarr"])
def test_reading_after_closing_is_an_error_of_its_own(name: str, tmp_path: Path) -> None:
    group = next(group for group in SMALL.values() if name in group)
    slide = open_slide(group[name](tmp_path / name))
    slide.close()
    slide.close()
    with pytest.raises(ClosedFile, match=name):
        slide.scenes[0].read(Region(Box(0, 0, 20, 20)))


def test_side_files_are_left_alone(tmp_path: Path) -> None:
    data = np.moveaxis(picture(60, 50), -1, 0)
    path = geotiff(tmp_path / "a.tif", data)
    (tmp_path / "a.tif.aux.xml").write_text("<PAMDataset><SRS>EPSG:4326</SRS></PAMDataset>")
    (tmp_path / "a.tif.ovr").write_bytes(b"II*\0 nonsense")
    before = sorted(tmp_path.iterdir())
    with open_slide(path) as slide:
        assert slide.scenes[0].georeference is not None
        assert slide.scenes[0].georeference.crs == "EPSG:32633"
        assert len(slide.scenes[0].levels) == 1
        slide.scenes[0].read(Region(slide.scenes[0].box, 3))
    assert sorted(tmp_path.iterdir()) == before
