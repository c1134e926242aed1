"""OME-TIFF, plain TIFF and GeoTIFF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
import tifffile
from affine import Affine

from tests.slides.made.pixels import halved, picture


def ome_tiff(path: Path, width: int = 610, height: int = 430, compression: str = "zlib") -> Path:
    """Two images: one in colour with a SubIFD pyramid, one of two 16-bit channels."""
    data = picture(width, height)
    levels = [data, halved(data), halved(halved(data))]
    with tifffile.TiffWriter(path, ome=True) as tif:
        tif.write(
            levels[0], subifds=2, tile=(128, 128), compression=compression, photometric="rgb",
            metadata={"axes": "YXS", "PhysicalSizeX": 500.0, "PhysicalSizeXUnit": "nm",
                      "PhysicalSizeY": 0.5, "PhysicalSizeYUnit": "µm", "Name": "tissue"},
        )  # fmt: skip
        for level in levels[1:]:
            tif.write(
                level, subfiletype=1, tile=(128, 128), compression=compression, photometric="rgb"
            )
        channels = np.moveaxis(data[:200, :300, :2], -1, 0).astype(np.uint16) * 200
        tif.write(
            channels, photometric="minisblack",
            metadata={"axes": "CYX", "Channel": {"Name": ["DAPI", "FITC"]}, "Name": "cells"},
        )  # fmt: skip
    return path


def tiff(path: Path, data: npt.NDArray[Any], **options: Any) -> Path:
    with tifffile.TiffWriter(path, byteorder=options.pop("byteorder", "<")) as tif:
        tif.write(data, metadata=None, **options)
    return path


def geotiff(
    path: Path,
    data: npt.NDArray[Any],
    *,
    crs: str = "EPSG:32633",
    transform: Affine | None = None,
    overviews: tuple[int, ...] = (),
    mask: npt.NDArray[Any] | None = None,
    **options: Any,
) -> Path:
    """Write (bands, height, width)."""
    bands, height, width = data.shape
    place = Affine(0.5, 0, 400_000, 0, -0.5, 5_000_000) if transform is None else transform
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(
            path, "w", driver="GTiff", width=width, height=height, count=bands, crs=crs,
            dtype=data.dtype, transform=place, **options,
        ) as dataset,
    ):  # fmt: skip
        dataset.write(data)
        if mask is not None:
            dataset.write_mask(mask)
        if overviews:
            dataset.build_overviews(overviews, rasterio.enums.Resampling.average)
    return path
