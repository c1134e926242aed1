"""Slides and scenes cut into pictures: where they are outlined, or where there is something.

A piece is kept when enough of it is wanted; otherwise its quarters are looked at, as long as they
are large enough for the run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ssldiff_gui.core.errors import BadRequest, FileProblem, UnsupportedFile, UserError
from ssldiff_gui.core.geometry import Box, Region, Scale
from ssldiff_gui.core.ground import on_the_ground
from ssldiff_gui.slides.open import open_slide
from ssldiff_gui.slides.scene import Scene
from ssldiff_gui.slides.slide import Slide
from ssldiff_gui.slides.tissue import TissueLook, data_share, tissue_look, tissue_share
from ssldiff_gui.training.found import Found, Shelf, unusable
from ssldiff_gui.training.outlines import outlines_for
from ssldiff_gui.training.reading import read_picture
from ssldiff_gui.training.settings import Data, Source

CHUNK = 1024
"""Longest side of a piece, in pixels of the run."""

COARSEST = 4.0
"""Pixels may be up to four times larger than the run's; they are then enlarged."""

QUARTERED = 4
"""Times that a piece is, at most."""

BLOCK = 2048
"""Side of what is not parted when all pictures come from one slide, in pixels of the run."""

SAME_SCALE = 0.02
OUTLINED, STAINED, WITH_DATA = 0.9, 0.5, 0.98
"""Share of a piece that lies in an outline, is tissue, or has data."""

_LOOK = 8
"""Cells along a piece's side that are looked at for tissue and data."""

_PLAIN = 4096
"""Side from which on a TIFF without a scale is a slide and no picture."""

Share = Callable[[Box], float]


@dataclass
class Cutter:
    """Cuts the slides of one source.

    Parameters
    ----------
    source, data
        What the configuration says of it, and of all.
    regions
        Annotations, or a folder of them; None takes all tissue and all data.
    many
        Whether there are several files: each is then kept together.
    shelf
        Keeps the slides open while they are read.
    """

    source: Source
    data: Data
    regions: Path | None
    many: bool
    shelf: Shelf
    _series: set[str] = field(default_factory=set)

    def parts(self, path: Path, name: str, label: str) -> Iterator[Found]:
        """Yield the pictures of a file; one that stands for the error when there are none.

        Parameters
        ----------
        path
            A slide, a scene, or a TIFF that may be a mere picture.
        name
            Its path within the source.
        label
            Class of what has none from an outline.

        Raises
        ------
        BadRequest
            Nobody says how large its pixels are, or they are of another kind than the run's.
        """
        try:
            slide = self.shelf.put(open_slide(path))
            scene = slide.scenes[0]
            if self.regions is None and _is_picture(slide):
                yield Found(name, label, partial(read_picture, path))
                return
            if self._seen(slide):
                return
            downsample = self._downsample(scene)
            empty = True
            for box, given in self._pieces(scene, downsample):
                empty = False
                yield Found(
                    f"{name}@{box.x},{box.y},{box.width},{box.height}",
                    given if given and self.source.labels else label,
                    partial(scene.read, Region(box, downsample)),
                    case=name if self.many else _block(name, box, downsample),
                    scaled=True,
                )
            if empty:
                yield unusable(name, _bare(path, outlined=self.regions is not None))
        except BadRequest:
            raise
        except UserError as error:
            yield unusable(name, error)

    def _seen(self, slide: Slide) -> bool:
        """Whether a DICOM file belongs to a slide that was cut already."""
        series = slide.properties.get("dicom.SeriesInstanceUID")
        if series is None or series not in self._series:
            self._series.update([series] if series else [])
            return False
        return True

    def _pieces(self, scene: Scene, downsample: float) -> Iterator[tuple[Box, str]]:
        least = self.data.smallest * downsample
        if self.regions is not None:
            for outline in outlines_for(scene.path, self.regions, scene.georeference):
                area = Box.covering(*outline.shape.bounds).intersect(scene.box)
                for box in _cut(area, downsample):
                    for piece in _quartered(box, outline.share, OUTLINED, least):
                        yield piece, outline.label
            return
        boxes = [*_cut(scene.box, downsample)]
        if len(boxes) == 1:
            yield boxes[0], ""
            return
        on_earth = scene.georeference is not None or self.data.pixel.unit == "m"
        look = None if on_earth else tissue_look(scene)
        for box in boxes:
            share = _seen_share(scene, box, look)
            enough = STAINED if look else WITH_DATA
            for piece in _quartered(box, share, enough, least):
                yield piece, ""

    def _downsample(self, scene: Scene) -> float:
        """Return how many level-0 pixels go into one of the run's."""
        wanted = self.data.pixel
        size = self._pixel_size(scene)
        downsample = wanted.size / math.sqrt(size.x * size.y)
        if downsample * COARSEST < 1:
            raise UnsupportedFile(
                scene.path,
                f"{scene.path.name} is {1 / downsample:.3g} times coarser than the run.",
                "Leave it out, or take a larger `pixel` in [data].",
            )
        near = min((level.downsample for level in scene.levels), key=lambda d: abs(d - downsample))
        return near if abs(near / downsample - 1) <= SAME_SCALE else downsample

    def _pixel_size(self, scene: Scene) -> Scale:
        unit = self.data.pixel.unit
        if self.source.pixel is not None:
            return Scale(self.source.pixel, self.source.pixel, unit)
        size = scene.scale and on_the_ground(
            scene.scale, scene.georeference, scene.width / 2, scene.height / 2
        )
        if size is None:
            raise BadRequest(
                f"{scene.path.name} does not say how large its pixels are.",
                f"Say it in {unit} with the key `pixel` of its [[data.sources]].",
            )
        if size.unit != unit:
            raise BadRequest(
                f"{scene.path.name} has pixels of {size.x:g} {size.unit}, the run is in {unit}.",
                f"Take another file, or say with the key `pixel` what they are in {unit}.",
            )
        return size


def _is_picture(slide: Slide) -> bool:
    """Whether a TIFF is no more than a picture: small, of one level, on no map, without scale."""
    scene = slide.scenes[0]
    plain = scene.scale is None and scene.georeference is None and len(scene.levels) == 1
    return plain and slide.kind == "TIFF" and max(scene.width, scene.height) <= _PLAIN


def _cut(box: Box, downsample: float) -> Iterator[Box]:
    """Cut a box evenly into pieces that are no longer than CHUNK pixels of the run."""
    columns, rows = (math.ceil(side / downsample / CHUNK) for side in (box.width, box.height))
    for row in range(rows):
        for column in range(columns):
            yield _piece(box, column, row, columns, rows)


def _piece(box: Box, column: int, row: int, columns: int, rows: int) -> Box:
    x, x2 = (box.x + box.width * n // columns for n in (column, column + 1))
    y, y2 = (box.y + box.height * n // rows for n in (row, row + 1))
    return Box(x, y, x2 - x, y2 - y)


def _quartered(
    box: Box, share: Share, enough: float, least: float, times: int = QUARTERED
) -> Iterator[Box]:
    """Yield a box, or those of its quarters, and theirs, of which enough is wanted."""
    if min(box.width, box.height) < least:
        return
    found = share(box)
    if found >= enough:
        yield box
    elif found > 0 and times and min(box.width, box.height) > 1:
        for row in range(2):
            for column in range(2):
                quarter = _piece(box, column, row, 2, 2)
                yield from _quartered(quarter, share, enough, least, times - 1)


def _seen_share(scene: Scene, box: Box, look: TissueLook | None) -> Share:
    """Return a function from boxes within `box` to how much of them is tissue, or has data."""
    side = max(box.width, box.height) / _LOOK
    rows, columns = (max(1, math.ceil(n / side - 1e-6)) for n in (box.height, box.width))
    region = Region(box)
    if look is None:
        cells = data_share(scene, region, side, rows, columns)
    else:
        cells = tissue_share(scene, region, side, rows, columns, look=look)

    def share(part: Box) -> float:
        left, top = round((part.x - box.x) / side), round((part.y - box.y) / side)
        right, bottom = round((part.x2 - box.x) / side), round((part.y2 - box.y) / side)
        left, top = min(left, columns - 1), min(top, rows - 1)
        return float(cells[top : max(bottom, top + 1), left : max(right, left + 1)].mean())

    return share


def _block(name: str, box: Box, downsample: float) -> str:
    side = BLOCK * downsample
    column, row = (int((n + m / 2) // side) for n, m in ((box.x, box.width), (box.y, box.height)))
    return f"{name}@block {column},{row}"


def _bare(path: Path, *, outlined: bool) -> FileProblem:
    what = "no outlined area that is" if outlined else "nothing to see that is"
    return UnsupportedFile(
        path, f"{path.name} has {what} large enough.", "Leave it out, or take a smaller `smallest`."
    )
