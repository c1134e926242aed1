"""A canvas that is being made, as a picture: what is done, the preview beneath it, else nothing.

The worker writes the canvas, this reads it, at the same moment: a shard is there whole or not at
all. What the worker says it wrote is believed before the ledger is read again. Coarser levels that
nobody has written yet are made here, so that a view from far away shows what there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from psygnal import Signal

from ssldiff_gui.core.errors import MissingFile
from ssldiff_gui.core.geometry import Box, Georeference, Scale
from ssldiff_gui.slides.identity import NOWHERE
from ssldiff_gui.slides.placed import NOTHING
from ssldiff_gui.slides.scene import RGB, Pixels, Scene, levels_of
from ssldiff_gui.slides.slide import Slide
from ssldiff_gui.storage.canvas_layout import CHUNK, TILE, Layout
from ssldiff_gui.storage.canvas_standing import Standing
from ssldiff_gui.storage.growing_levels import GrowingLevels
from ssldiff_gui.storage.live_preview import LivePreview

KIND = "Canvas"


class GrowingSource:
    """A PixelSource over a canvas folder that somebody else writes; safe from many threads.

    Parameters
    ----------
    path
        The folder; it need not be there yet.
    layout
        How the canvas is cut.
    """

    found = Signal(object)
    """(boxes), from a reader's thread: there is more than anybody told of, in level-0 pixels."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self.layout = layout
        self.standing = Standing(path, layout)
        self.preview = LivePreview(Box(0, 0, layout.width, layout.height))
        self._levels = GrowingLevels(self.standing, self.preview)

    def read(self, level: int, box: Box) -> Pixels:
        """Return the pixels of `box`; where nothing is made they are not valid."""
        part, found = self._levels.read(level, box)
        if self.standing.gone():
            self._levels.clear()
            raise vanished(self.standing.path)
        if found:
            self.found.emit(found)
        return Pixels(part.values, None if part.valid.all() else part.valid)

    def close(self) -> None:
        """Let go of what is in memory; files are open for the moment they are read in only."""
        self._levels.clear()
        self.preview.clear()


class GrowingSlide(Slide):
    """A slide without a fingerprint to rely on: its file changes by design."""

    def __init__(self, path: Path, scene: Scene, source: GrowingSource) -> None:
        super().__init__(path, KIND, [scene], identity=NOWHERE)
        self._source = source

    def check_unchanged(self) -> None:
        """Raise MissingFile when the canvas was there and is gone."""
        if self._source.standing.gone():
            raise vanished(self.path)


class GrowingCanvas:
    """A canvas to be shown while it is made. Its methods return at once, from any thread.

    Parameters
    ----------
    path
        The folder; it need not be there yet.
    width, height
        In pixels.
    scale, georeference
        Of level 0.
    name
        For people; by default the folder's.
    tile, chunk
        Sides of a shard and of the pieces in it; other than the usual in tests only.
    """

    def __init__(
        self,
        path: Path | str,
        width: int,
        height: int,
        *,
        scale: Scale | None = None,
        georeference: Georeference | None = None,
        name: str = "",
        tile: int = TILE,
        chunk: int = CHUNK,
    ) -> None:
        self.path = Path(path)
        self._source = GrowingSource(self.path, Layout(width, height, tile, chunk))
        self.scene = Scene(
            self.path,
            name or self.path.name,
            self._source,
            levels_of(self._source.layout.levels),
            dtype=np.uint8,
            bands=("Red", "Green", "Blue"),
            scale=scale,
            georeference=georeference,
            tile=(chunk, chunk),
            background=NOTHING,
        )
        self._source.found.connect(self.scene.changed.emit)
        self.slide: Slide = GrowingSlide(self.path, self.scene, self._source)

    @classmethod
    def of(cls, path: Path | str) -> GrowingCanvas:
        """Return a canvas that is there, finished or not; reads its ledger, so not in a window.

        Raises
        ------
        FileProblem
            It is missing, no canvas, damaged, or of a newer version.
        """
        from ssldiff_gui.storage.canvas_files import read_state

        state, _ = read_state(Path(path))
        made = state.created
        return cls(
            path, made.width, made.height,
            scale=made.scale, georeference=made.georeference,
            name=made.name, tile=made.tile, chunk=made.chunk,
        )  # fmt: skip

    @property
    def layout(self) -> Layout:
        """How it is cut into tiles."""
        return self._source.layout

    def set_preview(self, box: Box, rgb: RGB) -> None:
        """Show a rough picture where nothing is finished.

        Parameters
        ----------
        box
            Its place, in level-0 pixels of the canvas.
        rgb
            (height, width, 3) uint8, of any size; small is meant.
        """
        self._source.preview.put(box, rgb)
        left = self._source.standing.unfinished(box)
        if not left:  # somebody makes anew what we take for finished
            self._source.standing.doubt()
        self._tell(left or [box])

    def tile_written(self, box: Box) -> None:
        """Show what the worker has just written.

        Parameters
        ----------
        box
            In level-0 pixels of the canvas: one tile, or several.
        """
        self._source.standing.expect(box)
        self._tell([box])

    def refresh(self) -> None:
        """Believe the ledger alone from now on, without any preview: at the end of a job.

        What is finished and was told of is not read again.
        """
        source, begun = self._source, not self._source.preview.empty
        source.preview.clear()
        source.standing.forget()
        left = source.standing.unfinished(self.scene.box) if begun else []
        self._tell([Box(0, 0, 1, 1), *left])  # somebody who reads looks into the ledger

    def _tell(self, boxes: Sequence[Box]) -> None:
        seen = [part for box in boxes if not (part := box.intersect(self.scene.box)).empty]
        if seen:
            self.scene.changed.emit(seen)


def vanished(path: Path) -> MissingFile:
    """Return the error for a canvas whose folder is gone."""
    return MissingFile(
        path,
        f"The picture {path.name} is gone.",
        "Reconnect the drive or put the folder back, or generate the picture again.",
    )
