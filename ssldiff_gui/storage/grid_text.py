"""A grid as a part of JSON, exact to the bit, and read back without trusting a word of it."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from ssldiff_gui.core.errors import BadGrid, OversizedRequest
from ssldiff_gui.core.grid import EmbeddingGrid, Mask, Vectors
from ssldiff_gui.core.specs import Frozen
from ssldiff_gui.storage.grid_facts import GridFacts

LARGEST = 1 << 30
"""Most bytes of a grid: 512 × 512 cells of 1024 values."""

FREELY = 32 << 20
"""Up to here a grid may be packed as tightly as it will."""

TIGHTEST = 64
"""Above it, how many times smaller it may become: what says that it unpacks to more is a bomb."""

FED = 64 << 10
"""Packed bytes that zlib is given at once."""

Side = Annotated[int, Field(gt=0, le=1 << 20)]
Codec = Literal["zlib", "none"]


class PackedGrid(Frozen):
    """A grid as JSON.

    Parameters
    ----------
    shape
        Rows, columns, values of one embedding.
    facts
        All that the grid is but its values.
    codec
        What the vectors are packed with.
    vectors
        Base64: for each row the lowest bytes of all its little-endian float32 values, then the
        next ones, and so on; the rows one after the other.
    valid
        Base64 of zlib: a bit for each cell, row by row.
    """

    shape: tuple[Side, Side, Side]
    facts: GridFacts
    codec: Codec = "zlib"
    vectors: str
    valid: str


def largest_text() -> int:
    """Return the most characters that a record may have."""
    return LARGEST * 3 // 2 + (64 << 20)


def pack_grid(grid: EmbeddingGrid) -> PackedGrid:
    """Pack a grid.

    Raises
    ------
    OversizedRequest
        When it is larger than a record may be.
    """
    size = grid.vectors.nbytes
    if size > LARGEST:
        raise OversizedRequest(
            f"A grid of {grid.rows:,} × {grid.columns:,} cells is larger than a record may be.",
            "Render it in parts.",
        )
    codec: Codec = "zlib"
    packed = b"".join(_deflated(grid.vectors))
    if not _credible(size, len(packed)):
        codec, packed = "none", b"".join(_sorted_rows(grid.vectors))
    return PackedGrid(
        shape=(grid.rows, grid.columns, grid.dim),
        facts=GridFacts.of(grid),
        codec=codec,
        vectors=base64.b64encode(packed).decode("ascii"),
        valid=base64.b64encode(zlib.compress(np.packbits(grid.mask).tobytes())).decode("ascii"),
    )


def unpack_grid(packed: PackedGrid) -> EmbeddingGrid:
    """Return the grid that was packed; memory is taken only for what is really there.

    Raises
    ------
    BadGrid
        When it is damaged, or claims more than can be believed.
    """
    rows, columns, dim = packed.shape
    size = rows * columns * dim * 4
    vectors, mask = _bytes(packed.vectors), _bytes(packed.valid)
    if size > LARGEST or not _credible(size, len(vectors)):
        raise BadGrid(f"A grid of {rows:,} × {columns:,} × {dim:,} values cannot be in it.")
    pieces = _inflated(vectors, columns * dim * 4, rows, packed.codec)
    values = np.empty((rows, columns, dim), np.float32)
    for row, piece in enumerate(pieces):
        values[row] = _in_order(piece).reshape(columns, dim)
    return packed.facts.grid(values, _mask(mask, rows, columns))


def _credible(size: int, packed: int) -> bool:
    return size <= max(FREELY, TIGHTEST * packed)


def _sorted_rows(vectors: Vectors) -> Iterator[bytes]:
    """Yield each row with its bytes sorted by significance: signs and exponents pack well."""
    for row in vectors:
        raw = np.ascontiguousarray(row, "<f4").reshape(-1).view(np.uint8)
        yield raw.reshape(-1, 4).T.tobytes()


def _in_order(piece: bytes) -> npt.NDArray[np.float32]:
    raw = np.frombuffer(piece, np.uint8).reshape(4, -1).T
    return np.ascontiguousarray(raw).reshape(-1).view("<f4").astype(np.float32, copy=False)


def _deflated(vectors: Vectors) -> Iterator[bytes]:
    packer = zlib.compressobj(1)
    for row in _sorted_rows(vectors):
        yield packer.compress(row)
    yield packer.flush()


def _inflated(content: bytes, length: int, count: int, codec: Codec) -> Iterator[bytes]:
    """Yield `count` pieces of `length` bytes; what follows or is missing makes it damaged."""
    if codec == "none":
        if len(content) != length * count:
            raise BadGrid("Its values are cut off.")
        yield from (content[at : at + length] for at in range(0, len(content), length))
        return
    source = _Unpacker(content)
    try:
        for _ in range(count):
            yield source.take(length)
        whole = source.ended()
    except zlib.error as error:
        raise BadGrid("Its values cannot be unpacked.") from error
    if not whole:
        raise BadGrid("It holds more values than it says.")


class _Unpacker:
    """Unpacks as much as is asked for and no more.

    Parameters
    ----------
    content
        What zlib packed.
    """

    def __init__(self, content: bytes) -> None:
        self._zlib = zlib.decompressobj()
        self._content, self._at = memoryview(content), 0

    def take(self, length: int) -> bytes:
        """Return the next `length` bytes."""
        piece = bytearray()
        while len(piece) < length:
            found = self._some(length - len(piece))
            if not found and (self._zlib.eof or self._at >= len(self._content)):
                raise BadGrid("Its values are cut off.")
            piece += found
        return bytes(piece)

    def ended(self) -> bool:
        """Whether nothing is left."""
        while self._at < len(self._content) and not self._zlib.eof:
            if self._some(1):
                return False
        return not self._some(1) and self._zlib.eof and not self._zlib.unused_data

    def _some(self, most: int) -> bytes:
        given: bytes | memoryview = self._zlib.unconsumed_tail
        if not given and not self._zlib.eof:
            given = self._content[self._at : self._at + FED]
            self._at += len(given)
        return self._zlib.decompress(given, most)


def _mask(content: bytes, rows: int, columns: int) -> Mask:
    count = rows * columns
    bits = b"".join(_inflated(content, (count + 7) // 8, 1, "zlib"))
    return np.unpackbits(np.frombuffer(bits, np.uint8), count=count).reshape(rows, columns) > 0


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadGrid("Its values are not written in base64.") from error
