"""Readers that talk on stderr or warn are made to say it in the log, and nowhere else."""

from __future__ import annotations

import logging
import warnings

_TALKERS = ("tifffile", "rasterio", "zarr", "PIL", "fsspec", "asyncio", "numcodecs")
_NOWHERE = logging.NullHandler()

# What compiled code of GDAL warns of is laid at the door of the Python that called it: raster.
_WARNERS = r"(PIL|numcodecs|rasterio|tifffile|tiffslide|zarr|ssldiff_gui\.slides\.raster\w*)(\.|$)"


def hush() -> None:
    """Keep readers from printing on stderr; called before they are used, as often as one likes.

    A logger without a handler prints what it is told; with one that does nothing its records
    only travel upwards, to whatever log the program keeps. Warnings (no georeference, corrupt
    EXIF, a format that is read in part) are for the reader here to act on, not for the user. A
    filter for good, and no `catch_warnings`: that one swaps the filters of the whole process, so
    threads that open files would have to wait for each other, and a hung drive would stop all.
    """
    for name in _TALKERS:
        logging.getLogger(name).addHandler(_NOWHERE)  # a second time changes nothing
    if not any(_is_ours(entry[3]) for entry in warnings.filters):
        warnings.filterwarnings("ignore", module=_WARNERS)


def _is_ours(module: object) -> bool:
    return getattr(module, "pattern", module) == _WARNERS
