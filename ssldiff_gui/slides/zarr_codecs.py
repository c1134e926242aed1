"""Blosc, checked before it is decoded.

The library believes the length that a chunk's header claims and reads beyond the chunk when that
is a lie, which ends the process. Arrays opened here check the header first; other users of zarr in
the same process keep the codec they have.
"""

from __future__ import annotations

import copy
import struct
from typing import Any

import numcodecs
import zarr
from zarr.abc.codec import Codec
from zarr.codecs import BloscCodec, ShardingCodec
from zarr.core.array import AsyncArray

HEADER = 16


def check_blosc(chunk: bytes | memoryview, length: int) -> None:
    """Raise ValueError when a Blosc chunk claims to be longer than it is.

    Parameters
    ----------
    chunk
        Its first bytes.
    length
        How many it has in all.
    """
    if length < HEADER:
        raise ValueError("a chunk is shorter than its header")
    if struct.unpack_from("<I", chunk, 12)[0] > length:
        raise ValueError("a chunk is shorter than it claims")


class CheckedBlosc(numcodecs.Blosc):  # type: ignore[misc]
    """The codec of Zarr 2."""

    def decode(self, buf: Any, out: Any = None) -> Any:
        """Decode a chunk whose header has been checked."""
        view = memoryview(buf).cast("B")
        check_blosc(view[:HEADER], view.nbytes)
        return super().decode(buf, out)


class CheckedBloscCodec(BloscCodec):
    """The codec of Zarr 3."""

    def _decode_sync(self, chunk_bytes: Any, chunk_spec: Any) -> Any:
        check_blosc(chunk_bytes.as_numpy_array()[:HEADER].tobytes(), len(chunk_bytes))
        return super()._decode_sync(chunk_bytes, chunk_spec)


def checked(array: Any) -> Any:
    """Return the same array, with every Blosc codec in it replaced by one that checks.

    Parameters
    ----------
    array
        A zarr.Array.
    """
    metadata = copy.copy(array.metadata)
    if array.metadata.zarr_format == 2:
        compressor = metadata.compressor
        if isinstance(compressor, numcodecs.Blosc):
            settings = {k: v for k, v in compressor.get_config().items() if k != "id"}
            object.__setattr__(metadata, "compressor", CheckedBlosc(**settings))
    else:
        object.__setattr__(metadata, "codecs", tuple(map(_checked_codec, metadata.codecs)))
    return zarr.Array(AsyncArray(metadata=metadata, store_path=array.store_path))


def _checked_codec(codec: Codec) -> Codec:
    if isinstance(codec, BloscCodec):
        return CheckedBloscCodec.from_dict(codec.to_dict())
    if isinstance(codec, ShardingCodec):
        return ShardingCodec(
            chunk_shape=codec.chunk_shape,
            codecs=tuple(map(_checked_codec, codec.codecs)),
            index_codecs=codec.index_codecs,
            index_location=codec.index_location,
        )
    return codec
