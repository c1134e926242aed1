"""What a compressed picture claims to hold, from its header, before anything is decoded.

A tile of a TIFF is a whole JPEG, JPEG 2000, PNG or WebP file whose own header decides how much
memory its decoder takes, whatever the TIFF around it says.
"""

from __future__ import annotations

import struct

_JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def claimed_size(data: bytes) -> tuple[int, int] | None:
    """Return the width and height that a compressed picture claims; None when it says none.

    Parameters
    ----------
    data
        The compressed bytes from their beginning.
    """
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data.startswith(b"\xff\x4f\xff\x51"):
        return _codestream(data, 0)
    if data.startswith(b"\0\0\0\x0cjP  "):
        start = data.find(b"\xff\x4f\xff\x51")
        return None if start < 0 else _codestream(data, start)
    if data.startswith(b"\x89PNG") and len(data) >= 24:
        width, height = struct.unpack_from(">II", data, 16)
        return width, height
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp(data)
    return None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    position = 2
    while position + 9 <= len(data):
        if data[position] != 0xFF:
            return None
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
        elif marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, position + 5)
            return width, height
        elif marker in {0x01, *range(0xD0, 0xD9)}:
            position += 2
        else:
            position += 2 + int(struct.unpack_from(">H", data, position + 2)[0])
    return None


def _codestream(data: bytes, start: int) -> tuple[int, int] | None:
    if len(data) < start + 24:
        return None
    x2, y2, x, y = struct.unpack_from(">IIII", data, start + 8)
    return max(0, x2 - x), max(0, y2 - y)


def _webp(data: bytes) -> tuple[int, int] | None:
    if len(data) < 30:
        return None
    kind = data[12:16]
    if kind == b"VP8X":
        return (
            1 + int.from_bytes(data[24:27], "little"),
            1 + int.from_bytes(data[27:30], "little"),
        )
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF
