"""The picture that is being made: an OME-Zarr pyramid on disk, and a ledger of what is done.

A canvas is a folder that any OME-Zarr 0.5 reader opens at any time, finished or not. One program
writes it, tile by tile; any number may read. A tile counts as done when its file and then its
record in the ledger are on the disk itself, so no death of the program or the machine loses one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from math import gcd
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ssldiff_gui.core.errors import BrokenFile
from ssldiff_gui.core.geometry import Georeference, Scale
from ssldiff_gui.core.recipe import Recipe
from ssldiff_gui.slides.problems import naming
from ssldiff_gui.storage import canvas_files as files
from ssldiff_gui.storage.canvas_asked import put_asked, settle_asked
from ssldiff_gui.storage.canvas_layout import CHUNK, TILE, Key, Tile
from ssldiff_gui.storage.canvas_lock import WriterLock
from ssldiff_gui.storage.canvas_making import make_folder
from ssldiff_gui.storage.canvas_pixels import coarser
from ssldiff_gui.storage.canvas_records import (
    CanvasState,
    Changed,
    Created,
    Failed,
    Finished,
    Lost,
    Record,
    Shard,
    to_line,
)
from ssldiff_gui.storage.canvas_shards import RGB, encode_shard
from ssldiff_gui.storage.canvas_view import CanvasView
from ssldiff_gui.storage.ledger import Ledger
from ssldiff_gui.storage.preflight import still_needed, telling_of_full_disks

if TYPE_CHECKING:
    from ssldiff_gui.core.grid import EmbeddingGrid
    from ssldiff_gui.core.layout import Layout

__all__ = ["CHUNK", "TILE", "Canvas"]


class Canvas(CanvasView):
    """A canvas on disk; see `create` and `open`. Its methods may be called from any thread.

    Parameters
    ----------
    path
        Its folder.
    state
        What the ledger says.
    ledger, lock
        Of the one writer; None for readers.
    """

    def __init__(
        self,
        path: Path,
        state: CanvasState,
        ledger: Ledger | None = None,
        lock: WriterLock | None = None,
    ) -> None:
        super().__init__(path, state)
        self._ledger, self._lock = ledger, lock

    @classmethod
    def create(
        cls,
        path: Path | str,
        *,
        width: int,
        height: int,
        recipe: Recipe,
        grid: EmbeddingGrid,
        layout: Layout | None = None,
        scale: Scale | None = None,
        georeference: Georeference | None = None,
        name: str = "",
        tile: int = TILE,
        chunk: int = CHUNK,
    ) -> Self:
        """Make a canvas without pixels and open it for writing.

        Parameters
        ----------
        path
            Its folder, by custom named ``….ome.zarr``; nothing is there yet.
        width, height
            In pixels.
        recipe, grid, layout
            What is going to be rendered.
        scale, georeference
            Of level 0.
        name
            For people; by default the folder's.
        tile, chunk
            Sides of a shard and of the pieces in it; other than the usual in tests only.

        Raises
        ------
        AlreadyThere
            Nothing that exists is written over.
        NoSpace, FileProblem
            The folder cannot be made; nothing is left of the attempt.
        """
        path = Path(path).absolute()
        _require_same(recipe, (width, height), grid, layout)
        created = Created(
            width=width,
            height=height,
            tile=tile,
            chunk=gcd(chunk, tile),
            name=name or path.name,
            scale=scale,
            georeference=georeference,
            recipe=recipe,
            grid=grid.digest(),
        )
        with telling_of_full_disks(path, lambda: still_needed(CanvasState(created))):
            make_folder(path, created, grid, layout)
        return cls.open(path, write=True)

    @classmethod
    def open(cls, path: Path | str, *, write: bool = False) -> Self:
        """Open a canvas to look at it, or to go on with it.

        Tiles whose file is missing or has another length than recorded are not done any more.

        Parameters
        ----------
        path
            Its folder.
        write
            Whether to go on with it; one program at a time can.

        Raises
        ------
        InUse
            Another program writes to it; the message says which.
        FileProblem
            It is missing, no canvas, damaged, or of a newer version.
        """
        path = Path(path).absolute()
        if not write:
            state, _ = files.read_state(path)
            canvas = cls(path, state)
            with naming(path):
                state.apply(map(canvas._lose, files.lost(path, state)))
            return canvas
        files.refuse_others(path)  # before a lock is made in a folder that is no canvas
        files.refuse_links(path)
        with telling_of_full_disks(path):
            lock = WriterLock(path / files.OWN)
        try:
            return cls._opened(path, lock)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def _opened(cls, path: Path, lock: WriterLock) -> Self:
        """Bring a canvas in order after whatever ended its last writer."""
        state, found = files.read_state(path)
        with telling_of_full_disks(path, lambda: still_needed(state)):
            canvas = cls(path, state, Ledger(path / files.LEDGER, found.length), lock)
            try:
                files.sweep_aside(path)
                settle_asked(path, state.recipe)
                files.write_facts(path, state)
                canvas._drop({key: state.shards[key] for key in files.lost(path, state)})
                for at in state.failed:
                    files.shard_path(path, (0, *at)).unlink(missing_ok=True)
                canvas._make_coarser(forced=False)
            except BaseException:
                canvas.close()
                raise
        return canvas

    def write(self, row: int, column: int, pixels: RGB) -> None:
        """Write a tile; when this returns, nothing short of a broken disk loses it.

        Parameters
        ----------
        row, column
            Which one.
        pixels
            (height, width, 3) uint8 RGB, of the tile's size: smaller at the right and lower edge.

        Raises
        ------
        NoSpace
            The disk is full: what was acknowledged stays, and one may go on when there is room.
        """
        key, box = (0, row, column), self.layout.box((0, row, column))
        if pixels.shape != (box.height, box.width, 3) or pixels.dtype != "uint8":
            raise ValueError(f"tile {row}, {column} is {box.height} × {box.width} uint8 RGB")
        content = encode_shard(pixels, self.layout)
        with self._writing():
            with self._guard:
                if key in self._state.shards:
                    self._record(self._lose(key))  # its record must not vouch for other pixels
                self._put(key, content)
            self._climb(key)

    def fail(self, row: int, column: int, reason: str) -> None:
        """Note that a tile could not be made; it is white until it is written after all."""
        key = (0, row, column)
        self.layout.box(key)
        with self._writing():
            with self._guard:
                edition = self._state.edition
                self._record(Failed(edition=edition, at=(row, column), reason=reason))
                files.shard_path(self.path, key).unlink(missing_ok=True)
            self._climb(key)

    def change(
        self,
        recipe: Recipe,
        grid: EmbeddingGrid,
        tiles: Collection[Tile],
        layout: Layout | None = None,
    ) -> None:
        """Go over to another recipe: `tiles` are to be made again, the others stay as they are.

        It happens wholly or not at all. The old pixels can be read until new ones are written.
        """
        _require_same(recipe, (self.width, self.height), grid, layout)
        with self._writing(), self._guard:
            put_asked(self.path, grid, layout, recipe, beside=True)
            self._record(
                Changed(
                    edition=self._state.edition + 1,
                    recipe=recipe,
                    grid=recipe.grid,
                    tiles=tuple(sorted(tiles)),
                )
            )
            self._grid, self._areas = grid, layout
            settle_asked(self.path, recipe)
            files.write_facts(self.path, self._state)

    def verify(self) -> frozenset[Tile]:
        """Hash every file; tiles that are not what was acknowledged are returned, and not done."""
        with self._guard:
            kept = sorted(self._state.shards.items())
        bad = {at: shard for at, shard in kept if files.hash_of(self.path, at) != shard.sha256}
        if self._ledger is None:
            self._state.apply(map(self._lose, bad))
            self._done = None
        else:
            with self._writing():
                self._drop(bad)
        return frozenset(key[1:] for key in bad if key[0] == 0)

    def finish(self) -> None:
        """Make what coarser levels lack, and note that this is the end."""
        with self._writing():
            self._make_coarser(forced=True)
            with self._guard:
                self._record(Finished(edition=self._state.edition))

    def close(self) -> None:
        """Let others write to it; a second time does nothing."""
        with self._guard:
            if self._ledger is not None:
                self._ledger.close()
            if self._lock is not None:
                self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if self._ledger is None:
            raise ValueError(f"{self.path.name} was opened to be read")
        with telling_of_full_disks(self.path, lambda: still_needed(self._state)):
            yield

    def _record(self, *records: Record) -> None:
        """Acknowledge; the state follows the disk."""
        if records and self._ledger is not None:
            self._ledger.append([to_line(record) for record in records])
            self._state.apply(records)
            self._done = None

    def _put(self, key: Key, content: bytes) -> None:
        """Write a shard, and then that it is there."""
        files.put_shard(self.path, key, content)
        digest = hashlib.sha256(content).hexdigest()
        self._record(Shard(edition=self._state.edition, at=key, size=len(content), sha256=digest))

    def _lose(self, key: Key) -> Lost:
        return Lost(edition=self._state.edition, at=key)

    def _drop(self, damaged: Mapping[Key, Shard | None]) -> None:
        """Take damaged shards off the ledger, then off the disk: they read as white.

        Those that were written meanwhile are let be; None stands for a file without a record.
        """
        with self._guard:
            same = [key for key, shard in damaged.items() if self._state.shards.get(key) == shard]
            self._record(*(self._lose(key) for key in same if damaged[key] is not None))
            for key in same:
                files.shard_path(self.path, key).unlink(missing_ok=True)

    def _climb(self, key: Key) -> None:
        """Make the coarser shards for which a tile was the last that was missing."""
        for above in self.layout.ancestors(key):
            if not self._make(above):
                break

    def _make_coarser(self, *, forced: bool) -> None:
        """Make all coarser shards that can be; when forced, those with missing tiles too."""
        for level in range(1, len(self.levels)):
            with self._guard:
                begun = {key for key in self._state.shards if key[0] == level - 1}
                if level == 1:
                    begun |= {(0, *at) for at in self._state.failed}
            for key in sorted({next(self.layout.ancestors(key)) for key in begun}):
                self._make(key, forced=forced)

    def _make(self, key: Key, *, forced: bool = False) -> bool:
        """Make a coarser shard and say whether it is there now."""
        state, children = self._state, list(self.layout.children(key))
        with self._guard:
            if key in state.shards:
                return True
            if not forced and not all(map(state.settled, children)):
                return False
            before = {child: state.shards.get(child) for child in children}
        try:
            content = encode_shard(coarser(self.path, self.layout, key), self.layout)
        except BrokenFile as error:
            self._drop(
                {c: before[c] for c in children if files.shard_path(self.path, c) == error.path}
            )
            raise
        with self._guard:
            if any(state.shards.get(child) != shard for child, shard in before.items()):
                return False  # a tile was written meanwhile; whoever did makes this one
            self._put(key, content)
        return True


def _require_same(
    recipe: Recipe, size: tuple[int, int], grid: EmbeddingGrid, layout: Layout | None
) -> None:
    areas = "" if layout is None else layout.digest()
    told = (recipe.width, recipe.height, recipe.grid, recipe.layout)
    if told != (*size, grid.digest(), areas):
        raise ValueError("the recipe is of another canvas, another grid or another layout")
