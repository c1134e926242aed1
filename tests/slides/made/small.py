"""One small file of each reader and codec."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.slides.made.others import dicom, jpeg, ome_zarr, png
from tests.slides.made.pixels import picture
from tests.slides.made.tiffs import geotiff, ome_tiff, tiff
from tests.slides.made.vendors import bif, ndpi, philips, qptiff, scn, svs


def _geo(path: Path) -> Path:
    data = np.moveaxis(picture(100, 90), -1, 0)
    return geotiff(
        path, data, tiled=True, blockxsize=32, blockysize=32, compress="deflate",
        overviews=(2, 4), nodata=0,
    )  # fmt: skip


def _geo_float(path: Path) -> Path:
    data = np.moveaxis(picture(90, 70), -1, 0).astype(np.float32)
    return geotiff(path, np.concatenate([data, data]), nodata=-1.0, compress="lzw", predictor=3)


SMALL: dict[str, dict[str, Callable[[Path], Path]]] = {
 "vendor": {
    "svs.svs": lambda path: svs(path, 260, 250),
    "ndpi.ndpi": lambda path: ndpi(path, 160, 120),
    "scn.scn": scn,
        "qpi.qptiff": lambda path: qptiff(path, 130, 70),
        "bif.bif": lambda path: bif(path, 64, 2, 2),
    "philips.tiff": lambda path: philips(path, 128, 128),
    }, "ome": {
    "ome.ome.tif": lambda path: ome_tiff(path, 70, 60),
    "omejpeg.ome.tif": lambda path: ome_tiff(path, 70, 60, "jpeg"),
    }, "tiff": {
    "strips.tif": lambda path: tiff(
        path, picture(120, 90), rowsperstrip=7, compression="lzw", photometric="rgb"
    ),
    "raw.tif": lambda path: tiff(path, picture(120, 90), photometric="rgb", rowsperstrip=90),
    "packed.tif": lambda path: tiff(path, picture(64, 64)[..., 2] > 99, compression="packbits"),
    "planar.tif": lambda path: tiff(
        path, np.moveaxis(picture(120, 90), -1, 0).astype(np.uint16), tile=(32, 32),
        compression="zlib", predictor=True, photometric="rgb", planarconfig="separate",
        byteorder=">",
    ),
    "j2k.tif": lambda path: tiff(
        path, picture(128, 96), tile=(64, 64), compression="jpeg2000", photometric="rgb"
    ),
    "zstd.tif": lambda path: tiff(
        path, picture(128, 96).astype(np.float32), tile=(64, 64), compression="zstd",
        photometric="rgb",
    ),
    "webp.tif": lambda path: tiff(
        path, picture(128, 96), tile=(64, 64), compression="webp", photometric="rgb"
    ),
    "lzma.tif": lambda path: tiff(
        path, picture(128, 96), tile=(64, 64), compression="lzma", photometric="rgb"
    ),
    }, "raster": {
    "geo.tif": _geo,
    "geofloat.tif": _geo_float,
    "mask.tif": lambda path: geotiff(
        path, np.moveaxis(picture(60, 50), -1, 0), mask=picture(60, 50)[..., 2] > 100,
        compress="jpeg", photometric="ycbcr",
    ),
    }, "picture": {
    "png.png": png,
    "palette.png": lambda path: png(path, "P"),
    "jpeg.jpg": jpeg,
    }, "dicom": {"dicom.dcm": dicom},
    "zarr": {
    "z5.zarr": lambda path: ome_zarr(path, width=90, height=70),
    "z5s.zarr": lambda path: ome_zarr(path, width=90, height=70, sharded=True),
    "z4.zarr": lambda path: ome_zarr(path, width=90, height=70, version="0.4"),
    },
}  # fmt: skip
"""One small file of each reader and codec, by reader and by the name that it takes."""
