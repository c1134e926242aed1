"""One picture of a TIFF: where its strips or tiles lie, and how to decode them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides import tiff_colour as colour
from ssldiff_gui.slides.claims import claimed_size
from ssldiff_gui.slides.positioned import PositionedFile
from ssldiff_gui.slides.scene import Pixels
from ssldiff_gui.slides.segments import Segment, SegmentCache
from ssldiff_gui.slides.tiff_layout import Unreadable, layout_of

SEGMENT_LIMIT = 256 << 20
"""Most bytes that one strip or tile may hold once decoded."""

LEAST_TILE, MOST_SPLIT = 8, 1 << 16
"""TIFF wants tiles of 16 and more; a picture of any size in crumbs would take hours to read."""


class TooLarge(Exception):
    """A picture whose parts are too large to decode; says why."""


class Torn(Exception):
    """A picture whose index does not fit its file; says why."""


class TiffPlane:
    """One picture of a TIFF, decoded strip by strip or tile by tile, from any thread.

    Parameters
    ----------
    page
        A tifffile page; everything that needs its file is read here, so that the file may be
        closed afterwards.
    size
        Bytes in the file: parts that lie beyond make the picture torn.
    palette
        Whether a palette holds the picture's colours.
    """

    def __init__(self, page: Any, size: int, *, palette: bool = True) -> None:
        keyframe = page.keyframe
        self.layout = layout_of(keyframe, palette=palette)
        self.width, self.height = int(keyframe.imagewidth), int(keyframe.imagelength)
        if min(self.width, self.height) < 1 or keyframe.imagedepth != 1:
            raise Unreadable("it is not a flat picture")
        self.tile = self._tile_of(keyframe)
        self.key = int(page.offset)
        self.separate = keyframe.samplesperpixel if keyframe.planarconfig == 2 else 1
        self._stored = 1 if self.separate > 1 else int(keyframe.samplesperpixel)
        self._itemsize = max(1, int(keyframe.dtype.itemsize))
        self._across = math.ceil(self.width / self.tile[0])
        self._down = math.ceil(self.height / self.tile[1])
        self._offsets, self._counts = self._index_of(page, size)
        self._raw = _raw_dtype(keyframe) if self._counts.all() else None
        segment = self.tile[0] * min(self.tile[1], self.height) * self._stored * self._itemsize
        if segment > SEGMENT_LIMIT and self._raw is None:
            raise TooLarge(f"one of its parts alone would take {segment >> 20:,} MiB")
        self._jpegtables, self._jpegheader = page.jpegtables, page.jpegheader
        self._decode: Callable[..., tuple[Any, Any, Any]] = keyframe.decode
        self._dtype = np.dtype(keyframe.dtype)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height

    def _tile_of(self, page: Any) -> tuple[int, int]:
        if page.is_tiled:
            tile = int(page.tilewidth), int(page.tilelength)
        else:
            tile = self.width, min(int(page.rowsperstrip), self.height)
        if min(tile) < 1:
            raise Torn("its tiles have no size")
        if page.is_tiled and min(tile) < LEAST_TILE and self.width * self.height > MOST_SPLIT:
            raise Torn("its tiles are too small to be meant")
        return tile

    def _index_of(self, page: Any, size: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        wanted = self._across * self._down * self.separate
        if min(len(page.dataoffsets), len(page.databytecounts)) < wanted:
            raise Torn("its index of tiles is incomplete")
        try:
            offsets = np.array(page.dataoffsets[:wanted], dtype=np.int64)
            counts = np.array(page.databytecounts[:wanted], dtype=np.int64)
        except (OverflowError, ValueError, TypeError) as error:
            raise Torn("its index of tiles makes no sense") from error
        if not wanted or (counts < 0).any() or (offsets < 0).any():
            raise Torn("its index of tiles makes no sense")
        if (offsets > size - counts).any():
            raise EOFError
        return offsets, counts

    def read(self, file: PositionedFile, cache: SegmentCache, box: Box) -> Pixels:
        """Return the pixels of a box that lies within the picture."""
        if self._raw is not None:
            return self._shown(self._rows(file, box, self._raw), None)
        return self._shown(*self._assembled(file, cache, box))

    def _shown(self, samples: Segment, present: npt.NDArray[np.bool_] | None) -> Pixels:
        alpha = self.layout.alpha
        if alpha is None:
            return Pixels(self.layout.convert(samples), present)
        opaque = samples[..., alpha] > 0
        valid = opaque if present is None else opaque & present
        return Pixels(self.layout.convert(np.delete(samples, alpha, axis=2)), valid)

    def _rows(self, file: PositionedFile, box: Box, raw: np.dtype[Any]) -> Segment:
        """Read what lies in the file as it is, without the rest of the strips."""
        pixel = self._stored * self._itemsize
        out = np.empty((box.height, box.width, self._stored * self.separate), self._dtype)
        rows, strips = self.tile[1], range(box.y // self.tile[1], math.ceil(box.y2 / self.tile[1]))
        for plane, strip in itertools.product(range(self.separate), strips):
            top, bottom = max(box.y, strip * rows), min(box.y2, (strip + 1) * rows)
            stride, count = self.width * pixel, box.width * pixel
            start = (top - strip * rows) * stride + box.x * pixel
            index = plane * self._down + strip
            if start + (bottom - top - 1) * stride + count > self._counts[index]:
                raise EOFError("a strip is shorter than its rows")
            data = file.read_rows(int(self._offsets[index]) + start, stride, bottom - top, count)
            values = np.frombuffer(data, raw).reshape(bottom - top, box.width, self._stored)
            bands = slice(plane * self._stored, (plane + 1) * self._stored)
            out[top - box.y : bottom - box.y, :, bands] = values
        return out

    def _assembled(
        self, file: PositionedFile, cache: SegmentCache, box: Box
    ) -> tuple[Segment, npt.NDArray[np.bool_] | None]:
        samples = self._stored * self.separate
        parts = list(self._touched(box))
        if len(parts) == 1 and self.separate == 1 and parts[0][1] == box:
            whole = self._decoded(file, cache, parts[0][0], whole=True)
            if whole is not None:
                return whole[: box.height, : box.width], None
        out = np.zeros((box.height, box.width, samples), self._dtype)
        present: npt.NDArray[np.bool_] | None = None
        for index, tile in parts:
            inner = tile.intersect(box)
            rows = slice(inner.y - box.y, inner.y2 - box.y)
            columns = slice(inner.x - box.x, inner.x2 - box.x)
            for plane in range(self.separate):
                number = index + plane * self._across * self._down
                segment = self._decoded(file, cache, number, whole=inner == tile)
                if segment is None:
                    present = np.ones(out.shape[:2], np.bool_) if present is None else present
                    present[rows, columns] = False
                    continue
                out[rows, columns, plane * self._stored : (plane + 1) * self._stored] = segment[
                    inner.y - tile.y : inner.y2 - tile.y, inner.x - tile.x : inner.x2 - tile.x
                ]
        return out, present

    def _touched(self, box: Box) -> Iterator[tuple[int, Box]]:
        """Yield the number of each tile that a box touches, and the tile's part of the picture."""
        wide, high = self.tile
        whole = Box(0, 0, self.width, self.height)
        for row in range(box.y // high, math.ceil(box.y2 / high)):
            for column in range(box.x // wide, math.ceil(box.x2 / wide)):
                tile = Box(column * wide, row * high, wide, high)
                yield row * self._across + column, tile.intersect(whole)

    def _decoded(
        self, file: PositionedFile, cache: SegmentCache, number: int, *, whole: bool
    ) -> Segment | None:
        """Return (rows, columns, samples) of a strip or tile; None where the file holds none.

        One that is used whole is not wanted again by the neighbours, so it is not kept.
        """
        if not self._counts[number]:
            return None
        key = (self.key, number)
        if whole:
            kept = cache.find(key)
            return self._decode_now(file, number) if kept is None else kept
        return cache.get(key, lambda: self._decode_now(file, number))

    def _decode_now(self, file: PositionedFile, number: int) -> Segment:
        data = file.read_at(int(self._offsets[number]), int(self._counts[number]))
        self._refuse_bomb(data)
        tables = {"jpegtables": self._jpegtables} if self._jpegtables is not None else {}
        if self._jpegheader is not None:
            tables["jpegheader"] = self._jpegheader
        decoded, _, _ = self._decode(data, number, **tables)
        segment: Segment = decoded[0]
        if segment.dtype != self._dtype:
            raise Torn("a part has another pixel type than the picture")
        return segment

    def _refuse_bomb(self, data: bytes) -> None:
        claim = claimed_size(data)
        if claim is None:
            return
        most = 4 * self.tile[0] * min(self.tile[1], self.height) + (1 << 16)
        if claim[0] * claim[1] > most:
            raise Torn("a part claims more pixels than the picture has room for")


def _raw_dtype(page: Any) -> np.dtype[Any] | None:
    """Return the stored type of a picture whose rows can be read as they lie in the file."""
    plain = (
        page.compression == 1
        and page.predictor == 1
        and page.fillorder == 1
        and not page.is_tiled
        and page.bitspersample in {8, 16, 32, 64}
        and page.jpegheader is None
        and int(page.photometric) != colour.YCBCR
    )
    return np.dtype(page.dtype).newbyteorder(page.parent.byteorder) if plain else None
