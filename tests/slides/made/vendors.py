"""Slides as Aperio, Hamamatsu, Leica and Philips write them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile

from tests.slides.made.pixels import halved, picture

APERIO = (
    "Aperio Image Library v11.2.1\r\n{w}x{h} [0,0 {w}x{h}] (240x240) JPEG/RGB Q=70"
    "|AppMag = 20|MPP = 0.4990|Filename = CMU-1"
)


def svs(path: Path, width: int = 700, height: int = 500) -> Path:
    data = picture(width, height)
    text = APERIO.format(w=width, h=height)
    tiled: dict[str, Any] = {"compression": "jpeg", "photometric": "rgb", "metadata": None}
    with tifffile.TiffWriter(path) as tif:
        tif.write(data, tile=(240, 240), description=text, **tiled)
        tif.write(data[::4, ::4], rowsperstrip=16, description="Aperio thumb", **tiled)
        tif.write(halved(data), tile=(240, 240), description="Aperio level", **tiled)
        tif.write(
            picture(90, 60), rowsperstrip=60, description="Aperio\r\nlabel 90x60",
            subfiletype=1, compression="lzw", photometric="rgb", metadata=None,
        )  # fmt: skip
        tif.write(
            picture(120, 50), rowsperstrip=50, description="Aperio\r\nmacro 120x50",
            subfiletype=9, **tiled,
        )  # fmt: skip
    return path


def ndpi(path: Path, width: int = 640, height: int = 400) -> Path:
    """Hamamatsu's own TIFF: 8-byte offsets of directories, high words of values behind them."""
    data = picture(width, height)
    pages = [(data, 20.0), (halved(data), 10.0), (picture(150, 60), -1.0)]
    content = bytearray(b"II*\0" + bytes(8))
    link = 4
    for image, lens in pages:
        strip, at = imagecodecs.jpeg_encode(image, level=95), len(content)
        content += strip
        texts = len(content)
        content += b"Hamamatsu\0\0\0" + struct.pack("<II", 44000, 1)
        resolution = texts + 12
        rows, columns = image.shape[:2]
        entries = [
            (256, 4, 1, columns),
            (257, 4, 1, rows),
            (258, 3, 1, 8),
            (259, 3, 1, 7),
            (262, 3, 1, 6),
            (271, 2, 10, texts),
            (273, 4, 1, at),
            (277, 3, 1, 3),
            (278, 4, 1, rows),
            (279, 4, 1, len(strip)),
            (282, 5, 1, resolution),
            (283, 5, 1, resolution),
            (296, 3, 1, 3),
            (530, 3, 2, 2 | 2 << 16),
            (65420, 4, 1, 1),
            (65422, 9, 1, 0),
            (65423, 9, 1, 0),
            (65424, 9, 1, 0),
            (65421, 11, 1, struct.unpack("<I", struct.pack("<f", lens))[0]),
        ]
        entries.sort()  # fmt: skip
        content += bytes(len(content) % 2)
        struct.pack_into("<Q", content, link, len(content))
        content += struct.pack("<H", len(entries))
        content += b"".join(struct.pack("<HHII", *entry) for entry in entries)
        link = len(content)
        content += bytes(8 + 4 * len(entries))
    path.write_bytes(content)
    return path


def scn(path: Path) -> Path:
    areas = [picture(600, 400), picture(320, 260)]
    macro = picture(200, 300)
    images = [
        (
            '<image name="macro" uuid="m"><pixels sizeX="200" sizeY="300">'
            '<dimension sizeX="200" sizeY="300" r="0" ifd="0"/></pixels>'
            '<view sizeX="2000000" sizeY="3000000" offsetX="0" offsetY="0"/>'
            "<scanSettings><objectiveSettings><objective>0.6</objective></objectiveSettings>"
            "</scanSettings></image>"
        )
    ]
    ifd = 1
    for number, area in enumerate(areas):
        height, width = area.shape[:2]
        images.append(
            f'<image name="area {number}" uuid="a{number}">'
            "<creationDate>2020-01-01</creationDate>"
            '<device model="SCN400" version="1"/>'
            f'<pixels sizeX="{width}" sizeY="{height}">'
            f'<dimension sizeX="{width}" sizeY="{height}" r="0" ifd="{ifd}"/>'
            f'<dimension sizeX="{width // 2}" sizeY="{height // 2}" r="1" ifd="{ifd + 1}"/>'
            f'</pixels><view sizeX="{width * 500}" sizeY="{height * 500}" '
            f'offsetX="{100000 * (number + 1)}" offsetY="{100000 * (number + 1)}"/>'
            "<scanSettings><objectiveSettings><objective>20</objective></objectiveSettings>"
            "<illuminationSettings><numericalAperture>0.4</numericalAperture>"
            "<illuminationSource>brightfield</illuminationSource></illuminationSettings>"
            "</scanSettings></image>"
        )
        ifd += 2
    text = (
        '<scn xmlns="http://www.leica-microsystems.com/scn/2010/10/01">'
        '<collection name="c" uuid="c" sizeX="2000000" sizeY="3000000">'
        + "".join(images)
        + "</collection></scn>"
    )
    tiled: dict[str, Any] = {"photometric": "rgb", "metadata": None, "compression": "jpeg"}
    with tifffile.TiffWriter(path, bigtiff=True) as tif:
        tif.write(macro, tile=(128, 128), description=text, **tiled)
        for area in areas:
            tif.write(area, tile=(128, 128), **tiled)
            tif.write(halved(area), tile=(128, 128), **tiled)
    return path


def philips(path: Path, width: int = 512, height: int = 512) -> Path:
    spacings = "".join(
        '<DataObject ObjectType="PixelDataRepresentation"><Attribute Name="DICOM_PIXEL_SPACING" '
        f'Group="0x0028">&quot;{0.00025 * step}&quot; &quot;{0.00025 * step}&quot;</Attribute>'
        "</DataObject>"
        for step in (1, 2)
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8" ?><DataObject ObjectType="DPUfsImport">'
        '<Attribute Name="DICOM_MANUFACTURER" Group="0x0008">PHILIPS</Attribute>'
        f'<Attribute Name="PIIM_PIXEL_DATA_REPRESENTATION_SEQUENCE">{spacings}</Attribute>'
        "</DataObject>"
    )
    data = picture(width, height)
    tiled: dict[str, Any] = {"compression": "jpeg", "photometric": "rgb", "metadata": None}
    with tifffile.TiffWriter(path) as tif:
        tif.write(data, tile=(64, 64), description=text, software="Philips DP v1.0", **tiled)
        tif.write(halved(data), tile=(64, 64), subfiletype=1, **tiled)
        tif.write(picture(100, 60), rowsperstrip=60, description="Macro -", **tiled)
        tif.write(picture(80, 50), rowsperstrip=50, description="Label -", **tiled)
    return path


def bif(path: Path, side: int = 256, columns: int = 3, rows: int = 2) -> Path:
    """Ventana's tiles, each joined to its neighbours; numbered from below, row by row, turning."""

    def number(column: int, row: int) -> int:
        up = rows - 1 - row
        return up * columns + (columns - 1 - column if up % 2 else column) + 1

    def joint(direction: str, first: int, second: int) -> str:
        return (
            f'<TileJointInfo FlagJoined="1" Confidence="100" Direction="{direction}" '
            f'Tile1="{first}" Tile2="{second}" OverlapX="0" OverlapY="0"/>'
        )

    across = [
        joint("RIGHT", number(column, row), number(column + 1, row))
        for row in range(rows)
        for column in range(columns - 1)
    ]
    upwards = [
        joint("UP", number(column, row + 1), number(column, row))
        for row in range(rows - 1)
        for column in range(columns)
    ]
    scan = '<iScan Magnification="20" ScanRes="0.465" UnitNumber="1"></iScan>'
    tiles = (
        f'<EncodeInfo Ver="2"><SlideInfo/><SlideStitchInfo><ImageInfo AOIScanned="1" AOIIndex="0" '
        f'Width="{side}" Height="{side}" NumRows="{rows}" NumCols="{columns}" Pos-X="0" Pos-Y="0">'
        f"{''.join(across + upwards)}</ImageInfo></SlideStitchInfo>"
        '<AoiOrigin><AOI0 OriginX="0" OriginY="0"/></AoiOrigin></EncodeInfo>'
    )
    data = picture(side * columns, side * rows)
    shared: dict[str, Any] = {"photometric": "rgb", "metadata": None, "compression": "jpeg"}
    tiled = {"tile": (side, side), **shared}

    def xmp(text: str) -> list[tuple[int, int, int, bytes, bool]]:
        return [(700, 1, len(text), text.encode(), True)]

    with tifffile.TiffWriter(path, bigtiff=True) as tif:
        label = picture(120, 160)
        tif.write(label, rowsperstrip=160, description="Label Image", extratags=xmp(scan), **shared)
        tif.write(data, description="level=0 mag=20 quality=95", extratags=xmp(tiles), **tiled)
        tif.write(halved(data), description="level=1 mag=10 quality=95", subfiletype=1, **tiled)
    return path


def qptiff(path: Path, width: int = 300, height: int = 200) -> Path:
    """PerkinElmer's two fluorescence channels, a page each, at two resolutions."""
    data = picture(width, height)
    shared: dict[str, Any] = {
        "photometric": "minisblack", "metadata": None, "compression": "lzw",
        "software": "PerkinElmer-QPI", "resolution": (20000.0, 20000.0),
        "resolutionunit": "CENTIMETER",
    }  # fmt: skip

    def text(name: str) -> str:
        tag = "PerkinElmer-QPI-ImageDescription"
        return f"<{tag}><Name>{name}</Name></{tag}>"

    with tifffile.TiffWriter(path) as tif:
        for level in (data, halved(data)):
            for number, name in enumerate(("DAPI", "Opal 520")):
                channel = np.ascontiguousarray(level[..., number])
                tif.write(channel, tile=(64, 64), description=text(name), **shared)
            if level is data:
                tif.write(picture(60, 40), rowsperstrip=40, **{**shared, "photometric": "rgb"})
    return path
