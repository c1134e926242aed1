"""Files made by hand to hurt whoever opens them, and how opening them must end."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile

from tests.slides.made.others import dicom, ome_zarr
from tests.slides.made.pixels import picture
from tests.slides.made.vendors import bif

Hostile = Callable[[Path], tuple[Path, str]]

LONG, SHORT, ASCII = 4, 3, 2
CODES = {LONG: "I", SHORT: "H", ASCII: "s"}


def ifd_tiff(
    path: Path,
    entries: Sequence[tuple[int, int, Any]],
    *,
    data: bytes = b"",
    following: int | None = None,
) -> Path:
    """Write a classic TIFF of one directory, entries as (tag, type, values)."""
    content = bytearray(b"II*\0\0\0\0\0" + data)
    table = []
    for tag, kind, value in sorted(entries, key=lambda entry: entry[0]):
        if kind == ASCII:
            count, packed = len(value), bytes(value)
        else:
            values = value if isinstance(value, (list, tuple)) else [value]
            count, packed = len(values), struct.pack(f"<{len(values)}{CODES[kind]}", *values)
        if len(packed) <= 4:
            table.append(struct.pack("<HHI", tag, kind, count) + packed.ljust(4, b"\0"))
        else:
            table.append(struct.pack("<HHII", tag, kind, count, len(content)))
            content += packed
    content += bytes(len(content) % 2)
    start = len(content)
    struct.pack_into("<I", content, 4, start)
    link = start if following is None else following
    content += struct.pack("<H", len(table)) + b"".join(table) + struct.pack("<I", link)
    path.write_bytes(content)
    return path


def _grey(side: int, *more: tuple[int, int, Any], compression: int = 8) -> list[Any]:
    return [
        (256, LONG, side), (257, LONG, side), (258, SHORT, 8), (259, SHORT, compression),
        (262, SHORT, 1), (277, SHORT, 1), *more,
    ]  # fmt: skip


def million_squared_tiles(folder: Path) -> tuple[Path, str]:
    """15 kB that claim 10⁶ × 10⁶ pixels in tiles of 16384²: 268 million pixels a tile."""
    count = 62 * 62
    entries = _grey(
        1_000_000, (322, LONG, 16384), (323, LONG, 16384), (324, LONG, [8] * count),
        (325, SHORT, [64] * count),
    )  # fmt: skip
    return ifd_tiff(folder / "claim.tif", entries, data=zlib.compress(bytes(4096)), following=0), (
        "opened"
    )


def million_squared_strip(folder: Path) -> tuple[Path, str]:
    """One strip of 10¹² pixels."""
    entries = _grey(1_000_000, (273, LONG, 8), (278, LONG, 1_000_000), (279, LONG, 15_000))
    path = ifd_tiff(folder / "strip.tif", entries, data=bytes(15_000), following=0)
    return path, "OversizedFile"


def million_squared_raw(folder: Path) -> tuple[Path, str]:
    """10¹² bytes that are said to lie in 15 kB as they are."""
    entries = _grey(
        1_000_000, (273, LONG, 8), (278, LONG, 1_000_000), (279, LONG, 15_000), compression=1
    )
    path = ifd_tiff(folder / "raw.tif", entries, data=bytes(15_000), following=0)
    return path, "opened"


def million_squared_geotiff(folder: Path) -> tuple[Path, str]:
    """The same claim in a georeferenced file, which GDAL opens."""
    entries = _grey(
        1_000_000, (322, LONG, 65536), (323, LONG, 65536), (324, LONG, [8] * 256),
        (325, LONG, [64] * 256), (42113, ASCII, b"0\0"),
    )  # fmt: skip
    path = ifd_tiff(folder / "geo.tif", entries, data=bytes(64), following=0)
    return path, "OversizedFile"


def missing_index(folder: Path) -> tuple[Path, str]:
    entries = _grey(1_000_000, (322, LONG, 256), (323, LONG, 256), (324, LONG, 8), (325, LONG, 64))
    path = ifd_tiff(folder / "index.tif", entries, data=bytes(64), following=0)
    return path, "BrokenFile"


def circular_directories(folder: Path) -> tuple[Path, str]:
    """The next directory is this one."""
    raw = picture(16, 16)[..., 0].tobytes()
    entries = _grey(16, (273, LONG, 8), (278, LONG, 16), (279, LONG, 256), compression=1)
    return ifd_tiff(folder / "loop.tif", entries, data=raw), "opened"


def endless_directories(folder: Path) -> tuple[Path, str]:
    """A chain of 200,000 directories."""
    entry = struct.pack("<HHII", 256, LONG, 1, 16)
    size = 2 + len(entry) + 4
    parts = [b"II*\0", struct.pack("<I", 8)]
    parts += [
        struct.pack("<H", 1) + entry + struct.pack("<I", 8 + (number + 1) * size)
        for number in range(200_000)
    ]
    path = folder / "chain.tif"
    path.write_bytes(b"".join(parts))
    return path, "OversizedFile"


def jpeg_bomb(folder: Path) -> tuple[Path, str]:
    """A tile of 64² whose JPEG claims 65,000²."""
    data = bytearray(imagecodecs.jpeg_encode(np.ascontiguousarray(picture(64, 64)[..., 0])))
    start = data.index(b"\xff\xc0")
    struct.pack_into(">HH", data, start + 5, 65_000, 65_000)
    entries = _grey(
        64, (322, SHORT, 64), (323, SHORT, 64), (324, LONG, 8), (325, LONG, len(data)),
        compression=7,
    )  # fmt: skip
    return ifd_tiff(folder / "bomb.tif", entries, data=bytes(data), following=0), "BrokenFile"


def jpeg2000_bomb(folder: Path) -> tuple[Path, str]:
    data = bytearray(
        imagecodecs.jpeg2k_encode(np.ascontiguousarray(picture(64, 64)[..., 0]), codecformat="j2k")
    )
    struct.pack_into(">II", data, 8, 60_000, 60_000)
    entries = _grey(
        64, (322, SHORT, 64), (323, SHORT, 64), (324, LONG, 8), (325, LONG, len(data)),
        compression=34712,
    )  # fmt: skip
    return ifd_tiff(folder / "bomb2000.tif", entries, data=bytes(data), following=0), "BrokenFile"


def deflate_bomb(folder: Path) -> tuple[Path, str]:
    """A strip of 64 kB that unpacks to 2 GB."""
    packer = zlib.compressobj(9)
    zeros = bytes(1 << 20)
    data = b"".join(packer.compress(zeros) for _ in range(2048)) + packer.flush()
    entries = _grey(64, (273, LONG, 8), (278, LONG, 64), (279, LONG, len(data)))
    return ifd_tiff(folder / "deflate.tif", entries, data=data, following=0), "opened"


def ome_claims(folder: Path) -> tuple[Path, str]:
    """OME metadata that ask for a thousand million pages, other files and laughs."""
    text = (
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
        + "".join(
            f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
        )
        + "]><OME><Image><Pixels DimensionOrder='XYCZT' SizeX='16' SizeY='16' SizeC='1' "
        "SizeZ='1000000' SizeT='1000' Type='uint8'><TiffData FirstT='999' IFD='0'>"
        "<UUID FileName='../../../../etc/passwd'>&i;</UUID></TiffData></Pixels></Image></OME>"
    )
    raw = picture(16, 16)[..., 0].tobytes()
    entries = _grey(
        16, (270, ASCII, text.encode() + b"\0"), (273, LONG, 8), (278, LONG, 16),
        (279, LONG, 256), compression=1,
    )  # fmt: skip
    return ifd_tiff(folder / "claims.ome.tif", entries, data=raw, following=0), "opened"


def huge_tag(folder: Path) -> tuple[Path, str]:
    """A description of 4 GB that is not there."""
    raw = picture(16, 16)[..., 0].tobytes()
    entries = _grey(16, (273, LONG, 8), (278, LONG, 16), (279, LONG, 256), compression=1)
    path = ifd_tiff(folder / "tag.tif", [*entries, (270, ASCII, b"x" * 8)], data=raw, following=0)
    content = bytearray(path.read_bytes())
    at = content.index(struct.pack("<HHI", 270, ASCII, 8))
    struct.pack_into("<I", content, at + 4, 0xFFFF_FFF0)
    path.write_bytes(content)
    return path, "opened"


def dicom_bomb(folder: Path) -> tuple[Path, str]:
    """A slide of one tile of 65,535² pixels, for which OpenSlide would ask 17 GB."""
    path = dicom(folder / "bomb.dcm", 64, 64)
    content = bytearray(path.read_bytes())
    sizes = ((0x28, 0x10, b"US"), (0x28, 0x11, b"US"), (0x48, 6, b"UL"), (0x48, 7, b"UL"))
    for group, element, kind in sizes:
        at = content.index(struct.pack("<HH", group, element) + kind)
        struct.pack_into("<H", content, at + 8, 65_535)
    path.write_bytes(content)
    return path, "OversizedFile"


def crumbs(folder: Path) -> tuple[Path, str]:
    """A million tiles of one pixel each."""
    entries = _grey(
        1000, (322, SHORT, 1), (323, SHORT, 1), (324, LONG, [8] * 1_000_000),
        (325, SHORT, [1] * 1_000_000), compression=1,
    )  # fmt: skip
    return ifd_tiff(folder / "crumbs.tif", entries, data=b"x", following=0), "BrokenFile"


def blosc_beyond(folder: Path) -> tuple[Path, str]:
    """A Blosc chunk that claims more bytes than it has, with blocks far beyond its end."""
    import numcodecs

    path = ome_zarr(folder / "hostile.zarr", version="0.4", width=64, height=64)
    file = path / "0" / ".zarray"
    found = json.loads(file.read_text())
    found["compressor"] = numcodecs.Blosc().get_config()
    file.write_text(json.dumps(found))
    smooth = np.arange(3 * 32 * 32, dtype=np.uint32).astype(np.uint8).reshape(3, 32, 32)
    chunk = bytearray(numcodecs.Blosc().encode(smooth))
    struct.pack_into("<II", chunk, 12, 0x7000_0000, 0x6000_0000)
    for chunk_file in (path / "0").rglob("[0-9]*"):
        if chunk_file.is_file():
            chunk_file.write_bytes(chunk)
    return path, "BrokenFile"


def ventana_claim(folder: Path) -> tuple[Path, str]:
    """A Ventana tile of 2 GB in a small file: OpenSlide would end the process."""
    path = bif(folder / "claim.bif", 64, 2, 2)
    with tifffile.TiffFile(path, mode="r+b") as tif:
        counts = tif.pages[1].tags["TileByteCounts"]
        counts.overwrite([0x7FFF_FFFF] * counts.count)
    return path, "BrokenFile"


def png_bomb(folder: Path) -> tuple[Path, str]:
    """A PNG of a few bytes that claims 100,000²."""
    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    path = folder / "bomb.png"
    path.write_bytes(content)
    return path, "OversizedFile"


def _edited_array(folder: Path, version: str, change: Callable[[dict[str, Any]], None]) -> Path:
    path = ome_zarr(folder / "hostile.zarr", version=version, width=64, height=64)
    file = path / "0" / ("zarr.json" if version == "0.5" else ".zarray")
    found = json.loads(file.read_text())
    change(found)
    file.write_text(json.dumps(found))
    return path


def zarr_pickle(folder: Path) -> tuple[Path, str]:
    """An array whose filter would run what it finds."""

    def change(found: dict[str, Any]) -> None:
        found["filters"] = [{"id": "pickle"}]
        found["dtype"] = "|O"

    return _edited_array(folder, "0.4", change), "UnsupportedFile"


def zarr_chunk(folder: Path) -> tuple[Path, str]:
    """One chunk of 10¹² values."""

    def change(found: dict[str, Any]) -> None:
        found["shape"] = found["chunks"] = [3, 1_000_000, 1_000_000]

    return _edited_array(folder, "0.4", change), "OversizedFile"


def zarr_outside(folder: Path) -> tuple[Path, str]:
    """A level that lies outside the folder."""
    path = ome_zarr(folder / "hostile.zarr", width=64, height=64)
    text = (path / "zarr.json").read_text()
    (path / "zarr.json").write_text(text.replace('"path": "0"', '"path": "../other.zarr/0"'))
    ome_zarr(folder / "other.zarr", width=64, height=64)
    return path, "BrokenFile"


def blosc_claim(folder: Path) -> tuple[Path, str]:
    """A Blosc chunk whose header claims 2 GB."""
    import numcodecs

    path = ome_zarr(folder / "hostile.zarr", version="0.4", width=64, height=64)
    file = path / "0" / ".zarray"
    found = json.loads(file.read_text())
    found["compressor"] = numcodecs.Blosc().get_config()
    file.write_text(json.dumps(found))
    chunk = bytearray(numcodecs.Blosc().encode(np.zeros((3, 32, 32), np.uint8)))
    struct.pack_into("<I", chunk, 4, 0x7FFF_FFF0)
    for chunk_file in (path / "0").rglob("[0-9]*"):
        if chunk_file.is_file():
            chunk_file.write_bytes(chunk)
    return path, "OversizedFile"


HOSTILE: dict[str, Hostile] = {
    make.__name__: make
    for make in (
        million_squared_tiles,
        million_squared_strip,
        million_squared_raw,
        million_squared_geotiff,
        missing_index,
        circular_directories,
        endless_directories,
        jpeg_bomb,
        jpeg2000_bomb,
        deflate_bomb,
        ome_claims,
        huge_tag,
        dicom_bomb,
        crumbs,
        png_bomb,
        zarr_pickle,
        zarr_chunk,
        zarr_outside,
        blosc_claim,
        blosc_beyond,
        ventana_claim,
    )
}
