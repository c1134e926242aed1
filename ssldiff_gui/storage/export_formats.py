"""Which format the name of a file means, and what it can take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.storage.extract import Extract

Writer = Callable[..., None]
"""Takes the extract, the path, the record, the record's text, who is told, and options."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format that canvases are exported to.

    Parameters
    ----------
    title
        For people.
    home
        Module and name of the function that writes it, loaded when it is wanted.
    lossless
        Whether each pixel is what it was.
    folder
        Whether it is a folder rather than a file.
    copies
        How often the pixels lie on the disk while it is written, smaller levels included.
    memory
        Bytes of memory that a pixel takes while it is written; 0 when that does not grow.
    hard_pixels, most_pixels
        From where on many programs refuse it, and from where on it is refused here.
    """

    title: str
    home: tuple[str, str]
    lossless: bool = True
    folder: bool = False
    copies: float = 4 / 3
    memory: int = 0
    hard_pixels: int | None = None
    most_pixels: int | None = None

    def writer(self) -> Writer:
        """Return the function that writes it."""
        module, name = self.home
        found: Any = getattr(import_module(f"ssldiff_gui.storage.{module}"), name)
        writer: Writer = found
        return writer


OME_TIFF = Format("OME-TIFF", ("export_tiff", "write_tiff"))
GEOTIFF = Format("cloud-optimised GeoTIFF", ("export_cog", "write_cog"), copies=8 / 3)
OME_ZARR = Format("OME-Zarr", ("export_zarr", "write_zarr"), folder=True)
PNG = Format(
    "PNG",
    ("export_png", "write_png"),
    copies=1,
    hard_pixels=120_000_000,
    most_pixels=1_000_000_000,
)
JPEG = Format(
    "JPEG",
    ("export_jpeg", "write_jpeg"),
    lossless=False,
    copies=1,
    memory=8,
    hard_pixels=120_000_000,
    most_pixels=400_000_000,
)

ENDINGS = {
    ".ome.tif": OME_TIFF,
    ".ome.tiff": OME_TIFF,
    ".ome.zarr": OME_ZARR,
    ".zarr": OME_ZARR,
    ".png": PNG,
    ".jpg": JPEG,
    ".jpeg": JPEG,
}
EITHER = (".tif", ".tiff")
MAPS = (".cog.tif", ".geo.tif", ".geotiff", ".gtiff")


def format_of(path: Path, extract: Extract) -> Format:
    """Return the format that a file's name means.

    Parameters
    ----------
    path
        What is to be written.
    extract
        Of ".tif" it decides: what lies on a map becomes a GeoTIFF, all else an OME-TIFF.

    Raises
    ------
    BadRequest
        When no format has that suffix, or it is one of maps and the canvas lies on none.
    """
    name = path.name.lower()
    if name in {*ENDINGS, *EITHER, *MAPS}:
        name = ""  # a suffix and nothing before it
    for ending, found in ENDINGS.items():
        if name.endswith(ending):
            return found
    on_map = extract.georeference is not None
    if name.endswith(MAPS):
        if not on_map:
            raise BadRequest(
                "This canvas lies on no map, so it cannot be a GeoTIFF.",
                "Export an OME-TIFF (.ome.tif) instead.",
            )
        return GEOTIFF
    if name.endswith(EITHER):
        return GEOTIFF if on_map else OME_TIFF
    raise BadRequest(
        f"No format is known by the name {path.name}.",
        "Use .ome.tif, .tif, .png, .jpg or .ome.zarr.",
    )
