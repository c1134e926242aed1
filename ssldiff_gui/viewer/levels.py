"""What napari sees of a scene: levels that answer at once and sharpen as tiles arrive.

napari slices a level on the window's thread and waits for the answer. A `DisplayLevel` never
decodes there: it takes what the cache has, enlarges coarser tiles where something is missing,
asks the loader for the rest, and lets `DisplayPyramid.arrived` tell when to slice again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import numpy as np
from psygnal import Signal

from ssldiff_gui.core.errors import OversizedRequest, UserError
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides.cache import TileKey
from ssldiff_gui.slides.ladder import ladder, tile_box, tile_side
from ssldiff_gui.slides.loader import TileLoader
from ssldiff_gui.slides.overview import DIRECT_FACTOR, Overview
from ssldiff_gui.slides.reduction import read_reduced
from ssldiff_gui.slides.scene import RGB, Display, Pixels, Scene
from ssldiff_gui.viewer.display_level import DisplayLevel
from ssldiff_gui.viewer.frame import Frame, Place
from ssldiff_gui.viewer.mosaic import Patch, paste, tiles_over

__all__ = ["DisplayLevel", "DisplayPyramid"]

LARGEST_PICTURE = 256 << 20
"""More bytes than any screen shows: whoever asks for it wants the file, not the display."""


GRACE = 0.005
"""Seconds that a new view may wait for tiles: a third of a frame, and often enough to be sharp at
once instead of blurred first."""


class DisplayPyramid:
    """The levels of one scene, for one layer.

    Parameters
    ----------
    scene
        Where pixels come from.
    loader
        Decodes in the background; its cache holds the tiles.
    display
        Bands and stretch; the scene's own when None.
    """

    arrived = Signal()
    """From a worker thread: something that was missing is there now."""
    failed = Signal(UserError)
    """From a worker thread, once for each kind of trouble."""
    display_changed = Signal()
    """The levels show other pixels from now on."""

    def __init__(self, scene: Scene, loader: TileLoader, display: Display | None = None) -> None:
        self.scene = scene
        self.loader = loader
        self.rungs = ladder([(level.width, level.height) for level in scene.levels])
        self.side = (tile_side(scene.tile[0]), tile_side(scene.tile[1]))
        self.levels = [DisplayLevel(self, i) for i in range(len(self.rungs))]
        self._display = display
        self._lock = threading.RLock()
        self._frame: Frame | None = None
        self._viewport: Box | None = None
        self._closed = self._seen = False
        self._owner: object = object()
        self._base_missing: set[Place] = set()
        self._turn = 0
        self._base_turns: dict[Place, int] = {}
        self._overview = self._overview_if_needed()
        self._base = np.empty((self.rungs[-1].height, self.rungs[-1].width, 3), dtype=np.uint8)
        self._base[:] = scene.background
        loader.arrived.connect(self._on_arrived)
        loader.failed.connect(self._on_failed)
        scene.changed.connect(self.invalidate)
        self._start()
        if self._overview is not None:
            self._overview.built.connect(self._on_built)
            self._overview.painted.connect(self._on_painted)
            self._overview.failed.connect(self.failed.emit)
            loader.add_chore(self._overview, self._overview.sketch)

    @property
    def display(self) -> Display:
        """Bands and stretch on show. The first look at a scene's own may read the file."""
        return self._display if self._display is not None else self.scene.display

    def set_display(self, display: Display | None) -> None:
        """Show other bands or another stretch; None stands for the scene's own."""
        with self._lock:
            if self._closed:
                return
            self.loader.forget(self._owner)
            self._display = display
            self._frame = None
            self._owner = object()
            self._start()
        if self._overview is not None:
            self.loader.add_chore(self._overview, self._repaint_whole)
        self.display_changed.emit()

    @property
    def sharp(self) -> bool:
        """Whether nothing that is shown is still to come."""
        with self._lock:
            shown = [] if self._frame is None else self._frame.missing
            return not any(self._awaited(place) for place in (*shown, *self._base_missing))

    @property
    def settled(self) -> bool:
        """Whether nothing is being decoded: more will not come soon."""
        return not self.loader.busy(self._owner)

    @property
    def base(self) -> RGB:
        """The coarsest level, whole; one array for life, filled in place as tiles arrive."""
        self._look()
        return self._base

    @property
    def base_complete(self) -> bool:
        """Whether the coarsest level is all there."""
        return not self._base_missing

    def picture(self, level: int, box: Box) -> RGB:
        """Return what there is of a part of a level, and ask for what is missing.

        Parameters
        ----------
        level
            Index into `levels`.
        box
            Within that level, in its own pixels.

        Returns
        -------
        RGB
            Sharpened in place by the next call for the same part, so that no new array is made
            thirty times a second.
        """
        if box.area * 3 > LARGEST_PICTURE:
            raise OversizedRequest(
                f"{box.width:,} × {box.height:,} pixels are more than can be shown at once.",
                "Export the region, or look at it from further away.",
            )
        self._look()
        if level == len(self.rungs) - 1:
            self.rest()
            return self._base[box.y : box.y2, box.x : box.x2]
        with self._lock:
            frame = self._frame
            if frame is None or (frame.level, frame.box) != (level, box):
                picture = self.loader.buffers.picture(box.height, box.width)
                frame = Frame(self.rungs, self.side, level=level, box=box, picture=picture)
                self._frame = frame
                self._take_soon(frame)
            with self.loader.hushed():
                frame.take(self._fresh)
                frame.stand_in(self._lookup, self._base)
            self._ask(frame)
            return frame.picture

    def _look(self) -> None:
        """Build the whole overview from the first look on; before, it would slow the start."""
        if self._overview is not None and not self._seen:
            self._seen = True
            self.loader.add_chore(self._overview, self._overview.step)

    def _take_soon(self, frame: Frame) -> None:
        """Ask for what a new frame lacks and give it the blink in which most of it comes."""
        end = time.perf_counter() + GRACE
        self._ask(frame)
        frame.take(self._fresh)
        if frame.missing:
            owner = self._owner
            self._lock.release()  # a worker that fills the coarsest level needs it
            try:
                self.loader.wait(owner, end - time.perf_counter())
            finally:
                self._lock.acquire()

    def wanted(self, viewport: Box) -> None:
        """Say what is really in view: the rest of what napari asks for comes after it.

        Parameters
        ----------
        viewport
            In level-0 pixels.
        """
        with self._lock:
            self._viewport = viewport
            if self._frame is not None:
                self._ask(self._frame)

    def invalidate(self, boxes: Sequence[Box]) -> None:
        """Read parts of the picture anew; what is shown of them stays until that is there.

        Not for scenes whose coarse levels are made here: those do not change.

        Parameters
        ----------
        boxes
            In level-0 pixels.
        """

        def changed(place: Place) -> bool:
            whole = self._whole(place)
            return any(not whole.intersect(box).empty for box in boxes)

        with self._lock:
            if self._closed:
                return
            self._turn += 1
            self.loader.outdate(self._owner, lambda key: changed((key.level, key.column, key.row)))
            last = len(self.rungs) - 1
            for at in tiles_over(self.rungs[last].box, self.side):
                if changed((last, *at)):
                    self._base_missing.add((last, *at))
                    self._base_turns[(last, *at)] = self._turn
            if self._frame is None:
                self.rest()
            else:
                self._frame.outdate(changed)
                self._ask(self._frame)

    def rest(self) -> None:
        """Say that only the coarsest level is on show: requests for others are dropped."""
        with self._lock:
            self._frame = None
            self.loader.request(self._owner, [self._key(place) for place in self._base_missing])

    def close(self) -> None:
        """Drop requests and tiles. The scene stays open: it belongs to its slide."""
        with self._lock:
            self._closed = True
            self._frame = None
            self.loader.forget(self._owner)
        if self._overview is not None:
            self.loader.forget(self._overview)
            self._overview.close()
        self.scene.changed.disconnect(self.invalidate, missing_ok=True)
        self.loader.arrived.disconnect(self._on_arrived, missing_ok=True)
        self.loader.failed.disconnect(self._on_failed, missing_ok=True)

    def _start(self) -> None:
        last = len(self.rungs) - 1
        self._base_missing = {
            (last, *place) for place in tiles_over(self.rungs[last].box, self.side)
        }
        self.loader.register(self._owner, self._decode)
        self.rest()

    def _key(self, place: Place) -> TileKey:
        return TileKey(self._owner, *place)

    def _lookup(self, place: Place) -> RGB | None:
        return self.loader.cache.get(self._key(place))

    def _fresh(self, place: Place) -> RGB | None:
        key = self._key(place)
        return self.loader.cache.get(key) if self.loader.cache.fresh(key) else None

    def _awaited(self, place: Place) -> bool:
        return not self.loader.has_failed(self._key(place))

    def _ask(self, frame: Frame) -> None:
        """Request what a frame lacks: the coarsest level, coarse stand-ins, then the rest."""
        missing = frame.missing
        if self._viewport is not None:
            missing.sort(key=self._out_of_view)
        coarse = self._coarse_for(frame.level)
        wishes = [] if coarse is None else frame.coarse_wishes(coarse)
        places = [*self._base_missing, *wishes, *missing]
        self.loader.request(self._owner, [self._key(place) for place in places])

    def _coarse_for(self, level: int) -> int | None:
        """Return the level of the stand-ins worth asking for: far coarser, and soon had."""
        for coarse in range(level + 2, len(self.rungs) - 1):
            built = self._overview is not None and self._overview.covers(coarse)
            if self.rungs[coarse].factor == 1 or built:
                return coarse
        return None

    def _out_of_view(self, place: Place) -> bool:
        return self._viewport is not None and self._whole(place).intersect(self._viewport).empty

    def _whole(self, place: Place) -> Box:
        """Return what a tile shows, in level-0 pixels."""
        rung = self.rungs[place[0]]
        x, y = self.rungs[0].width / rung.width, self.rungs[0].height / rung.height
        box = tile_box(rung, self.side, place[1], place[2])
        return Box.covering(box.x * x, box.y * y, box.x2 * x, box.y2 * y)

    def _overview_if_needed(self) -> Overview | None:
        if self.rungs[-1].factor <= DIRECT_FACTOR:
            return None
        return Overview(self.scene, self.rungs, self.side, self.loader.folder)

    def _decode(self, key: TileKey) -> RGB | None:
        """Read one tile, in a worker thread; None when its overview is not there yet."""
        place, turn = (key.level, key.column, key.row), self._turn
        rung, overview = self.rungs[key.level], self._overview
        box = tile_box(rung, self.side, key.column, key.row)
        if overview is not None and overview.covers(key.level):
            pixels = overview.tile(place)
            if pixels is None:
                return None
            tile = self.display.rgb(pixels, self.scene.background)
        else:
            source = rung.source_box(box).intersect(self.scene.levels[rung.level].box)
            tile = read_reduced(self.scene, rung.level, source, rung.factor, self.display)
        if key.level == len(self.rungs) - 1:
            self._fill_base(key, tile, box, turn)
        return tile

    def _fill_base(self, key: TileKey, tile: RGB, box: Box, turn: int) -> None:
        """Take a tile of the coarsest level, which was read when so many changes had come."""
        with self._lock:
            if key.owner is self._owner:
                paste(Patch(self._base, self.rungs[-1].box), Patch(tile, box))
                place = (key.level, key.column, key.row)
                if self._base_turns.get(place, 0) <= turn:
                    self._base_missing.discard(place)
                self._base_changed()

    def _base_changed(self) -> None:
        if self._frame is not None:
            self._frame.base_changed()

    def _on_built(self, place: Place, pixels: Pixels) -> None:
        """Take a tile that the overview made, if it is waited for."""
        with self._lock:
            owner = self._owner
            shown = self._frame is not None and self._frame.lacks(place)
        if not shown and place not in self._base_missing:
            return
        key = TileKey(owner, *place)
        tile = self.display.rgb(pixels, self.scene.background)
        if place[0] == len(self.rungs) - 1:
            box = tile_box(self.rungs[-1], self.side, place[1], place[2])
            self._fill_base(key, tile, box, self._turn)
        else:
            self.loader.cache.put(key, tile)
        self._on_arrived(owner, key)

    def _on_painted(self, box: Box) -> None:
        self._repaint_base(box)
        with self._lock:
            if self._overview is not None and self._overview.complete:
                self._base_missing.clear()
            if self._frame is None and not self._closed:
                self.rest()
        self.arrived.emit()

    def _repaint_whole(self) -> bool:
        self._on_painted(self.rungs[-1].box)
        return False

    def _repaint_base(self, box: Box) -> None:
        """Show what the overview has of the coarsest level so far."""
        if self._overview is None or box.empty:
            return
        picture = self.display.rgb(self._overview.canvas.pixels(box), self.scene.background)
        with self._lock:
            self._base[box.y : box.y2, box.x : box.x2] = picture
            self._base_changed()

    def _on_arrived(self, owner: object, _key: TileKey) -> None:
        if owner is self._owner:
            self.arrived.emit()

    def _on_failed(self, owner: object, trouble: UserError) -> None:
        if owner is self._owner or owner is self._overview:
            self.failed.emit(trouble)
