"""One image pyramid: reads of any region, at any scale, from any thread.

A reader for a format supplies a `PixelSource` and the facts; everything the formats have in
common (padding, missing pixels, choice of bands, resampling, errors) happens here, once.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image
from psygnal import Signal

from ssldiff_gui.core.errors import OversizedRequest
from ssldiff_gui.core.geometry import Box, Georeference, Region, Scale
from ssldiff_gui.slides.display import RGB, Display, Pixels
from ssldiff_gui.slides.problems import broken, naming

__all__ = ["RGB", "Display", "Level", "PixelSource", "Pixels", "Scene", "levels_of"]

LARGEST_READ = 1 << 28
"""Most bytes that one read may return: beyond it a caller should go tile by tile."""

LARGEST_SCAN = 1 << 32
"""Most pixels of a level that one read may go through: minutes of decoding lie beyond it."""

PART = 2048
"""A read at a scale between levels goes through the level in parts of about this many pixels."""

STRETCH_PERCENTILES = (2.0, 98.0)


@dataclass(frozen=True, slots=True)
class Level:
    """One resolution of a scene; the downsamples are real numbers, seldom quite integers."""

    width: int
    height: int
    downsample_x: float
    downsample_y: float

    @property
    def downsample(self) -> float:
        """Level-0 pixels for each pixel of this level, the mean of both axes."""
        return (self.downsample_x + self.downsample_y) / 2

    @property
    def box(self) -> Box:
        """The whole level, in its own pixels."""
        return Box(0, 0, self.width, self.height)


def levels_of(sizes: Sequence[tuple[int, int]]) -> tuple[Level, ...]:
    """Return levels from (width, height) pairs, largest first."""
    width, height = sizes[0]
    return tuple(Level(w, h, width / w, height / h) for w, h in sizes)


class PixelSource(Protocol):
    """What a reader supplies: pixels of a level, within its bounds, thread-safe."""

    def read(self, level: int, box: Box) -> Pixels:
        """Return the pixels of `box`, which lies within the level, in the level's own pixels."""
        ...

    def close(self) -> None:
        """Let go of files; reads that are under way end in an error or in pixels."""
        ...


class Scene:
    """One image pyramid of a file and its physical scale.

    Parameters
    ----------
    path
        The file, named in every error.
    name
        What the file calls the scene, or its number.
    source
        Where pixels come from.
    levels
        Largest first.
    dtype
        Type of the raw values.
    bands
        Names of the bands, in order.
    scale
        Size of a level-0 pixel; None when the file does not say.
    georeference
        Place on a planet, for scenes that have one.
    nodata
        Raw value of missing pixels, when the file names one.
    tile
        Width and height of the blocks that are cheap to read.
    objective
        Magnification of the objective, for slides that say.
    background
        Colour of what lies beyond the edges or is missing.
    """

    changed = Signal(object)
    """(boxes): these parts show other pixels from now on, in level-0 pixels; of scenes that are
    being made. Files never do."""

    def __init__(
        self,
        path: Path,
        name: str,
        source: PixelSource,
        levels: Sequence[Level],
        *,
        dtype: npt.DTypeLike,
        bands: Sequence[str],
        scale: Scale | None = None,
        georeference: Georeference | None = None,
        nodata: float | None = None,
        tile: tuple[int, int] = (512, 512),
        objective: float | None = None,
        background: tuple[int, int, int] = (255, 255, 255),
    ) -> None:
        self.path = path
        self.name = name
        self.levels = tuple(levels)
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self.bands = tuple(bands)
        self.scale = scale
        self.georeference = georeference
        self.nodata = nodata
        self.tile = tile
        self.objective = objective
        self.background = background
        self._source = source
        self._guards: list[Callable[[], None]] = []
        self._display: Display | None = None
        self._display_lock = threading.Lock()

    @property
    def width(self) -> int:
        """Width of level 0 in pixels."""
        return self.levels[0].width

    @property
    def height(self) -> int:
        """Height of level 0 in pixels."""
        return self.levels[0].height

    @property
    def box(self) -> Box:
        """The whole scene, in level-0 pixels."""
        return self.levels[0].box

    def guard(self, check: Callable[[], None]) -> None:
        """Call `check` after every read; it raises when the file is not the same any more."""
        self._guards.append(check)

    def close(self) -> None:
        """Let go of the file."""
        self._source.close()

    def level_for(self, downsample: float) -> int:
        """Return the coarsest level that is at least as fine as `downsample`."""
        fits = [i for i, level in enumerate(self.levels) if level.downsample <= downsample * 1.001]
        return fits[-1] if fits else 0

    @property
    def display(self) -> Display:
        """The display that suits the scene: its colours as they are, or a percentile stretch."""
        with self._display_lock:
            if self._display is None:
                self._display = self._suitable_display()
            return self._display

    def stretched(self, bands: tuple[int, int, int]) -> Display:
        """Return a display of these bands, stretched between percentiles of the coarsest level.

        Parameters
        ----------
        bands
            Which bands are shown as red, green and blue.
        """
        sample = self.read_bands(len(self.levels) - 1, self._sample_box())
        low, high = zip(*(self._limits(sample, band) for band in bands), strict=True)
        pairs = list(zip(low, high, strict=True))
        return Display(bands, (pairs[0], pairs[1], pairs[2]))

    def read_bands(self, level: int, box: Box) -> Pixels:
        """Return raw values of any rectangle of a level, padded beyond the edges.

        Parameters
        ----------
        level
            Index into `levels`.
        box
            Rectangle in that level's own pixels.

        Returns
        -------
        Pixels
            Padding holds `nodata` (0 when the file names none) and is not valid.
        """
        self._refuse_oversized(box.width, box.height, len(self.bands) * self.dtype.itemsize)
        inner = box.intersect(self.levels[level].box)
        if inner == box and not box.empty:
            return self._fetch(level, box)
        fill = self._fill_value()
        values = np.full((box.height, box.width, len(self.bands)), fill, dtype=self.dtype)
        valid = np.zeros((box.height, box.width), dtype=np.bool_)
        if not inner.empty:
            rows = slice(inner.y - box.y, inner.y2 - box.y)
            columns = slice(inner.x - box.x, inner.x2 - box.x)
            found = self._fetch(level, inner)
            values[rows, columns] = found.values
            valid[rows, columns] = True if found.valid is None else found.valid
        return Pixels(values, valid)

    def read_level(self, level: int, box: Box, display: Display | None = None) -> RGB:
        """Return a picture of any rectangle of a level, in that level's own pixels."""
        shown = display or self.display
        return shown.rgb(self.read_bands(level, box), self.missing_colour(shown))

    def missing_colour(self, display: Display) -> tuple[int, int, int]:
        """Return the colour of what is missing: nodata as it is displayed, or the background."""
        if self.nodata is None:
            return self.background
        value = np.full((1, 1, len(self.bands)), self._fill_value(), dtype=self.dtype)
        red, green, blue = display.rgb(Pixels(value), self.background)[0, 0]
        return int(red), int(green), int(blue)

    def read(self, region: Region, display: Display | None = None) -> RGB:
        """Return a picture of a region at the resolution it asks for.

        Parameters
        ----------
        region
            What is wanted; may reach beyond the scene.
        display
            Bands and stretch; the scene's own when None.

        Returns
        -------
        RGB
            Of the region's `size`, antialiased, aligned to a fraction of a pixel.
        """
        width, height = region.size
        index = self.level_for(region.downsample)
        level, box = self.levels[index], region.box
        window = (
            box.x / level.downsample_x,
            box.y / level.downsample_y,
            box.x2 / level.downsample_x,
            box.y2 / level.downsample_y,
        )
        return self.read_window(index, window, (width, height), display)

    def read_window(
        self,
        index: int,
        window: tuple[float, float, float, float],
        size: tuple[int, int],
        display: Display | None = None,
    ) -> RGB:
        """Return a picture of a real rectangle of a level, at any smaller size.

        Parameters
        ----------
        index
            Of the level.
        window
            Left, top, right and bottom in that level's pixels; may reach beyond it.
        size
            Width and height of the picture.
        display
            Bands and stretch; the scene's own when None.

        Returns
        -------
        RGB
            Of that size, antialiased, aligned to a fraction of a pixel.
        """
        (left, top, right, bottom), (width, height) = window, size
        self._refuse_oversized(width, height, 3)
        if (right - left) * (bottom - top) > LARGEST_SCAN:
            raise OversizedRequest(
                f"{self.path.name} has no level coarse enough to show so much of it at once.",
                "Take a smaller region, or a finer scale.",
            )
        shown = display or self.display
        exact = Box.covering(left, top, right, bottom)
        if (exact.width, exact.height) == (width, height) and _whole(left, top, right, bottom):
            return self.read_level(index, exact, shown)
        step_x, step_y = (right - left) / width, (bottom - top) / height
        picture = np.empty((height, width, 3), np.uint8)
        for part in _parts(width, height, step_x, step_y):
            piece = (
                left + part.x * step_x,
                top + part.y * step_y,
                left + part.x2 * step_x,
                top + part.y2 * step_y,
            )
            picture[part.y : part.y2, part.x : part.x2] = self._resampled(
                index, piece, (part.width, part.height), shown
            )
        return picture

    def _resampled(
        self,
        index: int,
        window: tuple[float, float, float, float],
        size: tuple[int, int],
        display: Display,
    ) -> RGB:
        """Return a real rectangle of a level at another size, antialiased."""
        left, top, right, bottom = window
        exact = Box.covering(left, top, right, bottom)
        across = max(2, math.ceil((right - left) / size[0]) + 1)
        down = max(2, math.ceil((bottom - top) / size[1]) + 1)
        wide = Box(
            exact.x - across, exact.y - down, exact.width + 2 * across, exact.height + 2 * down
        )
        picture = Image.fromarray(self.read_level(index, wide, display))
        inner = (left - wide.x, top - wide.y, right - wide.x, bottom - wide.y)
        return np.asarray(picture.resize(size, Image.Resampling.BILINEAR, box=inner))

    def _fetch(self, level: int, box: Box) -> Pixels:
        """Read from the source; when the file changed, that is the error, not what came of it."""
        try:
            with naming(self.path):
                found = self._source.read(level, box)
                if found.values.shape != (box.height, box.width, len(self.bands)):
                    raise broken(self.path, "a part of it has another size than it claims")
                return found
        finally:
            for check in self._guards:
                check()

    def _refuse_oversized(self, width: int, height: int, pixel_bytes: int) -> None:
        wanted = width * height * pixel_bytes
        if wanted > LARGEST_READ:
            raise OversizedRequest(
                f"{width:,} × {height:,} pixels are more than one read may hold.",
                "Take a smaller region, or ask for a coarser scale.",
            )

    def _fill_value(self) -> float:
        if self.nodata is None:
            return 0
        if self.dtype.kind in "iu":
            info = np.iinfo(self.dtype)
            whole = math.isfinite(self.nodata) and info.min <= self.nodata <= info.max
            return int(self.nodata) if whole else 0
        return self.nodata

    def _suitable_display(self) -> Display:
        names = [name.lower() for name in self.bands]
        if all(name in names for name in ("red", "green", "blue")):
            bands = (names.index("red"), names.index("green"), names.index("blue"))
        else:
            bands = (0, 1, 2) if len(names) >= 3 else (0, 0, 0)
        return Display(bands) if self.dtype == np.uint8 else self.stretched(bands)

    def _sample_box(self) -> Box:
        """Return the coarsest level, or its middle when even that is large."""
        box, side = self.levels[-1].box, 2048
        width, height = min(box.width, side), min(box.height, side)
        return Box((box.width - width) // 2, (box.height - height) // 2, width, height)

    def _limits(self, sample: Pixels, band: int) -> tuple[float, float]:
        values = sample.values[..., band]
        values = values.ravel() if sample.valid is None else values[sample.valid]
        values = values[np.isfinite(values)].astype(np.float64)
        if not values.size:
            return 0.0, 1.0
        low, high = np.percentile(values, STRETCH_PERCENTILES)
        return float(low), float(high)


def _parts(width: int, height: int, step_x: float, step_y: float) -> Iterator[Box]:
    """Cut an output into parts none of which needs much more than PART pixels on a side."""
    across, down = (max(1, math.floor(PART / step)) for step in (step_x, step_y))
    for y in range(0, height, down):
        for x in range(0, width, across):
            yield Box(x, y, min(across, width - x), min(down, height - y))


def _whole(*numbers: float) -> bool:
    return all(abs(number - round(number)) < 1e-6 for number in numbers)
