"""One tile as one file: a shard of Zarr 3, written whole and read in parts.

The file holds the compressed chunks of its three planes, one after the other, then an index of
where each begins and how long it is, then the CRC-32C of the index. Chunks that are wholly white
are left out: white is the fill value. Each Zstandard frame carries a checksum, so that a flipped
bit is an error in every reader rather than a wrong pixel.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from google_crc32c import value as crc32c
from numcodecs import zstd

from ssldiff_gui.core.errors import BrokenFile
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.storage.canvas_layout import Layout

RGB = npt.NDArray[np.uint8]

WHITE = 255
ZSTD_LEVEL = 1
"""Measured on H&E and aerial pictures: higher levels take 2 to 6 times as long for 1 % less."""

_NOTHING = 2**64 - 1


def encode_shard(pixels: RGB, layout: Layout) -> bytes:
    """Return the content of a shard's file.

    Parameters
    ----------
    pixels
        (height, width, 3) uint8 RGB; smaller than a tile at the canvas's right and lower edge.
    layout
        Sides of tile and chunk.
    """
    side, count = layout.chunk, layout.tile // layout.chunk
    index = np.full((3, count, count, 2), _NOTHING, dtype="<u8")
    parts: list[bytes] = []
    length = 0
    for band in range(3):
        plane = pixels[:, :, band]
        for y in range(-(-pixels.shape[0] // side)):
            for x in range(-(-pixels.shape[1] // side)):
                block = plane[y * side : (y + 1) * side, x * side : (x + 1) * side]
                if (block == WHITE).all():
                    continue
                part = zstd.compress(_padded(block, side), ZSTD_LEVEL, True)
                index[band, y, x] = length, len(part)
                parts.append(part)
                length += len(part)
    table = index.tobytes()
    return b"".join((*parts, table, struct.pack("<I", crc32c(table))))


def read_shard(path: Path, box: Box, layout: Layout) -> RGB | None:
    """Return a part of a shard.

    Parameters
    ----------
    path
        Its file.
    box
        In pixels from the shard's own corner, within the tile.
    layout
        Sides of tile and chunk.

    Returns
    -------
    (height, width, 3) uint8 RGB, or None when there is no such file.

    Raises
    ------
    BrokenFile
        When the file is not whole.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    with file:
        try:
            return _read(file, box, layout)
        except (ValueError, RuntimeError, struct.error) as error:
            raise BrokenFile(
                path,
                f"A tile of this canvas is damaged: {path}.",
                "Run the command that made the canvas again with --resume.",
            ) from error


def _read(file: BinaryIO, box: Box, layout: Layout) -> RGB:
    side = layout.chunk
    index = _read_index(file, layout.tile // side)
    out = np.full((box.height, box.width, 3), WHITE, dtype=np.uint8)
    block = np.empty((side, side), dtype=np.uint8)
    for band in range(3):
        for y in range(box.y // side, -(-box.y2 // side)):
            for x in range(box.x // side, -(-box.x2 // side)):
                start, length = (int(number) for number in index[band, y, x])
                if start == _NOTHING:
                    continue
                file.seek(start)
                zstd.decompress(_exactly(file, length, 2 * block.nbytes + 1024), block)
                part = Box(x * side, y * side, side, side).intersect(box)
                out[part.y - box.y : part.y2 - box.y, part.x - box.x : part.x2 - box.x, band] = (
                    block[
                        part.y - y * side : part.y2 - y * side,
                        part.x - x * side : part.x2 - x * side,
                    ]
                )
    return out


def _read_index(file: BinaryIO, count: int) -> npt.NDArray[np.uint64]:
    length = 3 * count * count * 16 + 4
    end = file.seek(0, 2)
    if end < length:
        raise ValueError("the shard is shorter than its index")
    file.seek(end - length)
    table = _exactly(file, length, length)
    if struct.unpack("<I", table[-4:])[0] != crc32c(table[:-4]):
        raise ValueError("the shard's index is damaged")
    index: npt.NDArray[np.uint64] = np.frombuffer(table[:-4], dtype="<u8")
    if ((index[::2] != _NOTHING) & (index[::2] >= end)).any():
        raise ValueError("the shard's index points beyond its end")
    return index.reshape(3, count, count, 2)


def _exactly(file: BinaryIO, length: int, most: int) -> bytes:
    content = file.read(length) if length <= most else b""
    if len(content) != length:
        raise ValueError("the shard is shorter than its index says")
    return content


def _padded(block: RGB, side: int) -> RGB:
    if block.shape == (side, side):
        return np.ascontiguousarray(block)
    whole = np.full((side, side), WHITE, dtype=np.uint8)
    whole[: block.shape[0], : block.shape[1]] = block
    return whole
