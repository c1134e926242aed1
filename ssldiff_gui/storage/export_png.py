"""PNG, written row by row, and its words read back."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadRecord, OversizedRequest
from ssldiff_gui.core.geometry import Box, Scale
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.storage.extract import RGB, Extract
from ssldiff_gui.storage.marking import description_of, program, title_of, xmp_packet
from ssldiff_gui.storage.provenance import Record

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = "ssldiff:recipe"
XMP_KEYWORD = "XML:com.adobe.xmp"

PART = 4_000_000
"""Bytes of the record in one chunk: libpng takes chunks of up to 8 MB."""

MOST_TEXT = 48 << 20
"""Bytes of the record in one file: Pillow takes up to 64 MB of text."""

LEVEL = 3
"""Of zlib: on filtered H&E higher levels take twice as long and make it no smaller."""

ROWS = 256
FILTERED = 1 << 17
"""Pixels that are filtered together."""

PAETH = 4


def write_png(extract: Extract, path: Path, record: Record, text: str, progress: Progress) -> None:
    """Write a PNG.

    Parameters
    ----------
    extract
        What to write.
    path
        The file.
    record, text
        What says how it was made, and the same packed.
    progress
        Told the share of rows that are written.

    Raises
    ------
    OversizedRequest
        When the record is more than readers of PNGs take.
    """
    content = text.encode()
    if len(content) > MOST_TEXT:
        raise OversizedRequest(
            f"The recipe of this canvas alone takes {len(content) / 1e6:,.0f} MB, more than "
            "programs read from a PNG.",
            "Export an OME-TIFF instead.",
        )
    with path.open("wb") as file:
        file.write(SIGNATURE)
        _chunk(file, b"IHDR", struct.pack(">IIBBBBB", extract.width, extract.height, 8, 2, 0, 0, 0))
        _density(file, extract.scale)
        _text(file, XMP_KEYWORD, xmp_packet(record).encode())
        _text(file, "Title", title_of(record).encode())
        _text(file, "Description", description_of(record).encode())
        _text(file, "Software", (record.created_by or program()).encode())
        for number, at in enumerate(range(0, len(content), PART)):
            keyword = KEYWORD if number == 0 else f"{KEYWORD}:{number + 1}"
            _text(file, keyword, content[at : at + PART])
        _pixels(file, extract, progress)
        _chunk(file, b"IEND", b"")


def read_png(path: Path, most: int) -> bytes | None:
    """Return the record inside a PNG; None when there is none.

    Parameters
    ----------
    path
        The file.
    most
        Bytes that are taken at most.

    Raises
    ------
    BadRecord
        When there is one and it is damaged.
    """
    parts: list[bytes] = []
    taken = 0
    with path.open("rb") as file:
        for kind, length in _chunks(file):
            if kind != b"iTXt":
                continue
            if length > PART + 1024 or taken + length > most:
                continue
            content = file.read(length)
            keyword, _, rest = content.partition(b"\0")
            expected = KEYWORD if not parts else f"{KEYWORD}:{len(parts) + 1}"
            if keyword != expected.encode():
                continue
            if rest[:2] != b"\0\0" or file.read(4) != _checksum(kind, content):
                raise BadRecord("The recipe is damaged: a piece of it does not fit its checksum.")
            parts.append(rest[2:].split(b"\0", 2)[-1])
            taken += length
    return b"".join(parts) if parts else None


def _chunks(file: IO[bytes]) -> Iterator[tuple[bytes, int]]:
    """Yield kind and length of each chunk, with the file at its content."""
    at, size = len(SIGNATURE), file.seek(0, 2)
    while at + 8 <= size:
        file.seek(at)
        length, kind = struct.unpack(">I4s", file.read(8))
        if kind == b"IEND" or at + 12 + length > size:
            return
        yield kind, length
        at += 12 + length


def _pixels(file: IO[bytes], extract: Extract, progress: Progress) -> None:
    packer = zlib.compressobj(LEVEL)
    width, height = extract.width, extract.height
    above = np.zeros((width, 3), np.uint8)
    together = max(1, FILTERED // width)
    for top in range(0, height, ROWS):
        progress.check()
        band = extract.read(Box(0, top, width, min(ROWS, height - top)))
        for start in range(0, len(band), together):
            rows = band[start : start + together]
            packed = packer.compress(_filtered(rows, above))
            above = rows[-1]
            if packed:
                _chunk(file, b"IDAT", packed)
        progress.report(min(top + ROWS, height), height, "Writing the PNG")
    _chunk(file, b"IDAT", packer.flush())


def _filtered(rows: RGB, above: npt.NDArray[np.uint8]) -> bytes:
    """Return rows as differences from Paeth's guess, each after the number of that filter."""
    up = np.concatenate([above[np.newaxis], rows[:-1]]).astype(np.int16)
    left, corner = np.zeros_like(up), np.zeros_like(up)
    left[:, 1:], corner[:, 1:] = rows[:, :-1], up[:, :-1]
    by_left, by_up = np.abs(up - corner), np.abs(left - corner)
    by_corner = np.abs(left + up - 2 * corner)
    guess = np.where(by_up <= by_corner, up, corner)
    guess = np.where((by_left <= by_up) & (by_left <= by_corner), left, guess)
    lines = np.empty((rows.shape[0], 1 + rows.shape[1] * 3), np.uint8)
    lines[:, 0] = PAETH
    lines[:, 1:] = (rows - guess).astype(np.uint8).reshape(rows.shape[0], -1)
    return lines.tobytes()


def _text(file: IO[bytes], keyword: str, content: bytes) -> None:
    """Write international text, not packed: readers bound what they unpack."""
    _chunk(file, b"iTXt", keyword.encode("latin-1") + b"\0\0\0\0\0" + content)


def _density(file: IO[bytes], scale: Scale | None) -> None:
    if scale is not None and scale.unit in {"µm", "m"}:
        metre = 1e6 if scale.unit == "µm" else 1.0
        across, down = (round(metre / size) for size in (scale.x, scale.y))
        if min(across, down) > 0 and max(across, down) < 1 << 31:
            _chunk(file, b"pHYs", struct.pack(">IIB", across, down, 1))


def _chunk(file: IO[bytes], kind: bytes, content: bytes) -> None:
    file.write(struct.pack(">I4s", len(content), kind))
    file.write(content)
    file.write(_checksum(kind, content))


def _checksum(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(content, zlib.crc32(kind)))
