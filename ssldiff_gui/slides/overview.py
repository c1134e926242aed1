"""A pyramid for a scene whose file has none: built once in the background, kept on disk.

The finest made level is read from the file block by block, each coarser tile is made from the
four beneath it, so that memory stays the same however large the scene is. The blocks are taken in
an order that spreads over the scene first, and those that somebody looks at come before all
others: the picture is coarse at once and sharpens everywhere.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from psygnal import Signal

from ssldiff_gui.core.errors import ChangedFile, ClosedFile, MissingFile, UserError
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides import tile_codec
from ssldiff_gui.slides.block_order import Block, BlockOrder
from ssldiff_gui.slides.fingerprint import fingerprint
from ssldiff_gui.slides.ladder import Rung, tile_box
from ssldiff_gui.slides.overview_canvas import OverviewCanvas
from ssldiff_gui.slides.reduction import reduce_pixels
from ssldiff_gui.slides.scene import Pixels, Scene
from ssldiff_gui.slides.tile_file import DamagedTiles, Place, TileFile
from ssldiff_gui.slides.tile_folder import TileFolder

DIRECT_FACTOR = 4
"""Up to this reduction a tile is read from the file when it is wanted; beyond, that is too slow."""

WIDE_BLOCK = 4096
"""Blocks of a file wider than this are strips: a part of one costs as much as the whole."""

SKETCH = 0.05
"""Part of the blocks that is read before anybody looks."""

PIECE_BYTES = 16 << 20
"""About as much of a strip is read at a time."""

_FORMAT = 1


class Overview:
    """The levels beneath the coarsest of a file.

    Parameters
    ----------
    scene
        Where pixels come from.
    rungs
        The scene's whole ladder, finest first; places count levels as it does. Those made from
        the file's last level with a factor above one are built here.
    side
        Width and height of tiles.
    folder
        Where finished pyramids are kept.
    """

    built = Signal(object, object)
    """(Place, Pixels), from a worker thread: a tile can be had."""
    painted = Signal(Box)
    """From a worker thread: a part of `canvas` changed, in pixels of the coarsest rung."""
    failed = Signal(UserError)
    """From a worker thread: a block is unreadable and stays empty."""

    def __init__(
        self, scene: Scene, rungs: Sequence[Rung], side: tuple[int, int], folder: TileFolder
    ) -> None:
        self._scene = scene
        self._rungs = list(rungs)
        self._side = side
        self._folder = folder
        last = self._rungs[-1]
        made = [i for i, r in enumerate(rungs) if r.level == last.level and r.factor > 1]
        self.finest = made[0]
        fine = self._rungs[self.finest]
        self.canvas = OverviewCanvas(
            last.width, last.height, len(scene.bands), scene.dtype, last.factor // fine.factor
        )
        columns, rows = self._grid(self.finest)
        self._strips = scene.tile[0] > WIDE_BLOCK
        self._order = BlockOrder(1 if self._strips else columns, rows, spread=not self._strips)
        self._left = self._order.columns * self._order.rows
        self._file: TileFile | None = None
        self._done: dict[Place, int] = {}
        self._hastened: set[Place] = set()
        self._opened = self._closed = self._spoilt = self._useless = False
        self._lock = threading.RLock()
        self._opening = threading.Lock()

    @property
    def complete(self) -> bool:
        """Whether every tile can be had."""
        return self._opened and self._left == 0

    def sketch(self) -> bool:
        """Do as `step` does, but only until there is something of everywhere."""
        total = self._order.columns * self._order.rows
        return total - self._left < SKETCH * total and self.step()

    def covers(self, level: int) -> bool:
        """Whether the tiles of a rung are made here."""
        return level >= self.finest and not self._useless

    def tile(self, place: Place) -> Pixels | None:
        """Return a tile, or None when it is still to be made; it is made soon then."""
        data = self._stored(place)
        if data is not None:
            return tile_codec.decode(data, self._scene.dtype)
        if place[0] < len(self._rungs) - 1 and place not in self._hastened:
            self._hastened.add(place)
            (x, y), (x2, y2) = self._beneath(place)
            self._order.hasten((x, y), (1 if self._strips else x2, y2))
        return None

    def step(self) -> bool:
        """Do a little of the work, in a worker thread; return whether more is left."""
        with self._opening:
            if not self._opened and not self._closed:
                self._open()
        taken = self._order.next()
        if taken is None or self._closed:
            return False
        try:
            self._build(*taken)
        except OSError as error:
            self._give_up("The folder of the viewer's own pyramids cannot be written.", error)
        return True

    def close(self) -> None:
        """Stop; an unfinished pyramid is deleted."""
        self._closed = True
        self._order.stop()
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _stored(self, place: Place) -> bytes | None:
        with self._lock:
            if self._file is None:
                return None
            try:
                return self._file.get(place)
            except (DamagedTiles, OSError):
                self._folder.discard(self._file.facts)
                self._file.close()
                self._file, self._useless = None, True
        self.painted.emit(self.canvas.box)
        return None

    def _facts(self) -> dict[str, object]:
        scene = self._scene
        return {
            "format": _FORMAT,
            "content": fingerprint(scene.path),
            "modified": scene.path.stat().st_mtime_ns,
            "scene": scene.name,
            "levels": [[level.width, level.height] for level in scene.levels],
            "pixels": [scene.dtype.str, len(scene.bands), str(scene.nodata)],
            "tiles": list(self._side),
        }

    def _open(self) -> None:
        self._opened = True
        try:
            facts = self._facts()
            found = self._folder.open(facts)
            if found is not None and self._take_over(found):
                return
            self._file = self._folder.begin(facts)
        except OSError as error:
            self._give_up("The folder of the viewer's own pyramids cannot be used.", error)

    def _take_over(self, found: TileFile) -> bool:
        """Use a pyramid that was built before, unless it proves to be damaged."""
        try:
            whole = self._paint_from(found)
        except (DamagedTiles, ValueError):
            whole = False
        if not whole:
            found.close()
            self._folder.discard(found.facts)
            return False
        self._file = found
        self._left = 0
        self._order.stop()
        self.painted.emit(self.canvas.box)
        return True

    def _paint_from(self, found: TileFile) -> bool:
        last = len(self._rungs) - 1
        columns, rows = self._grid(last)
        for place in [(last, column, row) for row in range(rows) for column in range(columns)]:
            data = found.get(place)
            if data is None:
                return False
            self.canvas.put(self._box(place), tile_codec.decode(data, self._scene.dtype))
        return True

    def _build(self, block: Block, reach: int) -> None:
        """Read a block, keep its tiles, and make those above that can be made now."""
        places = self._places_of(block)
        boxes = [self._box(place) for place in places]
        whole = Box(boxes[0].x, boxes[0].y, boxes[-1].x2 - boxes[0].x, boxes[-1].y2 - boxes[0].y)
        pixels = self._read(whole)
        for place, box in zip(places, boxes, strict=True):
            columns = slice(box.x - whole.x, box.x2 - whole.x)
            self._keep(place, _cut(pixels, slice(None), columns))
        if self._closed:
            return
        part = self.canvas.paint(whole, pixels)
        self.painted.emit(part if reach == 1 else self._tint_around(block, reach, part))
        with self._lock:
            self._left -= 1
            finished = self._left == 0
        if finished:
            self._finish()

    def _read(self, box: Box) -> Pixels:
        """Return a part of the finest made level; one that cannot be read is empty."""
        rung = self._rungs[self.finest]
        level = self._scene.levels[rung.level].box
        source = rung.source_box(box).intersect(level)
        try:
            parts = [
                reduce_pixels(self._scene.read_bands(rung.level, piece), rung.factor)
                for piece in self._pieces(source, rung.factor)
            ]
        except (ChangedFile, MissingFile, ClosedFile):
            self._spoilt = True
            raise
        except UserError as error:
            self._spoilt = True
            self.failed.emit(error)
            shape = (box.height, box.width, len(self._scene.bands))
            return Pixels(np.zeros(shape, self._scene.dtype), np.zeros(shape[:2], np.bool_))
        return _stacked(parts)

    def _pieces(self, source: Box, factor: int) -> Iterator[Box]:
        """Cut a part of the file into pieces of a bounded size, at the file's own blocks."""
        row = source.width * len(self._scene.bands) * self._scene.dtype.itemsize
        unit = factor * self._scene.tile[1]
        height = max(unit, PIECE_BYTES // max(1, row) // unit * unit)
        if not self._strips or height > source.height:
            height = source.height if not self._strips else min(height, source.height)
        for top in range(0, source.height, height):
            yield Box(source.x, source.y + top, source.width, min(height, source.height - top))

    def _keep(self, place: Place, pixels: Pixels) -> None:
        """Store a tile, tell of it, and make the one above when this was the last beneath it."""
        data = tile_codec.encode(pixels)
        with self._lock:
            if self._file is None:
                return
            self._file.put(place, data)
            if self._file.size > self._folder.cap:
                raise OSError(f"more than {self._folder.cap} bytes")
        self.built.emit(place, pixels)
        last = len(self._rungs) - 1
        if place[0] == last:
            self.canvas.put(self._box(place), pixels)
            self.painted.emit(self._box(place))
            return
        above = (place[0] + 1, place[1] // 2, place[2] // 2)
        beneath = self._children(above)
        with self._lock:
            self._done[above] = self._done.get(above, 0) + 1
            ready = self._done[above] == len(beneath)
            if ready:
                del self._done[above]
        if ready:
            self._make(above, beneath)

    def _make(self, place: Place, beneath: Sequence[Place]) -> None:
        """Make a tile from those beneath it."""
        found = [self.tile(child) for child in beneath]
        tiles = [tile for tile in found if tile is not None]
        if len(tiles) != len(found):
            return  # closed meanwhile
        across = 1 + beneath[-1][1] - beneath[0][1]
        rows = [_joined(tiles[i : i + across]) for i in range(0, len(tiles), across)]
        self._keep(place, reduce_pixels(_stacked(rows), 2))

    def _tint_around(self, block: Block, reach: int, painted: Box) -> Box:
        """Let a block's colour stand for those around it that were not read; return their part."""
        x, y = max(0, block[0] - reach // 2), max(0, block[1] - reach // 2)
        x2 = min(self._order.columns, block[0] + reach // 2)
        y2 = min(self._order.rows, block[1] + reach // 2)
        for other in itertools.product(range(x, x2), range(y, y2)):
            if not self._order.is_taken(other):
                self.canvas.tint(self._box((self.finest, *other)), painted)
        first, last = self._box((self.finest, x, y)), self._box((self.finest, x2 - 1, y2 - 1))
        return self.canvas.place_of(Box(first.x, first.y, last.x2 - first.x, last.y2 - first.y))

    def _finish(self) -> None:
        with self._lock:
            if self._file is not None and not self._spoilt:
                self._file = self._folder.publish(self._file)

    def _give_up(self, message: str, error: OSError) -> None:
        """Do without: tiles are read from the file from now on, however long it takes."""
        self._useless = True
        self.close()
        self.painted.emit(self.canvas.box)
        raise UserError(message, f"Far views of {self._scene.path.name} take longer. ({error})")

    def _grid(self, level: int) -> tuple[int, int]:
        rung = self._rungs[level]
        return -(-rung.width // self._side[0]), -(-rung.height // self._side[1])

    def _box(self, place: Place) -> Box:
        return tile_box(self._rungs[place[0]], self._side, place[1], place[2])

    def _places_of(self, block: Block) -> list[Place]:
        columns = range(self._grid(self.finest)[0]) if self._strips else [block[0]]
        return [(self.finest, column, block[1]) for column in columns]

    def _children(self, place: Place) -> list[Place]:
        level, column, row = place
        columns, rows = self._grid(level - 1)
        return [
            (level - 1, x, y)
            for y in range(row * 2, min(row * 2 + 2, rows))
            for x in range(column * 2, min(column * 2 + 2, columns))
        ]

    def _beneath(self, place: Place) -> tuple[Block, Block]:
        """Return the first block that a tile is made from, and the first one beyond."""
        times = self._rungs[place[0]].factor // self._rungs[self.finest].factor
        _, column, row = place
        return (column * times, row * times), ((column + 1) * times, (row + 1) * times)


def _cut(pixels: Pixels, rows: slice, columns: slice) -> Pixels:
    valid = None if pixels.valid is None else pixels.valid[rows, columns]
    return Pixels(pixels.values[rows, columns], valid)


def _stacked(parts: Sequence[Pixels]) -> Pixels:
    return parts[0] if len(parts) == 1 else _concatenated(parts, 0)


def _joined(parts: Sequence[Pixels]) -> Pixels:
    return parts[0] if len(parts) == 1 else _concatenated(parts, 1)


def _concatenated(parts: Sequence[Pixels], axis: int) -> Pixels:
    values = np.concatenate([part.values for part in parts], axis)
    masks: list[npt.NDArray[np.bool_]] = [
        np.ones(part.values.shape[:2], np.bool_) if part.valid is None else part.valid
        for part in parts
    ]
    if all(part.valid is None for part in parts):
        return Pixels(values)
    return Pixels(values, np.concatenate(masks, axis))
