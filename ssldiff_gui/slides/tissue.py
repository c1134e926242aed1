"""Where there is something to see: tissue on a slide, pixels with data in a scene.

Tissue is what is stained. Glass is white, or grey where the lamp or the mounting medium made it
so, or tinted as a whole; the ink of pens has hues that stains do not have, or is far more
saturated; dust and the edges of cover slips are dark. Of a slide whose picture is dark as a
whole, as fluorescence is, this module has no opinion: all of it counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.slides.scene import RGB, Scene

Share = npt.NDArray[np.float32]
Found = npt.NDArray[np.bool_]

CELL = 16
"""Pixels that a cell is looked at with, along one side."""

LARGEST_LOOK = 1 << 22
"""Pixels of the picture that the threshold is taken from."""

BAND = 1 << 23
"""Pixels that are looked at together."""

LOW, HIGH = 8.0, 30.0
"""Bounds of the threshold: colour beyond HIGH is a stain, below LOW it is the camera's noise."""

DARK = 55


@dataclass(frozen=True, slots=True)
class TissueLook:
    """What tells stain from glass in one scene.

    Parameters
    ----------
    glass
        Colour of the empty glass.
    colour
        Difference between the strongest and the weakest channel, from which on it is stain.
    dark
        Whether the whole scene is dark, so that glass cannot be told.
    """

    glass: tuple[float, float, float]
    colour: float
    dark: bool = False

    @classmethod
    def of(cls, picture: RGB) -> TissueLook:
        """Learn it from a picture of the whole scene, or of much of it."""
        values = picture.reshape(-1, 3).astype(np.float32)
        if float(np.median(values.max(axis=1))) < DARK:
            return cls((255.0, 255.0, 255.0), LOW, dark=True)
        glass = _glass(values)
        return cls(glass, _threshold(_strength(_balanced(values, glass))))

    def mask(self, picture: RGB) -> Found:
        """Return (height, width): where there is stained tissue."""
        if self.dark:
            return np.ones(picture.shape[:2], np.bool_)
        smooth = np.asarray(Image.fromarray(picture).filter(ImageFilter.BoxBlur(1)))
        values = _balanced(smooth.astype(np.float32), self.glass)
        dark = values.max(axis=-1) < DARK
        return np.asarray((_strength(values) >= self.colour) & ~dark & ~_grown(_ink(values)))


def tissue_look(scene: Scene, box: Box | None = None) -> TissueLook:
    """Learn from a coarse picture of a scene what tells its tissue from its glass.

    The whole scene is looked at when its file holds a level coarse enough, so that the answer for
    a cell does not depend on the region it was asked for with; otherwise a region is.

    Parameters
    ----------
    scene
        A slide.
    box
        The region, in level-0 pixels.
    """
    whole = scene.box
    coarsest = scene.levels[-1]
    if box is not None and coarsest.width * coarsest.height > 16 * LARGEST_LOOK:
        whole = _middle(box.intersect(scene.box))
    step = max(1.0, math.sqrt(whole.area / LARGEST_LOOK))
    return TissueLook.of(scene.read(Region(whole, step)))


def tissue_share(
    scene: Scene, region: Region, side: float, rows: int, columns: int, *, look: TissueLook
) -> Share:
    """Return how much of each cell is tissue.

    Parameters
    ----------
    scene
        A slide.
    region
        Its box begins at the first cell's corner.
    side
        Of a cell, in level-0 pixels.
    rows, columns
        How many cells.
    look
        What tissue looks like here.

    Returns
    -------
    Share
        (rows, columns) float32, 0 to 1.
    """
    pixels = max(2, min(CELL, math.floor(side)))
    step = side / pixels
    shares = np.zeros((rows, columns), np.float32)
    for part in _bands(rows, columns, pixels):
        box = _cells_box(region.box, side, part)
        picture = scene.read(Region(box, step))
        size = (part.width * pixels, part.height * pixels)
        found = _fitted(look.mask(picture), size)
        blocks = found.reshape(part.height, pixels, part.width, pixels)
        shares[part.y : part.y2, part.x : part.x2] = blocks.mean(axis=(1, 3))
    return shares


def data_share(scene: Scene, region: Region, side: float, rows: int, columns: int) -> Share:
    """Return how much of each cell has data: not beyond the edges, not nodata, not masked.

    Parameters
    ----------
    scene, region, side, rows, columns
        As for `tissue_share`.
    """
    shares = np.zeros((rows, columns), np.float32)
    index = scene.level_for(max(1.0, side / CELL))
    level = scene.levels[index]
    across, down = side / level.downsample_x, side / level.downsample_y
    pixels = max(1, math.ceil(max(across, down)))
    for part in _bands(rows, columns, pixels):
        left = region.box.x / level.downsample_x + part.x * across
        top = region.box.y / level.downsample_y + part.y * down
        box = Box.covering(left, top, left + part.width * across, top + part.height * down)
        found = scene.read_bands(index, box)
        valid = found.valid
        if valid is None:
            valid = np.ones((box.height, box.width), np.bool_)
        edges_x = [round(left + i * across) - box.x for i in range(part.width + 1)]
        edges_y = [round(top + i * down) - box.y for i in range(part.height + 1)]
        shares[part.y : part.y2, part.x : part.x2] = _means(valid, edges_y, edges_x)
    return shares


def _glass(values: npt.NDArray[np.float32]) -> tuple[float, float, float]:
    """Return the colour of the bright, colourless part; white when there is none to speak of."""
    bright = values.min(axis=1) >= 170
    pale = values.max(axis=1) - values.min(axis=1) <= 35
    glass = values[bright & pale]
    if len(glass) < max(16, 0.02 * len(values)):
        return 255.0, 255.0, 255.0
    top = glass[glass.sum(axis=1) >= np.percentile(glass.sum(axis=1), 50)]
    red, green, blue = np.median(top, axis=0)
    return float(red), float(green), float(blue)


def _balanced(
    values: npt.NDArray[np.float32], glass: tuple[float, float, float]
) -> npt.NDArray[np.float32]:
    """Scale the channels so that glass is white."""
    return np.minimum(values * (255.0 / np.maximum(np.array(glass, np.float32), 1)), 255.0)


def _strength(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    found: npt.NDArray[np.float32] = values.max(axis=-1) - values.min(axis=-1)
    return found


def _threshold(strength: npt.NDArray[np.float32]) -> float:
    """Return Otsu's threshold of the strength of colour, within its bounds."""
    counts, edges = np.histogram(np.minimum(strength, 120), bins=120, range=(0, 120))
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * centres)
    with np.errstate(all="ignore"):
        between = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    if not np.isfinite(between).any():
        return LOW
    return float(np.clip(edges[1:][np.nanargmax(between)], LOW, HIGH))


def _ink(values: npt.NDArray[np.float32]) -> Found:
    """Return where the colour is a pen's.

    Stains keep red above green: haematoxylin is violet, eosin pink, DAB brown. Green and blue
    inks do not; red ink is purer than any of them.
    """
    red, green, blue = values[..., 0], values[..., 1], values[..., 2]
    top = values.max(axis=-1)
    pure = _strength(values) / np.maximum(top, 1)
    greenish = (green >= red + 8) & (green >= 0.8 * blue) & (pure > 0.12)
    bluish = (blue > green) & (green >= red) & (pure > 0.45)
    reddish = (red > 150) & (pure > 0.78) & (np.abs(green - blue) < 60)
    found: Found = greenish | bluish | reddish
    return found


def _grown(mask: Found) -> Found:
    """Return a mask with the two pixels around it, where ink fades into glass as pink and pale."""
    picture = Image.fromarray(mask.astype(np.uint8) * 255).filter(ImageFilter.MaxFilter(5))
    return np.asarray(picture, dtype=np.bool_)


def _middle(box: Box) -> Box:
    """Return a region, or its middle when it is too large to be read through."""
    side = 8192
    width, height = min(box.width, side), min(box.height, side)
    return Box(box.x + (box.width - width) // 2, box.y + (box.height - height) // 2, width, height)


def _bands(rows: int, columns: int, pixels: int) -> list[Box]:
    """Cut a grid of cells into parts of at most about BAND pixels."""
    wide = max(1, min(columns, math.isqrt(BAND) * 2 // pixels))
    high = max(1, BAND // (wide * pixels * pixels))
    return [
        Box(x, y, min(wide, columns - x), min(high, rows - y))
        for y in range(0, rows, high)
        for x in range(0, columns, wide)
    ]


def _cells_box(origin: Box, side: float, part: Box) -> Box:
    x, y = origin.x + round(part.x * side), origin.y + round(part.y * side)
    x2, y2 = origin.x + round(part.x2 * side), origin.y + round(part.y2 * side)
    return Box(x, y, max(1, x2 - x), max(1, y2 - y))


def _fitted(mask: Found, size: tuple[int, int]) -> Found:
    """Return a mask at exactly a size, from which rounding may have kept it by a pixel."""
    if (mask.shape[1], mask.shape[0]) == size:
        return mask
    found = Image.fromarray(mask).resize(size, Image.Resampling.NEAREST)
    return np.asarray(found, dtype=np.bool_)


def _means(valid: Found, edges_y: list[int], edges_x: list[int]) -> Share:
    """Return the mean of each block between edges; edges that meet take one pixel."""
    total = np.zeros((valid.shape[0] + 1, valid.shape[1] + 1), np.int64)
    total[1:, 1:] = valid.cumsum(axis=0).cumsum(axis=1)
    top, bottom = _spans(edges_y, valid.shape[0])
    left, right = _spans(edges_x, valid.shape[1])
    sums = (
        total[np.ix_(bottom, right)]
        - total[np.ix_(top, right)]
        - total[np.ix_(bottom, left)]
        + total[np.ix_(top, left)]
    )
    areas = np.outer(bottom - top, right - left)
    return (sums / areas).astype(np.float32)


def _spans(edges: list[int], length: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    first = np.clip(np.array(edges[:-1], np.int64), 0, length - 1)
    last = np.clip(np.array(edges[1:], np.int64), 1, length)
    return first, np.maximum(last, first + 1)
