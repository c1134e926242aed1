"""A cloud-optimised GeoTIFF on the map of the scene that the canvas came from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from affine import Affine
from rasterio.errors import RasterioError
from rasterio.windows import Window

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.geometry import Georeference
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.slides.quiet import hush
from ssldiff_gui.slides.raster_source import OPTIONS
from ssldiff_gui.storage.atomic import cannot_write
from ssldiff_gui.storage.extract import Extract, blocks
from ssldiff_gui.storage.marking import description_of, program, summary_text, xmp_packet
from ssldiff_gui.storage.placing import said_as_full, scratch_beside
from ssldiff_gui.storage.provenance import Record, source_type
from ssldiff_gui.storage.trailer import append_trailer

BLOCK = 512
CACHE = {"GDAL_CACHEMAX": 16}
"""Megabytes: GDAL's own idea is a twentieth of the machine."""

PIECE = 2048
"""Side of what is read and written at once: whole blocks."""

XMP_DOMAIN = "xml:XMP"
COG = {
    "driver": "COG",
    "BLOCKSIZE": str(BLOCK),
    "COMPRESS": "DEFLATE",
    "PREDICTOR": "YES",
    "OVERVIEWS": "IGNORE_EXISTING",
    "OVERVIEW_RESAMPLING": "AVERAGE",
    "BIGTIFF": "IF_SAFER",
    "NUM_THREADS": "2",
}


def write_cog(extract: Extract, path: Path, record: Record, text: str, progress: Progress) -> None:
    """Write a cloud-optimised GeoTIFF without loss, through a plain one beside it.

    Parameters
    ----------
    extract
        What to write; it has a georeference.
    path
        The file.
    record, text
        What says how it was made, and the same packed.
    progress
        Told the share of the work.

    Raises
    ------
    BadRequest
        When nobody knows where the canvas lies.
    """
    place = extract.georeference
    if place is None:
        raise BadRequest(
            "This canvas lies on no map, so it cannot be a GeoTIFF.", "Export an OME-TIFF instead."
        )
    hush()
    with scratch_beside(path) as folder, rasterio.Env(**OPTIONS | CACHE):
        plain, optimised = folder / "plain.tif", folder / "cog.tif"
        try:
            _write_plain(extract, plain, place, record, progress)
            progress.check()
            rasterio.shutil.copy(plain, optimised, **COG)
        except RasterioError as error:
            raise said_as_full(path) or cannot_write(path, OSError(str(error))) from error
        progress.report(1, 1, "Writing the GeoTIFF")
        append_trailer(optimised, text)
        optimised.replace(path)


def _write_plain(
    extract: Extract, path: Path, place: Georeference, record: Record, progress: Progress
) -> None:
    profile = {
        "driver": "GTiff",
        "width": extract.width,
        "height": extract.height,
        "count": 3,
        "dtype": "uint8",
        "photometric": "RGB",
        "interleave": "pixel",
        "crs": place.crs,
        "transform": Affine(*place.affine),
        "tiled": True,
        "blockxsize": BLOCK,
        "blockysize": BLOCK,
        "compress": "ZSTD",
        "zstd_level": 1,
        "bigtiff": "IF_SAFER",
    }
    done, total = 0, extract.box.area * 2
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.update_tags(**_items(record))
        # GDAL keeps a packet as one text; cut at its first "=" it passes as a name and a value.
        name, _, rest = xmp_packet(record).partition("=")
        dataset.update_tags(ns=XMP_DOMAIN, **{name: rest})
        for box in blocks(extract.width, extract.height, PIECE):
            progress.check()
            pixels = np.moveaxis(extract.read(box), 2, 0)
            dataset.write(pixels, window=Window(box.x, box.y, box.width, box.height))
            done += box.area
            progress.report(done, total, "Writing the GeoTIFF")


def _items(record: Record) -> dict[str, str]:
    """Return metadata items; the first four are tags of TIFF."""
    return {
        "TIFFTAG_IMAGEDESCRIPTION": _ascii(description_of(record)),
        "TIFFTAG_SOFTWARE": _ascii(program()),
        "AREA_OR_POINT": "Area",
        "SYNTHETIC": "YES",
        "DIGITAL_SOURCE_TYPE": source_type(record.recipe),
        "SSLDIFF_RECIPE": summary_text(record),
    }


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode("ascii")
