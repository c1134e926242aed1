"""JPEG, for figures, and the record in its application segments."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
from PIL import ExifTags, Image

from ssldiff_gui.core.errors import BadRecord, OversizedRequest
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.storage.extract import Extract
from ssldiff_gui.storage.marking import description_of, program, xmp_packet
from ssldiff_gui.storage.provenance import Record

APP1, APP9, COMMENT = 0xE1, 0xE9, 0xFE
XMP_NAME = b"http://ns.adobe.com/xap/1.0/\0"
RECORD_NAME = b"ssldiff:recipe\0"
LONGEST = 65_533
"""Bytes that a segment holds besides its length."""

PART = LONGEST - len(RECORD_NAME) - 4
LONGEST_SIDE = 65_500
MOST_SEGMENTS = 0xFFFF
QUALITY = 92
ROWS = 1024


def write_jpeg(
    extract: Extract,
    path: Path,
    record: Record,
    text: str,
    progress: Progress,
    *,
    quality: int = QUALITY,
) -> None:
    """Write a JPEG; it is held in memory as a whole.

    Parameters
    ----------
    extract
        What to write.
    path
        The file.
    record, text
        What says how it was made, and the same packed.
    progress
        Told the share of rows that are read.
    quality
        1 to 100.

    Raises
    ------
    OversizedRequest
        When it is wider or higher than a JPEG can be, or its record longer.
    """
    if max(extract.width, extract.height) > LONGEST_SIDE:
        raise OversizedRequest(
            f"A JPEG is at most {LONGEST_SIDE:,} pixels wide and high.",
            "Export an OME-TIFF, or a smaller part with --region or --level.",
        )
    extra = b"".join(_segments(record, text.encode()))
    pixels = np.empty((extract.height, extract.width, 3), np.uint8)
    for top in range(0, extract.height, ROWS):
        progress.check()
        rows = min(ROWS, extract.height - top)
        pixels[top : top + rows] = extract.read(Box(0, top, extract.width, rows))
        progress.report(top + rows, extract.height, "Writing the JPEG")
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = _ascii(description_of(record))
    exif[ExifTags.Base.Software] = _ascii(record.created_by or program())
    encoded = io.BytesIO()  # written at once: of a full disk Pillow says that the data are broken
    Image.fromarray(pixels).save(
        encoded,
        format="JPEG",
        quality=quality,
        subsampling=0 if quality >= 90 else 2,
        optimize=True,
        exif=exif,
        comment=description_of(record).encode(),
        extra=extra,
    )
    path.write_bytes(encoded.getbuffer())


def read_jpeg(path: Path, most: int) -> bytes | None:
    """Return the record inside a JPEG; None when there is none.

    Parameters
    ----------
    path
        The file.
    most
        Bytes that are taken at most.

    Raises
    ------
    BadRecord
        When there is one and a piece of it is missing.
    """
    parts: dict[int, bytes] = {}
    total = taken = 0
    with path.open("rb") as file:
        for kind, content in _found(file):
            if kind != APP9 or not content.startswith(RECORD_NAME):
                continue
            head = content[len(RECORD_NAME) : len(RECORD_NAME) + 4]
            taken += len(content)
            if len(head) < 4 or taken > most:
                raise BadRecord("The recipe is damaged: one of its pieces is cut off.")
            number, total = struct.unpack(">HH", head)
            parts[number] = content[len(RECORD_NAME) + 4 :]
    if not parts:
        return None
    if sorted(parts) != list(range(1, total + 1)):
        raise BadRecord("The recipe is damaged: one of its pieces is missing.")
    return b"".join(parts[number] for number in range(1, total + 1))


def _segments(record: Record, content: bytes) -> Iterator[bytes]:
    """Yield the XMP packet and then the record, in numbered pieces."""
    yield _segment(APP1, XMP_NAME + xmp_packet(record).encode())
    count = -(-len(content) // PART)
    if count > MOST_SEGMENTS:
        raise OversizedRequest(
            "The recipe of this canvas is longer than a JPEG can hold.",
            "Export an OME-TIFF instead.",
        )
    for number in range(count):
        head = RECORD_NAME + struct.pack(">HH", number + 1, count)
        yield _segment(APP9, head + content[number * PART : (number + 1) * PART])


def _segment(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, kind, len(content) + 2) + content


def _found(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield kind and content of the segments before the pixels."""
    file.seek(2)
    while len(head := file.read(4)) == 4:
        mark, kind, length = struct.unpack(">BBH", head)
        if mark != 0xFF or kind == 0xDA or length < 2:
            return
        yield kind, file.read(length - 2)


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode("ascii")
