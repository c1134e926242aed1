"""Raw pixels of a tile as bytes: JPEG for plain 8-bit pictures, without loss for all else."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import numpy.typing as npt

from ssldiff_gui.slides.scene import Pixels

QUALITY = 90
_RAW = struct.Struct("<IIH?")


def encode(pixels: Pixels) -> bytes:
    """Return the bytes of a tile.

    Parameters
    ----------
    pixels
        (height, width, bands). Without a mask, and of one or three bands of uint8, they become a
        JPEG, whose loss nobody sees on screen; all others are kept exactly.
    """
    import imagecodecs

    values, valid = pixels.values, pixels.valid
    if valid is None and values.dtype == np.uint8 and values.shape[2] in (1, 3):
        flat = np.ascontiguousarray(values[..., 0] if values.shape[2] == 1 else values)
        return b"J" + bytes(imagecodecs.jpeg8_encode(flat, level=QUALITY))
    height, width, bands = values.shape
    body = np.ascontiguousarray(values).tobytes()
    mask = b"" if valid is None else np.packbits(valid).tobytes()
    packed = imagecodecs.zstd_encode(mask + body, level=1)
    return b"R" + _RAW.pack(height, width, bands, valid is not None) + bytes(packed)


def decode(data: bytes, dtype: np.dtype[Any]) -> Pixels:
    """Return the pixels of a tile.

    Parameters
    ----------
    data
        What `encode` returned.
    dtype
        Of the values.
    """
    import imagecodecs

    if data[:1] == b"J":
        picture: npt.NDArray[Any] = imagecodecs.jpeg8_decode(data[1:])
        return Pixels(picture if picture.ndim == 3 else picture[..., None])
    height, width, bands, masked = _RAW.unpack_from(data, 1)
    body = imagecodecs.zstd_decode(data[1 + _RAW.size :])
    area = height * width
    mask_size = -(-area // 8) if masked else 0
    values = np.frombuffer(body, dtype, offset=mask_size).reshape(height, width, bands)
    if not masked:
        return Pixels(values)
    bits = np.unpackbits(np.frombuffer(body, np.uint8, mask_size), count=area)
    return Pixels(values, bits.astype(np.bool_).reshape(height, width))
