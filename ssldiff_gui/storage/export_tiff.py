"""A pyramidal OME-TIFF, written tile by tile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.storage.export_ome_xml import ome_xml
from ssldiff_gui.storage.extract import RGB, WHITE, Extract, blocks
from ssldiff_gui.storage.marking import program, xmp_packet
from ssldiff_gui.storage.provenance import Record
from ssldiff_gui.storage.trailer import append_trailer

TILE = 512
SMALLEST = 1024
"""The pyramid ends with the first level that fits into a square of this side."""

XMP_TAG, BYTES = 700, 1
CLASSIC = (1 << 32) - (64 << 20)
"""Offsets beyond this need a BigTIFF."""

AT_ONCE = 16 << 20
"""Bytes of tiles that are packed together."""


def write_tiff(extract: Extract, path: Path, record: Record, text: str, progress: Progress) -> None:
    """Write an OME-TIFF without loss: SubIFDs hold the smaller levels.

    Parameters
    ----------
    extract
        What to write.
    path
        The file.
    record, text
        What says how it was made, and the same packed.
    progress
        Told the share of pixels that are written.
    """
    sizes = extract.sizes(SMALLEST)
    raw = sum(width * height * 3 for width, height in sizes)
    counted = _Counted(extract, sum(w * h for w, h in sizes), progress)
    packet = xmp_packet(record).encode()
    with tifffile.TiffWriter(path, bigtiff=raw + len(text) > CLASSIC, ome=False) as tiff:
        for level, (width, height) in enumerate(sizes):
            first: dict[str, Any] = {
                "subifds": len(sizes) - 1,
                "description": ome_xml(extract, record),
                "software": program(),
                "extratags": [(XMP_TAG, BYTES, len(packet), packet, True)],
            }
            tiff.write(
                counted.tiles(level, width, height),
                shape=(height, width, 3),
                dtype=np.uint8,
                photometric="rgb",
                tile=(TILE, TILE),
                compression="adobe_deflate",
                predictor="horizontal",
                buffersize=AT_ONCE,
                metadata=None,
                **_resolution(extract.scale, 2**level),
                **(first if level == 0 else {"subfiletype": 1, "software": False}),
            )
    append_trailer(path, text)


class _Counted:
    """Hands out tiles and tells how many were asked for."""

    def __init__(self, extract: Extract, total: int, progress: Progress) -> None:
        self._extract, self._total, self._progress = extract, total, progress
        self._done = 0

    def tiles(self, level: int, width: int, height: int) -> Iterator[RGB]:
        """Yield the tiles of a level, row by row, white beyond its edge."""
        for box in blocks(width, height, TILE):
            self._progress.check()
            pixels = self._extract.read(box, level)
            if pixels.shape[:2] != (TILE, TILE):
                whole = np.full((TILE, TILE, 3), WHITE, np.uint8)
                whole[: box.height, : box.width] = pixels
                pixels = whole
            yield pixels
            self._done += box.area
            self._progress.report(self._done, self._total, "Writing the pyramid")


def _resolution(scale: Scale | None, factor: int) -> dict[str, Any]:
    """Return pixels a centimetre, for slides: other programs read their scale there."""
    if scale is None or scale.unit != "µm":
        return {}
    across, down = 1e4 / (scale.x * factor), 1e4 / (scale.y * factor)
    return {"resolution": (across, down), "resolutionunit": "CENTIMETER"}
